import logging
import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.schedule import backoff

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

    def _late_refusals(self, now):
        """Return why queued mails may not go out any more: ``{execution id: reason}``.

        Hours can lie between the queue and the server (a backlog, a retry, a hold): the run may
        have left, its person unsubscribed, the workflow ended (rule 18). A fixed number of
        queries for each step.
        """
        refusals = {}
        for execution in self:
            reason = execution._late_refusal(now)
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
            for execution in here:
                if execution.enrollment_id.id in reasons:
                    refusals[execution.id] = reasons[execution.enrollment_id.id]
        return refusals

    def _late_refusal(self, now):
        """Return what the workflow and the run say against a queued mail, or None."""
        run = self.enrollment_id
        workflow = run.workflow_id
        if workflow.state == "stopped":
            return self.env._("workflow stopped")
        if run.state in ("goal", "exited") and run.left_at > self.executed_at:
            return run.exit_reason
        if run.goal_at and run.goal_at > self.executed_at:
            return "goal"
        limit = timedelta(hours=workflow.lateness_hours)
        if limit and self.executed_at + limit < now:
            return self.env._("too late")
        return None

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
