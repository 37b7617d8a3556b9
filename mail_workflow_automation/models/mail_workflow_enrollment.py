from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

STATES = [
    ("active", "Active"),
    ("done", "Done"),
    ("goal", "Goal reached"),
    ("exited", "Left"),
    ("failed", "Failed"),
    ("holdout", "Holdout"),
]
TAKEN_OUT = "taken out"
BLOCKED = "not to be written to"


class MailWorkflowEnrollment(models.Model):
    """One run of one record through one workflow. Only the engine writes it.

    state    meaning                                    set by                     next
    -------  -----------------------------------------  -------------------------
    ----------------------
    active   stands at ``step_id``, due at ``due_at``   enroller                   done, goal,
    exited, failed
    holdout  gets nothing, followed to the goal         enroller                   goal, exited,
    done
    done     came to the end                            runner, housekeeping       -
    goal     reached the goal                           dispatcher, runner         -
    exited   left before the end, see ``exit_reason``   dispatcher, runner, people -
    failed   its step is dead, see the execution        runner                     active (Retry,
    Skip)

    ``planned_at`` is when the step it stands at was first due; lateness counts from there.
    ``waiting_since`` is set while it waits at a wait step.
    """

    _name = "mail.workflow.enrollment"
    _description = "Workflow Run"
    _order = "id desc"
    _rec_name = "display_name"

    workflow_id = fields.Many2one("mail.workflow", required=True, ondelete="cascade", readonly=True)
    trigger_id = fields.Many2one(
        "mail.workflow.trigger", ondelete="set null", index="btree_not_null", readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    website_id = fields.Many2one("website", readonly=True, index="btree_not_null")
    res_model = fields.Char(string="Record Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", required=True, readonly=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Contact", ondelete="set null", index="btree_not_null", readonly=True
    )
    email_normalized = fields.Char(string="Address", readonly=True)
    entry_key = fields.Char(required=True, readonly=True)
    run_no = fields.Integer(required=True, default=1, readonly=True, string="Run")
    state = fields.Selection(
        STATES, string="Status", required=True, default="active", readonly=True
    )
    is_holdout = fields.Boolean(readonly=True)
    exit_reason = fields.Char(string="Why They Left", readonly=True)
    step_id = fields.Many2one(
        "mail.workflow.step",
        string="Stands at",
        ondelete="restrict",
        readonly=True,
    )
    due_at = fields.Datetime(string="Next at", readonly=True)
    planned_at = fields.Datetime(readonly=True)
    waiting_since = fields.Datetime(readonly=True)
    visit_no = fields.Integer(default=1, readonly=True, string="Visit")
    attempt = fields.Integer(default=0, readonly=True)
    entered_at = fields.Datetime(string="Came In", required=True, readonly=True)
    left_at = fields.Datetime(string="Left", readonly=True)
    goal_at = fields.Datetime(readonly=True)
    event_id = fields.Many2one(
        "mail.workflow.event", ondelete="set null", index="btree_not_null", readonly=True
    )
    data = fields.Json(readonly=True, prefetch=False)
    chain = fields.Json(
        readonly=True,
        help="Where workflows bring it in: after how many others in a row, and since when.",
    )
    log = fields.Json(readonly=True, prefetch=False)
    execution_ids = fields.One2many("mail.workflow.execution", "enrollment_id", readonly=True)
    log_text = fields.Text(compute="_compute_log_text", string="History")
    record_name = fields.Char(compute="_compute_record_name")

    # the claim: running workflows, k rows of each, oldest first (rules 2 and 3)
    _due = models.Index("(workflow_id, due_at, id) WHERE state = 'active' AND due_at IS NOT NULL")
    _run = models.UniqueIndex("(workflow_id, entry_key, run_no)")
    _open_run = models.UniqueIndex("(workflow_id, entry_key) WHERE state IN ('active', 'holdout')")
    # who stands where, counted from the index alone
    _by_step = models.Index("(step_id, state) WHERE step_id IS NOT NULL")
    # how many are in which state, of those who came in since a moment, too
    _by_state = models.Index("(workflow_id, state, entered_at, is_holdout)")
    _by_email = models.Index("(email_normalized, workflow_id) WHERE email_normalized IS NOT NULL")
    _by_record = models.Index("(res_model, res_id)")

    @api.depends("workflow_id", "res_model", "res_id")
    def _compute_display_name(self):
        for run in self:
            run.display_name = f"{run.workflow_id.name} · {run.record_name or ''}"

    @api.depends("res_model", "res_id")
    def _compute_record_name(self):
        for run in self:
            run.record_name = False
        by_model = {}
        for run in self:
            if run.res_model in self.env:
                by_model.setdefault(run.res_model, self.browse())
                by_model[run.res_model] |= run
        for model, runs in by_model.items():
            # the name of the record is what a run is known by, in lists too
            records_sudo = self.env[model].sudo().browse(runs.mapped("res_id")).exists()
            names = {record.id: record.display_name for record in records_sudo}
            for run in runs:
                run.record_name = names.get(run.res_id, self.env._("(deleted)"))

    @api.depends("log")
    def _compute_log_text(self):
        for run in self:
            run.log_text = "\n".join(run._line_in_words(line) for line in run.log or [])

    def unlink(self):
        # their queued mails first: of several references to one trace the database empties that
        # of the mail too late, in an order that depends on how the tables were made
        self.env["mail.mail"].sudo().search(
            [("workflow_execution_id", "in", self.sudo().execution_ids.ids)]
        ).unlink()
        return super().unlink()

    def action_open_record(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    def action_take_out(self):
        """End runs by hand; the machine does not put those people back (rule 24)."""
        self._check_actor()
        self.filtered(lambda run: run.state in ("active", "holdout", "failed")).sudo()._leave(
            "exited", TAKEN_OUT, fields.Datetime.now(), by=self.env.user.name
        )
        return True

    def action_skip_wait(self):
        """Go on at once from the wait these runs stand at."""
        self._check_actor()
        waiting = self.filtered(lambda run: run.state == "active" and run.waiting_since)
        if not waiting:
            raise UserError(self.env._("None of these runs is waiting."))
        now = fields.Datetime.now()
        waiting_sudo = waiting.sudo()
        waiting_sudo._note(
            "active", "active", self.env._("wait skipped"), now, by=self.env.user.name
        )
        runner = self.env["mail.workflow.runner"]
        for step in waiting_sudo.step_id:
            here = waiting_sudo.filtered(lambda run, step=step: run.step_id == step)
            step._handler()._let_go(step, here, now)
            runner._finish_waits(here, step._handler()._branch_after_wait(step), now)
        return True

    def action_retry(self):
        """Try the dead step of failed runs again, from the first attempt."""
        self._check_actor()
        failed = self.filtered(lambda run: run.state == "failed")
        if not failed:
            raise UserError(self.env._("Only a failed run can be retried."))
        failed.sudo()._reopen(self.env._("retried"), by=self.env.user.name)
        return True

    def action_skip_step(self):
        """Leave the dead step of failed runs out and go on with the next."""
        self._check_actor()
        failed = self.filtered(lambda run: run.state == "failed")
        if not failed:
            raise UserError(self.env._("Only a failed run can skip its step."))
        failed_sudo = failed.sudo()
        failed_sudo._reopen(self.env._("step skipped"), by=self.env.user.name)
        self.env["mail.workflow.runner"]._skip_by_hand(
            failed_sudo, fields.Datetime.now(), self.env.user.name
        )
        return True

    def _try_now(self, by):
        """Let runs not wait for the next attempt at their step."""
        if self:
            now = fields.Datetime.now()
            self._note("active", "active", self.env._("retried"), now, by=by)
            self.write({"due_at": now})
            self.env["mail.workflow.lane"]._wake("runner")

    def _check_actor(self):
        """Runs are read-only tables; these buttons are for who may write the workflow."""
        self.check_access("read")
        self.workflow_id.check_access("write")

    def _reopen(self, reason, by):
        now = fields.Datetime.now()
        blocked = self._read_group(
            [
                ("workflow_id", "in", self.workflow_id.ids),
                ("entry_key", "in", self.mapped("entry_key")),
                ("state", "in", ("active", "holdout")),
            ],
            ["workflow_id", "entry_key"],
        )
        for run in self:
            if (run.workflow_id, run.entry_key) in blocked:
                raise UserError(
                    self.env._(
                        "%(run)s: this person is in the workflow again by now. Take that run "
                        "out first.",
                        run=run.display_name,
                    )
                )
        self.write(
            {
                "state": "active",
                "due_at": now,
                "planned_at": now,
                "attempt": 0,
                "left_at": False,
                "exit_reason": False,
            }
        )
        self._note("failed", "active", reason, now, by=by)
        standing = self.execution_ids.filtered(
            lambda execution: (
                execution.state == "dead" and execution.step_id == execution.enrollment_id.step_id
            )
        )
        standing.write({"attempt": 0})
        self.env["mail.workflow.lane"]._wake("runner")

    # --- for the engine ---------------------------------------------------------------------------

    def _person_key(self):
        """Return who the run is about: the address, else the contact, else the record itself."""
        self.ensure_one()
        if self.email_normalized or not self.partner_id:
            return self.email_normalized or f"{self.res_model},{self.res_id}"
        return f"partner:{self.partner_id.id}"

    @api.model
    def _line(self, before, after, why, now, by):
        return {
            "at": fields.Datetime.to_string(now),
            "from": before,
            "to": after,
            "why": why,
            "by": by,
        }

    def _note(self, before, after, why, now, by="engine"):
        """Append a line to the log of each run."""
        if not self:
            return
        self.flush_recordset()
        line = self.env["mail.workflow.execution"]._json([self._line(before, after, why, now, by)])
        self.env.cr.execute(
            SQL(
                "UPDATE mail_workflow_enrollment SET log = COALESCE(log, '[]'::jsonb) || "
                "%s::jsonb WHERE id = ANY(%s)",
                line,
                self.ids,
            )
        )
        self.invalidate_recordset(["log"])

    def _leave(self, state, reason, now, by="engine"):
        """End runs: the step they stand at is closed with the reason, the run gets its last
        line."""
        if not self:
            return
        self.flush_recordset()
        self._let_go(now)
        self.env["mail.workflow.execution"]._close_standing(self, reason, now)
        goal_at = SQL("%s", now) if state == "goal" else SQL("goal_at")
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_enrollment
                   SET state = %(state)s, exit_reason = %(reason)s, left_at = %(now)s, due_at =
                   NULL,
                       waiting_since = NULL, goal_at = %(goal_at)s,
                       log = COALESCE(log, '[]'::jsonb) || jsonb_build_array(jsonb_build_object(
                           'at', %(at)s, 'from', state, 'to', %(state)s, 'why', %(reason)s, 'by',
                           %(by)s))
                 WHERE id = ANY(%(ids)s) AND state IN ('active', 'holdout', 'failed')
                RETURNING id
                """,
                state=state,
                reason=reason,
                now=now,
                at=fields.Datetime.to_string(now),
                by=by,
                goal_at=goal_at,
                ids=self.ids,
            )
        )
        left = [row[0] for row in self.env.cr.fetchall()]
        self.invalidate_recordset()
        ended = self.browse(left)
        if state == "goal":
            ended._note_goal()
        ended._note_finished(state)

    def _let_go(self, now):
        """Take back what runs that wait stood at their step for."""
        waiting = self.filtered("waiting_since")
        for step in waiting.step_id:
            here = waiting.filtered(lambda run, step=step: run.step_id == step)
            step._handler()._let_go(step, here, now)

    def _with_mail(self):
        """Return the runs that a mail was made for."""
        groups = self.env["mail.workflow.execution"]._read_group(
            [
                ("enrollment_id", "in", self.ids),
                ("step_id.kind", "=", "email"),
                ("state", "in", ("queued", "done", "failed")),
            ],
            ["enrollment_id"],
        )
        return self.browse([run.id for (run,) in groups])

    def _follow(self, moves, now):
        """Point runs at another record of the same person (a merged or newer cart).

        :param moves: ``{run id: record id}``
        :returns: ``{run id: reason to leave}`` for those whose target has a run of its own
        """
        if not moves:
            return {}
        taken = {
            run.res_id
            for run in self.search(
                [
                    ("workflow_id", "in", self.workflow_id.ids),
                    ("res_model", "in", self.mapped("res_model")),
                    ("res_id", "in", list(moves.values())),
                    ("state", "in", ("active", "holdout")),
                ]
            )
        }
        reasons = {}
        for run in self.browse(moves):
            target = moves[run.id]
            if target in taken:
                reasons[run.id] = self.env._("a newer cart has its own run")
                continue
            taken.add(target)
            values = {"res_id": target}
            if run.entry_key == f"{run.res_model},{run.res_id}":
                values["entry_key"] = f"{run.res_model},{target}"
            run.write(values)
        return reasons

    @api.model
    def _end_for_deleted(self, model, ids):
        """End the open runs of deleted records."""
        runs = self.sudo().search(
            [
                ("res_model", "=", model),
                ("res_id", "in", ids),
                ("state", "in", ("active", "holdout")),
            ]
        )
        runs._leave("exited", self.env._("record deleted"), fields.Datetime.now())

    @api.model
    def _cron_run(self):
        """Carry out what is due; safe by hand and beside itself."""
        return self.env["mail.workflow.runner"]._run()
