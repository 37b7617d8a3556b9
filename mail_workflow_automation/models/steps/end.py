from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...engine import outcome

_lt = LazyTranslate(__name__)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("end", "End")], ondelete={"end": "cascade"})
    end_reason = fields.Char(string="Reason")


class MailWorkflowStepEnd(models.AbstractModel):
    """The run ends here."""

    _name = "mail.workflow.step.end"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: End"

    _step_order = 5
    _step_icon = "fa-stop-circle"
    _step_help = _lt("Ends the workflow for whoever comes here.")
    _step_color = "#64748b"
    _has_effects = False
    _is_closing = True
    _step_fields = {"reason": "end_reason"}

    @api.model
    def _decide(self, step, runs, now):
        if step.end_reason:
            return {run.id: outcome.leave(step.end_reason) for run in runs}
        return {run.id: outcome.jump(None) for run in runs}

    @api.model
    def _summary(self, step):
        return step.end_reason or ""
