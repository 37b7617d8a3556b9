import re

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..engine.schedule import weekday_names
from ..exceptions import DefinitionError
from .mail_workflow import parse_domain

FORMAT = 1
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
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
    "calendar": "calendar_id",
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
# the order in which a file says what an event is
SPEC_KEYS = ("kind", "name", "filters", "same_record")


class MailWorkflowDefinition(models.AbstractModel):
    """The file format (design.md, section 4): export, and an import that refuses by the path of
    the entry."""

    _name = "mail.workflow.definition"
    _description = "Workflow File Format"

    # --- export -----------------------------------------------------------------------------------

    @api.model
    def _export(self, workflow):
        """Return the workflow as a dict in the file format, its keys in a stable order."""
        self = self.with_context(workflow_external_ids={})
        workflow = workflow.with_env(self.env)
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
            "goal": self._export_spec(workflow._goal_spec()),
            "exits": [self._export_spec(spec) for spec in workflow.exit_events or []] or None,
            "list": self._export_record(workflow.list_id),
            "email_from": workflow.email_from or None,
            "reply_to": workflow.reply_to or None,
            "timezone": workflow.timezone_policy if workflow.timezone_policy != "contact" else None,
            "lateness_hours": workflow.lateness_hours,
            "holdout_percent": workflow.holdout_percent or None,
            "priority": workflow.priority if workflow.priority != 10 else None,
            "calendar": self._export_record(workflow.calendar_id),
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
        values = {"kind": trigger._file_kind(), **trigger._handler()._export(trigger)}
        if trigger.gone:
            return values
        if trigger.filters:
            values["filters"] = self._export_filters(trigger.kind, trigger.filters)
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
            # also what hangs on a branch that is gone: nothing is lost by an edit
            names = dict.fromkeys((*step._handler()._outcomes(step), *tree.branches(step.id)))
            branches = {name: export_list(tree.child(step.id, name)) for name in names}
            return self._export_step(step, branches)

        return export_list(tree.first())

    @api.model
    def _export_step(self, step, branches):
        """Return one step for the file.

        :param dict branches: ``{branch: its steps for the file}``
        """
        handler = step._handler()
        values = {"key": step.key} if step.key else {}
        values["kind"] = step._file_kind()
        if step.name and step.name != step._kind_label():
            values["name"] = step.name
        values.update(handler._export(step))
        if step.on_skip != "continue":
            values["on_skip"] = step.on_skip
        if handler._has_branch_entries(step) or any(branches.values()):
            known = handler._outcomes(step)
            values["branches"] = {
                branch: {
                    **(handler._export_branch(step, branch) if branch in known else {}),
                    "steps": steps,
                }
                for branch, steps in branches.items()
            }
        return values

    @api.model
    def _is_worth_saying(self, record, name):
        """Tell whether the file says a column: where it is empty, and a new record's is too, it
        does not."""
        default = record._fields[name].default
        return bool(record[name] or (default and default(record)))

    @api.model
    def _export_columns(self, record, columns):
        """Return what a kind's own columns, ``{file key: column}``, say in the file."""
        return {
            key: self._export_value(record, name)
            for key, name in columns.items()
            if self._is_worth_saying(record, name)
        }

    @api.model
    def _export_value(self, record, name):
        """Return one column for the file: records by external id or name."""
        field = record._fields[name]
        value = record[name]
        if field.type == "many2one":
            return self._export_record(value)
        if field.type == "many2many":
            return [self._export_record(one) for one in value]
        if field.type == "date":
            return str(value) if value else None
        if field.type == "float" and value == int(value):
            return int(value)
        if name.endswith("_domain"):
            return self._jsonable(parse_domain(value))
        if name.endswith("_weekdays"):
            return weekday_names(value)
        return value or "" if field.type == "char" else value

    @api.model
    def _export_record(self, record):
        """Name a record: by external id, else by a readable unique value."""
        if not record:
            return None
        external_id = self._external_id(record)
        if external_id and not external_id.startswith("__"):
            return external_id
        return record[self._name_field(record)]

    @api.model
    def _external_id(self, record):
        """Return the external id of a record, or an empty text; within one export those of the
        records read with it are asked for at once."""
        known = self.env.context.get("workflow_external_ids")
        if known is None:
            return record.sudo().get_external_id().get(record.id)
        place = (record._name, record.id)
        if place not in known:
            together = record.browse(dict.fromkeys([record.id, *record._prefetch_ids]))
            found = together.sudo().get_external_id()
            known.update({(record._name, id_): text for id_, text in found.items()})
        return known[place]

    @api.model
    def _name_field(self, records):
        if records._name == "res.users":
            return "login"
        # a tag below another is known by the path to it, where its name alone is stored
        is_below = records._parent_store and records._rec_name in (None, "name")
        return "display_name" if is_below else records._rec_name or "display_name"

    @api.model
    def _export_spec(self, spec):
        """Return an event as the file says it, its keys in a stable order."""
        if not spec:
            return None
        known = [key for key in SPEC_KEYS if key in spec]
        if isinstance(spec.get("filters"), dict):
            filters = self._export_filters(spec.get("kind"), spec["filters"])
            spec = {**spec, "filters": filters}
        return self._jsonable(spec, first=known)

    @api.model
    def _export_filters(self, kind, filters):
        """Return the filters of an event as the file says them: records by name."""
        columns = self.env["mail.workflow.trigger"]._filter_columns(kind)
        filter_types = self.env["mail.workflow.filter"]
        return self._jsonable(
            {
                key: filter_types._export(columns[key], value) if key in columns else value
                for key, value in filters.items()
            }
        )

    @api.model
    def _jsonable(self, value, first=()):
        """Return plain JSON values, the keys of objects in the order of the alphabet (after
        ``first``): the database does not keep an order of its own."""
        if isinstance(value, dict):
            keys = [*first, *sorted(key for key in value if key not in first)]
            return {key: self._jsonable(value[key]) for key in keys}
        if isinstance(value, (list, tuple)):
            return [self._jsonable(one) for one in value]
        return value if isinstance(value, (str, int, float, type(None))) else str(value)

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
        except DefinitionError:
            raise
        except (UserError, AccessError) as error:
            raise DefinitionError("", str(error)) from error

    @api.model
    def _write(self, definition):
        model = self._model(definition.get("model", "res.partner"))
        workflow = self.env["mail.workflow"].create(
            {"name": definition["name"], "model_id": model.id, **self._header_values(definition)}
        )
        self._write_audience(workflow, definition)
        self._write_events(workflow, definition)
        self.env["mail.workflow.applier"]._apply_steps(workflow, definition.get("steps", []))
        # texts and steps first: filters name steps
        self._write_triggers(workflow, definition.get("triggers", []))
        workflow.invalidate_recordset()
        return workflow

    @api.model
    def _model(self, name):
        """Return the model a file is for."""
        name = self._text(name, "model")
        model = self.env["ir.model"].sudo().search([("model", "=", name)])
        known = self.env.get(name or "")
        if not model or known is None or known._abstract or known._transient:
            raise DefinitionError("model", self.env._("there is no model '%s' here", name))
        return model

    @api.model
    def _header_values(self, definition):
        """Return the column values of what stands at the top of the file, on one line each."""
        reentry = definition.get("reentry")
        reentry = {} if reentry is None else reentry
        if not isinstance(reentry, dict):
            raise DefinitionError("reentry", self.env._("must be an object"))
        self._only_keys(reentry, set(REENTRY_FIELDS), "reentry")
        self._check_purpose(definition.get("purpose"))
        values = {}
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
    def _check_purpose(self, purpose):
        manager = "mail_workflow_automation.mail_workflow_group_manager"
        if purpose == "operational" and not (self.env.su or self.env.user.has_group(manager)):
            raise DefinitionError(
                "purpose",
                self.env._(
                    "only a Workflow manager may make an operational workflow, whose mail does "
                    "not heed opt-outs"
                ),
            )

    @api.model
    def _write_audience(self, workflow, definition):
        audience = self._domain(definition.get("audience", []), workflow, "audience")
        if audience:
            workflow.audience_domain = repr(audience)

    @api.model
    def _write_events(self, workflow, definition):
        values = self._event_values(definition)
        if values:
            workflow.write(values)

    @api.model
    def _event_values(self, definition):
        """Return the column values of the goal and the exits a file names."""
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
        return values

    @api.model
    def _write_triggers(self, workflow, triggers):
        self.env["mail.workflow.trigger"].create(
            [
                self._trigger_values(workflow, entry, path)
                for path, entry in self._trigger_entries(triggers)
            ]
        )

    @api.model
    def _trigger_entries(self, triggers):
        """Return the triggers of a file, each with its path."""
        if not isinstance(triggers, list):
            raise DefinitionError("triggers", self.env._("must be a list"))
        return [(f"triggers[{index}]", entry) for index, entry in enumerate(triggers)]

    @api.model
    def _trigger_values(self, workflow, entry, path):
        """Return the column values of one trigger of a file."""
        triggers = self.env["mail.workflow.trigger"]
        if not isinstance(entry, dict):
            raise DefinitionError(path, self.env._("must be an object"))
        kind, gone = entry.get("kind"), self._gone_kinds("trigger")
        if not isinstance(kind, str) or kind not in (*triggers._installed_kinds(), *gone):
            raise DefinitionError(f"{path}.kind", self.env._("unknown kind '%s'", kind))
        handler = triggers._kind_model(kind)
        if handler._is_missing:
            kept = handler._kept(entry, gone[kind])
            return {"workflow_id": workflow.id, "kind": "missing", "gone": kept}
        known = {"kind", *handler._trigger_fields}
        if handler._is_event:
            known |= {"filters", "count", "within_days"}
        self._only_keys(entry, known, path)
        vals = {
            "workflow_id": workflow.id,
            "kind": kind,
            **handler._import(entry, workflow, path),
        }
        if "filters" in entry:
            vals["filters"] = self._filters(entry["filters"], kind, f"{path}.filters")
        for key in ("count", "within_days"):
            if key in entry:
                vals[key] = self._whole(entry[key], f"{path}.{key}")
        return vals
