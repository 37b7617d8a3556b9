from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .mail_workflow_score_dimension import ENGAGEMENT, FIT

MOST_POINTS = 10_000
MOST_LIMIT = 100_000
# where the scoring job has got to: says nothing of what the rule gives
PLACES = {"look_at", "version", "is_applied", "past_after", "past_until", "trouble"}
# what people were given by a profile: when one of these changes, they are given it anew
PROFILE = {"points", "dimension_id", "score_model_id", "domain", "record_model", "basis", "active"}


class MailWorkflowScoringRule(models.Model):
    """Points for what people do (an event) or who they are (a profile: a domain)."""

    _name = "mail.workflow.scoring.rule"
    _description = "Scoring Rule"
    _order = "score_model_id, sequence, id"

    name = fields.Char(help="Empty: as the rule says.")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    score_model_id = fields.Many2one(
        "mail.workflow.score.model",
        required=True,
        ondelete="cascade",
        index=True,
        default=lambda self: self.env["mail.workflow.score.model"]._shown(self.env.company.id)[0],
    )
    company_id = fields.Many2one(related="score_model_id.company_id", store=True, index=True)
    dimension_id = fields.Many2one(
        "mail.workflow.score.dimension",
        required=True,
        ondelete="restrict",
        index=True,
        compute="_compute_dimension_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    basis = fields.Selection(
        [("event", "What people do"), ("profile", "Who they are")],
        string="Points For",
        required=True,
        default="event",
    )
    points = fields.Integer(required=True, default=5, help="Less than 0 takes points away.")
    event = fields.Json(help="A kind of event and the filters it has to pass, as in a file.")
    event_kind = fields.Selection(
        selection="_selection_event_kind",
        compute="_compute_event_kind",
        store=True,
        precompute=True,
    )
    mail_step_id = fields.Many2one(
        "mail.workflow.step",
        string="Mail",
        domain="[('kind', '=', 'email')]",
        ondelete="cascade",
        index="btree_not_null",
        help="Only what happens to this mail of a workflow.",
    )
    takes_mail = fields.Boolean(compute="_compute_takes_mail")
    record_model = fields.Selection(
        [("res.partner", "Contacts"), ("crm.lead", "Leads")], string="Of", default="res.partner"
    )
    domain = fields.Char(default="[]", string="Who Match")
    repeat = fields.Selection(
        [
            ("once", "Once for each person"),
            ("subject", "Once for each message, page or record"),
            ("each", "Each time"),
        ],
        string="Counts",
        required=True,
        default="subject",
    )
    window_days = fields.Integer(
        string="Again After (days)",
        default=1,
        help="The same message, page or record counts again after so many days. 0: never.",
    )
    cap = fields.Integer(string="At Most", help="For a person in all. 0: no limit.")
    day_cap = fields.Integer(string="At Most a Day", help="For a person. 0: no limit.")
    expires_days = fields.Integer(
        string="Ends After (days)", help="The points are taken back after so many days. 0: never."
    )
    replaces_id = fields.Many2one(
        "mail.workflow.scoring.rule",
        string="Instead Of",
        ondelete="set null",
        index="btree_not_null",
        domain="[('score_model_id', '=', score_model_id), ('basis', '=', 'event'),"
        " ('id', '!=', id)]",
        help="Where this rule counts, that more general one does not. Else both count.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Looks as",
        readonly=True,
        default=lambda self: self.env.user,
        help="Who wrote the domain: it looks at what this user may see.",
    )
    summary = fields.Char(compute="_compute_summary", string="In Words")
    problem = fields.Char(compute="_compute_problem")
    trouble = fields.Char(readonly=True, copy=False, help="Why the rule could not be applied.")
    entry_count = fields.Integer(compute="_compute_entry_count", string="Lines")
    is_at_work = fields.Boolean(compute="_compute_is_at_work")
    look_at = fields.Datetime(copy=False, groups=fields.NO_ACCESS)
    version = fields.Integer(copy=False, default=1, groups=fields.NO_ACCESS)
    is_applied = fields.Boolean(copy=False, groups=fields.NO_ACCESS)
    past_after = fields.Integer(copy=False, groups=fields.NO_ACCESS)
    past_until = fields.Integer(copy=False, groups=fields.NO_ACCESS)

    _due = models.Index("(look_at) WHERE look_at IS NOT NULL")

    @api.depends("name", "basis", "event", "record_model", "domain", "mail_step_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for rule in self:
            rule.display_name = rule.name or rule._in_words() or self.env._("New rule")

    @api.depends("basis")
    def _compute_dimension_id(self):
        dimensions = self.env["mail.workflow.score.dimension"]
        for rule in self:
            code = FIT if rule.basis == "profile" else ENGAGEMENT
            if not rule.dimension_id or rule.dimension_id.code in (FIT, ENGAGEMENT):
                rule.dimension_id = dimensions._id_of(code)

    @api.depends("event", "basis")
    def _compute_event_kind(self):
        known = dict(self._selection_event_kind())
        for rule in self:
            kind = rule.event.get("kind") if isinstance(rule.event, dict) else None
            rule.event_kind = kind if kind in known and rule.basis == "event" else False

    @api.depends("event_kind")
    def _compute_takes_mail(self):
        for rule in self:
            handler = self.env.get(f"mail.workflow.trigger.{rule.event_kind}")
            rule.takes_mail = handler is not None and "step" in handler._filter_fields

    @api.model
    def _selection_event_kind(self):
        triggers = self.env["mail.workflow.trigger"]
        return [
            (kind, label)
            for kind, label in triggers._event_kind_selection()
            if triggers._kind_model(kind)._scores
        ]

    @api.depends(
        *("basis", "event", "domain", "record_model", "mail_step_id", "points", "repeat"),
        *("window_days", "replaces_id"),
    )
    def _compute_summary(self):
        repeats = dict(self._fields["repeat"]._description_selection(self.env))
        for rule in self:
            parts = [rule._in_words()]
            if rule.basis == "event":
                parts.append(repeats.get(rule.repeat))
            if rule.replaces_id:
                parts.append(self.env._("instead of “%s”", rule.replaces_id.display_name))
            rule.summary = " · ".join(filter(None, parts))

    @api.depends("basis", "event", "domain", "record_model", "score_model_id.active", "trouble")
    def _compute_problem(self):
        for rule in self:
            problems = rule._problems()
            if rule.trouble:
                problems.append(rule.trouble)
            rule.problem = "; ".join(problems) or False

    def _compute_entry_count(self):
        counts = self.env["mail.workflow.score.entry"]._read_group(
            [("rule_id", "in", self.ids)], ["rule_id"], ["__count"]
        )
        by_rule = {rule.id: count for rule, count in counts}
        for rule in self:
            rule.entry_count = by_rule.get(rule.id, 0)

    @api.depends("look_at", "past_until")
    def _compute_is_at_work(self):
        for rule in self:
            rule_sudo = rule.sudo()
            is_new = rule.basis == "profile" and not rule_sudo.is_applied
            rule.is_at_work = bool(rule.active and (is_new or rule_sudo.past_until))

    @api.constrains("basis", "event", "domain", "record_model", "mail_step_id")
    def _check_rule(self):
        for rule in self:
            # a rule that is not finished counts nothing, and says so
            problems = rule._problems(as_asker=True)
            if problems and (rule.basis == "profile" or rule.event):
                raise ValidationError(
                    self.env._(
                        "Scoring rule “%(rule)s”: %(problems)s.",
                        rule=rule.display_name,
                        problems="; ".join(problems),
                    )
                )

    @api.constrains("points", "cap", "day_cap", "window_days", "expires_days")
    def _check_numbers(self):
        for rule in self:
            if not 0 < abs(rule.points) <= MOST_POINTS:
                raise ValidationError(
                    self.env._(
                        "Scoring rule “%(rule)s”: it gives or takes from 1 to %(most)s points.",
                        rule=rule.display_name,
                        most=MOST_POINTS,
                    )
                )
            limits = (rule.cap, rule.day_cap, rule.window_days, rule.expires_days)
            if not all(0 <= limit <= MOST_LIMIT for limit in limits):
                raise ValidationError(
                    self.env._(
                        "Scoring rule “%(rule)s”: limits and days are from 0 to %(most)s.",
                        rule=rule.display_name,
                        most=MOST_LIMIT,
                    )
                )

    @api.constrains("replaces_id", "score_model_id")
    def _check_replaces_id(self):
        if self._has_cycle("replaces_id"):
            raise ValidationError(
                self.env._("These rules would replace each other: none of them would count.")
            )
        for rule in self:
            if rule.replaces_id and rule.replaces_id.score_model_id != rule.score_model_id:
                raise ValidationError(
                    self.env._("“%s” replaces a rule of another score model.", rule.display_name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create([self._as_asker(vals) for vals in vals_list])
        rules._look_now()
        self.env["mail.workflow.listening"]._changed()
        return rules

    def write(self, vals):
        if {"domain", "record_model", "user_id"} & vals.keys():
            vals = self._as_asker(vals)
        if {"score_model_id", "basis"} & vals.keys():
            self._check_without_points(vals)
        result = super().write(vals)
        if set(vals) <= PLACES:
            return result
        if PROFILE & vals.keys():
            for rule in self.sudo().filtered(lambda rule: rule.basis == "profile"):
                rule.version += 1
            self._look_now()
        self.env["mail.workflow.listening"]._changed()
        return result

    @api.model
    def _as_asker(self, vals):
        """A rule looks as who wrote it, at nothing that is hidden from them."""
        return vals if self.env.su and "user_id" in vals else {**vals, "user_id": self.env.uid}

    def unlink(self):
        result = super().unlink()
        self.env["mail.workflow.listening"]._changed()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_points(self):
        self._check_without_points({})

    def _check_without_points(self, vals):
        """What a rule has given stays explained by it."""
        changed = self.filtered(
            lambda rule: (
                not vals
                or any(
                    (rule[name].id if name.endswith("_id") else rule[name]) != vals[name]
                    for name in ("score_model_id", "basis")
                    if name in vals
                )
            )
        )
        entries_sudo = self.env["mail.workflow.score.entry"].sudo()
        given = entries_sudo.search([("rule_id", "in", changed.ids)], order="rule_id.id", limit=1)
        if given:
            raise UserError(
                self.env._(
                    "“%s” has given points. Archive it and write another rule.",
                    given.rule_id.display_name,
                )
            )

    def _look_now(self):
        """Let the scoring job apply profiles; the form does not wait for it."""
        profiles_sudo = self.sudo().filtered(lambda rule: rule.basis == "profile")
        if profiles_sudo:
            now = fields.Datetime.now()
            again = {"is_applied": False, "past_after": 0, "trouble": False}
            profiles_sudo.write({"look_at": now, **again})
            self.env["mail.workflow.lane"]._wake("scoring")

    def action_apply_to_past(self):
        """Count what people did before the rule was there, as far as it was noted."""
        self.check_access("write")
        events_sudo = self.env["mail.workflow.event"].sudo()
        last = events_sudo.search([], order="id desc", limit=1).id
        rules_sudo = self.sudo().filtered(lambda rule: rule.basis == "event" and rule.active)
        rules_sudo.write({"past_after": 0, "past_until": last})
        self.env["mail.workflow.lane"]._wake("scoring")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("What is known of the past is being counted."),
                "type": "success",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_view_entries(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_workflow_automation.mail_workflow_score_entry_action"
        )
        return {**action, "domain": [("rule_id", "=", self.id)], "context": {}}
