from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.translate import LazyTranslate

from ...engine import outcome
from ...exceptions import DefinitionError

_lt = LazyTranslate(__name__)

ELSE = "else"


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(
        selection_add=[("condition", "Condition")], ondelete={"condition": "cascade"}
    )
    condition_branches = fields.Json(
        help="Branches in order: the first that matches wins. Each has a name and a domain, or "
        "an event."
    )

    @api.constrains("condition_branches")
    def _check_condition_branches(self):
        definition = self.env["mail.workflow.definition"]
        for step in self:
            branches = step.condition_branches or []
            definition._check_entries(branches, "name", step.key)
            definition._check_distinct(branches, step)
            for index, branch in enumerate(branches):
                where = f"{step.key}[{index}]"
                definition._only_keys(branch, {"name", "domain", "event"}, where)
                if {"event", "domain"} <= set(branch):
                    raise DefinitionError(where, self.env._("asks a “domain” or an “event”"))
                if "event" in branch:
                    extra = {"within_days"}
                    definition._spec(branch["event"], f"{where}.event", extra=extra, stored=True)
                elif not isinstance(branch.get("domain", []), list):
                    raise DefinitionError(f"{where}.domain", self.env._("must be a list"))
            step._check_condition_rest()

    def _check_condition_rest(self):
        """Who is left goes last: “no” beside a lone “yes”, else “else”, as in the file."""
        ways = self.condition_branches or []
        rest = [way for way in ways if set(way) == {"name"}]
        is_last = rest in ([], ways[-1:]) and rest == [way for way in ways if way["name"] == ELSE]
        if not is_last and not self.env["mail.workflow.step.condition"]._is_short(ways):
            raise ValidationError(
                self.env._(
                    "Step “%(step)s”: each way asks something, but for the last, “%(rest)s”.",
                    step=self.display_name,
                    rest=self._branch_label(ELSE),
                )
            )


