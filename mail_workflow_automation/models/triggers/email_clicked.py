from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("email_clicked", "Link in a mail clicked")],
        ondelete={"email_clicked": "cascade"},
    )


class MailWorkflowTriggerEmailClicked(models.AbstractModel):
    """A link in a mail of a workflow was followed by a person."""

    _name = "mail.workflow.trigger.email_clicked"
    _inherit = "mail.workflow.trigger.email_event"
    _description = "Workflow Trigger: Link in a Mail Clicked"

    _icon = "fa-mouse-pointer"
    _filter_keys = {
        "step": "key of a mail step of this workflow",
        "link": "part of the link's address",
    }
