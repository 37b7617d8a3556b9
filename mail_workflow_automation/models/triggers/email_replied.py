from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("email_replied", "Mail answered")], ondelete={"email_replied": "cascade"}
    )


class MailWorkflowTriggerEmailReplied(models.AbstractModel):
    """Somebody answered a mail of a workflow."""

    _name = "mail.workflow.trigger.email_replied"
    _inherit = "mail.workflow.trigger.email_event"
    _description = "Workflow Trigger: Mail answered"

    _icon = "fa-reply"
    _trace_status = "reply"
