import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..sql import unnested

STATES = [
    ("queued", "Queued"),
    ("done", "Done"),
    ("skipped", "Skipped"),
    ("held", "Held"),
    ("failed", "Failed"),
    ("dead", "Dead"),
]
MAX_ATTEMPTS = 5


class MailWorkflowExecution(models.Model):
    """One visit of one step by one run: one row, updated until done, skipped or dead.

    state    meaning                                    set by                       next
    -------  -----------------------------------------  ---------------------------
    -----------------
    queued   the mail is in the queue                   runner                       done, failed,
    dead
    done     carried out; a mail was accepted           runner, mail queue           -
    skipped  not for this run, see ``reason``           runner, people               -
    held     later, see ``reason``; no attempt used     runner                       any
    failed   will be tried again at ``retry_at``        runner, mail queue           done, dead,
    queued (Retry)
    dead     given up; the traceback is in ``error``    runner, mail queue           queued
    (Retry), skipped
    """

    _name = "mail.workflow.execution"
    _description = "Workflow Step Execution"
    _order = "id desc"
    _log_access = False

    enrollment_id = fields.Many2one(
        "mail.workflow.enrollment", required=True, ondelete="cascade", readonly=True
    )
    step_id = fields.Many2one(
        "mail.workflow.step", required=True, ondelete="restrict", readonly=True
    )
    workflow_id = fields.Many2one(related="enrollment_id.workflow_id")
    company_id = fields.Many2one(related="enrollment_id.company_id")
    partner_id = fields.Many2one(related="enrollment_id.partner_id", string="Contact")
    visit_no = fields.Integer(required=True, default=1, readonly=True, string="Visit")
    state = fields.Selection(STATES, string="Status", required=True, readonly=True)
    branch = fields.Char(readonly=True)
    reason = fields.Char(readonly=True)
    error = fields.Text(readonly=True)
    attempt = fields.Integer(default=0, readonly=True, string="Attempts")
    retry_at = fields.Datetime(readonly=True)
    executed_at = fields.Datetime(readonly=True)
    mailing_trace_id = fields.Many2one(
        "mailing.trace", string="Mail", ondelete="set null", index="btree_not_null", readonly=True
    )
    log = fields.Json(readonly=True, prefetch=False)

    _visit = models.UniqueIndex("(enrollment_id, step_id, visit_no)")
    # what became of a step's visits since a moment, counted from the index alone
    _by_step = models.Index("(step_id, executed_at, state, branch)")
    _retry = models.Index("(retry_at) WHERE state = 'failed' AND retry_at IS NOT NULL")

    @api.depends("step_id", "enrollment_id")
    def _compute_display_name(self):
        for execution in self:
            record = execution.enrollment_id.record_name
            execution.display_name = f"{execution.step_id._shown_name()} · {record}"

    def action_retry(self):
        """Try what failed again, now: its mail is queued once more, or its step carried out.

        What would be tried again by itself does not wait for its time.
        """
        if not self or self.filtered(lambda execution: execution.state not in ("failed", "dead")):
            raise UserError(self.env._("Only what failed can be retried."))
        self.enrollment_id._check_actor()
        here = self.sudo().filtered(lambda one: one.enrollment_id.step_id == one.step_id)
        given_up = here.filtered(lambda one: one.enrollment_id.state == "failed")
        if given_up:
            given_up.enrollment_id.with_user(self.env.user).action_retry()
        # a step that waits for its next attempt; mails and calls wait by themselves
        pausing = (here - given_up).filtered(
            lambda one: (
                one.state == "failed" and not one.retry_at and one.enrollment_id.state == "active"
            )
        )
        pausing.enrollment_id._try_now(self.env.user.name)
        sent = (self.sudo() - given_up - pausing).filtered(
            lambda one: one.state == "dead" or one.retry_at
        )
        sent._requeue_mail(self.env.user.name)
        return True

    # --- for the engine ---------------------------------------------------------------------------

    @api.model
    def _json(self, value):
        return json.dumps(value, default=str)

    @api.model
    def _last_visits(self, run_ids, step_ids):
        """Return ``{(run id, step id): number of the last visit}``, by the index ``_visit``."""
        self.env.cr.execute(
            SQL(
                """
                SELECT enrollment_id, step_id, max(visit_no)
                  FROM mail_workflow_execution
                 WHERE enrollment_id = ANY(%s) AND step_id = ANY(%s)
                 GROUP BY enrollment_id, step_id
                """,
                run_ids,
                step_ids,
            )
        )
        return {(run_id, step_id): visit for run_id, step_id, visit in self.env.cr.fetchall()}

    @api.model
    def _reserve(self, rows, now, notes=None):
        """Write the executions that are about to be carried out: the intent comes first (rule 12).

        :param rows: ``[(enrollment id, step id, visit no, state, branch)]``
        :param notes: ``{enrollment id: (why, by whom)}`` where a person decided
        :returns: ``{enrollment id: execution id}`` of those that are ours to carry out; a row that
        is
            there already (done by another worker) is missing
        """
        if not rows:
            return {}
        notes = notes or {}
        given = [(*row, *notes.get(row[0], ("", "engine"))) for row in rows]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_workflow_execution AS x
                       (enrollment_id, step_id, visit_no, state, branch, reason, executed_at,
                       attempt, log)
                SELECT r.enrollment_id, r.step_id, r.visit_no, r.state, r.branch,
                       NULLIF(r.why, ''), %(now)s, 1,
                       jsonb_build_array(jsonb_build_object(
                           'at', %(at)s, 'from', NULL, 'to', r.state, 'why', r.why, 'by', r.by))
                  FROM %(rows)s AS r (enrollment_id, step_id, visit_no, state, branch, why, by)
                ON CONFLICT (enrollment_id, step_id, visit_no) DO UPDATE
                   SET state = EXCLUDED.state, branch = EXCLUDED.branch,
                       executed_at = EXCLUDED.executed_at,
                       reason = EXCLUDED.reason, error = NULL, retry_at = NULL,
                       attempt = x.attempt + 1,
                       log = COALESCE(x.log, '[]'::jsonb) || EXCLUDED.log
                 WHERE x.state IN ('held', 'failed', 'dead')
                RETURNING enrollment_id, id
                """,
                now=now,
                at=fields.Datetime.to_string(now),
                rows=unnested(given, *("int",) * 3, *("varchar",) * 4),
            )
        )
        self.invalidate_model()
        return dict(self.env.cr.fetchall())

    @api.model
    def _record(self, rows, now):
        """Write executions that end without being carried out.

        :param rows: ``[dict(enrollment_id, step_id, visit_no, state, reason, error, attempt, by)]``
        """
        if not rows:
            return
        given = [
            (
                *(row[name] for name in ("enrollment_id", "step_id", "visit_no", "state")),
                row.get("reason") or None,
                row.get("error") or None,
                row.get("attempt", 0),
                row.get("by", "engine"),
            )
            for row in rows
        ]
        types = ("int", "int", "int", "varchar", "varchar", "text", "int", "varchar")
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_workflow_execution AS x
                       (enrollment_id, step_id, visit_no, state, reason, error, attempt,
                       executed_at, log)
                SELECT r.enrollment_id, r.step_id, r.visit_no, r.state, r.reason, r.error,
                       r.attempt, %(now)s, jsonb_build_array(jsonb_build_object(
                           'at', %(at)s, 'from', NULL, 'to', r.state,
                           'why', COALESCE(r.reason, ''), 'by', r.by))
                  FROM %(rows)s AS r (enrollment_id, step_id, visit_no, state, reason, error,
                                      attempt, by)
                ON CONFLICT (enrollment_id, step_id, visit_no) DO UPDATE
                   SET state = EXCLUDED.state, reason = EXCLUDED.reason, error = EXCLUDED.error,
                       attempt = GREATEST(x.attempt, EXCLUDED.attempt), retry_at = NULL,
                       executed_at = EXCLUDED.executed_at,
                       log = COALESCE(x.log, '[]'::jsonb) || EXCLUDED.log
                 WHERE x.state IN ('held', 'failed', 'dead')
                """,
                now=now,
                at=fields.Datetime.to_string(now),
                rows=unnested(given, *types),
            )
        )
        self.invalidate_model()

    @api.model
    def _close_standing(self, runs, reason, now):
        """Explain, for runs that leave, the step they stood at: skipped with the reason."""
        line = {
            "at": fields.Datetime.to_string(now),
            "from": None,
            "to": "skipped",
            "why": reason or "",
            "by": "engine",
        }
        # one statement however many leave: a stop can concern everybody
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_workflow_execution AS x
                       (enrollment_id, step_id, visit_no, state, reason, attempt, executed_at, log)
                SELECT id, step_id, visit_no, 'skipped', %(reason)s, 0, %(now)s, %(log)s::jsonb
                  FROM mail_workflow_enrollment
                 WHERE id = ANY(%(ids)s) AND step_id IS NOT NULL AND state IN ('active', 'failed')
                ON CONFLICT (enrollment_id, step_id, visit_no) DO UPDATE
                   SET state = EXCLUDED.state, reason = EXCLUDED.reason, error = NULL,
                       retry_at = NULL, executed_at = EXCLUDED.executed_at,
                       log = COALESCE(x.log, '[]'::jsonb) || EXCLUDED.log
                 WHERE x.state IN ('held', 'failed', 'dead')
                """,
                reason=reason or None,
                now=now,
                log=self._json([line]),
                ids=runs.ids,
            )
        )
        self.invalidate_model()

    def _advance(self, state, why, now, **values):
        """Move executions to another state, with a line in their log.

        :param retry_at: ``{execution id: datetime}``, when each is tried again
        """
        if not self:
            return
        retries = values.get("retry_at") or {}
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_execution
                   SET state = %(state)s, reason = %(reason)s, error = %(error)s,
                       retry_at = (%(retries)s::jsonb ->> id::text)::timestamp,
                       attempt = attempt + %(attempts)s,
                       log = COALESCE(log, '[]'::jsonb) || jsonb_build_array(jsonb_build_object(
                           'at', %(at)s, 'from', state, 'to', %(state)s, 'why', %(why)s, 'by',
                           %(by)s))
                 WHERE id = ANY(%(ids)s)
                """,
                state=state,
                reason=values.get("reason") or None,
                error=values.get("error") or None,
                retries=self._json(retries),
                attempts=values.get("attempts", 0),
                at=fields.Datetime.to_string(now),
                why=why,
                by=values.get("by", "engine"),
                ids=self.ids,
            )
        )
        self.invalidate_recordset()
