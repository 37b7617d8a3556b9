from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...engine import outcome

_lt = LazyTranslate(__name__)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("goto", "Go to")], ondelete={"goto": "cascade"})
    goto_target_id = fields.Many2one(
        "mail.workflow.step",
        string="Go to Step",
        index="btree_not_null",
        ondelete="set null",
        domain="[('workflow_id', '=', workflow_id), ('id', '!=', id)]",
    )
    goto_max_visits = fields.Integer(
        string="Visits at most",
        default=2,
        help="How often the step it goes to is visited in all, the first time included.",
    )


class MailWorkflowStepGoto(models.AbstractModel):
    """Jumps to another step. A jump back needs a wait in the loop, and ends after so many
    visits."""

    _name = "mail.workflow.step.goto"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Go To"

    _step_order = 4
    _step_icon = "fa-reply"
    _step_help = _lt("Goes to another step, a limited number of times.")
    _step_color = "#64748b"
    _has_effects = False
    _is_closing = True
    _step_fields = {"max_visits": "goto_max_visits"}

    @api.model
    def _file_keys(self):
        return {"target", "max_visits"}

    @api.model
    def _check_config(self, step):
        problems = []
        if not step.goto_target_id or not step.goto_target_id.active:
            problems.append(self.env._("choose the step to go to"))
        if step.goto_max_visits < 1:
            problems.append(self.env._("the visits must be at least 1"))
        return problems

    @api.model
    def _decide(self, step, runs, now):
        target = step.goto_target_id
        visits = self.env["mail.workflow.execution"]._last_visits(runs.ids, target.ids)
        after = step.workflow_id._tree().following(step.id)
        over = outcome.done() if after else outcome.leave(self.env._("loop limit"))
        return {
            run.id: outcome.jump(target.id)
            if visits.get((run.id, target.id), 0) < step.goto_max_visits
            else over
            for run in runs
        }

    @api.model
    def _explain(self, step, run, result, now):
        if result.action == "jump":
            return self.env._("Back to “%s”.", step.goto_target_id._shown_name())
        return self.env._("It has been there %s times, no more.", step.goto_max_visits)

    @api.model
    def _summary(self, step):
        return self.env._(
            "Back to “%(target)s”, %(visits)s visits at most",
            target=step.goto_target_id.name or "?",
            visits=step.goto_max_visits,
        )

    @api.model
    def _export(self, step):
        target = {"target": step.goto_target_id.key} if step.goto_target_id else {}
        return {**target, "max_visits": step.goto_max_visits}

    @api.model
    def _target_key(self, step):
        return step.goto_target_id.key or None

    @api.model
    def _link_target(self, step, target):
        if step.goto_target_id != target:
            step.goto_target_id = target
