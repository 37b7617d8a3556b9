from odoo import fields, models

from ..mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("content_requested", "Content requested")],
        ondelete={"content_requested": "cascade"},
    )
    filter_content_id = filter_field(fields.Many2one, "mail.workflow.content", string="Content")


class MailWorkflowTriggerContentRequested(models.AbstractModel):
    """Somebody asked for a content by its form and, where it asks for that, confirmed."""

    _name = "mail.workflow.trigger.content_requested"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Content Requested"

    _icon = "fa-hand-paper-o"
    _category = "website"
    _brings_addresses = True
    _filter_fields = {"content": "filter_content_id"}
