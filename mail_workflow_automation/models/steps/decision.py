from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...engine import outcome
from .task import LATE, TASK_FIELDS

_lt = LazyTranslate(__name__)

FEWEST, MOST = 2, 6
DECISION_FIELDS = {key: name for key, name in TASK_FIELDS.items() if key != "wait_for"}


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(
        selection_add=[("decision", "Decision")], ondelete={"decision": "cascade"}
    )
    decision_outcomes = fields.Text(
        string="Outcomes", help="One on each line: a button for who decides, and a branch."
    )
    decision_default = fields.Char(
        string="If Nobody Decides in Time",
        help="The outcome that is taken when the deadline is over.",
    )
    decision_ways = fields.Json(compute="_compute_decision_ways", inverse="_inverse_decision_ways")
    decision_choices = fields.Json(compute="_compute_decision_choices")

    @api.depends("decision_outcomes")
    def _compute_decision_ways(self):
        for step in self:
            step.decision_ways = [{"name": name} for name in step._decision_names()]

    def _inverse_decision_ways(self):
        definition = self.env["mail.workflow.definition"]
        for step in self:
            ways = step.decision_ways or []
            definition._check_entries(ways, "name", step.key)
            step.decision_outcomes = "\n".join(way["name"] for way in ways)

    @api.depends("decision_ways")
    def _compute_decision_choices(self):
        for step in self:
            ways = step.decision_ways or []
            step.decision_choices = [[way["name"], way["name"]] for way in ways]

    @api.constrains("decision_outcomes")
    def _check_decision_outcomes(self):
        for step in self:
            for name in step._decision_names():
                self.env["mail.workflow.definition"]._branch_name(name, step.name)

    def _decision_names(self):
        """Return the names of the outcomes, in their order."""
        self.ensure_one()
        lines = [line.strip() for line in (self.decision_outcomes or "").splitlines()]
        return list(dict.fromkeys(filter(None, lines)))


class MailWorkflowStepDecision(models.AbstractModel):
    """A person picks one of several named outcomes: a task that is done by its buttons."""

    _name = "mail.workflow.step.decision"
    _inherit = "mail.workflow.step.task"
    _description = "Workflow Step: Decision"

    _step_order = 2
    _step_icon = "fa-gavel"
    _step_help = _lt("Asks a person to choose; each answer is a branch.")
    _step_fields = {**DECISION_FIELDS, "default": "decision_default"}

    @api.model
    def _file_keys(self):
        return {*self._step_fields, "branches"}

    @api.model
    def _waits_for(self, step):
        return "first"

    @api.model
    def _choices(self, step):
        return step._decision_names()

    @api.model
    def _outcomes(self, step):
        late = [LATE] if step.task_on_deadline == "late" and not step.decision_default else []
        return tuple(dict.fromkeys(step._decision_names() + late))

    @api.model
    def _ways_renamed(self, step, renames):
        if step.decision_default in renames:
            step.decision_default = renames[step.decision_default]

    @api.model
    def _has_branch_entries(self, step):
        return True

    @api.model
    def _default_entry(self, workflow):
        entry = super()._default_entry(workflow)
        names = (self.env._("Yes"), self.env._("No"))
        return {**entry, "branches": {name: {"steps": []} for name in names}}

    @api.model
    def _check_config(self, step):
        problems = super()._check_config(step)
        names = step._decision_names()
        if not FEWEST <= len(names) <= MOST:
            problems.append(
                self.env._(
                    "a decision has %(fewest)s to %(most)s outcomes", fewest=FEWEST, most=MOST
                )
            )
        if step.decision_default and step.decision_default not in names:
            problems.append(self.env._("“%s” is none of the outcomes", step.decision_default))
        if LATE in names:
            problems.append(self.env._("give the outcome “%s” another name", LATE))
        return problems

    @api.model
    def _summary(self, step):
        outcomes = " / ".join(step._decision_names())
        return " · ".join(filter(None, [super()._summary(step), outcomes]))

    @api.model
    def _done(self, step, done):
        chosen = done.filtered("workflow_outcome")[:1]
        if chosen:
            name, by = chosen.workflow_outcome, chosen.workflow_done_by_id.name
            reason = self.env._("%(outcome)s, decided by %(user)s", outcome=name, user=by)
            return outcome.done(name, reason=reason, by=by)
        return self._undecided(step, self.env._("closed without a decision"))

    @api.model
    def _undecided(self, step, reason):
        if step.decision_default:
            return outcome.done(step.decision_default, reason=reason)
        return outcome.skip(reason)

    @api.model
    def _overdue(self, step, still_open, now):
        if step.decision_default:
            return self._undecided(step, self.env._("not decided in time"))
        return super()._overdue(step, still_open, now)

    @api.model
    def _acts_on_deadline(self, step):
        return bool(step.decision_default) or super()._acts_on_deadline(step)

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        # decided by the deadline: nobody is asked any more
        self._let_go(step, runs, now)

    @api.model
    def _import(self, values, workflow, path):
        result = super()._import(values, workflow, path)
        by_deadline = values.get("on_deadline") == "late" and "default" not in values
        names = [name for name in values.get("branches", {}) if not (by_deadline and name == LATE)]
        return {**result, "decision_outcomes": "\n".join(names)}
