from odoo import fields, models

from odoo.addons.mail_workflow_automation.gone import trigger_gone
from odoo.addons.mail_workflow_automation.models.mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("course_completed", "Course completed")],
        ondelete={"course_completed": trigger_gone},
    )
    filter_course_id = filter_field(fields.Many2one, "slide.channel", string="Course")


class MailWorkflowTriggerCourseCompleted(models.AbstractModel):
    """Somebody went through all contents of a course."""

    _name = "mail.workflow.trigger.course_completed"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Course Completed"

    _icon = "fa-graduation-cap"
    _category = "website"
    _record_models = ("slide.channel.partner",)
    _filter_fields = {"course": "filter_course_id"}
