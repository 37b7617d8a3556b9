from collections import defaultdict

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..engine.changes import flatten, is_same
from ..exceptions import DefinitionError
from .mail_workflow_definition import HEADER_FIELDS, REENTRY_FIELDS
from .mail_workflow_trigger import PLACES

# columns of every step, whatever its kind; a kind's own are all the others
STEP_COLUMNS = {
    *("workflow_id", "active", "sequence", "depth", "key", "name", "kind", "on_skip", "salt"),
    *("parent_id", "parent_branch", "child_ids", "execution_ids", "text_ids", "goto_target_id"),
    *("successor_id", "after_removal"),
}
TRIGGER_COLUMNS = {"workflow_id", "kind", *PLACES}


class MailWorkflowApplier(models.AbstractModel):
    """Makes the rows of a workflow say what a file says, by the keys of its steps.

    Everything that edits by file comes through here: import, copy, save, undo, publish, restore.
    Only what differs is written: a kept key keeps its row, its people, its mailings and figures.
    """

    _name = "mail.workflow.applier"
    _description = "Applies a Workflow File"

    @api.model
    def _apply(self, workflow, definition, leaving=()):
        """Apply a file to a workflow; in a savepoint, so that nothing is half-written.

        What a draft may lack (the target of a jump, a branch that was renamed) is no error here
        but a problem that ``lint()`` finds.

        :param leaving: keys of removed steps whose people leave the workflow; of the others they
            go on with the next step
        :returns: the triggers that are new or changed
        :raises DefinitionError: naming the path of the first wrong entry
        """
        self = self._knowing(workflow | workflow.draft_of_id)
        workflow = workflow.with_env(self.env)
        definitions = self.env["mail.workflow.definition"]
        definitions._check_shape(definition, is_draft=True)
        try:
            with self.env.cr.savepoint():
                current = definitions._export(workflow)
                self._apply_header(workflow, current, definition)
                steps = definition.get("steps", [])
                self._apply_steps(workflow, steps, current["steps"], leaving, is_draft=True)
                triggers = self._apply_triggers(workflow, definition.get("triggers", []))
                workflow.invalidate_recordset()
                return triggers
        except DefinitionError:
            raise
        except (UserError, AccessError) as error:
            raise DefinitionError("", str(error)) from error

    @api.model
    def _knowing(self, workflows):
        """Return the applier for files that were written of these workflows: where several records
        have one name it takes those that they use, and it knows the kinds they have of addons that
        are not installed any more."""
        used = {model: set(ids) for model, ids in self.env.context.get("workflow_used", {}).items()}
        steps = workflows.step_ids
        for records in (workflows, workflows.trigger_ids, steps, steps.task_part_ids):
            for name, field in records._fields.items():
                if field.relational and field.type != "one2many" and name not in STEP_COLUMNS:
                    used.setdefault(field.comodel_name, set()).update(records[name].ids)
        gone = {
            what: {**self.env["mail.workflow.definition"]._gone_kinds(what), **kinds}
            for what, kinds in workflows._gone_kinds().items()
        }
        return self.with_context(workflow_used=used, workflow_gone=gone)

    # --- what stands at the top -------------------------------------------------------------------

    @api.model
    def _apply_header(self, workflow, current, definition):
        definitions = self.env["mail.workflow.definition"]
        values = {}
        if definition["name"] != current["name"]:
            values["name"] = definition["name"]
        model = definition.get("model", "res.partner")
        if model != current["model"]:
            values["model_id"] = definitions._model(model).id
        values.update(self._header_values(current, definition))
        audience = definition.get("audience") or []
        if audience != current["audience"]:
            # a domain is checked against the model it is for
            asked = (
                workflow.new({"model_id": values["model_id"]}) if "model_id" in values else workflow
            )
            values["audience_domain"] = repr(definitions._domain(audience, asked, "audience"))
        if definition.get("goal") != current.get("goal"):
            goal_fields = [name for name in workflow._fields if name.startswith("goal_")]
            values.update(self._defaults(workflow, goal_fields))
            values.update(definitions._event_values({"goal": definition.get("goal")}))
        if definition.get("exits") != current.get("exits"):
            values["exit_events"] = False
            values.update(definitions._event_values({"exits": definition.get("exits")}))
        if values:
            workflow.write(values)

    @api.model
    def _header_values(self, current, definition):
        """Return the column values of the entries of one line that differ; what the file leaves
        out is as in a new workflow."""
        values, changed = {}, {}
        reentry = definition.get("reentry") or {}
        for key, name in HEADER_FIELDS.items():
            if definition.get(key) != current.get(key):
                values.update(self._defaults(self.env["mail.workflow"], [name]))
                changed[key] = definition.get(key)
        if not isinstance(reentry, dict) or reentry != current["reentry"]:
            names = list(REENTRY_FIELDS.values())
            values.update(self._defaults(self.env["mail.workflow"], names))
            changed["reentry"] = reentry
        given = self.env["mail.workflow.definition"]._header_values(changed)
        return {**values, **given}

    @api.model
    def _defaults(self, records, names):
        """Return the values a new record has in these of its columns; not of those it computes."""
        names = [
            name
            for name in names
            if (field := records._fields[name]).store
            and field.type != "one2many"
            and not (field.compute or field.related)
        ]
        return {**dict.fromkeys(names, False), **records.default_get(names)}

    # --- steps ------------------------------------------------------------------------------------

    @api.model
    def _apply_steps(self, workflow, steps, current=(), leaving=(), *, is_draft=False):
        """Make the tree of a workflow that of nested lists whose shape was checked.

        :param current: what the rows say, in the same form
        """
        self = self.with_context(workflow_found={})
        workflow = workflow.with_env(self.env)
        found, known = flatten(steps), flatten(current)
        self._remove(
            workflow.step_ids.filtered(
                lambda step: (
                    step.key not in found or found[step.key].entry["kind"] != step._file_kind()
                )
            ),
            leaving,
        )
        workflow.invalidate_recordset(["step_ids"])
        rows = {}
        for step in workflow.with_context(active_test=False).step_ids.with_env(workflow.env):
            if step.key in found and found[step.key].entry["kind"] != step._file_kind():
                # kept for its history, it gives its key to the step of another kind
                step.sudo().write({"key": f"{step.key[:50]}-{step.id}"})
                step.flush_recordset(["key"])
            else:
                rows[step.key] = step
        kept = {key: rows[key] for key in found if key in rows}
        self._create(workflow, {key: one for key, one in found.items() if key not in rows}, rows)
        self._place(found, rows)
        for key, step in kept.items():
            if key not in known or not is_same(known[key].entry, found[key].entry):
                self._update(step, found[key])
        self._link(found, rows, is_draft)
        workflow.invalidate_recordset(["step_ids"])
        workflow._arrange_steps()

    @api.model
    def _create(self, workflow, added, rows):
        """Create the steps of new keys; where they stand comes later."""
        model = self.env["mail.workflow.step"].with_context(workflow_importing=True)
        definitions = model.env["mail.workflow.definition"]
        values, by_handler = [], defaultdict(list)
        for key, placed in added.items():
            entry, path = {**placed.entry, "key": key}, placed.path
            handler = definitions._kind_of(entry)
            by_handler[handler].append(key)
            values.append(
                {
                    "workflow_id": workflow.id,
                    "key": key,
                    "kind": "missing" if handler._is_missing else entry["kind"],
                    "parent_id": False,
                    **self._shared_values(entry, path),
                    **handler._import(entry, workflow, path),
                }
            )
        rows.update(zip(added, model.create(values), strict=True))
        for handler, keys in by_handler.items():
            handler._import_all([(rows[key], added[key].entry, added[key].path) for key in keys])

    @api.model
    def _shared_values(self, entry, path):
        """Return the column values of what every step can say."""
        values = {"on_skip": entry.get("on_skip", "continue")}
        if "name" in entry:
            name = self.env["mail.workflow.definition"]._text(entry["name"], f"{path}.name")
            values["name"] = name
        return values

    @api.model
    def _update(self, step, placed):
        """Write what a file says otherwise of a step that stays."""
        entry, path, handler = placed.entry, placed.path, step._handler()
        own = set(step._fields) - STEP_COLUMNS
        values = {
            "name": step._kind_label(),
            **self._defaults(step, own - set(models.MAGIC_COLUMNS)),
            **self._shared_values(entry, path),
            **handler._import(entry, step.workflow_id, path),
        }
        # what stands on its ways the file says, too
        self._write_differing(step.with_context(workflow_importing=True), values)
        handler._import_all([(step, entry, path)])

    @api.model
    def _write_differing(self, record, values):
        """Write those values that a row does not have yet."""
        differing = {}
        for name, value in values.items():
            field = record._fields[name]
            if field.type == "one2many":
                if value or record[name]:
                    differing[name] = [Command.clear(), *value]
            elif field.type == "many2many":
                wanted = {id_ for command in value or [] for id_ in command[2]}
                if wanted != set(record[name].ids):
                    differing[name] = [Command.set(wanted)]
            elif field.convert_to_cache(value, record) != field.convert_to_cache(
                field.convert_to_write(record[name], record), record
            ):
                differing[name] = value
        if differing:
            record.write(differing)

    @api.model
    def _place(self, found, rows):
        """Hang each step where the file has it."""
        steps = self.env["mail.workflow.step"].union(*rows.values())
        removed = steps.filtered(lambda step: not step.active and step.key in found)
        if removed:
            # they come back as they were, with their history; only the engine may say so
            removed_sudo = removed.sudo().with_context(workflow_importing=True)
            removed_sudo.write({"active": True, "successor_id": False, "after_removal": False})
        places = []
        for key, placed in found.items():
            parent_id = rows[placed.parent].id if placed.parent else False
            step = rows[key]
            if (step.parent_id.id, step.parent_branch) != (parent_id, placed.branch):
                places.append((step.id, parent_id or None, placed.branch))
        steps._hang(places)

    @api.model
    def _link(self, found, rows, is_draft):
        """Point steps that name another one to it; refuse branches that a step does not have."""
        for key, placed in found.items():
            step, handler = rows[key], rows[key]._handler()
            if "target" in handler._file_keys():
                target = placed.entry.get("target")
                is_there = isinstance(target, str) and target in found
                handler._link_target(step, rows[target] if is_there else step.browse())
            known = handler._outcomes(step)
            for name in placed.entry.get("branches", {}):
                if name not in known and not is_draft:
                    raise DefinitionError(
                        f"{placed.path}.branches.{name}",
                        self.env._(
                            "this step has no such branch; it has: %s", ", ".join(known) or "-"
                        ),
                    )

    @api.model
    def _remove(self, steps, leaving):
        """Take steps out: with history they are kept aside, and their people go on or leave."""
        if not steps:
            return
        if not steps.workflow_id._has_had_people():
            steps.with_context(workflow_importing=True).unlink()
            return
        # all are kept: a worker may be moving somebody to one of them at this moment
        choices = {step.id: "leave" if step.key in leaving else "go_on" for step in steps}
        steps._set_aside(choices, steps._successors())
        self.env["mail.workflow.lane"]._wake("runner")

    # --- who comes in -----------------------------------------------------------------------------

    @api.model
    def _apply_triggers(self, workflow, entries):
        """Make the triggers those of the file: the same stay as they are, one of the same kind is
        changed, so that it keeps what it has seen.

        :returns: the triggers that are new or changed
        """
        definitions, triggers = self.env["mail.workflow.definition"], workflow.trigger_ids
        left = {trigger: definitions._export_trigger(trigger) for trigger in triggers.sorted("id")}
        wanted = []
        for path, entry in definitions._trigger_entries(entries):
            same = next((trigger for trigger, said in left.items() if said == entry), None)
            if same:
                left.pop(same)
            else:
                wanted.append(definitions._trigger_values(workflow, entry, path))
        changed, created = triggers.browse(), []
        for values in wanted:
            trigger = next((one for one in left if one.kind == values["kind"]), None)
            if not trigger:
                created.append(values)
                continue
            left.pop(trigger)
            own = set(trigger._fields) - TRIGGER_COLUMNS - set(models.MAGIC_COLUMNS)
            blank = {**self._defaults(trigger, own), "filters": False}
            self._write_differing(trigger, {**blank, **values})
            changed |= trigger
        triggers.browse([trigger.id for trigger in left]).unlink()
        return changed | triggers.create(created)
