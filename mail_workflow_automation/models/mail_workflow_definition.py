import json
import math
import re

from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Domain

from ..engine.outcome import THEN
from ..engine.schedule import parse_time
from ..exceptions import DefinitionError
from .mail_workflow import parse_domain

FORMAT = 1
MAX_STEPS = 1000
MAX_DEPTH = 30
MAX_TEXT = 5 * 1024 * 1024
KEY = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
STEP_KEYS = {"key", "name", "kind", "on_skip", "branches"}
HEADER_FIELDS = {
    "description": "description",
    "purpose": "purpose",
    "recheck_audience": "recheck_audience",
    "list": "list_id",
    "email_from": "email_from",
    "reply_to": "reply_to",
    "timezone": "timezone_policy",
    "lateness_hours": "lateness_hours",
    "holdout_percent": "holdout_percent",
    "priority": "priority",
    "website": "website_id",
    "create_contact": "create_contact",
}
OTHER_KEYS = {
    "format",
    "name",
    "model",
    "triggers",
    "audience",
    "reentry",
    "goal",
    "exits",
    "steps",
}
REENTRY_FIELDS = {"policy": "reentry_policy", "per": "reentry_per", "days": "reentry_days"}
SPEC_KEYS = {"kind", "name", "filters", "same_record"}


