"""Steps and triggers whose addon is uninstalled: kept as the file says them, and back with it."""

import json
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..sql import unnested
from .mail_workflow_applier import STEP_COLUMNS, TRIGGER_COLUMNS

_logger = logging.getLogger(__name__)

MISSING = "missing"
RETURNS = "workflow_kind_returns"


class MailWorkflowKept(models.AbstractModel):
    """What steps and triggers share: a kind that can go, and come back.

    While its addon is not installed a row is of the kind ``missing``; ``gone`` keeps what the file
    says of it: ``{"kind", "label", "file"}``, the file as text, because the database keeps no order
    of keys.
    """

    _name = "mail.workflow.kept"
    _description = "Keeps What an Uninstalled Application Brought"

    gone = fields.Json(readonly=True)

    def _kind_label(self):
        """Return the name of the kind, also of one that is gone."""
        self.ensure_one()
        if self.gone:
            return self.gone["label"]
        return dict(self._fields["kind"]._description_selection(self.env)).get(self.kind, "")

    def _file_kind(self):
        """Return the kind as the file names it."""
        self.ensure_one()
        return self.gone["kind"] if self.gone else self.kind

    def _kept_file(self):
        """Return ``{"entry": {own key of the file: value}, "branches": {name: {own key: value}}}``
        of what is kept."""
        self.ensure_one()
        return json.loads(self.gone["file"]) if self.gone else {"entry": {}, "branches": {}}

    @api.model
    def _keep(self, kind, label, entry, branches):
        """Return what ``gone`` keeps."""
        return {
            "kind": kind,
            "label": label,
            "file": json.dumps({"entry": entry, "branches": branches}),
        }

    @api.model
    def _installed_kinds(self):
        """Return the kinds that are there, a list."""
        return [kind for kind in self._fields["kind"].get_values(self.env) if kind != MISSING]

    def _set_gone(self):
        """Keep rows whose kind is being uninstalled, while it can still say what is in them."""
        if not self:
            return
        rows = [(row.id, json.dumps(row._prepare_gone())) for row in self]
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE %s AS row
                   SET kind = %s, gone = kept.gone::jsonb
                  FROM %s AS kept (id, gone)
                 WHERE row.id = kept.id
                """,
                SQL.identifier(self._table),
                MISSING,
                unnested(rows, "int", "text"),
            )
        )
        self.invalidate_recordset()
        self.workflow_id._edited()
        self.env["mail.workflow.listening"]._changed()
        for workflow in self.workflow_id.filtered(lambda one: not one.draft_of_id):
            here = self.filtered(lambda row, workflow=workflow: row.workflow_id == workflow)
            workflow.sudo()._message_log(body=here._gone_in_words())

    @api.model
    def _bring_back(self):
        """Make the rows what they were whose kind is installed again; one that cannot be read any
        more stays as it is kept."""
        kinds = self._installed_kinds()
        rows_sudo = self.sudo().with_context(active_test=False, **{RETURNS: True})
        for row in rows_sudo.search([("kind", "=", MISSING)]):
            if (row.gone or {}).get("kind") not in kinds:
                continue
            try:
                with self.env.cr.savepoint():
                    row._become(row.gone)
            except UserError:
                _logger.exception("%s %s could not come back", self._description, row.id)

    def _register_hook(self):
        super()._register_hook()
        # in the one process that installs, at its end
        if self._auto and self.pool.updated_modules:
            self._bring_back()


class MailWorkflowStep(models.Model):
    _name = "mail.workflow.step"
    _inherit = ["mail.workflow.step", "mail.workflow.kept"]

    def _prepare_gone(self):
        handler = self._handler()
        branches = {name: [] for name in handler._outcomes(self)}
        entry = self.env["mail.workflow.definition"]._export_step(self, branches)
        return self.env["mail.workflow.step.missing"]._kept(entry, self._kind_label())

    def _set_gone(self):
        """Whoever waits at such a step goes on: what they wait for nobody will tell."""
        runs_sudo = self.env["mail.workflow.enrollment"].sudo()
        waiting_sudo = runs_sudo.search(
            [
                ("step_id", "in", self.ids),
                ("state", "=", "active"),
                ("waiting_since", "!=", False),
            ]
        )
        now = fields.Datetime.now()
        waiting_sudo._let_go(now)
        waiting_sudo.write({"due_at": now, "planned_at": now})
        self.env["mail.workflow.lane"]._wake("runner")
        return super()._set_gone()

    def _gone_in_words(self):
        return self.env._(
            "The application of these steps was uninstalled: %s. People pass them over until it "
            "is installed again.",
            ", ".join(f"“{step.name}”" for step in self),
        )

    def _become(self, gone):
        """Make the row a step of the kind that is installed again."""
        handler, kept = self._kind_model(gone["kind"]), self._kept_file()
        ways = {name: {**own, "steps": []} for name, own in kept["branches"].items()}
        entry = {**kept["entry"], **({"branches": ways} if ways else {})}
        names = set(self._fields) - STEP_COLUMNS - set(models.MAGIC_COLUMNS)
        values = self.env["mail.workflow.applier"]._defaults(self, names)
        values.update(handler._import(entry, self.workflow_id, self.key))
        self.write({**values, "kind": gone["kind"], "gone": False})
        handler._import_all([(self, entry, self.key)])
        # who is still there, in a paused workflow, waits as long as the step says
        self._give_new_dates(fields.Datetime.now())
        if self.active and self.workflow_id.state == "running":
            handler._publish(self)


class MailWorkflowTrigger(models.Model):
    _name = "mail.workflow.trigger"
    _inherit = ["mail.workflow.trigger", "mail.workflow.kept"]

    def _prepare_gone(self):
        entry = self.env["mail.workflow.definition"]._export_trigger(self)
        return self.env["mail.workflow.trigger.missing"]._kept(entry, self._kind_label())

    def _gone_in_words(self):
        return self.env._(
            "The application of these triggers was uninstalled: %s. They bring nobody in until it "
            "is installed again.",
            ", ".join(f"“{trigger._kind_label()}”" for trigger in self),
        )

    def _become(self, gone):
        """Make the row a trigger of the kind that is installed again; it never reaches back."""
        entry = {"kind": gone["kind"], **self._kept_file()["entry"]}
        definitions = self.env["mail.workflow.definition"]
        values = definitions._trigger_values(self.workflow_id, entry, gone["kind"])
        names = set(self._fields) - TRIGGER_COLUMNS - set(models.MAGIC_COLUMNS)
        blank = self.env["mail.workflow.applier"]._defaults(self, names)
        self.write({**blank, "filters": False, **values, "gone": False})
        if self.workflow_id.state in ("running", "paused"):
            self._start(fields.Datetime.now())


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    def _gone_kinds(self):
        """Return what these workflows name of addons that are not installed any more:
        ``{"step" | "trigger" | "event": {kind: label}, "key": {key of a step: kind}}``."""
        events = dict(self.env["mail.workflow.trigger"]._event_kind_selection())
        named = {spec.get("kind") for workflow in self for spec in workflow._named_events()}
        return {
            "step": {row.gone["kind"]: row.gone["label"] for row in self.step_ids if row.gone},
            "trigger": {
                row.gone["kind"]: row.gone["label"] for row in self.trigger_ids if row.gone
            },
            "key": {row.key: row.gone["kind"] for row in self.step_ids if row.gone},
            "event": {kind: kind for kind in named if kind and kind not in events},
        }

    def _named_events(self):
        """Return the events that goal, exits and steps name, a list of specs."""
        found = [spec for _role, spec in self.env["mail.workflow.listening"]._ends(self)]
        for step in self.step_ids:
            handler = step._handler()
            found += [spec for spec, _branch in handler._awaited(step)]
            found += handler._looked_up(step)
        return found

    def _check_editable(self):
        # what comes back into a running workflow no user edits
        if self.env.su and self.env.context.get(RETURNS):
            return None
        return super()._check_editable()
