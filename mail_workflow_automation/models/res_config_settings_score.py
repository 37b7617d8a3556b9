from odoo import api, fields, models

from .mail_workflow_score_dimension import ENGAGEMENT, FIT
from .mail_workflow_score_model import THRESHOLDS

PREFIX = "mail_workflow_score_"


class ResConfigSettings(models.TransientModel):
    """Thresholds of the score model that is shown by default, and how fast points fade: the same
    numbers as on their own forms."""

    _inherit = "res.config.settings"

    mail_workflow_score_model_id = fields.Many2one(
        "mail.workflow.score.model",
        compute="_compute_mail_workflow_score_model_id",
        string="Score Model",
    )
    mail_workflow_score_grade_a = fields.Integer(string="A from")
    mail_workflow_score_grade_b = fields.Integer(string="B from")
    mail_workflow_score_grade_c = fields.Integer(string="C from")
    mail_workflow_score_warm_from = fields.Integer(string="Warm from")
    mail_workflow_score_hot_from = fields.Integer(string="Hot from")
    mail_workflow_score_fit_half_life = fields.Integer(string="Fit")
    mail_workflow_score_engagement_half_life = fields.Integer(string="Engagement")

    @api.depends("company_id")
    def _compute_mail_workflow_score_model_id(self):
        for settings in self:
            settings.mail_workflow_score_model_id = self._mail_workflow_score_model()

    @api.model
    def _mail_workflow_score_model(self):
        shown_id, _of_teams = self.env["mail.workflow.score.model"]._shown(self.env.company.id)
        return self.env["mail.workflow.score.model"].browse(shown_id or [])

    @api.model
    def _mail_workflow_scores_kept(self):
        """Return what is set, ``[(record, {its field: field of the settings})]``."""
        score_model = self._mail_workflow_score_model()
        kept = [(score_model, {name: PREFIX + name for name in THRESHOLDS})] if score_model else []
        dimensions = self.env["mail.workflow.score.dimension"]
        for code in (FIT, ENGAGEMENT):
            dimension = dimensions.browse(dimensions._id_of(code))
            kept.append((dimension, {"half_life_days": f"{PREFIX}{code}_half_life"}))
        return kept

    @api.model
    def get_values(self):
        values = super().get_values()
        for record_sudo, names in self.sudo()._mail_workflow_scores_kept():
            values |= {own: record_sudo[name] for name, own in names.items()}
        return values

    def set_values(self):
        result = super().set_values()
        for record, names in self._mail_workflow_scores_kept():
            changed = {name: self[own] for name, own in names.items() if record[name] != self[own]}
            if changed:
                record.write(changed)
        return result
