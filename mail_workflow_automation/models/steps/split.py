from itertools import accumulate

from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...engine import outcome
from ...engine.shares import share
from ...exceptions import DefinitionError

_lt = LazyTranslate(__name__)

HALVES = [{"name": "a", "weight": 50}, {"name": "b", "weight": 50}]


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("split", "Split")], ondelete={"split": "cascade"})
    split_branches = fields.Json(
        compute="_compute_split_branches",
        store=True,
        readonly=False,
        precompute=True,
        help="Branches in order, each with a name and a weight.",
    )

    @api.depends("kind")
    def _compute_split_branches(self):
        for step in self:
            if step.kind == "split" and not step.split_branches:
                step.split_branches = HALVES

    @api.constrains("split_branches")
    def _check_split_branches(self):
        definition = self.env["mail.workflow.definition"]
        for step in self:
            definition._check_entries(step.split_branches or [], "name", step.key)
            definition._check_distinct(step.split_branches or [], step)
            for index, branch in enumerate(step.split_branches or []):
                definition._number(branch.get("weight"), f"{step.key}[{index}].weight")


class MailWorkflowStepSplit(models.AbstractModel):
    """Sends each person one way, by shares: a person always goes the same way (rule 27)."""

    _name = "mail.workflow.step.split"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Split"

    _step_order = 3
    _step_icon = "fa-random"
    _step_help = _lt("Divides people into groups of fixed shares, to compare two ways.")
    _has_effects = False

    @api.model
    def _file_keys(self):
        return {"branches"}

    @api.model
    def _outcomes(self, step):
        return tuple(branch["name"] for branch in step.split_branches or [])

    @api.model
    def _check_config(self, step):
        branches = step.split_branches or []
        if len(branches) < 2:
            return [self.env._("a split has at least two branches")]
        if any(branch["weight"] <= 0 for branch in branches):
            return [self.env._("each share must be more than zero")]
        return []

    @api.model
    def _decide(self, step, runs, now):
        branches = step.split_branches
        ends = list(accumulate(branch["weight"] for branch in branches))
        decided = {}
        for run in runs:
            place = share(step.salt, run._person_key()) * ends[-1]
            index = next(index for index, end in enumerate(ends) if place < end)
            decided[run.id] = outcome.done(branches[index]["name"])
        return decided

    @api.model
    def _explain(self, step, run, result, now):
        return self.env._("Drawn for this person: always the same way.")

    @api.model
    def _summary(self, step):
        return " / ".join(
            f"{branch['name']}: {branch['weight']:g}" for branch in step.split_branches or []
        )

    @api.model
    def _has_branch_entries(self, step):
        return bool(step.split_branches)

    @api.model
    def _branch_file_keys(self, values):
        return {"steps", "weight"}

    @api.model
    def _export_branch(self, step, name):
        weights = {branch["name"]: branch["weight"] for branch in step.split_branches or []}
        return {"weight": weights[name]}

    @api.model
    def _import(self, values, workflow, path):
        if "branches" not in values:
            return {}
        definition = self.env["mail.workflow.definition"]
        found = []
        for name, branch in values["branches"].items():
            where = f"{path}.branches.{name}.weight"
            weight = definition._number(branch.get("weight"), where)
            if not weight:
                raise DefinitionError(where, self.env._("each share must be more than zero"))
            found.append({"name": name, "weight": weight})
        return {"split_branches": found}
