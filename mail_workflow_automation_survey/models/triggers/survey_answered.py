from odoo import fields, models

from odoo.addons.mail_workflow_automation.gone import trigger_gone
from odoo.addons.mail_workflow_automation.models.mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("survey_answered", "Survey answered")],
        ondelete={"survey_answered": trigger_gone},
    )
    filter_survey_id = filter_field(fields.Many2one, "survey.survey", string="Survey")
    filter_survey_result = filter_field(
        fields.Selection,
        [("passed", "Passed"), ("failed", "Not passed")],
        string="Result",
        help="Of surveys with scores only.",
    )
    filter_min_score = filter_field(
        fields.Float, string="Score at Least", help="In percent of what can be reached."
    )


class MailWorkflowTriggerSurveyAnswered(models.AbstractModel):
    """Somebody answered a survey to its end; tests of its author do not count."""

    _name = "mail.workflow.trigger.survey_answered"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Survey Answered"

    _icon = "fa-list-alt"
    _category = "website"
    _record_models = ("survey.user_input",)
    _filter_fields = {
        "survey": "filter_survey_id",
        "result": "filter_survey_result",
        "min_score": "filter_min_score",
    }
