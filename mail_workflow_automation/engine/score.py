"""Scores: what a move does to a total, and how a total fades. Nothing here knows Odoo.

A score fades by half-life in steps of one day, at midnight (UTC). Between the steps it is what it
was, plus what came; so a score and its ledger are the same, however often or late a job looks.
"""

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone

DAY = timedelta(days=1)
# of a value just below a half that a sum left there: ties go up, always
TIE = 1e-9

# nobody has more in a dimension: the sum of all stays a number that the database knows
MOST_TOTAL = 100_000_000

RULE, MANUAL, STEP = "rule", "manual", "step"
DECAY, EXPIRY, REVERSAL = "decay", "expiry", "reversal"


@dataclass(slots=True)
class Move:
    """Points for a person, or points that are taken back (``reversed_id``)."""

    person_key: str
    score_model_id: int
    dimension_id: int
    points: int
    occurred_at: datetime
    reason: str = RULE
    rule_id: int | None = None
    partner_id: int | None = None
    company_id: int | None = None
    event_id: int | None = None
    subject: str | None = None
    once_key: str | None = None
    expires_at: datetime | None = None
    note: str | None = None
    user_id: int | None = None
    execution_id: int | None = None
    reversed_id: int | None = None
    # of points that are taken back: since when they have faded
    since: datetime | None = None
    # as of when the points count, in full
    counted_at: datetime | None = None
    # whether it says too little by itself, as an open does (rule 31)
    is_weak: bool = False
    # which workflow brought it about, as events tell it
    origin: dict | None = None


def rounded(value):
    """Return the whole number nearest to a value, of two the higher."""
    return math.floor(value + 0.5 + TIE)


def faded(value, half_life_days, since, until):
    """Return what is left of a value."""
    if not half_life_days or until <= since:
        return float(value)
    return value * 0.5 ** ((until - since) / DAY / half_life_days)


def midnight_after(moment):
    return datetime.combine(moment.date() + DAY, time.min)


@dataclass(slots=True)
class Standing:
    """The score of a person in one dimension.

    ``score`` is the whole number shown, the sum of the ledger; ``exact`` its value at ``at``.
    ``is_weak`` where nothing speaks for them but what is weak by itself.
    """

    score: int = 0
    exact: float = 0.0
    at: datetime | None = None
    half_life_days: int = 0
    cap: int = 0
    is_weak: bool = True

    @property
    def counting(self):
        """What is held against thresholds: opens alone reach none (rule 31)."""
        return 0 if self.is_weak else self.score

    def fade(self, until):
        """Fade up to a moment.

        :returns: ``[(midnight, change)]`` of the days at which the shown number changed
        """
        steps = []
        if self.at is None or until <= self.at:
            self.at = self.at or until
            return steps
        if self.half_life_days:
            step = self.next_change()
            while step is not None and step <= until:
                value = faded(self.exact, self.half_life_days, self.at, step)
                steps.append((step, rounded(value) - self.score))
                self.score = rounded(value)
                step = self._change_after(step)
            self.exact = faded(self.exact, self.half_life_days, self.at, until)
            self.at = until
        return steps

    def add(self, move):
        """Add a move, after fading to when it happened; return by how much the score changes."""
        moment = max(self.at or move.occurred_at, move.occurred_at)
        if move.since is not None:
            value = -faded(move.points, self.half_life_days, move.since, moment)
        else:
            value = faded(move.points, self.half_life_days, move.occurred_at, moment)
        cap = self.cap or MOST_TOTAL
        most = max(cap, self.score) if value > 0 else math.inf
        applied = max(min(self.score + rounded(value), most), 0) - self.score
        top = max(cap, self.exact) if value > 0 else math.inf
        self.exact = max(min(self.exact + value, top), 0.0)
        self.score += applied
        if applied > 0 and not move.is_weak:
            self.is_weak = False
        if not self.half_life_days:
            self.exact = float(self.score)
        move.counted_at = moment
        return applied

    def next_change(self):
        """Return the midnight at which the shown number changes next, None for never."""
        return self._change_after(self.at) if self.half_life_days and self.at else None

    def _change_after(self, moment):
        """Return the first midnight after a moment at which the value is not what is shown."""
        first = midnight_after(moment)
        if rounded(faded(self.exact, self.half_life_days, self.at, first)) != self.score:
            return first
        if self.score <= 0:
            return None
        # when the value has come down to half a point less than what is shown
        days = self.half_life_days * math.log2(self.exact / (self.score - 0.5))
        step = max(midnight_after(self.at + days * DAY - timedelta(seconds=1)), first)
        while rounded(faded(self.exact, self.half_life_days, self.at, step)) == self.score:
            step += DAY
        return step


class Memory:
    """What rules have given people so far: how much more they may give."""

    def __init__(self):
        self._lines = defaultdict(list)
        self._events = set()

    def add(self, rule_id, person_key, subject, occurred_at, points):
        self._lines[rule_id, person_key].append((subject, occurred_at, points))

    def add_event(self, rule_id, event_id):
        self._events.add((rule_id, event_id))

    def allowed(self, rule, person_key, event_id, subject, occurred_at, zone):
        """Return how many points a rule may give for an event, by its repetition and its caps.

        :param dict rule: ``id, points, repeat, window_days, cap, day_cap``
        :param zone: in which a day begins and ends
        """
        lines = self._lines[rule["id"], person_key]
        if (rule["id"], event_id) in self._events or (rule["repeat"] == "once" and lines):
            return 0
        if rule["repeat"] == "subject" and self._is_repeated(rule, lines, subject, occurred_at):
            return 0
        room = abs(rule["points"])
        if rule["cap"]:
            room = min(room, rule["cap"] - sum(abs(points) for _subject, _at, points in lines))
        if rule["day_cap"]:
            day = local_day(occurred_at, zone)
            given = sum(abs(p) for _subject, at, p in lines if local_day(at, zone) == day)
            room = min(room, rule["day_cap"] - given)
        return int(math.copysign(max(room, 0), rule["points"]))

    def _is_repeated(self, rule, lines, subject, occurred_at):
        window = timedelta(days=rule["window_days"]) if rule["window_days"] else None
        return any(
            one == subject and (window is None or abs(at - occurred_at) < window)
            for one, at, _points in lines
        )


def local_day(moment, zone):
    """Return the day of a moment (naive UTC) in a zone."""
    return moment.replace(tzinfo=timezone.utc).astimezone(zone).date()
