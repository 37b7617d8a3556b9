from odoo import models

# what a reader of a text message does is known of its links only
OF_MESSAGES = ("email_clicked",)
TOKEN_LENGTH = 12


class MailingTrace(models.Model):
    _inherit = "mailing.trace"

    _workflow_sms_number = models.Index(
        "(workflow_step_id, sms_number) WHERE sms_number IS NOT NULL"
    )

    def _note_event(self, kind, **data):
        """A message that bounced is no mail that did; a link is a link."""
        noted = self.filtered(lambda trace: trace.trace_type != "sms" or kind in OF_MESSAGES)
        return super(MailingTrace, noted)._note_event(kind, **data)

    def _click_token(self):
        """A message has few characters, and who guesses is slowed down."""
        token = super()._click_token()
        return token[:TOKEN_LENGTH] if self.trace_type == "sms" else token
