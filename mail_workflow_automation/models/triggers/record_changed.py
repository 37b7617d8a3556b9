import logging
from typing import NamedTuple

from odoo import api, fields, models, tools

from ..mail_workflow_filter import filter_field
from ..mail_workflow_listening import LISTENING_CACHE

_logger = logging.getLogger(__name__)

CHANGES = "mail_workflow_changes"
CREATED, CHANGED = "created", "changed"


class Watch(NamedTuple):
    """What is watched of a model: whether records are made, and which fields change."""

    created: bool
    fields: frozenset


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("record_changed", "Record created or changed")],
        ondelete={"record_changed": "cascade"},
    )
    filter_on = filter_field(
        fields.Selection,
        [(CREATED, "A record is created"), (CHANGED, "A field changes")],
        string="What Happens",
    )
    filter_field_name = filter_field(
        fields.Char, string="Field", help="The field whose changes count."
    )
    filter_from = filter_field(
        fields.Char, string="Changed From", help="The value before. Empty: any."
    )
    filter_to = filter_field(
        fields.Char,
        string="Changed To",
        help="The new value: the name of a record, the technical value of a selection, true or "
        "false, a number, or a date as 2026-12-31. Empty: any.",
    )
    filter_model_name = fields.Char(string="Model", compute="_compute_filter_model_name")

    @api.depends("filter_model_id")
    def _compute_filter_model_name(self):
        for trigger in self:
            trigger.filter_model_name = trigger.filter_model_id.model


