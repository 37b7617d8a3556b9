"""Editing what runs: a hidden copy of a started workflow, edited row by row and by file."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime

from ..exceptions import DraftConflictError
from .mail_workflow_definition import HEADER_FIELDS, REENTRY_FIELDS

STARTED = ("running", "paused")
# who may see and edit it: the copy follows
OWNERSHIP = {"user_id", "team_id", "company_id"}
# columns of the workflow that stand in its file
DEFINED = {
    *("name", "model_id", "audience_domain", "exit_events"),
    *("goal_kind", "goal_name", "goal_filters", "goal_window_days", "goal_same_record"),
    *HEADER_FIELDS.values(),
    *REENTRY_FIELDS.values(),
}


class MailWorkflow(models.Model):
    """A workflow in draft, or stopped, is edited in its own rows. One that is started is edited in
    a copy of it, which nobody sees in a list and which never runs; publishing applies the copy to
    the rows that run."""

    _inherit = "mail.workflow"

    draft_of_id = fields.Many2one(
        "mail.workflow",
        string="Editing Copy of",
        ondelete="cascade",
        copy=False,
        readonly=True,
        index="btree_not_null",
    )
    draft_ids = fields.One2many(
        "mail.workflow", "draft_of_id", context={"active_test": False}, copy=False, readonly=True
    )
    draft_definition = fields.Json(
        compute="_compute_draft_definition",
        inverse="_inverse_draft_definition",
        help="What is edited and not published yet, in the file format.",
    )
    version = fields.Integer(default=1, copy=False, readonly=True, help="Raised by every edit.")
    edited_by_id = fields.Many2one("res.users", copy=False, readonly=True)
    edited_at = fields.Datetime(copy=False, readonly=True)

    _one_draft = models.UniqueIndex(
        "(draft_of_id) WHERE draft_of_id IS NOT NULL", "A workflow is edited in one copy."
    )

    def _compute_draft_definition(self):
        for workflow in self:
            draft = workflow.draft_ids
            workflow.draft_definition = draft.export_definition() if draft else False

    def _inverse_draft_definition(self):
        for workflow in self:
            if not workflow.draft_definition:
                workflow.discard_draft()
                continue
            definition = workflow.draft_definition
            self.env["mail.workflow.applier"]._apply(workflow._editable(), definition)

    # --- for the drawing --------------------------------------------------------------------------

    def begin_draft(self):
        """Make the copy in which a started workflow is edited, where there is none yet.

        :returns: see ``get_flow``
        """
        live = self._live()
        live._editable()
        return live.get_flow()

    def save_flow(self, definition, version):
        """Save a file: in the copy of a started workflow, else in its own rows.

        :param int version: the one that was edited, as ``get_flow`` told it
        :returns: see ``get_flow``
        :raises DraftConflictError: when somebody else edited it since; nothing is overwritten
        :raises DefinitionError: naming the offending entry; nothing is written
        """
        live = self._live()
        live.check_access("write")
        live._check_version(version)
        self.env["mail.workflow.applier"]._apply(live._editable(), definition)
        return live.get_flow()

    def discard_draft(self, version=None):
        """Throw away what is not published.

        :param int version: the one that was seen, as ``get_flow`` told it
        :returns: see ``get_flow``
        :raises DraftConflictError: when somebody else edited it since; nothing is thrown away
        """
        live = self._live()
        live.check_access("write")
        if version is not None:
            live._check_version(version)
        live._drop_draft()
        return live.get_flow()

    def action_start(self, include_existing=False):
        for workflow in self.filtered("draft_of_id"):
            raise UserError(
                self.env._(
                    "Workflow “%s”: this is the copy for editing. Publish it instead.",
                    workflow.name,
                )
            )
        self._refuse_unpublished()
        return super().action_start(include_existing)

    def action_open_start(self):
        self._refuse_unpublished()
        return super().action_open_start()

    # --- the copy ---------------------------------------------------------------------------------

    def _live(self):
        """Return the workflow that people know, whose copy this may be."""
        self.ensure_one()
        return self.draft_of_id or self

    def _edited_one(self):
        """Return the rows that are edited, as far as there are: the copy, or the workflow."""
        self.ensure_one()
        return self.draft_ids or self

    def _editable(self):
        """Return the rows to edit: the workflow, or its copy, made where it is started."""
        self.ensure_one()
        self.check_access("write")
        if self.draft_ids or self.state not in STARTED:
            return self._edited_one()
        # a second one who begins at this moment waits, and then finds this copy
        self._edited()
        self_sudo = self.sudo().with_context(tracking_disable=True, mail_create_nosubscribe=True)
        values = {"name": self.name, "draft_of_id": self.id, "active": False}
        # only the engine ties a copy to its workflow; what is in it is made by who edits
        draft_sudo = self_sudo.create(self_sudo.copy_data(values))
        self_sudo.copy_translations(draft_sudo)
        draft_sudo.version = self.version
        self.invalidate_recordset(["draft_ids"])
        draft = draft_sudo.with_env(self.env)
        applier = self.env["mail.workflow.applier"]._knowing(self)
        draft_known = draft.with_env(applier.env)
        applier._apply_steps(draft_known, self._export_steps(), is_draft=True)
        return draft

    def _drop_draft(self):
        """Delete the copy; what was loaded of it is stale."""
        self.ensure_one()
        draft_sudo = self.draft_ids.sudo()
        if draft_sudo:
            version = draft_sudo.version
            draft_sudo.unlink()
            self.invalidate_recordset(["draft_ids"])
            self.sudo().version = version
            self._edited()

    def _check_version(self, version):
        """Refuse to save what was loaded before somebody else edited it."""
        edited = self._edited_one()
        if version != edited.version:
            at = edited.edited_at and format_datetime(self.env, edited.edited_at)
            raise DraftConflictError(
                self.env._(
                    "Workflow “%(workflow)s”: %(user)s edited it at %(at)s, after you loaded it. "
                    "Nothing was overwritten. Load it again, or keep yours as a file.",
                    workflow=self.name,
                    user=edited.edited_by_id.sudo().name or "?",
                    at=at or "?",
                )
            )

    def _edited(self):
        """Note that the definition was edited, by whom and when."""
        if not self.ids:
            return
        names = ["version", "edited_by_id", "edited_at"]
        self.flush_recordset(names)
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow
                   SET version = COALESCE(version, 0) + 1, edited_by_id = %s, edited_at = %s
                 WHERE id = ANY(%s)
                """,
                self.env.uid,
                fields.Datetime.now(),
                self.ids,
            )
        )
        self.invalidate_recordset(names, flush=False)

    def write(self, vals):
        result = super().write(vals)
        if DEFINED & vals.keys():
            self._edited()
        # what is changed of a started workflow at once holds for its copy, too
        shared = {name: vals[name] for name in (DEFINED | OWNERSHIP) & vals.keys()}
        if shared and self.draft_ids:
            self.draft_ids.sudo().write(shared)
        return result

    def unlink(self):
        drafts_sudo = self.draft_ids.sudo()
        if drafts_sudo:
            drafts_sudo.unlink()
        return super().unlink()

    def _check_editable(self):
        """While there is a copy the rows stay as they are: there would be two truths."""
        result = super()._check_editable()
        self._refuse_unpublished()
        return result

    def _refuse_unpublished(self):
        """What waits to be published is neither started without it nor edited beside it."""
        for workflow in self:
            if workflow.draft_ids:
                raise UserError(
                    self.env._(
                        "Workflow “%s” has changes that are not published. Publish or discard "
                        "them first.",
                        workflow.name,
                    )
                )
