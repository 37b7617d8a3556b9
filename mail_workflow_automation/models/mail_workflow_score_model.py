from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..engine.preview import HEATS, LETTERS
from ..engine.score import MOST_TOTAL
from .mail_workflow_listening import LISTENING_CACHE

THRESHOLDS = ("grade_a", "grade_b", "grade_c", "warm_from", "hot_from")


class MailWorkflowScoreModel(models.Model):
    """What points mean: rules that give them, and thresholds that make a grade of them."""

    _name = "mail.workflow.score.model"
    _description = "Score Model"
    _order = "is_default desc, name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: shared by all companies that share the contact."
    )
    team_id = fields.Many2one(
        "crm.team",
        index="btree_not_null",
        check_company=True,
        help="Leads of this team show this score instead of the default one.",
    )
    is_default = fields.Boolean(
        string="Shown by Default", help="Contacts and leads show the score of this model."
    )
    grade_a = fields.Integer(string="A from", default=40, required=True)
    grade_b = fields.Integer(string="B from", default=20, required=True)
    grade_c = fields.Integer(string="C from", default=10, required=True)
    warm_from = fields.Integer(string="Warm from", default=20, required=True)
    hot_from = fields.Integer(string="Hot from", default=50, required=True)
    rule_ids = fields.One2many("mail.workflow.scoring.rule", "score_model_id")
    rule_count = fields.Integer(compute="_compute_counts", string="Rules")
    person_count = fields.Integer(compute="_compute_counts", string="People")

    _check_company_auto = True

    @api.depends("rule_ids")
    def _compute_counts(self):
        rules = self.env["mail.workflow.scoring.rule"]._read_group(
            [("score_model_id", "in", self.ids)], ["score_model_id"], ["__count"]
        )
        people = self.env["mail.workflow.score"]._read_group(
            [("score_model_id", "in", self.ids), ("dimension_id", "=", False)],
            ["score_model_id"],
            ["__count"],
        )
        rule_counts = {model.id: count for model, count in rules}
        person_counts = {model.id: count for model, count in people}
        for score_model in self:
            score_model.rule_count = rule_counts.get(score_model.id, 0)
            score_model.person_count = person_counts.get(score_model.id, 0)

    @api.constrains(*THRESHOLDS)
    def _check_thresholds(self):
        for one in self:
            problems = one._threshold_problems({name: one[name] for name in THRESHOLDS})
            if problems:
                raise ValidationError("\n".join(problems))

    @api.constrains("is_default", "company_id", "active")
    def _check_one_default(self):
        shown = self.filtered(lambda model: model.is_default and model.active)
        others = self.sudo().search(
            [("is_default", "=", True), ("company_id", "in", [False, *shown.company_id.ids])]
        )
        for one in shown:
            other = others.filtered(
                lambda model, one=one: model != one and model.company_id == one.company_id
            )
            if other:
                raise ValidationError(
                    self.env._(
                        "“%(other)s” is shown by default already; only one model can be.",
                        other=other[0].name,
                    )
                )

    @api.constrains("team_id", "active")
    def _check_one_of_team(self):
        shown = self.filtered(lambda model: model.team_id and model.active)
        others = self.sudo().search([("team_id", "in", shown.team_id.ids)])
        for one in shown:
            other = others.filtered(
                lambda model, one=one: model != one and model.team_id == one.team_id
            )
            if other:
                raise ValidationError(
                    self.env._(
                        "The team “%(team)s” shows the score “%(other)s” already.",
                        team=one.team_id.name,
                        other=other[0].name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        score_models = super().create(vals_list)
        self.env["mail.workflow.listening"]._changed()
        return score_models

    def write(self, vals):
        if "company_id" in vals and self.env["mail.workflow.score.entry"].sudo().search_count(
            [("score_model_id", "in", self.ids)], limit=1
        ):
            raise UserError(
                self.env._("People have points in this model: its company cannot change any more.")
            )
        result = super().write(vals)
        if "active" in vals:
            self.rule_ids._look_now()
        self.env["mail.workflow.listening"]._changed()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["mail.workflow.listening"]._changed()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_points(self):
        entries_sudo = self.env["mail.workflow.score.entry"].sudo()
        entry = entries_sudo.search([("score_model_id", "in", self.ids)], limit=1)
        if entry:
            raise UserError(
                self.env._(
                    "“%s” has given points: archive it instead of deleting it.",
                    entry.score_model_id.name,
                )
            )

    @api.model
    @tools.ormcache("company_id", cache=LISTENING_CACHE)
    def _shown(self, company_id):
        """Return which models a company's contacts and leads show.

        :returns: ``(id of the default one or None, {team id: model id})``
        """
        models_sudo = (
            self.sudo()
            .with_context(active_test=True)
            .search([("company_id", "in", (company_id, False))], order="company_id, id")
        )
        default = next((model.id for model in models_sudo if model.is_default), None)
        return default, {model.team_id.id: model.id for model in models_sudo if model.team_id}

    def _threshold_problems(self, thresholds):
        """Return what is wrong with thresholds, ``{field: number}``, a list of str."""
        problems = []
        name = self.name or ""
        hot, warm = thresholds["hot_from"], thresholds["warm_from"]
        if not thresholds["grade_a"] > thresholds["grade_b"] > thresholds["grade_c"] > 0:
            problems.append(
                self.env._("“%s”: grade A begins above B, B above C, and C above 0.", name)
            )
        if not hot > warm > 0:
            problems.append(self.env._("“%s”: hot begins above warm, and warm above 0.", name))
        if max(thresholds.values()) > MOST_TOTAL:
            problems.append(self.env._("“%s”: nobody has so many points.", name))
        return problems

    @api.model
    def _grade_to_sql(self, fit, engagement, thresholds):
        """Return the expression for the grade of two scores.

        :param thresholds: ``{field: number or SQL}``
        """
        at = {name: SQL("%s", value) for name, value in thresholds.items()}
        return SQL(
            "CASE WHEN %(fit)s >= %(grade_a)s THEN %(a)s WHEN %(fit)s >= %(grade_b)s THEN %(b)s"
            " WHEN %(fit)s >= %(grade_c)s THEN %(c)s ELSE %(d)s END"
            " || CASE WHEN %(engagement)s >= %(hot_from)s THEN %(hot)s"
            " WHEN %(engagement)s >= %(warm_from)s THEN %(warm)s ELSE %(cold)s END",
            fit=fit,
            engagement=engagement,
            **at,
            **dict(zip(LETTERS, LETTERS, strict=True)),
            **dict(zip(("hot", "warm", "cold"), HEATS, strict=True)),
        )

    def action_view_rules(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_workflow_automation.mail_workflow_scoring_rule_action"
        )
        action["domain"] = [("score_model_id", "=", self.id)]
        action["context"] = {"default_score_model_id": self.id}
        return action

    def action_view_scores(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_workflow_automation.mail_workflow_score_action"
        )
        action["domain"] = [("score_model_id", "=", self.id), ("dimension_id", "=", False)]
        action["context"] = {}
        return action
