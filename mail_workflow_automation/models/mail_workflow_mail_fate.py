import logging
import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.schedule import backoff
from .mail_workflow_enrollment import BLOCKED, TAKEN_OUT

_logger = logging.getLogger(__name__)

# the address or the sender is wrong: trying again changes nothing
HOPELESS_FAILURES = (
    "mail_email_invalid",
    "mail_email_missing",
    "mail_from_invalid",
    "mail_from_missing",
)
# a mail server that is down for most of a day costs no mail: 5, 10, 20... minutes, 21 hours in all
MAIL_ATTEMPTS = 9
MAIL_FIRST_MINUTES = 5
REFUSED_FOR_GOOD = re.compile(r"\(5\d\d,")


class MailWorkflowExecution(models.Model):
    """What became of a mail, read back; and whether a queued one may still go out."""

    _inherit = "mail.workflow.execution"

    def _note_mail_fate(self, failure_type, reason, now):
        """Move executions to done, failed (again later) or dead, as their mail went.

        The person does not move back; a mail dead for good applies the step's ``on_skip``.
        """
        if not failure_type:
            self._advance("done", self.env._("mail accepted"), now)
            return
        if failure_type == "mail_smtp":
            reason = self.env._("Trouble with the outgoing mail server: %s", reason)
        dead = self.filtered(
            lambda execution: (
                failure_type in HOPELESS_FAILURES
                # what keeps us from the server is not the mail's fault, whatever its code
                or (failure_type != "mail_smtp" and REFUSED_FOR_GOOD.search(reason))
                or execution.attempt >= MAIL_ATTEMPTS
            )
        )
        if dead:
            dead._advance("dead", self.env._("given up"), now, reason=reason[:200], error=reason)
            dead._apply_on_skip(self.env._("mail could not be delivered"), now)
            for step in dead.step_id:
                step.workflow_id._report_trouble(step, reason)
        again = self - dead
        again._advance(
            "failed",
            self.env._("will be sent again"),
            now,
            reason=reason[:200],
            retry_at={
                execution.id: now
                + backoff(
                    execution.attempt, f"mail{execution.id}", first_minutes=MAIL_FIRST_MINUTES
                )
                for execution in again
            },
        )

    def _apply_on_skip(self, reason, now):
        """Let runs leave whose step says so of a mail that was not delivered."""
        leaving = self.filtered(
            lambda execution: (
                execution.step_id.on_skip == "leave" and execution.enrollment_id.state == "active"
            )
        )
        leaving.enrollment_id._leave("exited", reason, now)

    def _late_refusals(self, now, put_off=None):
        """Return why queued mails may not go out any more: ``{execution id: reason}``.

        Hours can lie between the queue and the server (a backlog, a retry, a hold): the run may
        have left, its person unsubscribed or bought, the workflow ended (rule 18). A fixed number
        of queries for each step.

        :param dict put_off: ``{execution id: until when its mail was put off}``
        """
        refusals = {}
        for execution in self:
            reason = execution._late_refusal(now, (put_off or {}).get(execution.id))
            if reason:
                refusals[execution.id] = reason
        open_ones = self.filtered(lambda execution: execution.id not in refusals)
        gate = self.env["mail.workflow.gate"]
        for step in open_ones.step_id:
            here = open_ones.filtered(lambda execution, step=step: execution.step_id == step)
            runs = here.enrollment_id
            records = self.env[step.workflow_id.model_name].sudo().browse(runs.mapped("res_id"))
            existing_ids = set(records.exists().ids)
            living = runs.filtered(lambda run, ids=existing_ids: run.res_id in ids)
            reasons = dict.fromkeys((runs - living).ids, self.env._("record deleted"))
            reasons.update(gate._refusals(step, living, queued=True))
            for run_id, reason in here._ended_since().items():
                reasons.setdefault(run_id, reason)
            for execution in here:
                if execution.enrollment_id.id in reasons:
                    refusals[execution.id] = reasons[execution.enrollment_id.id]
        return refusals

    def _late_refusal(self, now, put_off=None):
        """Return what the workflow and the run say against a queued mail, or None."""
        run = self.enrollment_id
        workflow = run.workflow_id
        if workflow.state == "stopped":
            return self.env._("workflow stopped")
        if run.state in ("goal", "exited") and self._came_before(run.left_at, run):
            return run.exit_reason
        if run.goal_at and run.goal_at >= self.executed_at:
            return "goal"
        limit = timedelta(hours=workflow.lateness_hours)
        if limit and max(self.executed_at, put_off or self.executed_at) + limit < now:
            return self.env._("too late")
        return None

    def _came_before(self, left_at, run):
        """Tell whether the mail was queued before its run was ended. In the same second it may
        have been, but for who came to the end of their own way right after it."""
        if left_at != self.executed_at:
            return left_at > self.executed_at
        return run.state == "goal" or run.exit_reason in (
            TAKEN_OUT,
            BLOCKED,
            self.env._("workflow stopped"),
            *(label for _spec, label in self._exits(run.workflow_id)),
        )

    @api.model
    def _exits(self, workflow):
        """Return ``[(spec, reason)]`` of the goal and the exits of a workflow."""
        label = self.env["mail.workflow.dispatcher"]._kind_label
        return [
            (spec, "goal" if role == "goal" else label(spec["kind"]))
            for role, spec in self.env["mail.workflow.listening"]._ends(workflow)
        ]

    def _ended_since(self):
        """Return ``{run id: reason}``: what has happened since mails of a step were queued, and
        that nobody has served yet, ends their runs."""
        runs, found = self.enrollment_id, {}
        since = {execution.enrollment_id.id: execution.executed_at for execution in self}
        for spec, reason in self._exits(runs.workflow_id):
            met = self.env["mail.workflow.lookup"]._first(runs, spec, since)
            for run in runs.browse(met):
                subject = self.env["mail.workflow.lookup"]._subject(run)
                if self.env["mail.workflow.dispatcher"]._in_window(met[run.id], subject, spec):
                    found.setdefault(run.id, reason)
        return found

    @api.model
    def _retry_mails(self, now):
        """Queue failed mails again whose time has come.

        :returns: how many
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT id
                  FROM mail_workflow_execution
                 WHERE state = 'failed' AND retry_at <= %s
                 ORDER BY retry_at
                 LIMIT 500
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                now,
            )
        )
        executions = self.sudo().browse([row[0] for row in self.env.cr.fetchall()])
        executions._requeue_safely(now)
        return len(executions)

    def _requeue_safely(self, now):
        """Queue failed mails again; after an error by halves, so that it stays with its mail."""
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                self._requeue_mail("engine", now=now)
                self.env.flush_all()
            return
        except Exception as error:  # noqa: BLE001 one bad mail must not keep the others (rule 13)
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            if len(self) == 1:
                _logger.exception("The mail of workflow execution %s was not queued again", self.id)
                self.retry_at = now + timedelta(hours=1)
                self.step_id.workflow_id._report_trouble(self.step_id, error)
                return
        half = len(self) // 2
        self[:half]._requeue_safely(now)
        self[half:]._requeue_safely(now)

    def _requeue_mail(self, by, now=None):
        """Put the mails of executions back into the queue, under their one Message-Id.

        :param now: of the engine's pass; None: a person asks, who decides anew from the first
            attempt
        """
        if not self:
            return
        by_hand = now is None
        now = now or fields.Datetime.now()
        if by_hand:
            self.write({"attempt": 0, "executed_at": now})
        mails = (
            self.env["mail.mail"]
            .sudo()
            .search(
                [
                    ("workflow_execution_id", "in", self.ids),
                    ("state", "in", ("exception", "outgoing")),
                ]
            )
        )
        mails.write({"state": "outgoing", "failure_type": False, "failure_reason": False})
        mails.mailing_trace_ids.write({"trace_status": "outgoing", "failure_type": False})
        queued = mails.workflow_execution_id
        queued._advance("queued", self.env._("mail queued again"), now, attempts=1, by=by)
        (self - queued)._advance(
            "dead", self.env._("its mail is gone"), now, reason=self.env._("its mail is gone")
        )
        if queued:
            self.env["mail.workflow.lane"]._wake("mail")
