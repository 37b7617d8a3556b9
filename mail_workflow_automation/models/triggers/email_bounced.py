from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("email_bounced", "Mail bounced")], ondelete={"email_bounced": "cascade"}
    )


class MailWorkflowTriggerEmailBounced(models.AbstractModel):
    """A mail of a workflow came back."""

    _name = "mail.workflow.trigger.email_bounced"
    _inherit = "mail.workflow.trigger.email_event"
    _description = "Workflow Trigger: Mail bounced"

    _icon = "fa-exclamation-triangle"
    _trace_status = "bounce"
