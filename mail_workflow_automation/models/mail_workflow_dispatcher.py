import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .mail_workflow_event import COLUMNS

_logger = logging.getLogger(__name__)

BATCH = 500
# what is read of an event, for a query
EVENT_COLUMNS = SQL(", ").join(map(SQL.identifier, ("id", *COLUMNS)))


class MailWorkflowDispatcher(models.AbstractModel):
    """Serves events to whom they concern: runs that wait, have a goal or an exit; then triggers;
    then scoring rules."""

    _name = "mail.workflow.dispatcher"
    _description = "Workflow Event Dispatcher"

    @api.model
    def _run(self):
        lanes = self.env["mail.workflow.lane"]
        now = fields.Datetime.now()

        work = self.env["mail.workflow.runner"]._in_batches(
            lambda size: self._dispatch_batch(now, size), BATCH
        )
        handled = lanes._passes("dispatcher", work)
        self.env["mail.workflow.runner"]._retrying(
            lambda: self.env["mail.workflow.trigger"]._poll_due(now)
        )
        lanes._checkpoint()
        return handled

    @api.model
    def _dispatch_batch(self, now, size=BATCH):
        """Claim and serve one batch of events.

        :returns: how many were dispatched
        """
        events = self._claim(size)
        if not events:
            return 0
        self.env["mail.workflow.visitor"]._identify(events)
        machines = self.env["mail.workflow.verdict"]._judge(events)
        listening = self.env["mail.workflow.listening"]._all()
        deferred = self._serve_runs_safely(events, now, listening)
        events = [event for event in events if event["id"] not in deferred]
        if not events:
            self.env["mail.workflow.lane"]._wake("dispatcher")
        self.env["mail.workflow.intake"]._serve(events, now, listening)
        self.env["mail.workflow.scorer"]._serve(events, now, listening, machines)
        self._mark(events, now)
        return len(events)

    @api.model
    def _claim(self, size=BATCH):
        """Return undispatched events, locked, in the order in which they occurred."""
        self.env.cr.execute(
            SQL(
                """
                SELECT %s
                  FROM mail_workflow_event
                 WHERE dispatched_at IS NULL
                 ORDER BY id
                 LIMIT %s
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                EVENT_COLUMNS,
                size,
            )
        )
        events = self.env.cr.dictfetchall()
        return sorted(events, key=lambda event: (event["occurred_at"], event["id"]))

    @api.model
    def _mark(self, events, now):
        if events:
            self.env.cr.execute(
                "UPDATE mail_workflow_event SET dispatched_at = %s WHERE id = ANY(%s)",
                [now, [event["id"] for event in events]],
            )

    # --- runs: goals, exits, waits ----------------------------------------------------------------

    @api.model
    def _serve_runs_safely(self, events, now, listening, passing=None):
        """Serve runs; after an error once more with each filter guarded, then by halves: a bad
        filter hides no event from others, and a bad event keeps no other waiting."""
        try:
            with self.env.cr.savepoint():
                return self._serve_runs(events, now, listening, passing or self._passing)
        except Exception as error:  # noqa: BLE001 one bad event must not keep the others (rule 13)
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            if passing and len(events) == 1:
                _logger.exception("Workflow event %s could not be served", events[0]["id"])
                return set()
        half = len(events) // 2 if passing else 0
        deferred = set()
        for part in filter(None, (events[:half], events[half:])):
            deferred |= self._serve_runs_safely(part, now, listening, self._passing_safely)
        return deferred

    @api.model
    def _serve_runs(self, events, now, listening, passing):
        """Let runs leave or go on because of events.

        :returns: ids of events to be served later: a run they concern is being worked on right now
        """
        hits = self._hits(events, listening, passing)
        relevant = [event for event in events if event["id"] in hits]
        if not relevant:
            return set()
        workflow_ids = {
            listener[0] for found in hits.values() for part in found for listener in part
        }
        runs = self._concerned_runs(relevant, list(workflow_ids))
        locked = self._lock([run["id"] for run in runs])
        index = self._index(runs)
        deferred, ended, resumed = set(), {}, {}
        since = self._awaiting_since(hits, runs)
        for event in relevant:
            by_workflow = defaultdict(list)
            near = self._near(event, index)
            for run in near:
                by_workflow[run["workflow_id"]].append(run)
            if any(run["id"] not in locked and self._concerns(event, run, {}) for run in near):
                deferred.add(event["id"])
                continue
            ends, waits = hits[event["id"]]
            self._apply_ends(event, ends, by_workflow, ended, resumed)
            self._apply_waits(event, waits, by_workflow, ended, resumed, since)
        self._end(ended, now)
        self._resume(resumed, now)
        return deferred

    @api.model
    def _hits(self, events, listening, passing):
        """Return ``{event id: (ends, waits)}``: who listens to each event and lets it pass.

        An event that passes no filter concerns nobody: no run is looked up for it.
        """
        hits = defaultdict(lambda: ([], []))
        for kind, of_kind in self._by_kind(events).items():
            for place, role in enumerate(("ends", "waits")):
                for listener in listening[role].get(kind, ()):
                    for event in passing(of_kind, listener[2]):
                        hits[event["id"]][place].append(listener)
        return hits

    @api.model
    def _by_kind(self, events):
        found = defaultdict(list)
        for event in events:
            found[event["kind"]].append(event)
        return found

    @api.model
    def _concerned_runs(self, events, workflow_ids):
        """Return the open runs (and those done within reach of a goal) the events can be about."""
        emails = list({e["email_normalized"] for e in events if e["email_normalized"]})
        partner_ids = list({e["partner_id"] for e in events if e["partner_id"]})
        records = list(
            {(e["res_model"], e["res_id"]) for e in events if e["res_model"] and e["res_id"]}
        )
        parts = [
            SQL("email_normalized = ANY(%s)", emails),
            SQL("partner_id = ANY(%s)", partner_ids),
        ]
        if records:
            parts.append(SQL("(res_model, res_id) IN %s", tuple(records)))
        self.env["mail.workflow.enrollment"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT id, workflow_id, company_id, res_model, res_id, partner_id,
                       email_normalized, state, step_id, waiting_since, entered_at, event_id,
                       goal_at
                  FROM mail_workflow_enrollment
                 WHERE workflow_id = ANY(%s)
                   AND (state IN ('active', 'holdout') OR (state = 'done' AND goal_at IS NULL))
                   AND (%s)
                """,
                workflow_ids,
                SQL(" OR ").join(parts),
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _index(self, runs):
        """Return ``{what a run can be known by: [run]}``."""
        index = defaultdict(list)
        for run in runs:
            for known_by in self._known_by(run):
                index[known_by].append(run)
        return index

    @api.model
    def _near(self, event, index):
        """Return the runs that an event can be about."""
        found = {run["id"]: run for key in self._known_by(event) for run in index.get(key, ())}
        return [found[run_id] for run_id in sorted(found)]

    @api.model
    def _known_by(self, row):
        keys = [("record", row["res_model"], row["res_id"])] if row["res_id"] else []
        return keys + [
            (name, row[name]) for name in ("email_normalized", "partner_id") if row[name]
        ]

    @api.model
    def _lock(self, ids):
        """Lock runs; return the ids of those nobody else works on."""
        if not ids:
            return set()
        self.env.cr.execute(
            "SELECT id FROM mail_workflow_enrollment WHERE id = ANY(%s) FOR NO KEY UPDATE SKIP "
            "LOCKED",
            [ids],
        )
        return {row[0] for row in self.env.cr.fetchall()}

    @api.model
    def _apply_ends(self, event, listeners, by_workflow, ended, resumed):
        for workflow_id, role, spec in listeners:
            for run in by_workflow.get(workflow_id, ()):
                if run["id"] in ended or not self._concerns(event, run, spec):
                    continue
                if not self._in_window(event, run, spec):
                    continue
                if run["state"] == "done" and not (role == "goal" and spec.get("window_days")):
                    continue
                ended[run["id"]] = (role, run["state"], event)
                resumed.pop(run["id"], None)

    @api.model
    def _apply_waits(self, event, listeners, by_workflow, ended, resumed, since):
        for workflow_id, step_id, spec, branch in listeners:
            for run in by_workflow.get(workflow_id, ()):
                if run["id"] in ended or run["id"] in resumed:
                    continue
                if (
                    run["step_id"] != step_id
                    or not run["waiting_since"]
                    or run["state"] != "active"
                ):
                    continue
                if not self._concerns(event, run, spec):
                    continue
                after = since[step_id, id(spec)][run["id"]]
                if self._since_entry(event, run) and event["occurred_at"] >= after:
                    resumed[run["id"]] = (branch, event)

    @api.model
    def _awaiting_since(self, hits, runs):
        """Return ``{(step id, id of the spec): {run id: datetime}}``: from when on an event ends
        the wait of the runs that stand at a step. What came before their last mail is stale."""
        standing = defaultdict(list)
        for run in runs:
            if run["waiting_since"]:
                standing[run["step_id"]].append(run["id"])
        since = {}
        for _ends, waits in hits.values():
            for _workflow_id, step_id, spec, _branch in waits:
                if step_id in standing and (step_id, id(spec)) not in since:
                    step = self.env["mail.workflow.step"].sudo().browse(step_id)
                    here = self.env["mail.workflow.enrollment"].sudo().browse(standing[step_id])
                    look_back = step._handler()._look_back_from(step, here, spec)
                    since[step_id, id(spec)] = look_back
        return since

    @api.model
    def _concerns(self, event, run, spec):
        """Tell whether an event is about a run: its record, or its person."""
        data = event["data"] or {}
        if "enrollment_id" in data and data["enrollment_id"] != run["id"]:
            return False
        same_record = (event["res_model"], event["res_id"]) == (run["res_model"], run["res_id"])
        if same_record or spec.get("same_record"):
            return same_record
        if event["company_id"] and event["company_id"] != run["company_id"]:
            return False
        # one contact is one person, even when the address has changed meanwhile
        return any(
            event[name] and event[name] == run[name] for name in ("email_normalized", "partner_id")
        )

    @api.model
    def _since_entry(self, event, run):
        """Tell whether an event came after what brought the run in."""
        if run["event_id"] and event["occurred_at"] == run["entered_at"]:
            return event["id"] > run["event_id"]
        return event["occurred_at"] >= run["entered_at"]

    @api.model
    def _in_window(self, event, run, spec):
        if not self._since_entry(event, run):
            return False
        days = spec.get("window_days")
        return not days or event["occurred_at"] <= run["entered_at"] + timedelta(days=days)

    @api.model
    def _passing(self, events, spec):
        """Return the events of a spec's kind that pass its name and the filters of its kind; only
        what a person did counts (rule 31)."""
        name, filters = spec.get("name"), spec.get("filters") or {}
        matches = self.env["mail.workflow.trigger"]._kind_model(spec["kind"])._matches
        return [
            event
            for event in events
            if event["verdict"] in (None, "human")
            and not (name and (event["data"] or {}).get("name") != name)
            and matches(filters, event)
        ]

    @api.model
    def _passing_safely(self, events, spec):
        """Return the events that pass; one about which a filter raises does not."""
        try:
            with self.env.cr.savepoint():
                return self._passing(events, spec)
        except Exception as error:  # noqa: BLE001 one bad filter must not hide events from others
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            if len(events) == 1:
                event_id = events[0]["id"]
                _logger.exception("A filter could not be asked about workflow event %s", event_id)
                return []
        half = len(events) // 2
        return self._passing_safely(events[:half], spec) + self._passing_safely(events[half:], spec)

    @api.model
    def _end(self, ended, now):
        runs = self.env["mail.workflow.enrollment"].sudo()
        goals = [
            run_id
            for run_id, (role, state, _e) in ended.items()
            if role == "goal" and state != "done"
        ]
        late_goals = [
            run_id
            for run_id, (role, state, _e) in ended.items()
            if role == "goal" and state == "done"
        ]
        runs.browse(goals)._leave("goal", "goal", now)
        if late_goals:
            runs.browse(late_goals)._reach_goal_late(now)
        exits = defaultdict(list)
        for run_id, (role, _state, event) in ended.items():
            if role == "exit":
                exits[event["kind"]].append(run_id)
        for kind, ids in exits.items():
            runs.browse(ids)._leave("exited", self._kind_label(kind), now)

    @api.model
    def _kind_label(self, kind):
        labels = dict(
            self.env["mail.workflow.trigger"]._fields["kind"]._description_selection(self.env)
        )
        return labels.get(kind, kind)

    @api.model
    def _resume(self, resumed, now):
        """Go on at waits: by the branch of the event that came first, if its step agrees."""
        branches = {run_id: branch for run_id, (branch, _event) in resumed.items()}
        happened_at = {run_id: event["occurred_at"] for run_id, (_b, event) in resumed.items()}
        runs_sudo = self.env["mail.workflow.enrollment"].sudo().browse(resumed)
        by_branch, notes, undecided = defaultdict(list), {}, []
        for step in runs_sudo.step_id:
            here = runs_sudo.filtered(lambda run, step=step: run.step_id == step)
            for run_id, result in step._handler()._resumed(step, here, branches, now).items():
                if result.action == "done":
                    by_branch[result.branch].append(run_id)
                    notes[run_id] = (result.reason, result.by)
                elif result.action != "wait":
                    undecided.append(run_id)
        runner = self.env["mail.workflow.runner"]
        for branch, ids in by_branch.items():
            runner._finish_waits(runs_sudo.browse(ids), branch, now, happened_at, notes)
        if undecided:
            # what becomes of them is the runner's to carry out
            runs_sudo.browse(undecided).write({"due_at": now})
            self.env["mail.workflow.lane"]._wake("runner")
