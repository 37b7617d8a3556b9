from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import outcome as outcomes_of
from ..engine.entry import next_chain

BATCH = 500
# how often a unit of work is done again because others changed the same rows
ATTEMPTS = 8
# steps without a wait between them are carried out in one transaction, up to so many
MAX_HOPS = 20


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
        batch = self._in_batches(lambda size: self._run_batch(now, size), BATCH)
        moved = True

        def work():
            nonlocal moved
            if moved:
                # a batch at a time: nobody's due step waits behind a million who come in or leave
                moved = self._retrying(lambda: self._come_and_go(now))
                lanes._checkpoint(moved)
            return batch() + moved

        return lanes._passes("runner", work)

    @api.model
    def _run_batch(self, now, size=BATCH):
        ids = self._claim(now, size)
        runs = self.env["mail.workflow.enrollment"].sudo().browse(ids)
        checked = set()
        for _hop in range(MAX_HOPS):
            if not runs:
                break
            runs = self._step_all(runs, now, checked)
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
                   AND (SELECT e.due_at
                          FROM mail_workflow_enrollment e
                         WHERE e.workflow_id = w.id AND e.state = 'active'
                           AND e.due_at IS NOT NULL
                         ORDER BY e.due_at, e.id
                         LIMIT 1) <= %(now)s
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

    @api.model
    def _step_all(self, runs, now, checked):
        """Carry out the step at which each run stands; return the runs due again at once.

        :param set checked: ids of the runs checked in this transaction, since which nothing that
            is checked can have changed
        """
        by_step = defaultdict(list)
        for run in runs:
            by_step[run.step_id.id].append(run.id)
        runs.browse(by_step.pop(False, []))._leave("done", "", now)
        steps = self.env["mail.workflow.step"].sudo().browse(list(by_step))
        going_on = []
        # of several mails to one person that of the higher priority comes first under the cap
        for step in steps.sorted(lambda step: (-step.workflow_id.priority, step.id)):
            # a step of this pass can have ended runs of other workflows
            group = runs.browse(by_step[step.id]).filtered(lambda run: run.state == "active")
            for chain, part in self._by_chain(group, now):
                acting = step.with_context(mail_workflow_chain=chain) if chain else step
                going_on += self._run_group(acting, part, now, checked)
        return runs.browse(going_on)

    @api.model
    def _by_chain(self, runs, now):
        """Return ``[(chain, runs)]``: what a step makes of several at once is nobody's in
        particular, so those go together who come equally late in a row of workflows."""
        latest, groups = {}, defaultdict(list)
        for run in runs:
            generation, since = next_chain(run.chain, now) if run.chain else (1, "")
            groups[generation].append(run.id)
            latest[generation] = max(latest.get(generation, ""), since)
        return [
            ([generation - 1, latest[generation]] if generation > 1 else None, runs.browse(ids))
            for generation, ids in groups.items()
        ]

    @api.model
    def _run_group(self, step, runs, now, checked):
        """Carry out a step for runs, safely: after an error by halves, until it stays with its run.

        :returns: ids of the runs due again at once
        """
        try:
            with self.env.cr.savepoint():
                workflow = step.workflow_id
                if workflow.state != "running" or workflow._pause_without_rights(step):
                    return []
                return self._carry_out(step, runs, now, checked)
        except Exception as error:  # noqa: BLE001 one person's error never touches another (rule 13)
            self._reraise_if_serialization(error)
            checked.clear()
            if len(runs) == 1:
                self._fail(step, runs, error, now)
                return []
        half = len(runs) // 2
        return self._run_group(step, runs[:half], now, checked) + self._run_group(
            step, runs[half:], now, checked
        )

    @api.model
    def _carry_out(self, step, runs, now, checked):
        handler = step._handler()
        already = self._already_done(runs)
        fresh = runs.browse([run_id for run_id in runs.ids if run_id not in already])
        outcomes = {run_id: outcomes_of.done(branch) for run_id, branch in already.items()}
        outcomes.update(self._decide(step, fresh, now, checked))
        carried = fresh.filtered(lambda run: outcomes[run.id].is_carried_out)
        executions = self._reserve(step, carried, outcomes, now)
        to_perform = runs.browse([run_id for run_id in carried.ids if run_id in executions])
        if to_perform:
            handler._perform(step, to_perform, outcomes, executions, now)
            if handler._has_effects:
                # what others are checked for, too, can have changed
                checked.clear()
        standing = runs.filtered(lambda run: outcomes[run.id].action == "wait")
        if standing:
            handler._stand(step, standing, outcomes, now)
        return self._apply(step, runs, outcomes, now)

    @api.model
    def _decide(self, step, runs, now, checked):
        """Return what becomes of runs at a step, ``{run id: Outcome}``, without any effect.

        :param set checked: as in ``_step_all``
        """
        handler, outcomes = step._handler(), {}

        def undecided(known=outcomes):
            return runs.browse([run_id for run_id in runs.ids if run_id not in known])

        unchecked = undecided(checked)
        outcomes.update(self._recheck(step, unchecked, now))
        checked.update(unchecked.ids)
        if handler._is_message:
            outcomes.update(self._check_message(step, undecided(), now))
        open_runs = undecided()
        if open_runs:
            outcomes.update(handler._decide(step, open_runs, now))
        if open_runs and handler._is_message:
            ready = open_runs.filtered(lambda run: outcomes[run.id].action == "done")
            outcomes.update(self.env["mail.workflow.gate"]._holds(step, ready, now))
        return outcomes

    @api.model
    def _reserve(self, step, runs, outcomes, now):
        """Write the executions of a step that runs are about to go through."""
        rows, notes = [], {}
        for run in runs:
            result = outcomes[run.id]
            rows.append((run.id, step.id, run.visit_no, result.execution_state, result.branch))
            notes[run.id] = (result.reason, result.by)
        return self.env["mail.workflow.execution"].sudo()._reserve(rows, now, notes)

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
    def _apply(self, step, runs, outcomes, now):
        """Write executions of what was not carried out, and move the runs.

        :returns: ids of the runs due again at once
        """
        executions = self.env["mail.workflow.execution"].sudo()
        held_before = self._held_before(runs, outcomes)
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
        following = {}
        for run in runs:
            result = outcomes[run.id]
            way = result.way(step.on_skip)
            if way == "stay":
                waits = result.action == "wait"
                is_planned = waits or (result.is_new_date and run.id not in held_before)
                stay.append((run.id, result.due_at, waits, is_planned))
            elif way == "leave":
                leaves[(result.state, result.reason)].append(run.id)
            elif way == "jump":
                moves[run.id] = result.target
            elif way == "past":
                moves[run.id] = self._pass_to_next_wait(step, run, tree, result.reason, now)
            else:
                if result.branch not in following:
                    following[result.branch] = tree.following(step.id, result.branch)
                moves[run.id] = following[result.branch]
        for (state, reason), ids in leaves.items():
            runs.browse(ids)._leave(state, reason, now)
        self._stay(stay, now)
        return self._move(runs, moves, now, tree)

    @api.model
    def _held_before(self, runs, outcomes):
        """Return the ids of the runs that are held for a reason they were held for before in this
        visit: a new date is given once, what is held on and on becomes too late."""
        held = [run.id for run in runs if outcomes[run.id].is_new_date]
        if not held:
            return set()
        self.env.cr.execute(
            SQL(
                """
                SELECT e.id, x.reason
                  FROM mail_workflow_enrollment e
                  JOIN mail_workflow_execution x
                    ON x.enrollment_id = e.id AND x.step_id = e.step_id AND x.visit_no = e.visit_no
                 WHERE e.id = ANY(%s) AND x.state = 'held'
                """,
                held,
            )
        )
        return {
            run_id for run_id, reason in self.env.cr.fetchall() if reason == outcomes[run_id].reason
        }
