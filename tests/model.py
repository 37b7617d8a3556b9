"""What the engine promises, person by person: a workflow's file carried out in plain Python.

No batches, no database, no processes: one person at a time, on a clock that stands still. The
property tests let the engine do the same and expect the same path for everybody.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate

from .model_waits import Waits

LABELS = {"custom": "Custom event", "order_confirmed": "Order confirmed"}
OPEN = ("active", "holdout")


@dataclass
class Event:
    """Something a person did."""

    number: int
    kind: str
    at: datetime
    name: str | None = None
    run: object = None  # the run a click is about
    step: str | None = None
    served_at: datetime | None = None
    is_missed: bool = False


@dataclass
class Visit:
    """One visit of one step."""

    step: str
    number: int
    state: str
    branch: str | None
    reason: str
    at: datetime


@dataclass
class Run:
    """One run of one person."""

    entered_at: datetime
    event: Event | None
    step: str
    due: datetime | None
    planned: datetime | None  # when the step it stands at was first due
    visit: int = 1
    waiting_since: datetime | None = None
    state: str = "active"
    reason: str = ""
    goal_at: datetime | None = None
    visits: list = field(default_factory=list)


@dataclass
class Person:
    """Somebody, and all their runs."""

    zone: str
    city: str
    has_address: bool
    birthday: date | None = None
    is_blacklisted: bool = False
    tags: set = field(default_factory=set)
    tasks: int = 0
    events: list = field(default_factory=list)
    runs: list = field(default_factory=list)


class World(Waits):
    """A started workflow and its people.

    :param lot: function of a person and a step's key (None: the workflow) that says where on
        [0, 1) the person falls there, always the same
    """

    def __init__(self, definition, people, now, lot):
        self.definition = definition
        self.lot = lot
        self.people = people
        self.started_at = now
        self.paused_at = None
        self.numbers = 0
        self.steps, self.places = {}, {}
        self._place(definition["steps"], None)
        self.first = definition["steps"][0]["key"]

    # --- the tree ---------------------------------------------------------------------------------

    def _place(self, steps, owner):
        for index, step in enumerate(steps):
            after = steps[index + 1]["key"] if index + 1 < len(steps) else None
            self.steps[step["key"]] = step
            self.places[step["key"]] = (after, owner)
            for branch in step.get("branches", {}).values():
                self._place(branch.get("steps", []), step["key"])

    def following(self, key, branch="then"):
        """Return the step after an outcome: the branch's first, else what stands below."""
        inside = self.steps[key].get("branches", {}).get(branch, {}).get("steps")
        if inside:
            return inside[0]["key"]
        while key:
            after, owner = self.places[key]
            if after:
                return after
            key = owner
        return None

    # --- what people and administrators do --------------------------------------------------------

    def happened(self, person, kind, now, **values):
        self.numbers += 1
        person.events.append(Event(self.numbers, kind, now, **values))

    def last_mail(self, person):
        """Return the last mail somebody got: `(run index, step, visit)`, or None."""
        for index in reversed(range(len(person.runs))):
            for visit in reversed(person.runs[index].visits):
                if visit.state == "queued":
                    return index, visit.step, visit.number
        return None

    def click(self, person, now):
        found = self.last_mail(person)
        if found:
            index, step, _number = found
            self.happened(person, "email_clicked", now, run=person.runs[index], step=step)

    def enroll(self, person, now):
        self._enter(person, now, None)

    def take_out(self, person, now):
        for run in person.runs:
            if run.state in OPEN:
                self._leave(run, "exited", "taken out", now)

    def pause(self, now):
        self.paused_at = now

    def resume(self, now):
        """Go on; who was missed meanwhile comes in, unless too late for the first mail."""
        since = self.started_at
        if self._lateness():
            since = max(since, now - self._lateness())
        self.paused_at = None
        for person in self.people:
            missed = [event for event in person.events if event.is_missed]
            for event in missed:
                event.is_missed = False
            self._bring_in(person, [event for event in missed if event.at >= since], now)

    # --- events -----------------------------------------------------------------------------------

    def dispatch(self, now):
        """Serve what happened: first to the runs, then to the triggers."""
        for person in self.people:
            fresh = [event for event in person.events if not event.served_at]
            for event in fresh:
                event.served_at, event.is_missed = now, bool(self.paused_at)
                for run in person.runs:
                    self._serve(run, person, event, now)
            if not self.paused_at:
                self._bring_in(person, fresh, now)

    def _serve(self, run, person, event, now):
        if event.run not in (None, run):
            return
        for state, spec in self._ends():
            if self._matches(event, spec) and self._in_window(event, run, spec):
                if run.state in OPEN:
                    self._leave(run, *self._end_of(state, spec), now)
                elif run.state == "done" and state == "goal" and "window_days" in spec:
                    run.goal_at = run.goal_at or now
        if run.state != "active" or not run.waiting_since:
            return
        for spec in self.steps[run.step].get("events", []):
            if self._matches(event, spec) and event.at >= self._awaiting_since(run, spec):
                if self._since_entry(event, run):
                    self._visit(run, "done", now, branch=spec["branch"])
                    self._go_on(run, self.following(run.step, spec["branch"]), event.at, now)
                    return

    def _ends(self):
        goal = self.definition.get("goal")
        return [("goal", goal)] * bool(goal) + [
            ("exited", spec) for spec in self.definition.get("exits", [])
        ]

    def _end_of(self, state, spec):
        return state, "goal" if state == "goal" else LABELS[spec["kind"]]

    def _matches(self, event, spec):
        kind = spec.get("kind") or spec.get("event")
        wanted = spec.get("filters", {}).get("step", event.step)
        return (event.kind, event.name, event.step) == (kind, spec.get("name"), wanted)

    def _since_entry(self, event, run):
        if run.event and event.at == run.entered_at:
            return event.number > run.event.number
        return event.at >= run.entered_at

    def _in_window(self, event, run, spec):
        window = timedelta(days=spec.get("window_days", 36500))
        return self._since_entry(event, run) and event.at <= run.entered_at + window

    def _bring_in(self, person, events, now):
        for event in events:
            if event.kind != "custom" or event.name != "in" or event.at < self.started_at:
                continue
            later = [
                one for one in person.events if (one.at, one.number) > (event.at, event.number)
            ]
            ends = [spec for _state, spec in self._ends() if not self._matches(event, spec)]
            if any(self._matches(one, spec) for one in later for spec in ends):
                continue
            self._enter(person, now, event)

    def _enter(self, person, now, event):
        if not self._in_audience(person) or not self._may_enter(person, now, event):
            return
        at = min(event.at, now) if event else now
        run = Run(at, event, self.first, due=at, planned=at)
        if self.lot(person, None) * 100 < self.definition.get("holdout_percent", 0):
            run.state, run.due = "holdout", None
        person.runs.append(run)

    def _may_enter(self, person, now, event):
        taken_out = any(run.reason == "taken out" for run in person.runs)
        if any(run.state in OPEN for run in person.runs) or (taken_out and event):
            return False
        if not person.runs or taken_out:
            return True
        reentry = self.definition["reentry"]
        last = max(run.entered_at for run in person.runs)
        return reentry["policy"] != "never" and (
            not reentry.get("days") or last <= now - timedelta(days=reentry["days"])
        )

    def _in_audience(self, person):
        return all(person.city != city for _field, _is_not, city in self.definition["audience"])

    # --- steps ------------------------------------------------------------------------------------

    def run(self, now):
        """Carry out what is due."""
        for person in self.people if not self.paused_at else ():
            for run in person.runs:
                while run.state == "active" and run.due <= now:
                    self._carry_out(person, run, now)

    def _carry_out(self, person, run, now):
        for state, spec in self._ends():
            if any(
                event.run in (None, run)
                and self._matches(event, spec)
                and self._in_window(event, run, spec)
                for event in person.events
            ):
                return self._leave(run, *self._end_of(state, spec), now)
        if self.definition["recheck_audience"] and not self._in_audience(person):
            return self._leave(run, "exited", "left the audience", now)
        return getattr(self, f"_do_{self.steps[run.step]['kind']}")(person, run, now)

    def _do_email(self, person, run, now):
        why = self._refusal(person, run, now)
        if not why:
            return self._done(run, now, state="queued")
        self._visit(run, "skipped", now, reason=why)
        if self.steps[run.step].get("on_skip") == "leave":
            return self._leave(run, "exited", why, now)
        return self._go_on(run, self.following(run.step), run.planned, now)

    def _refusal(self, person, run, now):
        if self._lateness() and run.planned < now - self._lateness():
            return "too late"
        if not person.has_address:
            return "no address"
        return "blacklisted" if person.is_blacklisted else None

    def _lateness(self):
        return timedelta(hours=self.definition["lateness_hours"])

    def _do_tag(self, person, run, now):
        person.tags.update(self.steps[run.step]["add"])
        self._done(run, now)

    def _do_task(self, person, run, now):
        person.tasks += 1
        self._done(run, now)

    def _do_end(self, person, run, now):
        reason = self.steps[run.step].get("reason")
        if reason:
            return self._leave(run, "exited", reason, now)
        self._visit(run, "done", now, branch="then")
        return self._go_on(run, None, run.planned, now)

    def _do_goto(self, person, run, now):
        step = self.steps[run.step]
        if self._visits(run, step["target"]) < step["max_visits"]:
            self._visit(run, "done", now, branch="then")
            self._go_on(run, step["target"], run.planned, now)
        elif self.following(run.step):
            self._done(run, now)
        else:
            self._leave(run, "exited", "loop limit", now)

    def _do_condition(self, person, run, now):
        step = self.steps[run.step]
        branches = step["branches"]
        names = [name for name in branches if name != "else"] + [n for n in branches if n == "else"]
        for name in names:
            if "domain" in step:
                is_true = (person.city == step["domain"][0][2]) == (name == "yes")
            else:
                is_true = self._is_true(branches[name].get("when"), person, run, now)
            if is_true:
                return self._done(run, now, name)
        return self._done(run, now)

    def _is_true(self, when, person, run, now):
        if not when:
            return True
        if "domain" in when:
            return person.city == when["domain"][0][2]
        since = run.entered_at
        if "within_days" in when:
            since = now - timedelta(days=when["within_days"])
        return any(
            event.run in (None, run)
            and self._matches(event, when)
            and event.at >= since
            and (since < run.entered_at or self._since_entry(event, run))
            for event in person.events
        )

    def _do_split(self, person, run, now):
        branches = self.steps[run.step]["branches"]
        ends = list(accumulate(branch["weight"] for branch in branches.values()))
        place = self.lot(person, run.step) * ends[-1]
        name = next(name for name, end in zip(branches, ends, strict=True) if place < end)
        self._done(run, now, name)

    def _skip_to_next_wait(self, run, why, now):
        """Leave out what wanted a date now over."""
        self._visit(run, "skipped", now, reason=why)
        key = self.following(run.step)
        while key and self.steps[key]["kind"] not in ("wait", "end", "goto"):
            number = self._visits(run, key) + 1
            run.visits.append(Visit(key, number, "skipped", None, why, now))
            key = self.following(key)
        self._go_on(run, key, run.planned, now)

    # --- moving -----------------------------------------------------------------------------------

    def _visits(self, run, key):
        return max([visit.number for visit in run.visits if visit.step == key], default=0)

    def _visit(self, run, state, now, branch=None, reason=""):
        run.visits.append(Visit(run.step, run.visit, state, branch, reason, now))

    def _done(self, run, now, branch="then", state="done"):
        self._visit(run, state, now, branch=branch)
        self._go_on(run, self.following(run.step, branch), run.planned, now)

    def _go_on(self, run, key, planned, now):
        if key is None:
            run.state, run.due, run.waiting_since = "done", None, None
            return
        run.step, run.visit = key, self._visits(run, key) + 1
        run.planned, run.due, run.waiting_since = planned, min(planned, now), None

    def _leave(self, run, state, reason, now):
        begun = [(visit.step, visit.number) for visit in run.visits]
        if run.state == "active" and (run.step, run.visit) not in begun:
            self._visit(run, "skipped", now, reason=reason)
        run.state, run.reason, run.due, run.waiting_since = state, reason, None, None
        run.goal_at = now if state == "goal" else run.goal_at
