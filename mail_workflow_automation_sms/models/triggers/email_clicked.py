from odoo import models


class MailWorkflowTriggerEmailClicked(models.AbstractModel):
    """A link in a text message is a link, too."""

    _inherit = "mail.workflow.trigger.email_clicked"

    _step_kinds = ("email", "sms")
