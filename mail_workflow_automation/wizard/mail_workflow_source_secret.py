from odoo import fields, models


class MailWorkflowSourceSecret(models.TransientModel):
    """Shows a new secret; opened with it as a default, and never stored."""

    _name = "mail.workflow.source.secret"
    _description = "New Secret of a Source"

    code = fields.Char(string="Identifier", readonly=True)
    secret = fields.Char(readonly=True)
