from odoo import api, models

from ..exceptions import DefinitionError

# how a form asks for a filter, by the type of its column
EDITORS = {
    "boolean": "boolean",
    "char": "text",
    "float": "number",
    "integer": "number",
    "many2one": "record",
    "selection": "selection",
}


def filter_field(field_type, *args, **kwargs):
    """Return a column of ``mail.workflow.trigger`` that shows one of its filters, and by its type
    says what the filter takes.

    It is not stored: ``filters`` is the one truth, in which records are ids. Which key it shows is
    said by the ``_filter_fields`` of the kind of the trigger.
    """

    @api.depends("filters", "kind")
    def compute(triggers):
        for trigger in triggers:
            key = trigger._filter_key(field.name)
            value = (trigger.filters or {}).get(key) if key else None
            trigger[field.name] = triggers.env["mail.workflow.filter"]._read(field.name, value)

    def inverse(triggers):
        for trigger in triggers:
            key = trigger._filter_key(field.name)
            if key:
                value = triggers.env["mail.workflow.filter"]._written(trigger, field.name)
                filters = {**(trigger.filters or {}), key: value}
                if not value:
                    del filters[key]
                trigger.filters = filters or None

    field = field_type(*args, compute=compute, inverse=inverse, **kwargs)
    return field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    def _filter_key(self, name):
        """Return which filter of the kind a column shows, None for none."""
        columns = self._filter_columns(self.kind)
        return next((key for key, column in columns.items() if column == name), None)

    @api.model
    def _filter_columns(self, kind):
        """Return ``{filter: column}`` of a kind of event; empty for a kind that is not there."""
        handler = self.env.get(f"mail.workflow.trigger.{kind}")
        return handler._filter_fields if handler is not None else {}


class MailWorkflowFilter(models.AbstractModel):
    """The values of filters by the type of their column: as kept, in a file, on the form, in words.

    Kept are texts, numbers, truth values, the values of selections, the ids of records, and the
    technical names of models.
    """

    _name = "mail.workflow.filter"
    _description = "Filter of Workflow Events"

    @api.model
    def _field(self, name):
        return self.env["mail.workflow.trigger"]._fields[name]

    @api.model
    def _is_model(self, name):
        return self._field(name).comodel_name == "ir.model"

    @api.model
    def _found(self, name, value):
        """Return the record of an id; whoever sees a workflow sees what it is about."""
        records_sudo = self.env[self._field(name).comodel_name].sudo()
        if self._is_model(name):
            return records_sudo._get(value) if isinstance(value, str) else records_sudo
        is_id = isinstance(value, int) and not isinstance(value, bool)
        return records_sudo.browse(value).exists() if is_id else records_sudo

    @api.model
    def _describe(self, key, name, trigger):
        """Return what a form needs to ask for a filter.

        :param trigger: a trigger of the workflow, for what it offers to choose from
        :returns: ``name``, ``label``, ``help`` and ``type``: one of boolean, text, number, record
            (with ``model`` and ``domain``), model, field (of the model of ``model_filter``),
            selection (with ``choices``: ``[[value, label]]``)
        """
        field = self._field(name)
        described = {
            "name": key,
            "label": field._description_string(self.env),
            "help": field._description_help(self.env) or "",
            "type": EDITORS[field.type],
        }
        if self._is_model(name):
            described["type"] = "model"
        elif field.type == "many2one":
            described["model"] = field.comodel_name
            described["domain"] = self._domain_of_company(field.comodel_name, trigger.workflow_id)
        elif field.type == "selection":
            described["choices"] = [list(one) for one in field._description_selection(self.env)]
        elif f"{name}_choices" in trigger._fields:
            described["type"] = "selection"
            described["choices"] = trigger[f"{name}_choices"] or []
        return described

    @api.model
    def _domain_of_company(self, model, workflow):
        """Return the domain of the records that a workflow of a company may be about."""
        if not workflow.company_id or "company_id" not in self.env[model]._fields:
            return []
        return [("company_id", "in", [False, workflow.company_id.id])]

    @api.model
    def _problem(self, key, name, value):
        """Return what is wrong with a value, in words, or None."""
        field = self._field(name)
        if field.type == "many2one":
            if self._found(name, value):
                return None
            model = self.env[field.comodel_name]._description
            return self.env._("%(filter)s: this %(model)s is not there", filter=key, model=model)
        if field.type == "boolean":
            return None if value is True else self.env._("the filter “%s” takes true", key)
        if field.type in ("integer", "float"):
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return None if is_number else self.env._("the filter “%s” takes a number", key)
        if not isinstance(value, str) or not value:
            return self.env._("the filter “%s” takes a text", key)
        if field.type == "selection" and value not in field.get_values(self.env):
            return self.env._("%(filter)s: unknown value “%(value)s”", filter=key, value=value)
        return None

    @api.model
    def _import(self, name, value, path):
        """Return the value to keep, of a value of a file.

        :raises DefinitionError: naming the offending entry
        """
        definition = self.env["mail.workflow.definition"]
        if self._field(name).type == "char":
            return definition._text(value, path, required=True)
        if self._field(name).type == "boolean" and value is not True:
            raise DefinitionError(path, self.env._("must be true, or left out"))
        if self._is_model(name):
            if not self._found(name, value):
                raise DefinitionError(path, self.env._("there is no model '%s' here", value))
            return value
        return definition._import_value("mail.workflow.trigger", name, value, path, None)

    @api.model
    def _export(self, name, value):
        """Return a value for the file: a record by its name."""
        if self._field(name).type != "many2one" or self._is_model(name):
            return value
        found = self._found(name, value).with_env(self.env)
        return self.env["mail.workflow.definition"]._export_record(found) or f"#{value}"

    @api.model
    def _read(self, name, value):
        """Return a value for its column."""
        if self._field(name).type == "many2one":
            return self._found(name, value).with_env(self.env)
        return False if value is None or self._problem("", name, value) else value

    @api.model
    def _written(self, trigger, name):
        """Return the value to keep, of a column that was filled in; False for none."""
        value = trigger[name]
        if self._is_model(name):
            return value.sudo().model
        if self._field(name).type == "many2one":
            return value.id
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    @api.model
    def _in_words(self, name, value):
        field = self._field(name)
        label = field._description_string(self.env)
        if field.type == "boolean":
            return label
        if field.type == "many2one":
            value = self._found(name, value).display_name or "?"
        elif field.type == "selection":
            value = dict(field._description_selection(self.env)).get(value, value)
        return f"{label}: {value}"