class MailWorkflowDefinition(models.AbstractModel):
    """The file format (design.md, section 4): export, and an import that refuses by the path of
    the entry."""

    _name = "mail.workflow.definition"
    _description = "Workflow File Format"

    # --- export -----------------------------------------------------------------------------------

    @api.model
    def _export(self, workflow):
        """Return the workflow as a dict in the file format, its keys in a stable order."""
        definition = {
            "format": FORMAT,
            "name": workflow.name,
            "description": workflow.description or None,
            "model": workflow.model_name,
            "purpose": workflow.purpose,
            "triggers": [
                self._export_trigger(trigger) for trigger in workflow.trigger_ids.sorted("id")
            ],
            "audience": self._jsonable(parse_domain(workflow.audience_domain)),
            "recheck_audience": workflow.recheck_audience or None,
            "reentry": self._export_reentry(workflow),
            "goal": workflow._goal_spec(),
            "exits": workflow.exit_events or None,
            "list": self._export_record(workflow.list_id),
            "email_from": workflow.email_from or None,
            "reply_to": workflow.reply_to or None,
            "timezone": workflow.timezone_policy if workflow.timezone_policy != "contact" else None,
            "lateness_hours": workflow.lateness_hours,
            "holdout_percent": workflow.holdout_percent or None,
            "priority": workflow.priority if workflow.priority != 10 else None,
            "website": self._export_record(workflow.website_id),
            "create_contact": False if not workflow.create_contact else None,
            "steps": self._export_steps(workflow),
        }
        kept = {"triggers", "audience", "steps", "lateness_hours"}
        return {key: value for key, value in definition.items() if value is not None or key in kept}

    @api.model
    def _export_reentry(self, workflow):
        values = {"policy": workflow.reentry_policy, "per": workflow.reentry_per}
        if workflow.reentry_days:
            values["days"] = workflow.reentry_days
        return values

    @api.model
    def _export_trigger(self, trigger):
        values = {"kind": trigger.kind, **trigger._handler()._export(trigger)}
        if trigger.filters:
            values["filters"] = trigger.filters
        if trigger.count:
            values["count"] = trigger.count
        if trigger.within_days:
            values["within_days"] = trigger.within_days
        return values

    @api.model
    def _export_steps(self, workflow):
        """Return the tree of steps as nested lists."""
        tree = workflow._tree()
        steps = {step.id: step for step in workflow.step_ids}

        def export_list(first):
            return [export_step(steps[step_id]) for step_id in tree.chain(first)]

        def export_step(step):
            handler = step._handler()
            values = {"key": step.key, "kind": step.kind}
            label = dict(step._fields["kind"]._description_selection(self.env)).get(step.kind)
            if step.name and step.name != label:
                values["name"] = step.name
            values.update(handler._export(step))
            if step.on_skip != "continue":
                values["on_skip"] = step.on_skip
            branches = {}
            for branch in handler._outcomes(step):
                extra = (
                    handler._export_branch(step, branch)
                    if hasattr(handler, "_export_branch")
                    else {}
                )
                branches[branch] = {**extra, "steps": export_list(tree.child(step.id, branch))}
            if any(entry != {"steps": []} for entry in branches.values()) or (
                branches and "domain" not in values
            ):
                values["branches"] = branches
            return values

        return export_list(tree.first())

    @api.model
    def _export_value(self, record, name):
        """Return one column for the file: records by external id or name."""
        field = record._fields[name]
        value = record[name]
        if field.type == "many2one":
            return self._export_record(value)
        if field.type == "many2many":
            return [self._export_record(one) for one in value]
        if field.type == "float" and value == int(value):
            return int(value)
        if name.endswith("_domain"):
            return self._jsonable(parse_domain(value))
        return value

    @api.model
    def _export_record(self, record):
        if not record:
            return None
        external_id = record.sudo().get_external_id().get(record.id)
        if external_id and not external_id.startswith("__"):
            return external_id
        if record._name == "res.users":
            return record.login
        return record.display_name if record._name != "mailing.list" else record.name

    @api.model
    def _jsonable(self, value):
        return json.loads(json.dumps(value, default=str))

    # --- import -----------------------------------------------------------------------------------

    @api.model
    def _import(self, definition):
        """Check the whole file, then write it as a draft; in a savepoint, so that nothing is
        half-written.

        :raises DefinitionError: naming the path of the first wrong entry
        """
        if isinstance(definition, (str, bytes)):
            definition = self._parse(definition)
        self._check_shape(definition)
        try:
            with self.env.cr.savepoint():
                return self._write(definition)
        except (ValidationError, AccessError):
            raise
        except UserError as error:
            raise DefinitionError("", str(error)) from error

    @api.model
    def _parse(self, text):
        if len(text) > MAX_TEXT:
            raise DefinitionError(
                "",
                self.env._(
                    "the file is larger than %s MB and is no workflow", MAX_TEXT // 1024 // 1024
                ),
            )
        try:
            return json.loads(text)
        except RecursionError as error:
            raise DefinitionError("", self.env._("the file is nested too deeply")) from error
        except ValueError as error:
            raise DefinitionError("", self.env._("the file is no JSON: %s", error)) from error

    @api.model
    def _check_shape(self, definition):
        """Check keys, types and the tree without recursion, before anything is written."""
        if not isinstance(definition, dict):
            raise DefinitionError("", self.env._("a workflow is a JSON object"))
        self._only_keys(definition, OTHER_KEYS | set(HEADER_FIELDS), "")
        if definition.get("format") != FORMAT:
            raise DefinitionError(
                "format",
                self.env._(
                    "this version reads format %(known)s, not %(given)s",
                    known=FORMAT,
                    given=definition.get("format"),
                ),
            )
        self._text(definition.get("name"), "name", required=True)
        steps = definition.get("steps", [])
        kinds = set(self.env["mail.workflow.step"]._fields["kind"].get_values(self.env))
        stack, count, keys = [("steps", steps, 1)], 0, {}
        while stack:
            path, entries, depth = stack.pop()
            if not isinstance(entries, list):
                raise DefinitionError(path, self.env._("must be a list of steps"))
            if depth > MAX_DEPTH:
                raise DefinitionError(
                    self._short(path),
                    self.env._("steps are nested more than %s levels deep", MAX_DEPTH),
                )
            for index, entry in enumerate(entries):
                where = f"{path}[{index}]"
                count += 1
                if count > MAX_STEPS:
                    raise DefinitionError(
                        where, self.env._("a workflow has at most %s steps", MAX_STEPS)
                    )
                self._check_step_shape(entry, where, kinds, keys)
                for name, branch in (entry.get("branches") or {}).items():
                    if not isinstance(branch, dict):
                        raise DefinitionError(
                            f"{where}.branches.{name}", self.env._("must be an object")
                        )
                    self._only_keys(branch, {"when", "steps"}, f"{where}.branches.{name}")
                    stack.append(
                        (f"{where}.branches.{name}.steps", branch.get("steps", []), depth + 1)
                    )
        self._check_targets(steps, keys)

    @api.model
    def _short(self, path):
        return path if len(path) <= 200 else f"{path[:100]}…{path[-60:]}"

    @api.model
    def _check_step_shape(self, entry, where, kinds, keys):
        if not isinstance(entry, dict):
            raise DefinitionError(where, self.env._("must be an object"))
        kind = entry.get("kind")
        if kind not in kinds:
            raise DefinitionError(f"{where}.kind", self.env._("unknown kind '%s'", kind))
        handler = self.env["mail.workflow.step"]._kind_model(kind)
        self._only_keys(entry, STEP_KEYS | handler._file_keys(), where)
        if "branches" in entry and not isinstance(entry["branches"], dict):
            raise DefinitionError(f"{where}.branches", self.env._("must be an object"))
        if "key" in entry:
            key = entry["key"]
            if not isinstance(key, str) or not KEY.match(key):
                raise DefinitionError(
                    f"{where}.key", self.env._("letters, digits, - and _ only, 64 at most")
                )
            if key in keys:
                raise DefinitionError(
                    f"{where}.key",
                    self.env._(
                        "the key '%(key)s' is used at %(other)s too", key=key, other=keys[key]
                    ),
                )
            keys[key] = where
        if "on_skip" in entry:
            self._choice(entry["on_skip"], ("continue", "leave"), f"{where}.on_skip")

    @api.model
    def _check_targets(self, steps, keys):
        stack = [("steps", steps)]
        while stack:
            path, entries = stack.pop()
            for index, entry in enumerate(entries):
                where = f"{path}[{index}]"
                if entry["kind"] == "goto" and entry.get("target") not in keys:
                    raise DefinitionError(
                        f"{where}.target",
                        self.env._("there is no step with the key '%s'", entry.get("target")),
                    )
                for name, branch in (entry.get("branches") or {}).items():
                    stack.append((f"{where}.branches.{name}.steps", branch.get("steps", [])))

    @api.model
    def _write(self, definition):
        workflows = self.env["mail.workflow"]
        model_name = self._text(definition.get("model", "res.partner"), "model")
        model = self.env["ir.model"].sudo().search([("model", "=", model_name)])
        if not model or model_name not in self.env:
            raise DefinitionError("model", self.env._("there is no model '%s' here", model_name))
        workflow = workflows.create({"name": definition["name"], **self._header(definition, model)})
        self._write_audience(workflow, definition)
        self._write_events(workflow, definition)
        self._import_steps(workflow, definition.get("steps", []))
        # texts and steps first: filters name steps
        self._write_triggers(workflow, definition.get("triggers", []))
        workflow.invalidate_recordset()
        return workflow

    @api.model
    def _header(self, definition, model):
        """Return the column values of what stands at the top of the file."""
        reentry = definition.get("reentry") or {}
        if not isinstance(reentry, dict):
            raise DefinitionError("reentry", self.env._("must be an object"))
        self._only_keys(reentry, set(REENTRY_FIELDS), "reentry")
        values = {"model_id": model.id}
        for given, names, prefix in (
            (definition, HEADER_FIELDS, ""),
            (reentry, REENTRY_FIELDS, "reentry."),
        ):
            for key, name in names.items():
                if given.get(key) is not None:
                    values[name] = self._import_value(
                        "mail.workflow", name, given[key], f"{prefix}{key}", None
                    )
        return values

    @api.model
    def _write_audience(self, workflow, definition):
        audience = self._domain(definition.get("audience", []), workflow, "audience")
        if audience:
            workflow.audience_domain = repr(audience)

    @api.model
    def _write_events(self, workflow, definition):
        values = {}
        if definition.get("goal") is not None:
            goal = self._spec(definition["goal"], "goal", extra={"window_days"})
            values.update(
                goal_kind=goal["kind"],
                goal_name=goal.get("name"),
                goal_filters=goal.get("filters"),
                goal_window_days=goal.get("window_days", 0),
                goal_same_record=goal.get("same_record", False),
            )
        if definition.get("exits") is not None:
            values["exit_events"] = self._specs(definition["exits"], "exits")
        if values:
            workflow.write(values)

    @api.model
    def _write_triggers(self, workflow, triggers):
        if not isinstance(triggers, list):
            raise DefinitionError("triggers", self.env._("must be a list"))
        triggers_model = self.env["mail.workflow.trigger"]
        kinds = set(triggers_model._fields["kind"].get_values(self.env))
        vals_list = []
        for index, entry in enumerate(triggers):
            path = f"triggers[{index}]"
            if not isinstance(entry, dict):
                raise DefinitionError(path, self.env._("must be an object"))
            if entry.get("kind") not in kinds:
                raise DefinitionError(
                    f"{path}.kind", self.env._("unknown kind '%s'", entry.get("kind"))
                )
            handler = triggers_model._kind_model(entry["kind"])
            known = {"kind", *handler._trigger_fields}
            if handler._is_event:
                known |= {"filters", "count", "within_days"}
            self._only_keys(entry, known, path)
            vals = {
                "workflow_id": workflow.id,
                "kind": entry["kind"],
                **handler._import(entry, workflow, path),
            }
            if entry.get("filters"):
                vals["filters"] = self._filters(
                    entry["filters"], entry["kind"], workflow, f"{path}.filters"
                )
            for key in ("count", "within_days"):
                if key in entry:
                    vals[key] = int(self._number(entry[key], f"{path}.{key}"))
            vals_list.append(vals)
        triggers_model.create(vals_list)

    @api.model
    def _filters(self, filters, kind, workflow, path):
        if not isinstance(filters, dict):
            raise DefinitionError(path, self.env._("must be an object"))
        handler = self.env["mail.workflow.trigger"]._kind_model(kind)
        problems = handler._check_filters(filters, workflow) if workflow else []
        if problems:
            raise DefinitionError(path, problems[0])
        return filters

    @api.model
    def _import_steps(self, workflow, steps):
        """Create the steps of a workflow from nested lists; keys are kept, or made."""
        model = self.env["mail.workflow.step"].with_context(workflow_importing=True)
        by_key, targets = {}, []
        stack = [("steps", steps, None, THEN)]
        while stack:
            path, entries, parent, branch = stack.pop()
            for index, entry in enumerate(entries):
                where = f"{path}[{index}]"
                handler = model._kind_model(entry["kind"])
                vals = {
                    "workflow_id": workflow.id,
                    "kind": entry["kind"],
                    "parent_id": parent,
                    "parent_branch": branch,
                    "on_skip": entry.get("on_skip", "continue"),
                    **handler._import(entry, workflow, where),
                }
                if entry.get("name"):
                    vals["name"] = self._text(entry["name"], f"{where}.name")
                if entry.get("key"):
                    vals["key"] = entry["key"]
                step = model.create(vals)
                by_key[step.key] = step
                handler._import_after(step, entry, where)
                if entry["kind"] == "goto":
                    targets.append((step, entry["target"]))
                known = handler._outcomes(step)
                for name, sub in (entry.get("branches") or {}).items():
                    if name not in known:
                        raise DefinitionError(
                            f"{where}.branches.{name}",
                            self.env._(
                                "this step has no such branch; it has: %s", ", ".join(known) or "-"
                            ),
                        )
                    stack.append(
                        (f"{where}.branches.{name}.steps", sub.get("steps", []), step.id, name)
                    )
                parent, branch = step.id, THEN
        for step, key in targets:
            step.goto_target_id = by_key[key]

    # --- values of the file -----------------------------------------------------------------------

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
        if field.type in ("integer", "float"):
            number = self._number(value, path)
            return int(number) if field.type == "integer" else number
        if field.type == "boolean":
            return self._bool(value, path)
        if field.type == "selection":
            return self._choice(value, field.get_values(self.env), path)
        if name.endswith("_domain"):
            return repr(self._domain(value, workflow, path))
        return self._text(value, path)

    @api.model
    def _spec(self, spec, path, extra=frozenset()):
        """Check an event as goals, exits, waits and conditions name it."""
        if not isinstance(spec, dict):
            raise DefinitionError(path, self.env._("must be an object"))
        self._only_keys(spec, SPEC_KEYS | set(extra), path)
        kinds = {kind for kind, _label in self.env["mail.workflow.trigger"]._event_kind_selection()}
        if spec.get("kind") not in kinds:
            raise DefinitionError(
                f"{path}.kind", self.env._("unknown kind of event '%s'", spec.get("kind"))
            )
        result = {"kind": spec["kind"]}
        if spec.get("name"):
            result["name"] = self._text(spec["name"], f"{path}.name")
        if spec["kind"] == "custom" and "name" not in result:
            raise DefinitionError(path, self.env._("a custom event needs a name"))
        if spec.get("filters"):
            result["filters"] = self._known_filters(
                spec["filters"], spec["kind"], f"{path}.filters"
            )
        if "same_record" in spec:
            result["same_record"] = self._bool(spec["same_record"], f"{path}.same_record")
        for key in ("window_days", "within_days"):
            if key in spec:
                result[key] = int(self._number(spec[key], f"{path}.{key}"))
        if "branch" in spec:
            result["branch"] = self._text(spec["branch"], f"{path}.branch", required=True)
        return result

    @api.model
    def _known_filters(self, filters, kind, path):
        """Check the keys of filters; what they name (a step) may come later in the file."""
        if not isinstance(filters, dict):
            raise DefinitionError(path, self.env._("must be an object"))
        handler = self.env["mail.workflow.trigger"]._kind_model(kind)
        if kind != "custom":
            self._only_keys(filters, set(handler._filter_keys), path)
        return filters

    @api.model
    def _specs(self, specs, path, *, branch=False):
        if not isinstance(specs, list):
            raise DefinitionError(path, self.env._("must be a list"))
        found = []
        for index, spec in enumerate(specs):
            entry = self._spec(
                spec, f"{path}[{index}]", extra={"branch"} if branch else frozenset()
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
        return {key: self._text(value, f"{path}.{key}") for key, value in entry.items()}

    @api.model
    def _only_keys(self, values, known, path):
        for key in values:
            if key not in known:
                where = f"{path}.{key}" if path else str(key)
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
    def _number(self, value, path):
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not math.isfinite(value)
            or abs(value) > 1e6
        ):
            raise DefinitionError(
                path, self.env._("must be a number, not %s", json.dumps(value, default=str))
            )
        return value

    @api.model
    def _bool(self, value, path):
        if not isinstance(value, bool):
            raise DefinitionError(path, self.env._("must be true or false"))
        return value

    @api.model
    def _choice(self, value, known, path):
        if value not in known:
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
    def _domain(self, value, workflow, path):
        """Check a domain against the workflow's model.

        :returns: the domain as a list
        """
        if not isinstance(value, list):
            raise DefinitionError(path, self.env._("must be a list of conditions"))
        model = self.env[workflow.model_name]
        try:
            domain = [tuple(leaf) if isinstance(leaf, list) else leaf for leaf in value]
            Domain(domain).validate(model)
        except (ValueError, TypeError, KeyError) as error:
            raise DefinitionError(path, str(error)) from error
        return value

    @api.model
    def _record(self, model, name, path):
        found = self._find_record(model, name) if isinstance(name, str) else None
        if not found:
            description = self.env[model]._description
            raise DefinitionError(
                path,
                self.env._(
                    "there is no %(model)s “%(name)s” here; create it first",
                    model=description,
                    name=name,
                ),
            )
        return found

    @api.model
    def _find_record(self, model, name):
        """Find a record by external id, or by its readable unique value; empty when there is
        none."""
        records = self.env[model]
        if "." in name and " " not in name:
            record = self.env.ref(name, raise_if_not_found=False)
            if record and record._name == model:
                return record
        if model == "res.users":
            return records.search([("login", "=", name)], limit=1)
        return records.search([(records._rec_name or "name", "=", name)], limit=1)
