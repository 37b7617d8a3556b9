from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("email_opened", "Mail opened")], ondelete={"email_opened": "cascade"}
    )


class MailWorkflowTriggerEmailOpened(models.AbstractModel):
    """A mail of a workflow was opened (its pixel was loaded, or a link in it clicked)."""

    _name = "mail.workflow.trigger.email_opened"
    _inherit = "mail.workflow.trigger.email_event"
    _description = "Workflow Trigger: Mail opened"

    _icon = "fa-envelope-open-o"
    _trace_status = "open"
    _qualifies = False
