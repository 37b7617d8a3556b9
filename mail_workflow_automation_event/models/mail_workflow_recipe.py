from odoo import api, models

from ..recipes import event


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    @api.model
    def _recipes(self):
        return {**super()._recipes(), "event": event}
