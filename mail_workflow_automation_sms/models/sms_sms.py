from odoo import fields, models


class SmsSms(models.Model):
    _inherit = "sms.sms"

    def _send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        """A message whose person left, or stopped them, while it waited goes out to nobody."""
        refused = self._cancel_refused()
        rest = self - refused
        if not rest:
            return None
        return super(SmsSms, rest)._send(
            unlink_failed=unlink_failed, unlink_sent=unlink_sent, raise_exception=raise_exception
        )

    def _cancel_refused(self):
        """Cancel the messages of workflows that may not go out any more; return them."""
        traces_sudo = self.sudo().mailing_trace_ids
        executions_sudo = traces_sudo.workflow_execution_id
        if not executions_sudo:
            return self.browse()
        now = fields.Datetime.now()
        reasons = executions_sudo._late_refusals(now)
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
