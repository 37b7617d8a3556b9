from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.score import midnight_after

FIT, ENGAGEMENT = "fit", "engagement"


class MailWorkflowScoreDimension(models.Model):
    """One side of a score: who people are (fit), what they do (engagement), or more."""

    _name = "mail.workflow.score.dimension"
    _description = "Dimension of a Score"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        readonly=True, copy=False, help="Of the two that grades are made of; others only add up."
    )
    sequence = fields.Integer(default=10)
    half_life_days = fields.Integer(
        string="Half-life (days)",
        help="After so many days points count half, after twice as many a quarter. 0: they stay.",
    )
    cap = fields.Integer(string="At Most", help="A person has no more points here. 0: no limit.")

    _code_unique = models.UniqueIndex("(code)", "There is a dimension with this code already.")
    _days_and_cap = models.Constraint(
        "CHECK (half_life_days BETWEEN 0 AND 36500 AND cap >= 0)",
        "A half-life is 0 days or more, a limit 0 points or more.",
    )

    @api.model
    def _id_of(self, code):
        """Return the id of a dimension that grades are made of."""
        return self.env["ir.model.data"]._xmlid_to_res_id(
            f"mail_workflow_automation.mail_workflow_score_dimension_{code}"
        )

    def write(self, vals):
        if "code" in vals and any(one.code in (FIT, ENGAGEMENT) for one in self):
            self._refuse_change()
        before = {one.id: one.half_life_days for one in self}
        result = super().write(vals)
        if "half_life_days" in vals:
            for dimension in self:
                dimension._fade_from_now(before[dimension.id])
        self.env["mail.workflow.listening"]._changed()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_graded(self):
        if any(one.code in (FIT, ENGAGEMENT) for one in self):
            self._refuse_change()

    def _refuse_change(self):
        raise UserError(self.env._("Grades are made of fit and engagement: both stay."))

    def _fade_from_now(self, half_life_before):
        """Let what people have fade by the new half-life from now on, by the old one until now."""
        now = fields.Datetime.now()
        scores = self.env["mail.workflow.score"]
        scores.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_score
                   SET exact = CASE WHEN %(before)s > 0 AND exact_at < %(now)s
                                    THEN exact * power(0.5, extract(epoch FROM %(now)s - exact_at)
                                                            / 86400.0 / %(before)s)
                                    ELSE exact END,
                       exact_at = %(now)s,
                       fade_at = CASE WHEN %(after)s > 0 AND score > 0 THEN %(midnight)s END
                 WHERE dimension_id = %(dimension)s
                """,
                before=half_life_before,
                after=self.half_life_days,
                now=now,
                midnight=midnight_after(now),
                dimension=self.id,
            )
        )
        scores.invalidate_model()
