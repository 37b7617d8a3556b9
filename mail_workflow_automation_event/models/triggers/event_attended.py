from odoo import fields, models

from odoo.addons.mail_workflow_automation.gone import trigger_gone


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("event_attended", "Attended an event")],
        ondelete={"event_attended": trigger_gone},
    )


class MailWorkflowTriggerEventAttended(models.AbstractModel):
    """Somebody came to an event: their registration was marked as attended."""

    _name = "mail.workflow.trigger.event_attended"
    _inherit = "mail.workflow.trigger.event_registered"
    _description = "Workflow Trigger: Attended an Event"

    _icon = "fa-street-view"