class MailWorkflowTriggerRecordChanged(models.AbstractModel):
    """A record of any model was created, or one of its fields changed.

    Noted at the end of a transaction: what changed and changed back did not happen, and what a new
    record gets while it is made is its creation.
    """

    _name = "mail.workflow.trigger.record_changed"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Record Created or Changed"

    _icon = "fa-pencil-square-o"
    _filter_fields = {
        "model": "filter_model_id",
        "on": "filter_on",
        "field": "filter_field_name",
        "from": "filter_from",
        "to": "filter_to",
    }

    @api.model
    def _past_filters(self, data):
        # which change of which field made a person a customer is not for a machine to guess
        return []

    @api.model
    def _default_filters(self, workflow):
        return {"model": workflow.model_name, "on": CREATED}

    @api.model
    def _describe_filter(self, key, trigger):
        described = super()._describe_filter(key, trigger)
        if key in ("field", "from", "to"):
            described["only"] = {"on": CHANGED}
        if key == "field":
            described.update(type="field", model_filter="model")
        return described

    @api.model
    def _check_filters(self, filters, workflow):
        problems = super()._check_filters(filters, workflow)
        model = self.env.get(filters.get("model") or "")
        if model is None:
            return [*problems, self.env._("choose the kind of record")]
        if not self._may_watch(model):
            problems.append(self.env._("records of “%s” cannot be watched", model._description))
        if not filters.get("on"):
            problems.append(self.env._("choose what happens: “created” or “changed”"))
        details = [key for key in ("field", "from", "to") if key in filters]
        if filters.get("on") == CHANGED:
            name = filters.get("field")
            field = model._fields.get(name) if isinstance(name, str) else None
            if field is None or not self._may_watch_field(field):
                problems.append(
                    self.env._(
                        "“%(field)s” is no stored field of %(model)s",
                        field=name or "",
                        model=model._description,
                    )
                )
        elif details:
            problems.append(self.env._("only a change has: %s", ", ".join(details)))
        return problems

    @api.model
    def _check_rights(self, trigger, env):
        model = env.get((trigger.filters or {}).get("model") or "")
        if model is None or model.has_access("read"):
            return []
        return [
            self.env._(
                "%(user)s may not read %(model)s", user=env.user.name, model=model._description
            )
        ]

    @api.model
    def _may_watch(self, model):
        """Tell whether records of a model can be watched: not what is for the moment only, nor the
        engine's own."""
        return not (
            model._transient
            or model._abstract
            or not model._auto
            or model._name.startswith("mail.workflow")
        )

    @api.model
    def _may_watch_field(self, field):
        """Tell whether changes of a field are seen: of those that are kept."""
        return bool(field.store and field.column_type)

    @api.model
    @tools.ormcache(cache=LISTENING_CACHE)
    def _watched(self):
        """Return ``{model: Watch}``, cached until a workflow changes."""
        found = {}
        for filters in self.env["mail.workflow.listening"]._filters("record_changed"):
            name = filters.get("model")
            if name in self.env and self._may_watch(self.env[name]):
                created, names = found.get(name, (False, frozenset()))
                if filters.get("on") == CREATED:
                    created = True
                elif filters.get("field") in self.env[name]._fields:
                    names |= {filters["field"]}
                found[name] = Watch(created, names)
        return found

    @api.model
    def _source(self):
        """Return what the context says of the workflow that acts now, a dict, empty for anybody
        else, or False where what happens is not to be noted."""
        if self.env["mail.workflow.event"]._is_silent_import():
            return False
        names = ("mail_workflow_id", "mail_workflow_chain")
        return {name: self.env.context[name] for name in names if self.env.context.get(name)}

    @api.model
    def _remember_created(self, records):
        created = self._changes()["created"].setdefault(records._name, {})
        created.update(dict.fromkeys(records.ids, self._source()))

    @api.model
    def _remember_old(self, records, names):
        """Keep the values that fields have now, where they are not kept yet."""
        old = self._changes()["old"]
        # the hook reads what the caller may not see, and texts in no language of theirs, nor with
        # what a screen wants beside a name
        context = {"allowed_company_ids": records.env.context.get("allowed_company_ids", [])}
        for record in records.with_env(records.env(su=True, context=context)):
            _record, kept, _source = old.setdefault(
                (record._name, record.id), (record, {}, self._source())
            )
            for name in names - kept.keys():
                kept[name] = record[name]

    @api.model
    def _changes(self):
        """Return what this transaction changed so far of what is watched."""
        data = self.env.cr.precommit.data
        if CHANGES not in data:
            data[CHANGES] = {"created": {}, "old": {}}
            self.env.cr.precommit.add(self.with_env(self.env(su=True, context={}))._note_changes)
        return data[CHANGES]

    @api.model
    def _note_changes(self):
        """Note what became of the records of this transaction: at its end, from what they are.
        Never raises into the commit."""
        changes = self.env.cr.precommit.data.pop(CHANGES, None) or {"created": {}, "old": {}}
        try:
            self._note_all(changes)
        except Exception:  # noqa: BLE001 a sale must never fail because of a marketing event
            _logger.exception("Changes of records could not be noted")

    @api.model
    def _note_all(self, changes):
        for name, created in changes["created"].items():
            if self._watched().get(name, Watch(False, ())).created:
                records = self.env[name].browse(created).exists()
                self._note([(record, {"on": CREATED}, created[record.id]) for record in records])
        by_model = {}
        for (name, record_id), kept in changes["old"].items():
            if record_id not in changes["created"].get(name, ()):
                by_model.setdefault(name, {})[record_id] = kept
        for name, kept in by_model.items():
            there = self.env[name].browse(kept).exists().ids
            self._note(
                [
                    (record, change, source)
                    for record, before, source in map(kept.get, there)
                    for change in self._changed_fields(record, before)
                ]
            )

    @api.model
    def _changed_fields(self, record, before):
        return [
            {
                "on": CHANGED,
                "field": name,
                "from": self._text(record._fields[name], value),
                "to": self._text(record._fields[name], record[name]),
            }
            for name, value in before.items()
            if value != record[name]
        ]

    @api.model
    def _note(self, changes):
        """:param changes: ``[(record, data, who did it, see _source)]``"""
        changes = [change for change in changes if change[2] is not False]
        if not changes:
            return
        records = changes[0][0].browse({record.id for record, _data, _origin in changes})
        self.env["mail.workflow.person"]._of(records)  # all are read together
        for record, data, origin in changes:
            events = self.env["mail.workflow.event"].with_context(**origin)
            events.emit("record_changed", record=record, data={"model": record._name, **data})

    @api.model
    def _text(self, field, value):
        """Return a value as filters name it."""
        if field.relational:
            return value.exists().display_name or ""
        if field.type == "boolean":
            return "true" if value else "false"
        if isinstance(value, float):
            return f"{value:.12g}"
        return "" if value in (None, False) else str(value)


class Base(models.AbstractModel):
    """Remembers what changes of the records that a running workflow watches."""

    _inherit = "base"

    def _workflow_watch(self):
        """Return what is watched of the model, or None: what every write of every model asks."""
        # while addons are loaded there may be no tables yet to look into
        if not self.env.registry.ready:
            return None
        return self.env["mail.workflow.trigger.record_changed"]._watched().get(self._name)

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if self._workflow_watch():
            self.env["mail.workflow.trigger.record_changed"]._remember_created(records)
        return records

    def write(self, vals):
        watch = self._workflow_watch()
        if watch and (names := watch.fields & vals.keys()):
            self.env["mail.workflow.trigger.record_changed"]._remember_old(self, names)
        return super().write(vals)

    def _compute_field_value(self, field):
        stored = {one.name for one in self.pool.field_computed[field] if one.store}
        watch = stored and self._workflow_watch()
        if watch:
            names = watch.fields & stored
            records = self.filtered("id") if names else self
            if names and records:
                changed = self.env["mail.workflow.trigger.record_changed"]
                changed._remember_old(records, names)
        return super()._compute_field_value(field)