class MailWorkflowStepCondition(models.AbstractModel):
    """Sends each run one way: by a domain on its record, or by something its person did."""

    _name = "mail.workflow.step.condition"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Condition"

    _step_order = 2
    _step_icon = "fa-question-circle"
    _step_help = _lt("Sends them one way or another, by who they are or what they did.")
    _has_effects = False

    @api.model
    def _file_keys(self):
        return {"domain", "branches"}

    @api.model
    def _outcomes(self, step):
        return tuple(branch["name"] for branch in step.condition_branches or [])

    @api.model
    def _ways(self, step):
        branches = step.condition_branches or []
        if any("domain" not in branch and not branch.get("event") for branch in branches):
            return self._outcomes(step)
        return (*self._outcomes(step), outcome.THEN)

    @api.model
    def _domains(self, step):
        branches = step.condition_branches or []
        return [repr(branch["domain"]) for branch in branches if "domain" in branch]

    @api.model
    def _looked_up(self, step):
        branches = step.condition_branches or []
        return [branch["event"] for branch in branches if branch.get("event")]

    @api.model
    def _check_config(self, step):
        branches = step.condition_branches or []
        if not branches:
            return [self.env._("the condition asks nothing")]
        problems = []
        for branch in branches:
            if "domain" in branch:
                problem = step.workflow_id._domain_problem(repr(branch["domain"]))
                if problem:
                    problems.append(
                        self.env._(
                            "branch “%(branch)s”: %(problem)s",
                            branch=branch["name"],
                            problem=problem,
                        )
                    )
            if branch.get("event"):
                problems += self.env["mail.workflow.linter"]._spec_problems(
                    branch["event"], step.workflow_id
                )
        return problems

    @api.model
    def _decide(self, step, runs, now):
        decided = {}
        rest = runs
        for branch in step.condition_branches or []:
            if not rest:
                break
            matching = self._matching(step, branch, rest, now)
            decided.update({run_id: outcome.done(branch["name"]) for run_id in matching})
            rest = rest.filtered(lambda run, matching=matching: run.id not in matching)
        decided.update({run.id: outcome.done() for run in rest})
        return decided

    @api.model
    def _matching(self, step, branch, runs, now):
        """Return the ids of the runs that a branch takes: one query for all."""
        if "domain" in branch:
            records = step.workflow_id._records(runs.mapped("res_id"))
            found = set(step.workflow_id._matching(records, branch["domain"]).ids)
            return {run.id for run in runs if run.res_id in found}
        if branch.get("event"):
            days = branch["event"].get("within_days")
            since = {run.id: now - timedelta(days=days) if days else run.entered_at for run in runs}
            return set(self.env["mail.workflow.lookup"]._first(runs, branch["event"], since))
        return set(runs.ids)

    @api.model
    def _explain(self, step, run, result, now):
        simulator, facts = self.env["mail.workflow.simulator"], []
        record = step.workflow_id._records(run.res_id)
        for branch in step.condition_branches or []:
            if branch.get("domain"):
                facts.append(simulator._facts(record, branch["domain"]))
            elif branch.get("event"):
                words = step.workflow_id._event_in_words(branch["event"])
                is_seen = self._matching(step, branch, run, now)
                facts.append(
                    self.env._("%s: yes", words) if is_seen else self.env._("%s: no", words)
                )
            if branch["name"] == result.branch:
                break
        return ". ".join(dict.fromkeys(facts))

    @api.model
    def _summary(self, step):
        return " / ".join(step._branch_in_words(branch) for branch in step.condition_branches or [])

    @api.model
    def _is_short(self, branches):
        """Tell whether the branches are those of the short form: a domain, yes or no."""
        return (
            [branch["name"] for branch in branches] == ["yes", "no"]
            and set(branches[0]) == {"name", "domain"}
            and set(branches[1]) == {"name"}
        )

    @api.model
    def _export(self, step):
        branches = step.condition_branches or []
        return {"domain": branches[0]["domain"]} if self._is_short(branches) else {}

    @api.model
    def _default_entry(self, workflow):
        # yes or no; an empty domain takes everybody until it is filled in
        return {"kind": "condition", "domain": []}

    @api.model
    def _has_branch_entries(self, step):
        return not self._export(step)

    @api.model
    def _branch_file_keys(self, values):
        return {"steps"} if "domain" in values else {"steps", "when"}

    @api.model
    def _export_branch(self, step, name):
        if self._export(step):
            return {}
        branch = next((b for b in step.condition_branches or [] if b["name"] == name), {})
        if "domain" in branch:
            return {"when": {"domain": branch["domain"]}}
        if branch.get("event"):
            spec = self.env["mail.workflow.definition"]._export_spec(branch["event"])
            when = {"event": spec.pop("kind"), **spec}
            if "within_days" not in spec:
                when["since"] = "entry"
            return {"when": when}
        return {}

    @api.model
    def _import(self, values, workflow, path):
        definition = self.env["mail.workflow.definition"]
        if "domain" in values:
            domain = definition._domain(values["domain"], workflow, f"{path}.domain")
            return {"condition_branches": [{"name": "yes", "domain": domain}, {"name": "no"}]}
        branches = values.get("branches")
        if branches is None:
            raise DefinitionError(path, self.env._("a condition needs a “domain” or “branches”"))
        found = []
        for name, branch in branches.items():
            where = f"{path}.branches.{name}"
            entry = {"name": name}
            when = branch.get("when")
            if name == ELSE and "when" in branch:
                raise DefinitionError(
                    where, self.env._("“else” takes what is left and has no “when”")
                )
            if name != ELSE:
                entry.update(self._import_when(when, workflow, f"{where}.when"))
            found.append(entry)
        # what is left comes last, wherever the file has it
        found.sort(key=lambda entry: entry["name"] == ELSE)
        return {"condition_branches": found}

    @api.model
    def _import_when(self, when, workflow, path):
        definition = self.env["mail.workflow.definition"]
        if not isinstance(when, dict) or not ({"domain", "event"} & when.keys()):
            raise DefinitionError(path, self.env._("say when: a “domain” or an “event”"))
        if "domain" in when:
            definition._only_keys(when, {"domain"}, path)
            return {"domain": definition._domain(when["domain"], workflow, f"{path}.domain")}
        spec = {key: value for key, value in when.items() if key not in ("event", "since")}
        if "kind" in spec:
            raise DefinitionError(f"{path}.kind", self.env._("write the kind as “event”"))
        if when.get("since", "entry") != "entry":
            raise DefinitionError(
                f"{path}.since", self.env._("only “entry” is known; use within_days for a period")
            )
        return {
            "event": definition._spec({"kind": when["event"], **spec}, path, extra={"within_days"})
        }
