from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("email_unsubscribed", "Unsubscribed from a mail")],
        ondelete={"email_unsubscribed": "cascade"},
    )


class MailWorkflowTriggerEmailUnsubscribed(models.AbstractModel):
    """Somebody unsubscribed through a mail of a workflow."""

    _name = "mail.workflow.trigger.email_unsubscribed"
    _inherit = "mail.workflow.trigger.email_event"
    _description = "Workflow Trigger: Unsubscribed from a mail"

    _icon = "fa-user-times"
