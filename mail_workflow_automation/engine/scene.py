"""What a simulation imagines: what happened, what was done, when what is next. Pure Python."""

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

# the number of the run that is imagined, and of an invented record: no row has it
IMAGINED = -1
# events of the database come before those that are imagined at the same moment
FIRST_EVENT = 2**40
UNITS = ("minutes", "hours", "days", "weeks")


@dataclass
class Visit:
    """One visit of one step, as an execution would tell it."""

    step_id: int
    number: int
    state: str
    branch: str | None
    reason: str
    at: datetime
    is_mail: bool = False


@dataclass
class Scene:
    """One simulation: its clock, and what differs from what the database says.

    ``answers`` wait for the step they are about; ``agenda`` are those whose moment is known.
    ``tasks`` and ``calls`` are those of a visit: ``{(step id, visit): records}``.
    """

    now: datetime
    answers: list
    lang: str | None = None
    invented: bool = False
    is_changed: bool = False
    look_at: datetime | None = None
    events: list = field(default_factory=list)
    visits: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    agenda: list = field(default_factory=list)
    tasks: dict = field(default_factory=dict)
    calls: dict = field(default_factory=dict)
    coupons: list = field(default_factory=list)
    lists: dict = field(default_factory=dict)
    opportunities: set = field(default_factory=set)
    met: set = field(default_factory=set)
    turns: int = 0
    _numbers: count = field(default_factory=count)

    def number(self) -> int:
        """Return the number of the next imagined event."""
        return FIRST_EVENT + next(self._numbers)

    def place(self, key: str | None, visit: int):
        """Put the answers about a visit of a step on the agenda, as it begins now; those about
        no step with ``None``."""
        for answer in list(self.answers):
            if (answer["at"], answer["visit"] if key else visit) == (key, visit):
                self.answers.remove(answer)
                moment = self.now + timedelta(**answer["after"])
                heapq.heappush(self.agenda, (moment, next(self._numbers), answer))

    def next_at(self) -> datetime | None:
        """Return when the next thing happens that somebody does."""
        return self.agenda[0][0] if self.agenda else None

    def happened(self, kind: str) -> bool:
        """Tell whether an event of a kind was imagined to have happened by now."""
        return any(event["kind"] == kind for event in self.so_far())

    def so_far(self) -> list:
        """Return the imagined events up to now."""
        return [event for event in self.events if event["occurred_at"] <= self.now]

    def visit(self, step_id: int, number: int) -> Visit | None:
        return next((v for v in self.visits if (v.step_id, v.number) == (step_id, number)), None)

    def note(self, visit: Visit):
        """Note a visit; one that was only held is overwritten, as in the database."""
        before = self.visit(visit.step_id, visit.number)
        if before is None:
            self.visits.append(visit)
        elif before.state == "held":
            self.visits[self.visits.index(before)] = visit
