from odoo import models


class MailingTrace(models.Model):
    _inherit = "mailing.trace"

    _workflow_sms_number = models.Index(
        "(workflow_step_id, sms_number) WHERE sms_number IS NOT NULL"
    )

    def _note_event(self, kind, **data):
        """A message that bounced is no mail that did."""
        mails = self.filtered(lambda trace: trace.trace_type != "sms")
        return super(MailingTrace, mails)._note_event(kind, **data)
