from odoo import api, fields, models
from odoo.tools import SQL

from ..sql import unnested

# runs of a stopped workflow that are ended in one pass
STOPPED_BATCH = 5000
# what a move or a wait changes of a run
PLACE = ["step_id", "visit_no", "attempt", "due_at", "planned_at", "waiting_since"]


class MailWorkflowRunner(models.AbstractModel):
    """Moves runs from step to step, and ends them."""

    _inherit = "mail.workflow.runner"

    @api.model
    def _pass_to_next_wait(self, step, run, tree, reason, now):
        """Skip the steps that wanted a date now over, up to the next wait (rule 26)."""
        passed, following = self._passed_over(step, tree)
        rows = [
            {
                "enrollment_id": run.id,
                "step_id": step_id,
                "visit_no": self._next_visits({run.id: step_id}, tree).get(run.id, 1),
                "state": "skipped",
                "reason": reason,
            }
            for step_id in passed
        ]
        self.env["mail.workflow.execution"].sudo()._record(rows, now)
        return following

    @api.model
    def _passed_over(self, step, tree):
        """Return ``([ids of the steps up to the next wait], id of that or None)``."""
        passed, following = [], tree.following(step.id)
        kind_model = self.env["mail.workflow.step"]._kind_model
        while following:
            handler = kind_model(tree.nodes[following].kind)
            # an end or a jump closes a branch: it is carried out
            if handler._is_wait or handler._is_closing:
                break
            passed.append(following)
            following = tree.following(following)
        return passed, following

    @api.model
    def _stay(self, stay, now):
        """Let runs stand where they are.

        :param stay: ``[(run id, due at, does it wait, is it planned for then)]``; who does not
            wait is held
        """
        if not stay:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_enrollment e
                   SET due_at = v.due_at,
                       planned_at = CASE WHEN v.planned THEN v.due_at ELSE e.planned_at END,
                       waiting_since = CASE WHEN v.waits THEN COALESCE(e.waiting_since, %s)
                                            ELSE e.waiting_since END
                  FROM %s AS v (id, due_at, waits, planned)
                 WHERE e.id = v.id
                """,
                now,
                unnested(stay, "int", "timestamp", "bool", "bool"),
            )
        )
        runs = self.env["mail.workflow.enrollment"].browse([run_id for run_id, *_rest in stay])
        runs.invalidate_recordset(PLACE)

    @api.model
    def _move(self, runs, moves, now, tree, planned_at=None):
        """Move runs to their next step, or end them where there is none.

        :param dict moves: ``{run id: step id or None}``
        :param dict planned_at: ``{run id: when the next step is due}``; default: when the last
            one was, so that what made a run late is not forgotten
        :returns: ids of the runs that stand at a next step
        """
        ends = [run_id for run_id, target in moves.items() if target is None]
        self._finish(runs.browse(ends), now)
        going = {run_id: target for run_id, target in moves.items() if target is not None}
        if not going:
            return []
        visits = self._next_visits(going, tree)
        planned_at = planned_at or {}
        rows = [
            (run_id, target, visits.get(run_id, 1), planned_at.get(run_id))
            for run_id, target in going.items()
        ]
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_enrollment e
                   SET step_id = v.step_id, visit_no = v.visit_no, attempt = 0,
                       waiting_since = NULL,
                       planned_at = COALESCE(v.planned_at, e.planned_at, %(now)s),
                       due_at = LEAST(COALESCE(v.planned_at, e.planned_at, %(now)s), %(now)s)
                  FROM %(rows)s AS v (id, step_id, visit_no, planned_at)
                 WHERE e.id = v.id
                """,
                now=now,
                rows=unnested(rows, "int", "int", "int", "timestamp"),
            )
        )
        moved = runs.browse(list(going))
        moved.invalidate_recordset(PLACE)
        moved.fetch(PLACE)
        return list(going)

    @api.model
    def _next_visits(self, going, tree):
        """Return ``{run id: visit number}`` of the steps the runs come to; only loops visit
        twice."""
        if not any(node.kind == "goto" for node in tree.nodes.values()):
            return {}
        executions = self.env["mail.workflow.execution"]
        found = executions._last_visits(list(going), list(set(going.values())))
        return {run_id: found.get((run_id, target), 0) + 1 for run_id, target in going.items()}

    @api.model
    def _come_and_go(self, now):
        """Bring in a batch of those whom triggers owe it, end a batch of those left by a stop, move
        a batch of those who stand at removed steps.

        :returns: how many were looked at
        """
        came = self.env["mail.workflow.trigger"]._bring_in(now)
        return came + self._end_stopped(now) + self._pass_removed(now)

    @api.model
    def _end_stopped(self, now):
        """End runs that a stop did not see: brought in or moved by another worker at that moment,
        or taken up again since.

        :returns: how many
        """
        self.env["mail.workflow"].flush_model(["state"])
        self.env["mail.workflow.enrollment"].flush_model(["state"])
        self.env.cr.execute(
            """
            SELECT left_over.id
              FROM mail_workflow w
             CROSS JOIN LATERAL (
                   SELECT id
                     FROM mail_workflow_enrollment
                    WHERE workflow_id = w.id AND state IN ('active', 'holdout')
                    LIMIT %s
                      FOR NO KEY UPDATE SKIP LOCKED) left_over
             WHERE w.state = 'stopped'
            """,
            [STOPPED_BATCH],
        )
        runs = self.env["mail.workflow.enrollment"].sudo()
        runs = runs.browse([row[0] for row in self.env.cr.fetchall()])
        runs._leave("exited", self.env._("workflow stopped"), now)
        return len(runs)

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
        runs._note_finished("done")

    @api.model
    def _finish_waits(self, runs, branch, now, happened_at=None, notes=None):
        """Go on from waits by the given branch, because of an event.

        :param dict happened_at: ``{run id: datetime}``: what came after it counts for the steps
            that follow, however late the event is served; default ``now``
        :param dict notes: ``{run id: (why, by whom)}`` where a person decided
        """
        happened_at = happened_at or dict.fromkeys(runs.ids, now)
        executions = self.env["mail.workflow.execution"].sudo()
        for step in runs.step_id:
            here = runs.filtered(lambda run, step=step: run.step_id == step)
            executions._reserve(
                [(run.id, step.id, run.visit_no, "done", branch) for run in here], now, notes
            )
            tree = step.workflow_id._tree()
            target = tree.following(step.id, branch)
            self._move(here, dict.fromkeys(here.ids, target), now, tree, happened_at)
        self.env["mail.workflow.lane"]._wake("runner")

    @api.model
    def _pass_over(self, runs, targets, reason, now, by="engine"):
        """Move runs on from steps that are left out: removed, or skipped by hand.

        :param dict targets: ``{step id: id of the step to go on with, None at the end}``
        """
        runs._let_go(now)
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
            here.filtered(lambda run: run.state == "failed").write({"state": "active"})
            moves = dict.fromkeys(here.ids, targets[step.id])
            self._move(here, moves, now, tree, dict.fromkeys(here.ids, now))
        self.env["mail.workflow.lane"]._wake("runner")

    @api.model
    def _skip_by_hand(self, runs, now, by):
        targets = {step.id: step.workflow_id._tree().following(step.id) for step in runs.step_id}
        self._pass_over(runs, targets, self.env._("skipped by hand"), now, by=by)
