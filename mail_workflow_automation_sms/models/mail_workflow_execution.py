from odoo import fields, models

from odoo.addons.mail_workflow_automation.engine.schedule import backoff
from odoo.addons.mail_workflow_automation.models.mail_workflow_mail_fate import (
    MAIL_ATTEMPTS,
    MAIL_FIRST_MINUTES,
)

# of the provider, or of our account: they can pass
PASSING_FAILURES = ("sms_server", "sms_credit", "sms_acc", "unknown")


class MailWorkflowExecution(models.Model):
    """What became of a text message, read back."""

    _inherit = "mail.workflow.execution"

    def _note_sms_fate(self, status, failure_type, reason):
        """Move executions as their messages went.

        :param str status: of the trace
        """
        now = fields.Datetime.now()
        open_ones = self.filtered(lambda execution: execution.state in ("queued", "failed"))
        if status in ("process", "pending", "sent"):
            open_ones._advance("done", self.env._("message accepted"), now)
            return
        # also what was accepted can turn out not to have reached its phone
        failing = self.filtered(lambda execution: execution.state in ("queued", "failed", "done"))
        if status in ("error", "bounce"):
            again = open_ones.filtered(
                lambda execution: (
                    status == "error"
                    and (failure_type or "unknown") in PASSING_FAILURES
                    and execution.attempt < MAIL_ATTEMPTS
                )
            )
            again._try_sms_again(reason or failure_type, now)
            dead, why = failing - again, reason or failure_type or status
            dead._advance("dead", self.env._("given up"), now, reason=why[:200], error=why)
            dead._apply_on_skip(self.env._("message could not be delivered"), now)
            for step in dead.step_id:
                step.workflow_id._report_trouble(step, why)

    def _try_sms_again(self, reason, now):
        if self:
            self._advance(
                "failed",
                self.env._("will be sent again"),
                now,
                reason=(reason or "")[:200],
                retry_at={
                    execution.id: now
                    + backoff(
                        execution.attempt, f"sms{execution.id}", first_minutes=MAIL_FIRST_MINUTES
                    )
                    for execution in self
                },
            )

    def _requeue_mail(self, by, now=None):
        """A message goes back into its own queue, under its one number."""
        texts = self.filtered(lambda execution: execution.step_id.kind == "sms")
        super(MailWorkflowExecution, self - texts)._requeue_mail(by, now=now)
        if not texts:
            return
        if now is None:
            texts.write({"attempt": 0, "executed_at": fields.Datetime.now()})
        uuids = texts.mailing_trace_id.sudo().sms_tracker_ids.mapped("sms_uuid")
        messages_sudo = self.env["sms.sms"].sudo().search([("uuid", "in", uuids)])
        messages_sudo.write({"state": "outgoing", "failure_type": False, "to_delete": False})
        queued = texts.filtered(
            lambda execution: (
                set(execution.mailing_trace_id.sudo().sms_tracker_ids.mapped("sms_uuid"))
                & set(messages_sudo.mapped("uuid"))
            )
        )
        queued.mailing_trace_id.sudo().write({"trace_status": "outgoing", "failure_type": False})
        moment = now or fields.Datetime.now()
        queued._advance("queued", self.env._("message queued again"), moment, attempts=1, by=by)
        gone = self.env._("its message is gone")
        (texts - queued)._advance("dead", gone, moment, reason=gone)
        if queued:
            self.env.ref("sms.ir_cron_sms_scheduler_action")._trigger()
