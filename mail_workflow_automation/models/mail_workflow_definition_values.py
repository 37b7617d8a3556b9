import json
import math
from datetime import date

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Command

from ..engine.schedule import WEEKDAYS, parse_time
from ..exceptions import DefinitionError
from .mail_workflow_definition import SPEC_KEYS

# a hundred years: further away there is no date to reckon with
MAX_DAYS = 36500
MAX_NUMBER = 1_000_000
SIGNED = ("priority", "date_offset_days", "score_points")


class MailWorkflowDefinition(models.AbstractModel):
    """The values of a file: each read by its type, refused by its path."""

    _inherit = "mail.workflow.definition"

    @api.model
    def _import_columns(self, model, columns, values, path, workflow):
        """Return ``{column: value}`` of a kind's own columns, ``{file key: column}``.

        :raises DefinitionError: naming the offending key
        """
        return {
            name: self._import_value(model, name, values[key], f"{path}.{key}", workflow)
            for key, name in columns.items()
            if key in values
        }

    @api.model
    def _import_value(self, model, name, value, path, workflow):
        """Return the value for ``create`` of one column.

        :raises DefinitionError: when the file's value is not of its type, or names no record
        """
        field = self.env[model]._fields[name]
        if field.type == "many2one":
            return self._record(field.comodel_name, value, path).id
        if field.type == "many2many":
            names = self._texts(value, path)
            records = [
                self._record(field.comodel_name, one, f"{path}[{i}]").id
                for i, one in enumerate(names)
            ]
            return [Command.set(records)]
        if field.type == "integer":
            return self._whole(value, path, signed=name in SIGNED)
        if field.type == "float":
            return self._number(value, path)
        if field.type == "boolean":
            return self._bool(value, path)
        if field.type == "date":
            return self._day(value, path)
        if field.type == "selection":
            return self._choice(value, field.get_values(self.env), path)
        if name.endswith("_weekdays"):
            return self._weekdays(value, path)
        if name.endswith("_time"):
            return self._time(value, path) if value else False
        if name.endswith("_domain"):
            return repr(self._domain(value, workflow, path))
        return self._text(value, path)

    @api.model
    def _gone_kinds(self, what):
        """Return ``{kind: label}`` of what the workflow at hand has of addons that are not
        installed any more: its file may name it.

        :param str what: ``step``, ``trigger`` or ``event``; ``key``: the kind of each such step
        """
        return self.env.context.get("workflow_gone", {}).get(what, {})

    @api.model
    def _kind_of(self, entry):
        """Return the kind of a step of a file; a stand-in for one that is kept."""
        steps, kind, key = self.env["mail.workflow.step"], entry["kind"], entry.get("key")
        is_kept = isinstance(key, str) and self._gone_kinds("key").get(key) == kind
        return steps._kind_model("missing" if is_kept else kind)

    @api.model
    def _spec(self, spec, path, extra=frozenset(), *, stored=False):
        """Check an event as goals, exits, waits and conditions name it.

        :param bool stored: as it is kept, its filters with ids, not with the names of a file
        :returns: the event as it is kept
        """
        if not isinstance(spec, dict):
            raise DefinitionError(path, self.env._("must be an object"))
        self._only_keys(spec, {*SPEC_KEYS, *extra}, path)
        kinds = [kind for kind, _label in self.env["mail.workflow.trigger"]._event_kind_selection()]
        if spec.get("kind") not in (*kinds, *self._gone_kinds("event")):
            raise DefinitionError(
                f"{path}.kind", self.env._("unknown kind of event '%s'", spec.get("kind"))
            )
        result = {"kind": spec["kind"]}
        handler = self.env["mail.workflow.trigger"]._kind_model(spec["kind"])
        if handler._is_named:
            result["name"] = self._text(spec.get("name"), f"{path}.name", required=True)
        elif "name" in spec:
            raise DefinitionError(f"{path}.name", self.env._("only a custom event has a name"))
        if "filters" in spec:
            result["filters"] = self._filters(
                spec["filters"], spec["kind"], f"{path}.filters", stored=stored
            )
        if "same_record" in spec:
            result["same_record"] = self._bool(spec["same_record"], f"{path}.same_record")
        for key in ("window_days", "within_days"):
            if key in spec:
                result[key] = self._whole(spec[key], f"{path}.{key}")
        if "branch" in spec:
            branch = self._text(spec["branch"], f"{path}.branch", required=True)
            result["branch"] = self._branch_name(branch, f"{path}.branch")
        return result

    @api.model
    def _filters(self, filters, kind, path, *, stored=False):
        """Check the keys and values of filters; a step they name may come later in the file.

        :returns: the filters as they are kept: records by id
        """
        if not isinstance(filters, dict):
            raise DefinitionError(path, self.env._("must be an object"))
        handler = self.env["mail.workflow.trigger"]._kind_model(kind)
        if handler._is_named or handler._is_missing:
            return filters
        self._only_keys(filters, set(handler._filter_fields), path)
        if stored:
            return filters
        columns, filter_types = handler._filter_fields, self.env["mail.workflow.filter"]
        return {
            key: filter_types._import(columns[key], value, f"{path}.{key}")
            for key, value in filters.items()
        }

    @api.model
    def _specs(self, specs, path, *, branch=False, stored=False):
        if not isinstance(specs, list):
            raise DefinitionError(path, self.env._("must be a list"))
        found = []
        for index, spec in enumerate(specs):
            entry = self._spec(
                spec,
                f"{path}[{index}]",
                extra={"branch"} if branch else frozenset(),
                stored=stored,
            )
            if branch:
                entry.setdefault("branch", entry["kind"])
            found.append(entry)
        return found

    @api.model
    def _text_entry(self, entry, path):
        if not isinstance(entry, dict):
            raise DefinitionError(path, self.env._("must be an object"))
        self._only_keys(entry, {"subject", "preview", "body_html", "body_arch"}, path)
        for key, value in entry.items():
            self._text(value, f"{path}.{key}")
        return {key: value for key, value in entry.items() if value is not None}

    @api.model
    def _only_keys(self, values, known, path):
        for key in values:
            if key not in known:
                where = f"{path}.{key}" if path else key
                raise DefinitionError(
                    where, self.env._("unknown key; known: %s", ", ".join(sorted(known)))
                )

    @api.model
    def _text(self, value, path, *, required=False):
        if value is None and not required:
            return False
        if not isinstance(value, str) or (required and not value.strip()):
            raise DefinitionError(path, self.env._("must be a text"))
        return value

    @api.model
    def _texts(self, value, path):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise DefinitionError(path, self.env._("must be a list of texts"))
        return value

    @api.model
    def _objects(self, value, path):
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise DefinitionError(path, self.env._("must be a list of objects"))
        return value

    @api.model
    def _number(self, value, path, *, signed=False):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise DefinitionError(
                path, self.env._("must be a number, not %s", json.dumps(value, default=str)[:100])
            )
        least = -MAX_NUMBER if signed else 0
        if not (math.isfinite(value) and least <= value <= MAX_NUMBER):
            raise DefinitionError(
                path,
                self.env._(
                    "must be a number from %(least)s to %(most)s", least=least, most=MAX_NUMBER
                ),
            )
        return value

    @api.model
    def _whole(self, value, path, *, signed=False):
        number = self._number(value, path, signed=signed)
        if number != int(number):
            raise DefinitionError(path, self.env._("must be a whole number, not %s", number))
        if path.endswith("days") and abs(number) > MAX_DAYS:
            raise DefinitionError(path, self.env._("at most %s days", MAX_DAYS))
        return int(number)

    @api.model
    def _bool(self, value, path):
        if not isinstance(value, bool):
            raise DefinitionError(path, self.env._("must be true or false"))
        return value

    @api.model
    def _choice(self, value, known, path):
        if not isinstance(value, str) or value not in known:
            raise DefinitionError(
                path,
                self.env._(
                    "'%(value)s' is not one of: %(known)s", value=value, known=", ".join(known)
                ),
            )
        return value

    @api.model
    def _time(self, value, path):
        try:
            parse_time(value)
        except (TypeError, ValueError) as error:
            raise DefinitionError(path, self.env._("write a time of day as 09:00")) from error
        return value

    @api.model
    def _weekdays(self, value, path):
        """Return a list of days of the week as it is stored."""
        for index, day in enumerate(self._texts(value, path)):
            self._choice(day, WEEKDAYS, f"{path}[{index}]")
        return ",".join(value)

    @api.model
    def _day(self, value, path):
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise DefinitionError(path, self.env._("write a date as 2026-12-31")) from error

    @api.model
    def _domain(self, value, workflow, path):
        """Check a domain against the workflow's model.

        :returns: the domain as a list
        """
        if not isinstance(value, list):
            raise DefinitionError(path, self.env._("must be a list of conditions"))
        problem = workflow._domain_problem(repr(self._jsonable(value)))
        if problem:
            raise DefinitionError(path, problem)
        return self._jsonable(value)

    @api.model
    def _record(self, model, name, path):
        """Return the record a file names; within one file each name is looked for once.

        :raises DefinitionError: when there is none, or several
        """
        known = self.env.context.get("workflow_found", {})
        if isinstance(name, str) and (model, name) in known:
            return known[model, name].with_env(self.env)
        record = self._the_record(model, name, path)
        known[model, name] = record
        return record

    @api.model
    def _the_record(self, model, name, path):
        found = self._find_record(model, name) if isinstance(name, str) else None
        description = self.env[model]._description
        if not found:
            raise DefinitionError(
                path,
                self.env._(
                    "there is no %(model)s “%(name)s” here; create it first",
                    model=description,
                    name=name,
                ),
            )
        if len(found) > 1:
            # of several of one name that which the workflow uses already
            used = self.env.context.get("workflow_used") or {}
            found = found.filtered(lambda one: one.id in used.get(model, ())) or found
        if len(found) > 1:
            raise DefinitionError(
                path,
                self.env._(
                    "there are several %(model)s “%(name)s” here; rename all but one",
                    model=description,
                    name=name,
                ),
            )
        return found

    @api.model
    def _find_record(self, model, name):
        """Find records by external id, or by their readable value; empty when there is none."""
        records = self.env[model]
        if "." in name and " " not in name:
            record = self._find_external(model, name)
            if record:
                return record
        by = records._rec_name or "name" if self._name_field(records) == "display_name" else ""
        if by:
            found = records.search([(by, "=", name.rpartition(" / ")[2])])
            return found.filtered(lambda record: record.display_name == name)
        return records.search([(self._name_field(records), "=", name)])

    @api.model
    def _find_external(self, model, name):
        """Return the record of an external id, if it is of the model and the user may see it."""
        try:
            record = self.env.ref(name, raise_if_not_found=False)
            if record and record._name == model and record.has_access("read"):
                return record
        except AccessError:
            return None
        return None
