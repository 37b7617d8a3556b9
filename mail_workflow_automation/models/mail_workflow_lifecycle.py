import logging

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError

from .mail_workflow_runner_error import SERIALIZATION_ERRORS
from .mail_workflow_runner_move import STOPPED_BATCH

_logger = logging.getLogger(__name__)


class MailWorkflow(models.Model):
    """The buttons: start, pause, resume, stop; and what keeps a workflow from running."""

    _inherit = "mail.workflow"

    # The next buttons change what runs; the rules of access on the workflow decide who may.

    def action_start(self, include_existing=False):
        """Start: people come in from now on.

        :param include_existing: also the people who match already, see ``_count_existing``
        :raises ValidationError: naming all problems at once
        """
        now = fields.Datetime.now()
        for workflow in self:
            if workflow.state not in ("draft", "stopped"):
                raise UserError(
                    self.env._(
                        "Workflow “%(workflow)s” is already started.", workflow=workflow.name
                    )
                )
            workflow._set_run_as()
            workflow._raise_problems()
            workflow._set_state("running", started_at=now)
            workflow._revise(now)
            workflow.step_ids._publish()
            workflow.trigger_ids._start(now, include_existing=include_existing)
            workflow._wake_runner()
        return True

    def action_open_start(self):
        """Ask whom to start with, and show how many that is."""
        self.ensure_one()
        self._raise_problems(as_user=self.run_as_id or self.env.user)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Start “%s”", self.name),
            "res_model": "mail.workflow.start",
            "view_mode": "form",
            "views": [(False, "form")],  # the drawing opens it as it comes
            "target": "new",
            "context": {"default_workflow_id": self.id},
        }

    def action_pause(self):
        self._require_state("running")
        self._set_state("paused")
        self.step_ids._unpublish()
        return True

    def action_resume(self):
        self._require_state("paused")
        for workflow in self:
            # what was edited meanwhile runs with the rights of who lets it run
            workflow._set_run_as()
            workflow._raise_problems()
        now = fields.Datetime.now()
        self._set_state("running")
        for workflow in self:
            workflow._revise(now)
        self.step_ids._publish()
        self.trigger_ids._resume(now)
        self._wake_runner()
        return True

    def action_stop(self):
        """Stop: who waits leaves at once, with the reason."""
        self._require_state("running", "paused")
        self._set_state("stopped")
        self.step_ids._unpublish()
        self.trigger_ids._forgive()
        runs_sudo = (
            self.env["mail.workflow.enrollment"]
            .sudo()
            .search(
                [("workflow_id", "in", self.ids), ("state", "in", ("active", "holdout"))],
                limit=STOPPED_BATCH,
            )
        )
        reason, now = self.env._("workflow stopped"), fields.Datetime.now()
        try:
            with self.env.cr.savepoint():
                runs_sudo._leave("exited", reason, now, by=self.env.user.name)
        except SERIALIZATION_ERRORS:
            _logger.info("The runner is at work on runs of a workflow that is stopped this moment")
        # nobody in a stopped workflow goes on: the next passes end those who are left
        self._wake_runner()
        return True

    def action_view_enrollments(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_workflow_automation.mail_workflow_enrollment_action"
        )
        action["domain"] = [("workflow_id", "=", self.id)]
        wanted = self.env.context.get("workflow_runs_filter", "active")
        action["context"] = {f"search_default_{wanted}": 1} if wanted else {}
        return action

    def enroll(self, records, data=None):
        """Bring records in by hand, whatever the triggers say; audience and re-entry count.

        :param records: of the workflow's model
        :param data: JSON-able dict kept on the runs
        :returns: the runs made (``mail.workflow.enrollment``)
        :raises UserError: when the workflow is not running or the records are of another model
        """
        self.ensure_one()
        self.check_access("read")
        records.check_access("read")
        if self.state not in ("running", "paused"):
            raise UserError(
                self.env._(
                    "Workflow “%(workflow)s” is not running. Start it first.", workflow=self.name
                )
            )
        if records._name != self.model_name:
            raise UserError(
                self.env._(
                    "Workflow “%(workflow)s” takes %(model)s, not “%(other)s”.",
                    workflow=self.name,
                    model=self.model_id.name,
                    other=records._description,
                )
            )
        runs = self.env["mail.workflow.enroller"]._enroll_records(
            self, records, now=fields.Datetime.now(), data=data, by_hand=True
        )
        return runs.with_env(self.env)

    def lint(self):
        """Return the problems of the workflow as data.

        :returns: ``[{"path": str, "step_id": int | False, "message": str}]``
        """
        self.ensure_one()
        return self.env["mail.workflow.linter"]._problems(self)

    def _raise_problems(self, as_user=None):
        self.ensure_one()
        workflow = self
        problems = self.env["mail.workflow.linter"]._problems(
            workflow, run_as=as_user or self.run_as_id
        )
        if problems:
            raise ValidationError(
                self.env._(
                    "Workflow “%(workflow)s” cannot run yet:\n%(problems)s",
                    workflow=self.name,
                    problems="\n".join(f"- {problem['message']}" for problem in problems),
                )
            )

    def _require_state(self, *states):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for workflow in self:
            if workflow.state not in states:
                raise UserError(
                    self.env._(
                        "Workflow “%(workflow)s” is %(state)s; this needs it %(states)s.",
                        workflow=workflow.name,
                        state=labels[workflow.state],
                        states=" / ".join(labels[state] for state in states),
                    )
                )
