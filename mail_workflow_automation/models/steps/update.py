from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...engine import outcome
from ..mail_workflow_value import HOWS

_lt = LazyTranslate(__name__)

MOST_CHOICES = 100


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
    # the plain form of one entry
    update_field = fields.Char(
        string="Field", compute="_compute_update_field", inverse="_inverse_update_form"
    )
    update_how = fields.Selection(
        [
            ("value", "To a value"),
            ("in_days", "To a date, in days from then"),
            ("from", "To what another field holds"),
            ("add", "By adding"),
        ],
        string="Set",
        compute="_compute_update_how",
        inverse="_inverse_update_form",
    )
    update_value = fields.Char(
        string="Value", compute="_compute_update_value", inverse="_inverse_update_form"
    )
    update_days = fields.Integer(
        string="Days from Then", compute="_compute_update_days", inverse="_inverse_update_form"
    )
    is_update_simple = fields.Boolean(compute="_compute_is_update_simple")
    update_field_choices = fields.Json(compute="_compute_update_choices")
    update_value_choices = fields.Json(compute="_compute_update_choices")

    @api.constrains("update_values")
    def _check_update_values(self):
        values = self.env["mail.workflow.value"]
        for step in self:
            values._check_shape(step.update_values or [], step.key)

    def _first_entry(self):
        """Return ``(entry, how)`` of the first field that is set."""
        entry = next(iter(self.update_values or []), {})
        return entry, next((how for how in HOWS if how in entry), "value")

    @api.depends("update_values")
    def _compute_is_update_simple(self):
        for step in self:
            step.is_update_simple = len(step.update_values or []) <= 1

    # one method for each: what is given must not be computed anew because another one is read
    @api.depends("update_values")
    def _compute_update_field(self):
        for step in self:
            step.update_field = step._first_entry()[0].get("field")

    @api.depends("update_values")
    def _compute_update_how(self):
        for step in self:
            step.update_how = step._first_entry()[1]

    @api.depends("update_values")
    def _compute_update_value(self):
        for step in self:
            entry, how = step._first_entry()
            step.update_value = False if how == "in_days" else self._shown_value(entry.get(how))

    @api.depends("update_values")
    def _compute_update_days(self):
        for step in self:
            step.update_days = step._first_entry()[0].get("in_days", 0)

    @api.model
    def _shown_value(self, value):
        if isinstance(value, list):
            return ", ".join(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if value is not None else False

    def _inverse_update_form(self):
        for step in self:
            if len(step.update_values or []) > 1:
                continue
            entry = {"field": step.update_field}
            if step.update_how == "in_days":
                entry["in_days"] = step.update_days
            elif step.update_how == "add":
                names = (step.update_value or "").split(",")
                entry["add"] = [name.strip() for name in names if name.strip()]
            elif step.update_how == "from":
                entry["from"] = (step.update_value or "").strip()
            else:
                entry["value"] = self.env["mail.workflow.value"]._typed(
                    step._update_model(), step.update_field, step.update_value
                )
            step.update_values = [entry] if step.update_field else []

    def _update_model(self):
        """Return the model whose fields are set, None where it is not installed."""
        name = "res.partner" if self.update_on == "contact" else self.workflow_id.model_name
        return self.env.get(name or "")

    @api.depends("workflow_id", "update_on", "update_field", "kind")
    def _compute_update_choices(self):
        values = self.env["mail.workflow.value"]
        for step in self:
            model = step._update_model() if step.kind == "update" else None
            shown = model is not None and model.has_access("read")
            step.update_field_choices = values._field_choices(model) if shown else []
            field = model._fields.get(step.update_field or "") if shown else None
            step.update_value_choices = (
                values._value_choices(model, field, MOST_CHOICES) if field else []
            )


class MailWorkflowStepUpdate(models.AbstractModel):
    """Sets fields of the record or of its contact, one write for all that get the same."""

    _name = "mail.workflow.step.update"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Update a Record"

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
        env = step.workflow_id._run_env()
        values = env["mail.workflow.value"]
        model = step._update_model().with_env(env)
        homes = env[step.workflow_id.model_name].browse(runs.mapped("res_id"))
        is_contact = step.update_on == "contact"
        ids = [run.partner_id.id if is_contact else run.res_id for run in runs]
        constants = {
            entry["field"]: values._constant(model, entry, now)
            for entry in step.update_values
            if "from" not in entry
        }
        groups = {}
        for res_id, home in zip(ids, homes, strict=True):
            own = {
                entry["field"]: values._copied(model, entry, home)
                for entry in step.update_values
                if "from" in entry
            }
            groups.setdefault(repr(own), (own, []))[1].append(res_id)
        for own, of_group in groups.values():
            model.browse(dict.fromkeys(of_group)).write({**constants, **own})

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
