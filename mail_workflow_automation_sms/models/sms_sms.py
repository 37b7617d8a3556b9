import logging

from odoo import fields, models

_logger = logging.getLogger(__name__)


class SmsSms(models.Model):
    _inherit = "sms.sms"

    workflow_put_off = fields.Datetime(string="Put Off Until")

    def _send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        """A message whose person left, or stopped them, while it waited goes out to nobody."""
        ready = self._ready(fields.Datetime.now())
        # Odoo's queue has those of all companies, and can send those of one at a time
        for messages in ready.grouped(lambda message: message._get_sms_company()).values():
            super(SmsSms, messages)._send(
                unlink_failed=unlink_failed,
                unlink_sent=unlink_sent,
                raise_exception=raise_exception,
            )
        return None

    def _ready(self, now):
        """Return the messages that may go out now; after an error by halves, so that it stays with
        its message, and Odoo's other messages go out (rule 13)."""
        try:
            with self.env.cr.savepoint():
                rest = self - self._cancel_refused(now)
                return rest - rest._hold_closed(now)
        except Exception as error:  # noqa: BLE001 one bad message must not keep the others
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            if len(self) == 1:
                _logger.warning("Text message %s could not be checked", self.id, exc_info=True)
                self.sudo()._update_sms_state_and_trackers("error", failure_type="unknown")
                return self.browse()
        half = len(self) // 2
        return self[:half]._ready(now) | self[half:]._ready(now)

    def _hold_closed(self, now):
        """Put off the messages whose readers are not to be written to at this time of their day: as
        what failed they come back into the queue, but that is no attempt.

        :returns: the messages put off
        """
        traces_sudo = self.sudo().mailing_trace_ids
        windows, by_moment = self.env["mail.workflow.window"], {}
        for workflow in traces_sudo.workflow_execution_id.step_id.workflow_id:
            if workflow.purpose != "marketing":
                continue
            traces = traces_sudo.filtered(lambda trace, one=workflow: trace.workflow_id == one)
            runs = traces.workflow_enrollment_id
            allowed = windows._next(workflow, runs, dict.fromkeys(runs.ids, now))
            for trace in traces:
                moment = allowed[trace.workflow_enrollment_id.id]
                by_moment[moment] = by_moment.get(moment, traces.browse()) | trace
        held = self.browse()
        for (due_at, reason), traces in by_moment.items():
            if not reason:
                continue
            executions = traces.workflow_execution_id
            retry_at = dict.fromkeys(executions.ids, due_at)
            executions._advance(
                "failed", reason, now, reason=reason, retry_at=retry_at, attempts=-1
            )
            late = self.browse(traces.mapped("sms_id_int"))
            late.sudo().write({"state": "error", "workflow_put_off": due_at})
            held |= late
        return held

    def _cancel_refused(self, now):
        """Cancel the messages of workflows that may not go out any more; return them."""
        traces_sudo = self.sudo().mailing_trace_ids
        executions_sudo = traces_sudo.workflow_execution_id
        if not executions_sudo:
            return self.browse()
        # a message that was put off is late from then on only, as a mail
        until = {message.id: message.workflow_put_off for message in self.sudo()}
        put_off = {
            trace.workflow_execution_id.id: until.get(trace.sms_id_int) for trace in traces_sudo
        }
        reasons = executions_sudo._late_refusals(now, put_off)
        for execution in executions_sudo.browse(list(reasons)):
            execution._advance("skipped", reasons[execution.id], now, reason=reasons[execution.id])
        refused = traces_sudo.filtered(
            lambda trace: trace.workflow_execution_id.id in reasons
        ).mapped("sms_id_int")
        messages = self.filtered(lambda message: message.id in refused)
        messages.sudo()._update_sms_state_and_trackers("canceled")
        return messages


class SmsTracker(models.Model):
    _inherit = "sms.tracker"

    def _update_sms_traces(self, trace_status, failure_type=False, failure_reason=False):
        traces = super()._update_sms_traces(
            trace_status, failure_type=failure_type, failure_reason=failure_reason
        )
        traces.sudo().workflow_execution_id._note_sms_fate(
            trace_status, failure_type, failure_reason
        )
        return traces

    def _update_sms_mailings(self, trace_status, traces):
        """A workflow's mailing is done from the start, and shared by all who get it (rule 7)."""
        others = traces.filtered(lambda trace: not trace.workflow_execution_id)
        return super()._update_sms_mailings(trace_status, others) if others else None
