import heapq
import logging

from odoo import api, models

from ..engine.outcome import THEN
from ..engine.scene import Visit

_logger = logging.getLogger(__name__)

# who goes round in circles is shown for a while
MOST_LINES = 300
MOST_TURNS = 3000


class MailWorkflowSimulator(models.AbstractModel):
    """Moves the one run, in memory, as the runner and the dispatcher move runs in the tables."""

    _inherit = "mail.workflow.simulator"

    @api.model
    def _play(self, run, scene):
        """Let the run go on from date to date, and happen what is imagined, until it ends.

        :returns: ``{"state", "reason", "at", "goal_at"}``
        """
        if run.is_holdout:
            self._put(run, state="holdout", due_at=False)
            scene.look_at = None
        while run.state in ("active", "holdout") and self._goes_on(scene):
            happens_at, due_at = scene.next_at(), scene.look_at
            if happens_at and (due_at is None or happens_at <= max(due_at, scene.now)):
                self._happen(run, scene)
            elif due_at is None:
                break
            else:
                scene.now = max(scene.now, due_at)
                self._take_step(run, scene)
        end = self._end_of(run, scene)
        while scene.agenda and run.state == "done":
            self._happen(run, scene)
        return {**end, "goal_at": run.goal_at or False}

    @api.model
    def _goes_on(self, scene):
        scene.turns += 1
        return len(scene.lines) < MOST_LINES and scene.turns < MOST_TURNS

    @api.model
    def _end_of(self, run, scene):
        reason = run.exit_reason or ""
        if run.state == "done":
            reason = self.env._("Comes to the end.")
        elif run.state == "goal":
            reason = self.env._("The goal is reached.")
        elif run.state == "holdout":
            reason = self.env._("Gets nothing.")
        elif run.state == "active" and scene.look_at is None:
            reason = self.env._("Stands here until somebody does something.")
        elif run.state == "active":
            reason = self.env._("Goes on and on: not shown further.")
        return {"state": run.state, "reason": reason, "at": run.left_at or scene.now}

    # --- a step -----------------------------------------------------------------------------------

    @api.model
    def _take_step(self, run, scene):
        """Decide at the step where the run stands, and move it on; an error ends the path."""
        step, line = run.step_id, None
        if not step:
            return self._go(run, None, scene)
        line = self._line(run, scene)
        try:
            with self.env.cr.savepoint(flush=False):
                return self._decide_and_move(step, run, line, scene)
        except Exception as error:  # noqa: BLE001 a step that fails is shown, as the runner notes it
            _logger.info("Simulated step %s failed: %s", step.id, type(error).__name__)
            self.env.transaction.field_dirty.clear()
            first = str(error).strip().splitlines()[:1]
            line.update(outcome="error", state="dead", why=first[0] if first else repr(error))
            return self._put(run, state="failed", exit_reason=line["why"], left_at=scene.now)

    @api.model
    def _decide_and_move(self, step, run, line, scene):
        handler, runner, now = step._handler(), self.env["mail.workflow.runner"], scene.now
        result = runner._decide(step, run, now, set())[run.id]
        way, tree = result.way(step.on_skip), step.workflow_id._tree()
        line["why"] = handler._explain(step, run, result, now)
        if result.is_carried_out:
            self._carry_out(step, run, result, line, scene)
        elif result.action in ("skip", "hold", "past"):
            held = scene.visit(step.id, run.visit_no)
            state = "held" if result.action == "hold" else "skipped"
            is_new = not held or held.reason != result.reason
            self._note(run, scene, state, None, result.reason, line)
        if way == "stay":
            is_planned = result.action == "wait" or (result.is_new_date and is_new)
            return self._stay(step, run, result, line, scene, is_planned)
        if way == "leave":
            return self._leave(run, result.state, result.reason, scene)
        if way == "past":
            return self._go(run, self._pass_over(step, run, tree, result.reason, scene), scene)
        target = result.target if way == "jump" else tree.following(step.id, result.branch)
        return self._go(run, target, scene)

    @api.model
    def _carry_out(self, step, run, result, line, scene):
        handler = step._handler()
        handler._imagine(step, run, result, scene.now)
        self._note(run, scene, result.execution_state, result.branch, result.reason, line)
        line["mail"] = handler._preview(step, run)
        if not line["asks"]:
            self._ask(step, run, line, handler._asks(step))
        scene.place(step.key, run.visit_no)

    @api.model
    def _stay(self, step, run, result, line, scene, is_planned):
        handler, values = step._handler(), {"due_at": result.due_at}
        if is_planned:
            values["planned_at"] = result.due_at
        if result.action == "wait":
            handler._imagine(step, run, result, scene.now)
            is_new = not run.waiting_since
            values["waiting_since"] = run.waiting_since or scene.now
        self._put(run, **values)
        scene.look_at = result.due_at
        if result.action == "wait":
            scene.look_at = handler._stands_until(step, run, result, scene.now)
            line.update(outcome="waiting", until=scene.look_at or False)
            if is_new:
                self._ask(step, run, line, handler._asks(step) + self._end_asks(step))
                scene.place(step.key, run.visit_no)
        else:
            line["until"] = result.due_at

    @api.model
    def _go(self, run, target, scene, planned_at=None):
        """Move the run to its next step, or end it where there is none."""
        now = scene.now
        if target is None:
            scene.look_at = None
            values = {"state": "done", "due_at": False, "waiting_since": False, "left_at": now}
            return self._put(run, **values)
        tree = run.workflow_id._tree()
        visits = self.env["mail.workflow.runner"]._next_visits({run.id: target}, tree)
        planned_at = planned_at or run.planned_at or now
        scene.look_at = min(planned_at, now)
        return self._put(
            run,
            step_id=target,
            visit_no=visits.get(run.id, 1),
            waiting_since=False,
            planned_at=planned_at,
            due_at=scene.look_at,
        )

    @api.model
    def _pass_over(self, step, run, tree, reason, scene):
        passed, following = self.env["mail.workflow.runner"]._passed_over(step, tree)
        for step_id in passed:
            self._go(run, step_id, scene)
            self._note(run, scene, "skipped", None, reason, self._line(run, scene))
        return following

    @api.model
    def _leave(self, run, state, reason, scene):
        """End the run; the step it stands at is closed with the reason."""
        step = run.step_id
        if run.state == "active" and step and not self._is_over(run, scene):
            line = self._line(run, scene)
            self._note(run, scene, "skipped", None, reason, line)
            why = self.env._("The goal is reached.") if state == "goal" else reason
            line.update(outcome="left", until=False, why=why)
        scene.look_at = None
        goal_at = scene.now if state == "goal" else run.goal_at
        self._put(
            run,
            state=state,
            exit_reason=reason,
            left_at=scene.now,
            due_at=False,
            waiting_since=False,
            goal_at=goal_at,
        )

    @api.model
    def _is_over(self, run, scene):
        visit = scene.visit(run.step_id.id, run.visit_no)
        return visit is not None and visit.state != "held"

    # --- what happens -----------------------------------------------------------------------------

    @api.model
    def _happen(self, run, scene):
        """Let the next thing happen that somebody does, and the run hear of it."""
        moment, _number, answer = heapq.heappop(scene.agenda)
        scene.now = max(scene.now, moment)
        if answer["kind"] == "record_matches":
            scene.met |= set(run.workflow_id.step_ids.filtered(lambda s: s.key == answer["at"]).ids)
            scene.look_at = scene.now
        elif answer["kind"] == "webhook_answered":
            self._answer_call(run, answer, scene)
        else:
            for row in self._rows(run, answer, scene):
                scene.events.append(row)
                self._serve(run, row, scene)

    @api.model
    def _serve(self, run, event, scene):
        """Let the run leave or go on because of an event, as the dispatcher does."""
        dispatcher = self.env["mail.workflow.dispatcher"]
        subject = self.env["mail.workflow.lookup"]._subject(run)
        for role, spec in self.env["mail.workflow.listening"]._ends(run.workflow_id):
            if not dispatcher._passing([event], spec):
                continue
            if not dispatcher._concerns(event, subject, spec):
                continue
            if not dispatcher._in_window(event, subject, spec):
                continue
            if run.state == "done":
                if role == "goal" and spec.get("window_days"):
                    self._put(run, goal_at=run.goal_at or scene.now)
            elif run.state in ("active", "holdout"):
                reason = "goal" if role == "goal" else dispatcher._kind_label(event["kind"])
                return self._leave(run, "goal" if role == "goal" else "exited", reason, scene)
        if run.state == "active" and run.waiting_since:
            return self._resume(run, event, subject, scene)
        return None

    @api.model
    def _resume(self, run, event, subject, scene):
        step, dispatcher = run.step_id, self.env["mail.workflow.dispatcher"]
        handler = step._handler()
        for spec, branch in handler._awaited(step):
            since = handler._look_back_from(step, run, spec)[run.id]
            if (
                dispatcher._passing([event], spec)
                and dispatcher._concerns(event, subject, spec)
                and dispatcher._since_entry(event, subject)
                and event["occurred_at"] >= since
            ):
                result = handler._resumed(step, run, {run.id: branch}, scene.now)[run.id]
                if result.action == "done":
                    self._finish_wait(run, result, event, spec, scene)
                elif result.action == "wait":
                    scene.look_at = handler._stands_until(step, run, result, scene.now)
                else:
                    scene.look_at = scene.now
                return

    @api.model
    def _finish_wait(self, run, result, event, spec, scene):
        step, line = run.step_id, self._line(run, scene)
        self._note(run, scene, "done", result.branch, result.reason, line)
        line["why"] = result.reason or run.workflow_id._event_in_words(spec)
        target = step.workflow_id._tree().following(step.id, result.branch)
        self._go(run, target, scene, event["occurred_at"])

    # --- the lines --------------------------------------------------------------------------------

    @api.model
    def _line(self, run, scene):
        """Return the line of the visit the run is at; a new one where it just came."""
        step, visit = run.step_id, run.visit_no
        for line in reversed(scene.lines):
            if (line["step_id"], line["visit"]) == (step.id, visit):
                return line
        line = {
            "key": step.key,
            "step_id": step.id,
            "title": step._shown_name(),
            "summary": step.summary or "",
            "kind": step.kind,
            "icon": step._handler()._step_icon,
            "visit": visit,
            "at": scene.now,
            "until": False,
            "left_at": False,
            "branch": None,
            "branch_label": None,
            "outcome": None,
            "state": None,
            "reason": "",
            "why": "",
            "mail": None,
            "asks": None,
        }
        scene.lines.append(line)
        return line

    @api.model
    def _note(self, run, scene, state, branch, reason, line):
        """Note what became of the visit the run is at."""
        step = run.step_id
        visit = Visit(step.id, run.visit_no, state, branch, reason or "", scene.now)
        visit.is_mail = step.kind == "email"
        scene.note(visit)
        line.update(
            state=state,
            reason=reason or "",
            outcome="done" if state == "queued" else state,
            branch=branch if branch != THEN else None,
            branch_label=step._branch_label(branch) if branch and branch != THEN else None,
        )
        if state != "held":
            line.update(left_at=scene.now, until=False)
        if not line["why"]:
            line["why"] = reason or ""
