"""The way to the drawing, and the small pictures on it."""

from odoo import models


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    def action_open_flow(self):
        """Open the drawing of the workflow."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "mail_workflow_automation.mail_workflow_flow_action"
        )
        return {**action, "name": self.name, "params": {"workflow_id": self.id}}


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    def action_open_designer(self):
        """Open the mail in Odoo's designer: the text in the language of who asks, made where there
        is none."""
        self.ensure_one()
        text = self.text_ids._for_lang(self.env.lang)
        if not text:
            lang = self._handler()._default_lang()
            text = self.text_ids.create({"step_id": self.id, "lang": lang})
        return text.action_open_designer()

    def _card(self, described):
        card = super()._card(described)
        card["is_designed"] = self._handler()._is_designed
        text = self.text_ids._for_lang(self.env.lang)
        if text:
            version = int(text.mailing_id.write_date.timestamp())
            card["thumbnail"] = f"/workflow/thumbnail/{text.id}?v={version}"
        return card
