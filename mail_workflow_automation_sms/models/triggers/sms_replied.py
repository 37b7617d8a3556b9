from odoo import api, fields, models

from odoo.addons.mail_workflow_automation.gone import trigger_gone
from odoo.addons.mail_workflow_automation.models.mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("sms_replied", "SMS answered")], ondelete={"sms_replied": trigger_gone}
    )
    filter_sms_word = filter_field(
        fields.Char, string="First Word", help="With which the answer begins, e.g. YES."
    )


class MailWorkflowTriggerSmsReplied(models.AbstractModel):
    """Somebody answered a text message.

    Nothing in Odoo Community receives text messages: who has a provider that does passes them on by
    ``_note_reply`` (docs/glue.md).
    """

    _name = "mail.workflow.trigger.sms_replied"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: SMS Answered"

    _icon = "fa-commenting"
    _category = "mail"
    _filter_fields = {"word": "filter_sms_word"}

    @api.model
    def _passes(self, data, key, value):
        if key == "word":
            return isinstance(value, str) and data.get("word") == self._first_word(value)
        return super()._passes(data, key, value)

    @api.model
    def _first_word(self, text):
        return (text or "").strip().partition(" ")[0].strip(".,;:!?").casefold()

    @api.model
    def _note_reply(self, number, text, key=None):
        """Note that an answer came from a phone. It is about the last workflow that wrote to it,
        else about the contact with that number.

        :param str number: in the international form, +32...
        :param str text: of the answer
        :param str key: of the provider; the same key is the same answer
        :returns: whether somebody was found whom it is from
        """
        trace_sudo = (
            self.env["mailing.trace"]
            .sudo()
            .search(
                [("sms_number", "=", number), ("workflow_enrollment_id", "!=", False)],
                order="id desc",
                limit=1,
            )
        )
        run_sudo = trace_sudo.workflow_enrollment_id
        data = {"word": self._first_word(text), "text": (text or "")[:500]}
        if run_sudo:
            record = self.env[run_sudo.res_model].browse(run_sudo.res_id)
            data.update(enrollment_id=run_sudo.id, step=trace_sudo.workflow_step_id.key)
            partner = run_sudo.partner_id
        else:
            record = partner = (
                self.env["res.partner"].sudo().search([("phone_sanitized", "=", number)], limit=1)
            )
        if not record:
            return False
        self.env["mail.workflow.event"]._emit(
            "sms_replied",
            record=record,
            partner=partner or None,
            place=run_sudo or record,
            data=data,
            key=key,
        )
        return True
