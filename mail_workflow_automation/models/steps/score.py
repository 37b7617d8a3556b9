from odoo import api, fields, models

from ...engine.score import STEP, Move
from ..mail_workflow_person import Person
from ..mail_workflow_scoring_rule import MOST_POINTS


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("score", "Score")], ondelete={"score": "cascade"})
    score_points = fields.Integer(string="Points", help="Less than 0 takes points away.")
    score_model_id = fields.Many2one(
        "mail.workflow.score.model",
        ondelete="restrict",
        help="Empty: the model that is shown by default.",
    )
    score_dimension_id = fields.Many2one(
        "mail.workflow.score.dimension",
        string="Dimension",
        ondelete="restrict",
        help="Empty: engagement.",
    )


class MailWorkflowStepScore(models.AbstractModel):
    """Gives the person points, or takes some: a line of the ledger, once for each visit."""

    _name = "mail.workflow.step.score"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Score"

    _step_order = 7
    _step_icon = "fa-thermometer-half"
    _step_category = "record"
    _step_fields = {
        "points": "score_points",
        "model": "score_model_id",
        "dimension": "score_dimension_id",
    }
    _has_effects = False

    @api.model
    def _check_config(self, step):
        problems = []
        if not step.score_points or abs(step.score_points) > MOST_POINTS:
            problems.append(self.env._("give or take from 1 to %s points", MOST_POINTS))
        if not self._score_model(step):
            problems.append(self.env._("choose a score model: none is shown by default"))
        elif self._score_model(step).company_id not in (
            step.workflow_id.company_id,
            self.env["res.company"],
        ):
            problems.append(self.env._("the score model is another company's"))
        return problems

    @api.model
    def _score_model(self, step):
        """Return the score model of the step; whoever sees the step sees which it is."""
        models_sudo = self.env["mail.workflow.score.model"].sudo()
        company_id = step.workflow_id.company_id.id
        return step.score_model_id.sudo() or models_sudo.browse(
            models_sudo._shown(company_id)[0] or []
        )

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        dimensions = self.env["mail.workflow.score.dimension"]
        dimension_id = step.score_dimension_id.id or dimensions._id_of("engagement")
        score_model = self._score_model(step)
        persons = {
            run.id: Person(run.partner_id.id or None, run.email_normalized or None) for run in runs
        }
        chain = step.env.context.get("mail_workflow_chain")
        origin = {"origin_workflow_id": step.workflow_id.id}
        moves = [
            Move(
                persons[run.id].key,
                score_model.id,
                dimension_id,
                step.score_points,
                now,
                reason=STEP,
                partner_id=persons[run.id].partner_id,
                company_id=run.company_id.id,
                execution_id=executions[run.id],
                note=step.workflow_id.name,
                origin={**origin, "origin_chain": chain} if chain else origin,
            )
            for run in runs
            if persons[run.id].key
        ]
        self.env["mail.workflow.score.keeper"]._apply(moves, now)

    @api.model
    def _summary(self, step):
        points = f"{step.score_points:+d}"
        where = step.score_dimension_id.name or step.score_model_id.sudo().name
        return f"{points} ({where})" if where else points
