"""The ways that lead on from a step: a renamed one keeps its steps, one with steps is not lost."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.outcome import THEN

# they say where a step stands, not which ways lead on from it
PLACE = {"sequence", "depth", "parent_id", "parent_branch", "active"}


class MailWorkflowStep(models.Model):
    """A form says in the json of the ways what a renamed way ``was`` called; it is not kept. A file
    says the place of each step and is taken as it is (context ``workflow_importing``)."""

    _inherit = "mail.workflow.step"

    way_details = fields.Json(compute="_compute_way_details")

    @api.depends("child_ids.parent_branch", "child_ids.name")
    def _compute_way_details(self):
        """What ways are called, and which steps stand on them: ``{name: {label, steps}}``."""
        labels = self._branch_labels()
        for step in self:
            found = {name: {"label": label, "steps": []} for name, label in labels.items()}
            for child in step._origin.child_ids:
                name = child.parent_branch
                way = found.setdefault(name, {"label": labels.get(name, name), "steps": []})
                way["steps"].append(child.display_name)
            for name in step._outcome_names():
                found.setdefault(name, {"label": name, "steps": []})
            step.way_details = found

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._take_renames(vals)
        return super().create(vals_list)

    def write(self, vals):
        context = self.env.context
        is_inner = context.get("workflow_importing") or context.get("workflow_ways")
        if is_inner or set(vals) <= PLACE:
            return super().write(vals)
        vals = dict(vals)
        renames = self._take_renames(vals)
        before = {step: set(step._outcome_names()) for step in self}
        # what the form shows is written into other columns by writes of its own
        outer = self.with_context(workflow_ways=True)
        result = super(MailWorkflowStep, outer).write(vals)
        for step, names in before.items():
            after = set(step._outcome_names())
            if renames or after != names:
                step._follow_renames(renames, after)
                step._check_ways_kept(names - after)
        return result

    @api.model
    def _take_renames(self, vals):
        """Take out of values what ways were called before.

        :returns: ``{old name: new name}``
        """
        renames = {}
        for field_name, value in vals.items():
            field = self._fields.get(field_name)
            if field is None or field.type != "json" or not isinstance(value, list):
                continue
            if not any(isinstance(way, dict) and "was" in way for way in value):
                continue
            renames.update(
                {way["was"]: way.get("branch", way.get("name")) for way in value if "was" in way}
            )
            vals[field_name] = [
                {key: part for key, part in way.items() if key != "was"} for way in value
            ]
        return renames

    def _outcome_names(self):
        """Return the names of the ways that lead on from the step."""
        self.ensure_one()
        return self._handler()._outcomes(self) if self.kind else ()

    def _follow_renames(self, renames, names):
        """Let the steps on ways that were renamed follow.

        :param names: the names there are now; of several ways of one name, one was renamed
        """
        followed = {
            old: new for old, new in renames.items() if old not in names or old in renames.values()
        }
        children = [(child, followed.get(child.parent_branch)) for child in self.child_ids]
        for child, name in children:
            if name:
                child.with_context(workflow_placing=True).parent_branch = name
        self._handler()._ways_renamed(self, followed)

    def _check_ways_kept(self, lost):
        """Refuse to take away ways on which steps stand."""
        standing = self.child_ids.filtered(lambda child: child.parent_branch in lost - {THEN})
        if standing:
            raise UserError(
                self.env._(
                    "Step “%(step)s”: on the way “%(way)s” there are steps: %(steps)s. Move or "
                    "remove them first.",
                    step=self.display_name,
                    way=self._branch_label(standing[0].parent_branch),
                    steps=", ".join(standing.mapped("display_name")),
                )
            )
