from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.score import MANUAL, Move
from ..models.mail_workflow_scoring_rule import MOST_POINTS


class MailWorkflowScoreAdjust(models.TransientModel):
    """Gives a person points by hand, or takes some: a line of the ledger, with who and why."""

    _name = "mail.workflow.score.adjust"
    _description = "Change a Score by Hand"

    res_model = fields.Char(required=True)
    res_id = fields.Integer(required=True)
    score_model_id = fields.Many2one(
        "mail.workflow.score.model",
        required=True,
        default=lambda self: self.env["mail.workflow.score.model"]._shown(self.env.company.id)[0],
    )
    dimension_id = fields.Many2one(
        "mail.workflow.score.dimension",
        required=True,
        default=lambda self: self.env["mail.workflow.score.dimension"]._id_of("engagement"),
    )
    points = fields.Integer(required=True, help="Less than 0 takes points away.")
    note = fields.Char(string="Why", required=True)

    @api.constrains("points")
    def _check_points(self):
        for wizard in self:
            if not 0 < abs(wizard.points) <= MOST_POINTS:
                raise ValidationError(self.env._("Give or take from 1 to %s points.", MOST_POINTS))

    def action_apply(self):
        """Write the line, and go back to the record."""
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id)
        record.check_access("read")
        self.score_model_id.check_access("read")
        person = self.env["mail.workflow.person"]._of(record).get(record.id)
        if not person or not person.key:
            raise UserError(
                self.env._(
                    "Nobody is behind “%s”: there is no contact and no address.",
                    record.display_name,
                )
            )
        now = fields.Datetime.now()
        move = Move(
            person.key,
            self.score_model_id.id,
            self.dimension_id.id,
            self.points,
            now,
            reason=MANUAL,
            partner_id=person.partner_id,
            note=self.note,
            user_id=self.env.uid,
        )
        # the ledger is the engine's to write
        self.env["mail.workflow.score.keeper"].sudo()._apply([move], now)
        return {"type": "ir.actions.act_window_close"}
