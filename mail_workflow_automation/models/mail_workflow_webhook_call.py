import logging
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import outside
from ..engine.schedule import backoff
from ..sql import unnested

_logger = logging.getLogger(__name__)

# calls made at the same time; they wait for others, not for us
AT_ONCE = 8
TIMEOUT = 5.0  # seconds
MAX_ATTEMPTS = 8
SETTLED = 500


class MailWorkflowWebhookCall(models.Model):
    """A call to another system: the intent, written before the call (rule 12), and its answer.

    state      meaning                                   set by          next
    ---------  ----------------------------------------  --------------  ----------------------
    queued     to be called at ``due_at``                step, Retry     done, dead, cancelled
    done       answered with success                     lane            -
    dead       refused, or given up; see the answer      lane            queued (Retry)
    cancelled  not to be called any more                 leave, stop     -

    ``key`` goes with every attempt: the receiver knows by it what it has had. The answer is stored
    alone, in the transaction of the call; what follows from it comes in the next.
    """

    _name = "mail.workflow.webhook.call"
    _description = "Workflow Webhook Call"
    _order = "id desc"
    _rec_name = "key"
    _log_access = False

    enrollment_id = fields.Many2one(
        "mail.workflow.enrollment", string="Run", required=True, ondelete="cascade", readonly=True
    )
    step_id = fields.Many2one(
        "mail.workflow.step", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    visit_no = fields.Integer(required=True, readonly=True)
    key = fields.Char(required=True, readonly=True)
    url = fields.Char(required=True, readonly=True, string="Address")
    body = fields.Text(required=True, readonly=True)
    state = fields.Selection(
        [("queued", "Queued"), ("done", "Done"), ("dead", "Dead"), ("cancelled", "Cancelled")],
        string="Status",
        required=True,
        readonly=True,
    )
    attempt = fields.Integer(readonly=True, string="Attempts")
    due_at = fields.Datetime(readonly=True)
    called_at = fields.Datetime(readonly=True)
    status_code = fields.Integer(readonly=True, string="HTTP Status")
    answer = fields.Text(readonly=True)
    error = fields.Char(readonly=True)
    is_settled = fields.Boolean(readonly=True)

    _visit = models.UniqueIndex("(enrollment_id, step_id, visit_no)")
    _due = models.Index("(due_at, id) WHERE state = 'queued'")
    _unsettled = models.Index("(id) WHERE state IN ('done', 'dead') AND is_settled IS NOT TRUE")

    @api.model
    def _intend(self, step, bodies, now):
        """Write what is to be called, once for each visit, and wake the lane.

        :param dict bodies: ``{run: body}``
        """
        if not bodies:
            return
        rows = [
            (run.id, run.visit_no, run.company_id.id, self._key(step, run), body)
            for run, body in bodies.items()
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_workflow_webhook_call (
                       enrollment_id, visit_no, company_id, key, body, step_id, url, state,
                       attempt, due_at)
                SELECT r.enrollment_id, r.visit_no, r.company_id, r.key, r.body, %(step)s, %(url)s,
                       'queued', 0, %(now)s
                  FROM %(rows)s AS r (enrollment_id, visit_no, company_id, key, body)
                ON CONFLICT DO NOTHING
                """,
                step=step.id,
                url=step.webhook_url,
                now=now,
                rows=unnested(rows, "int", "int", "int", "varchar", "text"),
            )
        )
        self.invalidate_model()
        self.env["mail.workflow.lane"]._wake("webhook")

    @api.model
    def _key(self, step, run):
        """Return the idempotency key: of this visit of this step by this run, in this database."""
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return f"{database}-{run.id}-{step.id}-{run.visit_no}"

    @api.model
    def _of_visits(self, step, runs):
        """Return ``{run id: call}`` of the visits that runs make of a step now."""
        calls = self.sudo().search([("step_id", "=", step.id), ("enrollment_id", "in", runs.ids)])
        visits = {run.id: run.visit_no for run in runs}
        return {
            call.enrollment_id.id: call
            for call in calls
            if call.visit_no == visits[call.enrollment_id.id]
        }

    # --- the lane ---------------------------------------------------------------------------------

    @api.model
    def _cron_call(self):
        """Call what is due, and let runs know; safe by hand and beside itself."""
        now = fields.Datetime.now()
        runner = self.env["mail.workflow.runner"]

        def work():
            runner._retrying(lambda: self._cancel_stopped(now))
            settled = runner._retrying(lambda: self._settle(now))
            return settled or runner._retrying(lambda: self._call_some(now))

        return self.env["mail.workflow.lane"]._passes("webhook", work)

    @api.model
    def _cancel_stopped(self, now):
        """Call nobody any more for workflows that were stopped, also where their runs had gone
        on: started again, one must not tell what was then."""
        calls = self.sudo().search(
            [("state", "=", "queued"), ("step_id.workflow_id.state", "=", "stopped")],
            limit=SETTLED,
            order="id",
        )
        calls.write({"state": "cancelled"})
        calls._settle_executions("skipped", now)
        calls.flush_recordset()

    @api.model
    def _call_some(self, now):
        """Call a few at the same time and store their answers.

        The rows are locked meanwhile: of a worker that is killed another calls again, with the
        same key.

        :returns: how many were called
        """
        if self.env["mail.workflow"]._is_sending_held():
            return 0
        calls = self.sudo().browse(self._claim(now))
        if not calls:
            return 0
        allowed = self._allowed()
        asked = [(one.url, one.body.encode(), one._headers(), allowed, TIMEOUT) for one in calls]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda values: outside.call(*values), asked))
        for one, answer in zip(calls, answers, strict=True):
            one._note_answer(answer, now)
        calls.flush_recordset()
        return len(calls)

    @api.model
    def _claim(self, now):
        """Return the ids of calls that are due in running workflows, locked; by index ``_due``."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT c.id
                  FROM mail_workflow_webhook_call c
                  JOIN mail_workflow_step s ON s.id = c.step_id
                  JOIN mail_workflow w ON w.id = s.workflow_id AND w.state = 'running'
                 WHERE c.state = 'queued' AND c.due_at <= %s
                 ORDER BY c.due_at, c.id
                 LIMIT %s
                   FOR NO KEY UPDATE OF c SKIP LOCKED
                """,
                now,
                AT_ONCE,
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _allowed(self):
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        return outside.AllowList(
            parameters_sudo.get_param("mail_workflow_automation.webhook_hosts") or ""
        )

    def _headers(self):
        stamp = str(int(time.time()))  # the receiver compares it with its own clock
        return {
            "Content-Type": "application/json",
            "User-Agent": "Odoo mail_workflow_automation",
            "Idempotency-Key": quote(self.key),
            "X-Workflow-Timestamp": stamp,
            "X-Workflow-Signature": outside.sign(
                self.step_id.webhook_secret or "", stamp, self.body.encode()
            ),
        }

    def _note_answer(self, answer, now):
        attempt = self.attempt + 1
        values = {
            "attempt": attempt,
            "called_at": now,
            "status_code": answer.status,
            "answer": answer.text,
            "error": answer.error or False,
            "is_settled": False,
        }
        if answer.is_good:
            values["state"] = "done"
        elif answer.is_hopeless or attempt >= MAX_ATTEMPTS:
            values["state"] = "dead"
        else:
            values["due_at"] = now + backoff(attempt, self.key)
        self.write(values)

    @api.model
    def _settle(self, now):
        """Let what is over have its effect: on the execution of who went on, on who waits.

        :returns: how many calls were settled
        """
        calls = self.sudo().search(
            [("state", "in", ("done", "dead")), ("is_settled", "!=", True)],
            limit=SETTLED,
            order="id",
        )
        for state in ("done", "dead"):
            of_state = calls.filtered(lambda one, state=state: one.state == state)
            of_state._settle_executions(state, now)
        self._wake_waiting(calls, now)
        calls.write({"is_settled": True})
        calls.flush_recordset()
        return len(calls)

    def _settle_executions(self, state, now):
        visits = {(one.enrollment_id.id, one.step_id.id, one.visit_no): one for one in self}
        executions = self.env["mail.workflow.execution"].sudo()
        found = executions.search(
            [
                ("enrollment_id", "in", self.enrollment_id.ids),
                ("step_id", "in", self.step_id.ids),
                ("state", "=", "queued"),
            ]
        )
        by_reason = {}
        for execution in found:
            visit = (execution.enrollment_id.id, execution.step_id.id, execution.visit_no)
            if visit in visits:
                reason = visits[visit]._in_words()
                by_reason.setdefault(reason, executions.browse())
                by_reason[reason] |= execution
        for reason, of_reason in by_reason.items():
            of_reason._advance(state, reason, now, reason=reason if state != "done" else None)

    def _in_words(self):
        if self.state == "cancelled":
            return self.env._("not called any more")
        return self.error or self.env._("answered %s", self.status_code)

    @api.model
    def _wake_waiting(self, calls, now):
        """Have the runner look at runs that stand at the step of a call that is over."""
        runs = calls.filtered("step_id.webhook_wait").enrollment_id.filtered(
            lambda run: run.state == "active" and run.waiting_since
        )
        ids = [
            one.enrollment_id.id
            for one in calls
            if one.enrollment_id in runs and one.enrollment_id.step_id == one.step_id
        ]
        if ids:
            self.env.cr.execute(
                "UPDATE mail_workflow_enrollment SET due_at = %s WHERE id = ANY(%s)", [now, ids]
            )
            runs.invalidate_recordset(["due_at"])
            self.env["mail.workflow.lane"]._wake("runner")

    def _requeue(self, now):
        """Call once more what was given up: the same key, from the first attempt."""
        again = self.filtered(lambda one: one.state == "dead")
        again.write({"state": "queued", "attempt": 0, "due_at": now, "is_settled": False})
        if again:
            self.env["mail.workflow.lane"]._wake("webhook")
        return again


class MailWorkflowExecution(models.Model):
    _inherit = "mail.workflow.execution"

    def _requeue_mail(self, by, now=None):
        """What was given up of a webhook is called again; the rest are mails."""
        calling = self.filtered(lambda execution: execution.step_id.kind == "webhook")
        if calling:
            moment = now or fields.Datetime.now()
            calls = self.env["mail.workflow.webhook.call"].sudo()
            visits = [(x.enrollment_id.id, x.step_id.id, x.visit_no) for x in calling]
            found = calls.search([("enrollment_id", "in", calling.enrollment_id.ids)])
            found = found.filtered(
                lambda one: (one.enrollment_id.id, one.step_id.id, one.visit_no) in visits
            )
            found._requeue(moment)
            calling._advance("queued", self.env._("to be called again"), moment, by=by)
        return super(MailWorkflowExecution, self - calling)._requeue_mail(by, now=now)
