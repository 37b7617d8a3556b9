import logging
import random
import time
import traceback
from collections import defaultdict
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import api, fields, models, modules
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine import outcome as outcomes_of
from ..engine.schedule import backoff
from .mail_workflow_execution import MAX_ATTEMPTS

_logger = logging.getLogger(__name__)

BATCH = 200
# how often a unit of work is done again because others changed the same rows
ATTEMPTS = 8
# steps without a wait between them are carried out in one transaction, up to so many
MAX_HOPS = 20
SERIALIZATION_ERRORS = (
    pg_errors.SerializationFailure,
    pg_errors.DeadlockDetected,
    pg_errors.LockNotAvailable,
)
# wrong by themselves: trying again changes nothing
HOPELESS = (UserError, AccessError)
HOLD_ALL_MINUTES = 15


class MailWorkflowRunner(models.AbstractModel):
    """Claims due runs and carries their steps out, in batches."""

    _name = "mail.workflow.runner"
    _description = "Workflow Runner"

    @api.model
    def _run(self):
        """One pass: let clock kinds look, try failed mails again, then carry out what is due.

        :returns: how many rows were claimed
        """
        now = fields.Datetime.now()
        lanes = self.env["mail.workflow.lane"]
        lanes._checkpoint()
        self._retrying(lambda: self.env["mail.workflow.trigger"]._poll_due(now))
        lanes._checkpoint()
        self._retrying(lambda: self.env["mail.workflow.execution"]._retry_mails(now))
        size = BATCH

        def work():
            # of rows that others keep changing ever fewer at a time, until a batch comes through
            nonlocal size
            sizes = iter([max(1, size // 4**attempt) for attempt in range(ATTEMPTS)])

            def batch():
                nonlocal size
                size = next(sizes)
                return self._run_batch(now, size)

            handled = self._retrying(batch)
            size = min(BATCH, size * 2)
            return handled

        return lanes._passes("runner", work)

    # --- claim ------------------------------------------------------------------------------------

    @api.model
    def _run_batch(self, now, size=BATCH):
        ids = self._claim(now, size)
        runs = self.env["mail.workflow.enrollment"].sudo().browse(ids)
        for _hop in range(MAX_HOPS):
            if not runs:
                break
            runs = self._step_all(runs, now)
        return len(ids)

    @api.model
    def _claim(self, now, size=BATCH):
        """Lock due runs of running workflows, at most so many of each, and return their ids.

        Uses the index ``_due``: the oldest of each workflow, and where there is a backlog also the
        newest, so that a welcome mail does not queue behind it. Must be the first statement of its
        transaction: a row changed since its snapshot is a serialization error.
        """
        oldest = self._claim_some(now, SQL("due_at, id"), size)
        found = defaultdict(int)
        for _run_id, workflow_id, _limit in oldest:
            found[workflow_id] += 1
        ids = [run_id for run_id, _workflow_id, _limit in oldest]
        if any(found[workflow_id] >= limit for _run_id, workflow_id, limit in oldest):
            newest = self._claim_some(now, SQL("due_at DESC, id DESC"), max(1, size // 4))
            ids += [run_id for run_id, _workflow_id, _limit in newest]
        return list(dict.fromkeys(ids))

    @api.model
    def _claim_some(self, now, order, batch):
        """Return ``[(run id, workflow id, limit of each workflow)]``, the runs locked."""
        self.env.cr.execute(self._claim_query(now, order, batch))
        return self.env.cr.fetchall()

    @api.model
    def _claim_query(self, now, order, batch):
        # a batch is shared by the workflows in which something is due: an index look-up for each
        return SQL(
            """
            WITH running AS MATERIALIZED (
                SELECT w.id
                  FROM mail_workflow w
                 WHERE w.state = 'running' AND w.active
                   AND EXISTS (SELECT FROM mail_workflow_enrollment e
                                WHERE e.workflow_id = w.id AND e.state = 'active'
                                  AND e.due_at IS NOT NULL AND e.due_at <= %(now)s)
            ), share AS MATERIALIZED (
                SELECT GREATEST(%(least)s, %(batch)s / GREATEST(count(*), 1)) AS size FROM running
            )
            SELECT due.id, w.id, (SELECT size FROM share)
              FROM running w
             CROSS JOIN LATERAL (
                   SELECT id
                     FROM mail_workflow_enrollment
                    WHERE workflow_id = w.id AND state = 'active' AND due_at IS NOT NULL
                      AND due_at <= %(now)s
                    ORDER BY %(order)s
                    LIMIT (SELECT size FROM share)
                      FOR NO KEY UPDATE SKIP LOCKED) due
            """,
            now=now,
            order=order,
            least=min(10, batch),
            batch=batch,
        )

    # --- steps ------------------------------------------------------------------------------------

    @api.model
    def _step_all(self, runs, now):
        """Carry out the step at which each run stands; return the runs due again at once."""
        by_step = defaultdict(list)
        for run in runs:
            by_step[run.step_id.id].append(run.id)
        going_on = []
        for step_id, ids in by_step.items():
            group = runs.browse(ids)
            if not step_id:
                group._leave("done", "", now)
                continue
            going_on += self._run_group(
                self.env["mail.workflow.step"].sudo().browse(step_id), group, now
            )
        return runs.browse(going_on)

    @api.model
    def _run_group(self, step, runs, now):
        """Carry out a step for runs, safely: after an error one by one, so that it stays with its
        run.

        :returns: ids of the runs due again at once
        """
        try:
            with self.env.cr.savepoint():
                workflow = step.workflow_id
                if workflow.state != "running" or workflow._pause_without_rights(step):
                    return []
                return self._carry_out(step, runs, now)
        except Exception as error:  # noqa: BLE001 one person's error never touches another (rule 13)
            self._reraise_if_serialization(error)
            if len(runs) == 1:
                self._fail(step, runs, error, now)
                return []
        return [run_id for run in runs for run_id in self._run_group(step, run, now)]

    @api.model
    def _carry_out(self, step, runs, now):
        handler = step._handler()
        already = self._already_done(runs)
        outcomes = {run_id: outcomes_of.done(branch) for run_id, branch in already.items()}
        outcomes.update(self._recheck(step, runs.filtered(lambda run: run.id not in outcomes), now))
        if handler._is_message:
            open_runs = runs.filtered(lambda run: run.id not in outcomes)
            outcomes.update(self._check_message(step, open_runs, now))
        open_runs = runs.filtered(lambda run: run.id not in outcomes)
        if open_runs:
            outcomes.update(handler._decide(step, open_runs, now))
        carried = [
            run
            for run in runs
            if outcomes[run.id].action in ("done", "jump") and run.id not in already
        ]
        executions = (
            self.env["mail.workflow.execution"]
            .sudo()
            ._reserve(
                [
                    (
                        run.id,
                        step.id,
                        run.visit_no,
                        outcomes[run.id].execution_state,
                        outcomes[run.id].branch,
                    )
                    for run in carried
                ],
                now,
            )
        )
        to_perform = runs.browse([run.id for run in carried if run.id in executions])
        if to_perform:
            handler._perform(step, to_perform, outcomes, executions, now)
        return self._apply(step, runs, outcomes, now)

    @api.model
    def _already_done(self, runs):
        """Return ``{run id: branch}`` of visits carried out before: the run only goes on."""
        self.env["mail.workflow.execution"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT e.id, COALESCE(x.branch, 'then')
                  FROM mail_workflow_enrollment e
                  JOIN mail_workflow_execution x
                    ON x.enrollment_id = e.id AND x.step_id = e.step_id AND x.visit_no = e.visit_no
                 WHERE e.id = ANY(%s) AND x.state IN ('queued', 'done', 'skipped')
                """,
                runs.ids,
            )
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _recheck(self, step, runs, now):
        """Check what can have changed since the step was planned (rule 18).

        :returns: ``{run id: Outcome}`` of the runs that leave
        """
        found = {}
        if not runs:
            return found
        workflow = step.workflow_id
        lookup = self.env["mail.workflow.lookup"]
        entered = {run.id: run.entered_at for run in runs}
        for role, spec in self.env["mail.workflow.listening"]._ends(workflow):
            for run_id, event in lookup._first(runs, spec, entered).items():
                run = runs.browse(run_id)
                if run_id in found or not self.env["mail.workflow.dispatcher"]._in_window(
                    event, lookup._subject(run), spec
                ):
                    continue
                if role == "goal":
                    found[run_id] = outcomes_of.leave("goal", state="goal")
                else:
                    label = self.env["mail.workflow.dispatcher"]._kind_label(spec["kind"])
                    found[run_id] = outcomes_of.leave(label)
        by_trigger = defaultdict(list)
        for run in runs:
            if run.id not in found and run.trigger_id:
                by_trigger[run.trigger_id].append(run.id)
        for trigger, ids in by_trigger.items():
            for run_id, reason in (
                trigger._handler()._recheck(trigger, runs.browse(ids), now).items()
            ):
                found[run_id] = outcomes_of.leave(reason)
        open_runs = runs.filtered(lambda run: run.id not in found)
        found.update(self._recheck_records(workflow, open_runs))
        return found

    @api.model
    def _recheck_records(self, workflow, runs):
        found = {}
        if not runs:
            return found
        records = workflow._records(runs.mapped("res_id")).exists()
        readable = records._filtered_access("read") if records else records
        audience = readable
        if workflow.recheck_audience and readable:
            audience = readable.search(
                workflow._audience() & fields.Domain("id", "in", readable.ids)
            )
        existing_ids, readable_ids, audience_ids = (
            set(records.ids),
            set(readable.ids),
            set(audience.ids),
        )
        for run in runs:
            if run.res_id not in existing_ids:
                found[run.id] = outcomes_of.leave(self.env._("record deleted"))
            elif run.res_id not in readable_ids:
                user = workflow.run_as_id.name
                found[run.id] = outcomes_of.leave(self.env._("out of reach of %s", user))
            elif run.res_id not in audience_ids:
                found[run.id] = outcomes_of.leave(self.env._("left the audience"))
        staying = runs.filtered(lambda run: run.id not in found)
        for run_id, reason in staying._refresh_persons(readable).items():
            found[run_id] = outcomes_of.leave(reason)
        return found

    @api.model
    def _check_message(self, step, runs, now):
        """Skip messages that are too late; hold all while the settings say so."""
        workflow = step.workflow_id
        if workflow._is_sending_held():
            again = now + timedelta(minutes=HOLD_ALL_MINUTES)
            reason = self.env._("all sending is on hold")
            return {run.id: outcomes_of.hold(again, reason) for run in runs}
        if not workflow.lateness_hours:
            return {}
        earliest = now - timedelta(hours=workflow.lateness_hours)
        reason = self.env._("too late")
        return {
            run.id: outcomes_of.skip(reason)
            for run in runs
            if run.planned_at and run.planned_at < earliest
        }

    # --- what the outcomes do to the runs ---------------------------------------------------------

    @api.model
    def _apply(self, step, runs, outcomes, now):
        """Write executions of what was not carried out, and move the runs.

        :returns: ids of the runs due again at once
        """
        executions = self.env["mail.workflow.execution"].sudo()
        executions._record(
            [
                {
                    "enrollment_id": run.id,
                    "step_id": step.id,
                    "visit_no": run.visit_no,
                    "state": "held" if outcomes[run.id].action == "hold" else "skipped",
                    "reason": outcomes[run.id].reason,
                }
                for run in runs
                if outcomes[run.id].action in ("skip", "hold", "past")
            ],
            now,
        )
        moves, leaves, stay = {}, defaultdict(list), []
        tree = step.workflow_id._tree()
        for run in runs:
            result = outcomes[run.id]
            if result.action in ("wait", "hold"):
                stay.append((run, result))
            elif result.action == "leave":
                leaves[(result.state, result.reason)].append(run.id)
            elif result.action == "skip" and step.on_skip == "leave":
                leaves[("exited", result.reason)].append(run.id)
            elif result.action == "jump":
                moves[run.id] = result.target
            elif result.action == "past":
                moves[run.id] = self._pass_to_next_wait(step, run, tree, result.reason, now)
            else:
                moves[run.id] = tree.following(step.id, result.branch)
        for (state, reason), ids in leaves.items():
            runs.browse(ids)._leave(state, reason, now)
        self._stay(stay, now)
        return self._move(runs, moves, now, tree)

    @api.model
    def _pass_to_next_wait(self, step, run, tree, reason, now):
        """Skip the steps that wanted a date now over, up to the next wait (rule 26)."""
        rows = []
        following = tree.following(step.id)
        # an end or a jump closes a branch: it is carried out
        kind_model = self.env["mail.workflow.step"]._kind_model
        while following:
            handler = kind_model(tree.nodes[following].kind)
            if handler._is_wait or handler._is_closing:
                break
            visit_no = self._next_visits({run.id: following}, tree).get(run.id, 1)
            rows.append(
                {
                    "enrollment_id": run.id,
                    "step_id": following,
                    "visit_no": visit_no,
                    "state": "skipped",
                    "reason": reason,
                }
            )
            following = tree.following(following)
        self.env["mail.workflow.execution"].sudo()._record(rows, now)
        return following

    @api.model
    def _stay(self, stay, now):
        if not stay:
            return
        values = SQL(", ").join(
            SQL(
                "(%s, %s::timestamp, %s)",
                run.id,
                result.due_at,
                result.action == "wait",
            )
            for run, result in stay
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_enrollment e
                   SET due_at = v.due_at,
                       planned_at = CASE WHEN v.waits THEN v.due_at ELSE e.planned_at END,
                       waiting_since = CASE WHEN v.waits THEN %s ELSE e.waiting_since END
                  FROM (VALUES %s) AS v (id, due_at, waits)
                 WHERE e.id = v.id
                """,
                now,
                values,
            )
        )
        self.env["mail.workflow.enrollment"].invalidate_model()

    @api.model
    def _move(self, runs, moves, now, tree, planned_at=None):
        """Move runs to their next step, or end them where there is none.

        :param dict moves: ``{run id: step id or None}``
        :param planned_at: when the next step is due; default: when the last one was, so that what
        made a
            run late is not forgotten
        :returns: ids of the runs that stand at a next step
        """
        if not moves:
            return []
        ends = [run_id for run_id, target in moves.items() if target is None]
        self._finish(runs.browse(ends), now)
        going = {run_id: target for run_id, target in moves.items() if target is not None}
        if not going:
            return []
        visits = self._next_visits(going, tree)
        values = SQL(", ").join(
            SQL("(%s, %s, %s)", run_id, target, visits.get(run_id, 1))
            for run_id, target in going.items()
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_enrollment e
                   SET step_id = v.step_id, visit_no = v.visit_no, attempt = 0, waiting_since =
                   NULL,
                       planned_at = COALESCE(%(planned)s, e.planned_at, %(now)s),
                       due_at = LEAST(COALESCE(%(planned)s, e.planned_at, %(now)s), %(now)s)
                  FROM (VALUES %(values)s) AS v (id, step_id, visit_no)
                 WHERE e.id = v.id
                """,
                planned=planned_at,
                now=now,
                values=values,
            )
        )
        runs.invalidate_recordset()
        return list(going)

    @api.model
    def _next_visits(self, going, tree):
        """Return ``{run id: visit number}`` of the steps the runs come to; only loops visit
        twice."""
        if not any(node.kind == "goto" for node in tree.nodes.values()):
            return {}
        self.env.cr.execute(
            SQL(
                """
                SELECT enrollment_id, step_id, max(visit_no)
                  FROM mail_workflow_execution
                 WHERE enrollment_id = ANY(%s) AND step_id = ANY(%s)
                 GROUP BY enrollment_id, step_id
                """,
                list(going),
                list(set(going.values())),
            )
        )
        found = {(run_id, step_id): visit for run_id, step_id, visit in self.env.cr.fetchall()}
        return {run_id: found.get((run_id, target), 0) + 1 for run_id, target in going.items()}

    @api.model
    def _finish(self, runs, now):
        """End runs that came to the end."""
        if not runs:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_enrollment
                   SET state = 'done', left_at = %(now)s, due_at = NULL, waiting_since = NULL,
                       log = COALESCE(log, '[]'::jsonb) || jsonb_build_array(jsonb_build_object(
                           'at', %(at)s, 'from', state, 'to', 'done', 'why', '', 'by', 'engine'))
                 WHERE id = ANY(%(ids)s)
                """,
                now=now,
                at=fields.Datetime.to_string(now),
                ids=runs.ids,
            )
        )
        runs.invalidate_recordset()

    @api.model
    def _finish_waits(self, runs, branch, now):
        """Go on from waits by the given branch, because of an event."""
        executions = self.env["mail.workflow.execution"].sudo()
        for step in runs.step_id:
            here = runs.filtered(lambda run, step=step: run.step_id == step)
            executions._reserve(
                [(run.id, step.id, run.visit_no, "done", branch) for run in here], now
            )
            tree = step.workflow_id._tree()
            target = tree.following(step.id, branch)
            self._move(here, dict.fromkeys(here.ids, target), now, tree, planned_at=now)
        self.env["mail.workflow.lane"]._wake("runner")

    @api.model
    def _pass_over(self, runs, steps, reason, now, by="engine"):
        """Move runs on from steps that are left out: removed, or skipped by hand."""
        executions = self.env["mail.workflow.execution"].sudo()
        executions._record(
            [
                {
                    "enrollment_id": run.id,
                    "step_id": run.step_id.id,
                    "visit_no": run.visit_no,
                    "state": "skipped",
                    "reason": reason,
                    "by": by,
                }
                for run in runs
            ],
            now,
        )
        for step in runs.step_id:
            here = runs.filtered(lambda run, step=step: run.step_id == step)
            tree = step.workflow_id._tree()
            target = tree.following(step.id)
            while target in steps.ids:
                target = tree.following(target)
            here.filtered(lambda run: run.state == "failed").write({"state": "active"})
            self._move(here, dict.fromkeys(here.ids, target), now, tree, planned_at=now)
        self.env["mail.workflow.lane"]._wake("runner")

    @api.model
    def _skip_by_hand(self, runs, now, by):
        self._pass_over(
            runs, self.env["mail.workflow.step"], self.env._("skipped by hand"), now, by=by
        )

    # --- errors -----------------------------------------------------------------------------------

    @api.model
    def _fail(self, step, run, error, now):
        """Note a failed attempt: again later, or dead with the traceback."""
        attempt = run.attempt + 1
        dead = isinstance(error, HOPELESS) or attempt >= MAX_ATTEMPTS
        details = "".join(traceback.format_exception(error))
        again = None if dead else now + backoff(attempt, str(run.id))
        self.env["mail.workflow.execution"].sudo()._record(
            [
                {
                    "enrollment_id": run.id,
                    "step_id": step.id,
                    "visit_no": run.visit_no,
                    "state": "dead" if dead else "failed",
                    "reason": str(error).strip().splitlines()[0][:200]
                    if str(error).strip()
                    else repr(error),
                    "error": details,
                    "attempt": attempt,
                }
            ],
            now,
        )
        if dead:
            run.write({"state": "failed", "due_at": False, "attempt": attempt})
            run._note("active", "failed", type(error).__name__, now)
            step.workflow_id._report_trouble(step, error)
        else:
            run.write({"due_at": again, "attempt": attempt})
        run.flush_recordset()
        _logger.warning(
            "Workflow run %s, step %s: attempt %s failed%s: %s",
            run.id,
            step.id,
            attempt,
            ", given up" if dead else "",
            type(error).__name__,
        )

    @api.model
    def _reraise_if_serialization(self, error):
        """Errors of the database's bookkeeping concern the whole transaction: it is done again.

        A template's error may stand around one; it is the inner one that ``_retrying`` knows.
        """
        seen = error
        while seen is not None:
            if isinstance(seen, SERIALIZATION_ERRORS):
                raise seen
            seen = seen.__cause__ or seen.__context__

    @api.model
    def _retrying(self, work, attempts=ATTEMPTS):
        """Do a unit of work, all that it writes included; when the database asks for it, roll back
        and do it again.

        In a test, whose transaction is not ours, the error is raised.
        """
        for attempt in range(attempts):
            try:
                result = work()
                # at the commit a serialization error could not be answered by doing it again
                self.env.cr.flush()
                return result
            except SERIALIZATION_ERRORS:
                if modules.module.current_test or attempt == attempts - 1:
                    raise
                self.env.cr.rollback()
                time.sleep(random.uniform(0, 0.05 * 2**attempt))
