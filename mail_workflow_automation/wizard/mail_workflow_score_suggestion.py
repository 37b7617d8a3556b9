from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang

from ..models.mail_workflow_score_fact import Did


class MailWorkflowScoreSuggestion(models.TransientModel):
    """A rule that the past speaks for."""

    _name = "mail.workflow.score.suggestion"
    _description = "Suggested Rule"
    _order = "id"

    suggest_id = fields.Many2one(
        "mail.workflow.score.suggest", required=True, ondelete="cascade", index=True
    )
    name = fields.Char(string="Rule", required=True)
    points = fields.Integer(required=True)
    points_alone = fields.Integer(
        readonly=True, help="What it would be worth without the other rules of this list."
    )
    rule_values = fields.Json(required=True)
    won_with = fields.Integer(readonly=True)
    lost_with = fields.Integer(readonly=True)
    won_known = fields.Integer(readonly=True)
    lost_known = fields.Integer(readonly=True)
    of_won = fields.Char(compute="_compute_evidence", string="Of the Won")
    of_lost = fields.Char(compute="_compute_evidence", string="Of the Lost")
    support = fields.Integer(
        compute="_compute_evidence", string="People", help="How many did or were it."
    )
    lift = fields.Float(readonly=True, digits=(16, 1))
    lift_low = fields.Float(readonly=True)
    lift_high = fields.Float(readonly=True)
    lift_text = fields.Char(
        compute="_compute_evidence",
        string="Won as Often",
        help="How many times as often they were won as the others, with the interval in which it "
        "lies 19 times of 20.",
    )
    rule_id = fields.Many2one(
        "mail.workflow.scoring.rule", string="Added Rule", readonly=True, ondelete="set null"
    )

    @api.depends("won_with", "lost_with", "won_known", "lost_known", "lift")
    @api.depends_context("lang")
    def _compute_evidence(self):
        for one in self:
            one.support = one.won_with + one.lost_with
            one.of_won = self._share(one.won_with, one.won_known)
            one.of_lost = self._share(one.lost_with, one.lost_known)
            one.lift_text = self.env._(
                "%(lift)s times (%(low)s to %(high)s)",
                lift=formatLang(self.env, one.lift, digits=1),
                low=formatLang(self.env, one.lift_low, digits=1),
                high=formatLang(self.env, one.lift_high, digits=1),
            )

    @api.model
    def _share(self, count, known):
        return self.env._(
            "%(percent)s%% (%(count)s of %(known)s)",
            percent=round(100 * count / known) if known else 0,
            count=count,
            known=known,
        )

    @api.model
    def _prepare(self, suggest, found, rules):
        """Return the values of a suggestion.

        :param found: ``engine.suggestion.Suggestion``
        :param rules: those that are there
        """
        values = self._values_of(found.key)
        lift, low, high = found.lift
        rule = rules.new({**values, "points": found.points})
        return {
            "suggest_id": suggest.id,
            "name": values.get("name") or rule._in_words() or "?",
            "points": found.points,
            "points_alone": found.points_alone,
            "rule_values": values,
            "won_with": found.won_with,
            "lost_with": found.lost_with,
            "won_known": found.won_with + found.won_without,
            "lost_known": found.lost_with + found.lost_without,
            "lift": lift,
            "lift_low": low,
            "lift_high": high,
            "rule_id": rules.filtered(lambda one: self._is_same(one, values))[:1].id,
        }

    @api.model
    def _values_of(self, key):
        """Return the values of the rule for a fact."""
        if not isinstance(key, Did):
            words = self._profile_words(key)
            domain = repr(key.domain)
            return {
                "basis": "profile",
                "record_model": key.record_model,
                "domain": domain,
                "name": words,
            }
        event = key.event
        workflow_id = event["filters"].pop("workflow_id", None)
        values = {"basis": "event", "event": event, "repeat": "once"}
        if workflow_id:
            steps = self.env["mail.workflow.step"].search(
                [("workflow_id", "=", workflow_id), ("key", "=", event["filters"].pop("step"))]
            )
            # of a mail that is gone, or of others, nothing is suggested
            values = {**values, "mail_step_id": steps[:1].id} if steps else {"event": False}
        return values

    @api.model
    def _profile_words(self, key):
        """Return what somebody is in words, as “Country: Belgium”."""
        records = self.env[key.record_model]
        *way, name = key.path.split(".")
        for step in way:
            records = records[step]
        field = records._fields[name]
        value = key.value
        if field.type == "many2one":
            value = self.env[field.comodel_name].browse(value).display_name
        elif field.type == "boolean":
            value = self.env._("yes") if value else self.env._("no")
        elif field.type == "selection":
            value = dict(field._description_selection(self.env)).get(value, value)
        label = field._description_string(self.env)
        return self.env._("%(field)s: %(value)s", field=label, value=value)

    @api.model
    def _is_same(self, rule, values):
        """Tell whether a rule asks for what another of these values would."""
        if rule.basis != values["basis"]:
            return False
        if rule.basis == "profile":
            return all(rule[name] == values[name] for name in ("record_model", "domain"))
        event = {**(rule.event or {}), "filters": (rule.event or {}).get("filters") or {}}
        mail_id = rule.mail_step_id.id or None
        return event == values["event"] and mail_id == values.get("mail_step_id")

    def _is_possible(self):
        """Tell whether there can be such a rule: what it is about may be gone."""
        self.ensure_one()
        if self.rule_values.get("event") is False:
            return False
        rule = self.env["mail.workflow.scoring.rule"].new(
            {**self.rule_values, "points": self.points}
        )
        return not rule._problems(as_asker=True)

    def action_add(self):
        """Add the rule: it gives points from now on and, where asked for, for the past."""
        self.ensure_one()
        if self.rule_id:
            raise UserError(self.env._("“%s” is there already.", self.rule_id.display_name))
        score_model = self.suggest_id.score_model_id
        self.rule_id = self.env["mail.workflow.scoring.rule"].create(
            {**self.rule_values, "points": self.points, "score_model_id": score_model.id}
        )
        if self.suggest_id.count_past and self.rule_id.basis == "event":
            self.rule_id.action_apply_to_past()
        return self.suggest_id._shown_on_page()

    def action_open_rule(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mail.workflow.scoring.rule",
            "res_id": self.rule_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
