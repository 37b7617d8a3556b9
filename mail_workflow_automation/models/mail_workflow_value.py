from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..exceptions import DefinitionError

HOWS = ("value", "in_days", "from", "add")
TEXTS = ("char", "text", "html")
NUMBERS = ("integer", "float", "monetary")
SETTABLE = (*TEXTS, *NUMBERS, "boolean", "selection", "date", "datetime", "many2one")
# how a form asks for a value, by the type of its field
EDITORS = {
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(NUMBERS, "number"),
    **{name: name for name in ("boolean", "selection", "date", "datetime")},
    "many2one": "record",
    "many2many": "records",
}
# fields that can be filled from each other
ALIKE = (set(TEXTS), set(NUMBERS), {"date", "datetime"})


class MailWorkflowValue(models.AbstractModel):
    """What a step writes into a field: checked by the field's type, worked out for each record.

    An entry names a field and how it is filled:

    key       what the field gets
    --------  ---------------------------------------------------------------
    value     this; a record by external id or name; null empties the field
    in_days   the day (or moment) so many days from then
    from      what another field of the workflow's record holds, a dotted path
    add       these records besides those it has (tags and the like)
    """

    _name = "mail.workflow.value"
    _description = "Value a Workflow Writes"

    @api.model
    def _check_shape(self, entries, path):
        """Check the form of entries, whatever their fields are.

        :raises DefinitionError: naming the offending entry
        """
        definition = self.env["mail.workflow.definition"]
        if not isinstance(entries, list):
            raise DefinitionError(path, self.env._("must be a list"))
        for index, entry in enumerate(entries):
            where = f"{path}[{index}]"
            if not isinstance(entry, dict):
                raise DefinitionError(where, self.env._("must be an object"))
            definition._only_keys(entry, {"field", *HOWS}, where)
            definition._text(entry.get("field"), f"{where}.field", required=True)
            given = [how for how in HOWS if how in entry]
            if len(given) != 1:
                raise DefinitionError(
                    where, self.env._("say what it gets, by one of: %s", ", ".join(HOWS))
                )
            if "in_days" in entry:
                definition._whole(entry["in_days"], f"{where}.in_days", signed=True)
            if "from" in entry:
                definition._text(entry["from"], f"{where}.from")
            if "add" in entry:
                definition._texts(entry["add"], f"{where}.add")
            if isinstance(entry.get("value"), (dict, list)):
                raise DefinitionError(f"{where}.value", self.env._("must be a text or a number"))

    @api.model
    def _is_settable(self, model, field):
        """Tell whether a workflow may set a field: a stored one that people fill in, too."""
        if field is None or not field.store or field.readonly or field.name in models.MAGIC_COLUMNS:
            return False
        return field.type in SETTABLE or field.type == "many2many"

    @api.model
    def _problem(self, model, entry, home):
        """Return what is wrong with an entry, in words, or False.

        :param model: whose field it is
        :param home: the workflow's model, whose fields it can copy
        """
        name = entry["field"]
        field = model._fields.get(name)
        if not self._is_settable(model, field):
            return self.env._(
                "“%(field)s” is no field of %(model)s that can be set",
                field=name,
                model=self.env["ir.model"]._get(model._name).name,
            )
        problem = self._how_problem(model, field, entry, home)
        return problem and self.env._(
            "“%(field)s”: %(problem)s", field=self._label(model, name), problem=problem
        )

    @api.model
    def _how_problem(self, model, field, entry, home):
        if "add" in entry and field.type != "many2many":
            return self.env._("only to tags and the like something is added")
        if field.type == "many2many" and not entry.get("add"):
            return self.env._("name what is to be added")
        if "in_days" in entry and field.type not in ("date", "datetime"):
            return self.env._("it is no date")
        if field.required and entry.get("value", 0) in (None, ""):
            return self.env._("it cannot be empty")
        if "from" in entry:
            source = self._source(home, entry["from"])
            if source is None or not self._fits(field, source):
                return self.env._("“%s” does not fit into it", entry["from"])
            return False
        try:
            self._constant(model, entry, fields.Datetime.now())
        except UserError as error:
            return str(error)
        return False

    @api.model
    def _source(self, model, path):
        """Return the field a dotted path leads to, or None."""
        field = None
        for name in (path or "").split("."):
            if field is not None:
                model = self.env.get(field.comodel_name or "")
            field = model._fields.get(name) if model is not None else None
            if field is None or field.type in ("one2many", "many2many"):
                return None
        return field

    @api.model
    def _fits(self, field, source):
        if field.type == "many2one":
            return source.type == "many2one" and source.comodel_name == field.comodel_name
        if field.type == "selection":
            known = set(field.get_values(self.env))
            return source.type == "selection" and known >= set(source.get_values(self.env))
        return field.type == source.type or any({field.type, source.type} <= of for of in ALIKE)

    # --- what is written --------------------------------------------------------------------------

    @api.model
    def _constant(self, model, entry, now):
        """Return the value for ``write`` of an entry that is the same for every record.

        :raises UserError: when it is not of the field's type, or names no record
        """
        field = model._fields[entry["field"]]
        if "in_days" in entry:
            moment = now + timedelta(days=entry["in_days"])
            if field.type == "datetime":
                return moment
            return fields.Date.context_today(self, moment)
        if "add" in entry:
            return [Command.link(self._record(field, name).id) for name in entry["add"]]
        value = entry["value"]
        if value in (None, ""):
            return False
        if field.type == "many2one":
            return self._record(field, value).id
        return self._checked(field, value)

    @api.model
    def _checked(self, field, value):
        path = field.name
        definition = self.env["mail.workflow.definition"]
        if field.type in TEXTS:
            return definition._text(value, path)
        if field.type == "integer":
            return definition._whole(value, path, signed=True)
        if field.type in NUMBERS:
            return definition._number(value, path, signed=True)
        if field.type == "boolean":
            return definition._bool(value, path)
        if field.type == "selection":
            return definition._choice(value, field.get_values(self.env), path)
        try:
            return field.to_string(field.convert_to_cache(value, self.env["res.partner"]))
        except (ValueError, TypeError, AttributeError) as error:
            raise UserError(self.env._("write a date as 2026-12-31")) from error

    @api.model
    def _record(self, field, name):
        definition = self.env["mail.workflow.definition"]
        return definition._record(field.comodel_name, name, field.name)

    @api.model
    def _copied(self, model, entry, home):
        """Return the value for ``write`` of an entry that copies from a record."""
        field = model._fields[entry["field"]]
        source, value = None, home
        for name in entry["from"].split("."):
            source = value._fields[name]
            value = value[name]
        if isinstance(value, models.BaseModel):
            return value.id
        if field.type == "date" and source.type == "datetime":
            return value and fields.Datetime.context_timestamp(self, value).date()
        if field.type == "integer":
            return int(value)
        return value

    # --- the form ---------------------------------------------------------------------------------

    @api.model
    def _label(self, model, name):
        field = model._fields.get(name)
        return field._description_string(self.env) if field is not None else name

    @api.model
    def _describe_fields(self, model):
        """Return what a form needs to set the fields of a model, by label.

        :returns: ``[{"name", "label", "type", ...}]``; a selection has ``choices`` (``[[value,
            label]]``), a record and records have a ``model``
        """
        found = []
        for name, field in model._fields.items():
            if not self._is_settable(model, field) or not model._has_field_access(field, "write"):
                continue
            described = {"name": name, "label": self._label(model, name)}
            described["type"] = EDITORS[field.type]
            if field.type == "selection":
                described["choices"] = [list(one) for one in field._description_selection(self.env)]
            if field.comodel_name:
                described["model"] = field.comodel_name
            found.append(described)
        return sorted(found, key=lambda one: one["label"] or "")

    @api.model
    def _record_labels(self, model, entry):
        """Return how the records that an entry names are shown: ``{name: label}``."""
        field = model._fields.get(entry["field"])
        if field is None or not field.comodel_name:
            return {}
        definition = self.env["mail.workflow.definition"]
        names = entry.get("add") or [entry.get("value")]
        labels = {}
        for name in filter(lambda name: isinstance(name, str) and name, names):
            record = definition._find_record(field.comodel_name, name)
            labels[name] = record[:1].display_name if record else name
        return labels

    @api.model
    def _value_in_words(self, model, entry):
        """Return the value of an entry as people know it."""
        value, field = entry.get("value"), model._fields.get(entry["field"])
        if value in (None, "") or field is None:
            return "–" if value in (None, "") else value
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "boolean":
            return self.env._("Yes") if value else self.env._("No")
        return self._record_labels(model, entry).get(value, value)

    @api.model
    def _in_words(self, model, entry):
        label = self._label(model, entry["field"])
        if "in_days" in entry:
            length = self.env["mail.workflow"]._length_in_words(entry["in_days"])
            return self.env._("%(field)s: in %(length)s", field=label, length=length)
        if "add" in entry:
            labels = self._record_labels(model, entry)
            return f"{label} + {', '.join(labels.get(name, name) for name in entry['add'])}"
        if "from" in entry:
            return f"{label} = {entry['from']}"
        return f"{label}: {self._value_in_words(model, entry)}"
