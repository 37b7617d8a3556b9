from odoo import api, models


class MailWorkflowBlockContactName(models.AbstractModel):
    _inherit = "mail.workflow.block.contact_name"

    @api.model
    def _words(self, text, runs):
        """Who comes without being a contact has the name they registered with."""
        words = super()._words(text, runs)
        nameless = runs.filtered(
            lambda run: run.res_model == "event.registration" and not words.get(run.id)
        )
        registrations_sudo = (
            self.env["event.registration"].sudo().browse(nameless.mapped("res_id")).exists()
        )
        names = {one.id: one.name for one in registrations_sudo if "@" not in (one.name or "@")}
        for run in nameless:
            words[run.id] = names.get(run.res_id, "")
        return words
