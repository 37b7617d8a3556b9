from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...engine import outcome

_lt = LazyTranslate(__name__)

MOST_CHOICES = 8


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(
        selection_add=[("update", "Update a record")], ondelete={"update": "cascade"}
    )
    update_on = fields.Selection(
        [("record", "The record"), ("contact", "Its contact")],
        string="Change",
        default="record",
        help="What the workflow is about, or the contact of it.",
    )
    update_values = fields.Json(
        help="Fields to set: each with its name, and a value, a date in so many days, another "
        "field, or records to add."
    )
    update_fields = fields.Json(compute="_compute_update_fields")
    update_labels = fields.Json(compute="_compute_update_labels")

    @api.constrains("update_values")
    def _check_update_values(self):
        values = self.env["mail.workflow.value"]
        for step in self:
            values._check_shape(step.update_values or [], step.key)

    def _update_model(self):
        """Return the model whose fields are set, None where it is not installed."""
        name = "res.partner" if self.update_on == "contact" else self.workflow_id.model_name
        return self.env.get(name or "")

    @api.depends("workflow_id", "update_on", "kind")
    def _compute_update_fields(self):
        """What a form offers to set: see ``_describe_fields`` of the values."""
        values = self.env["mail.workflow.value"]
        for step in self:
            model = step._update_model() if step.kind == "update" else None
            shown = model is not None and model.has_access("read")
            step.update_fields = values._describe_fields(model) if shown else []

    @api.depends("workflow_id", "update_on", "update_values")
    def _compute_update_labels(self):
        """How the records that values name are shown: ``{field: {name: label}}``."""
        values = self.env["mail.workflow.value"]
        for step in self:
            model = step._update_model()
            entries = step.update_values or [] if model is not None else []
            step.update_labels = {
                entry["field"]: values._record_labels(model, entry) for entry in entries
            }

    @api.model
    def find_value_records(self, model_name, text):
        """Return records to choose a value from, those the user may see: ``[[name as kept,
        label]]``."""
        definition = self.env["mail.workflow.definition"]
        found = self.env[model_name].name_search(text, limit=MOST_CHOICES)
        records = self.env[model_name].browse([record_id for record_id, _label in found])
        return [
            [definition._export_record(record), label]
            for record, (_id, label) in zip(records, found, strict=True)
        ]


class MailWorkflowStepUpdate(models.AbstractModel):
    """Sets fields of the record or of its contact, one write for all that get the same."""

    _name = "mail.workflow.step.update"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Update a Record"

    _step_order = 2
    _step_icon = "fa-pencil"
    _step_help = _lt("Sets fields of the record or of its contact.")
    _step_category = "record"
    _can_skip = True

    @api.model
    def _file_keys(self):
        return {"on", "set"}

    @api.model
    def _check_config(self, step):
        if not step.update_values:
            return [self.env._("choose a field to set")]
        model = step._update_model()
        if model is None:
            return []  # said of the workflow
        home = self.env[step.workflow_id.model_name]
        problems = []
        for entry in step.update_values:
            problem = self.env["mail.workflow.value"]._problem(model, entry, home)
            if problem:
                problems.append(problem)
        return problems

    @api.model
    def _check_rights(self, step, env):
        model = step._update_model()
        if model is None:
            return []
        model = model.with_env(env)
        description = self.env["ir.model"]._get(model._name).name
        if not model.has_access("write"):
            return [
                self.env._(
                    "%(user)s may not change %(model)s", user=env.user.name, model=description
                )
            ]
        closed = [
            entry["field"]
            for entry in step.update_values or []
            if (field := model._fields.get(entry["field"]))
            and not model._has_field_access(field, "write")
        ]
        return [
            self.env._(
                "%(user)s may not change “%(field)s” of %(model)s",
                user=env.user.name,
                field=name,
                model=description,
            )
            for name in closed
        ]

    @api.model
    def _decide(self, step, runs, now):
        if step.update_on != "contact":
            return super()._decide(step, runs, now)
        nobody = outcome.skip(self.env._("no contact to change"))
        return {run.id: outcome.done() if run.partner_id else nobody for run in runs}

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        model = step._update_model().with_env(step.workflow_id._run_env())
        groups = {}
        for res_id, values in self._values(step, runs, now):
            groups.setdefault(repr(values), (values, []))[1].append(res_id)
        for values, of_group in groups.values():
            model.browse(dict.fromkeys(of_group)).write(values)

    @api.model
    def _values(self, step, runs, now):
        """Return ``[(id of the record that is changed, what is written)]``, one for each run."""
        env = step.workflow_id._run_env()
        values = env["mail.workflow.value"]
        model = step._update_model().with_env(env)
        homes = env[step.workflow_id.model_name].browse(runs.mapped("res_id"))
        is_contact = step.update_on == "contact"
        constants = {
            entry["field"]: values._constant(model, entry, now)
            for entry in step.update_values
            if "from" not in entry
        }
        found = []
        for run, home in zip(runs, homes, strict=True):
            own = {
                entry["field"]: values._copied(model, entry, home)
                for entry in step.update_values
                if "from" in entry
            }
            found.append((run.partner_id.id if is_contact else run.res_id, {**constants, **own}))
        return found

    @api.model
    def _imagine(self, step, run, result, now):
        model = step._update_model().with_env(step.workflow_id._run_env())
        for res_id, values in self._values(step, run, now):
            self.env["mail.workflow.simulator"]._change(model.browse(res_id), values)

    @api.model
    def _summary(self, step):
        model = step._update_model()
        if model is None:
            return ""
        values = self.env["mail.workflow.value"]
        return ", ".join(values._in_words(model, entry) for entry in step.update_values or [])

    @api.model
    def _export(self, step):
        definition = self.env["mail.workflow.definition"]
        exported = {} if step.update_on == "record" else {"on": step.update_on}
        if step.update_values:
            exported["set"] = [
                definition._jsonable(entry, first=("field",)) for entry in step.update_values
            ]
        return exported

    @api.model
    def _import(self, values, workflow, path):
        result = {}
        if "on" in values:
            result["update_on"] = self.env["mail.workflow.definition"]._choice(
                values["on"], ("record", "contact"), f"{path}.on"
            )
        if "set" in values:
            self.env["mail.workflow.value"]._check_shape(values["set"], f"{path}.set")
            result["update_values"] = values["set"]
        return result
