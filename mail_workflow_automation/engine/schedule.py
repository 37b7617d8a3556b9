"""Time of the engine: local times, weekdays, back-off. Pure, in naive UTC datetimes."""

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from .shares import share

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS = ("minutes", "hours", "days", "weeks")


def valid_zone(*names: str | None) -> ZoneInfo:
    """Return the first zone among ``names`` that exists, else UTC."""
    for name in names:
        if not name:
            continue
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def to_local(moment: datetime, zone: ZoneInfo) -> datetime:
    """Turn a naive UTC datetime into an aware local one."""
    return moment.replace(tzinfo=timezone.utc).astimezone(zone)


def local_to_utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the naive UTC moment at which it is ``at`` on ``day`` in ``zone``.

    In the gap of spring the moment moves forward by the gap, in the fold of autumn it is the first.
    """
    local = datetime.combine(day, at, tzinfo=zone)
    utc = local.astimezone(timezone.utc)
    return utc.replace(tzinfo=None)


def parse_time(text: str) -> time:
    """Parse ``HH:MM``.

    :raises ValueError: on anything else
    """
    return datetime.strptime(text, "%H:%M").time()


def weekday_names(text: str | None) -> list[str]:
    """Return the names of days of the week in a text like ``mon, fri``."""
    return [day.strip().lower() for day in (text or "").split(",") if day.strip()]


def weekday_numbers(text: str | None) -> tuple[int | None, ...]:
    """Return the days of the week in a text like ``mon, fri``; 0 is Monday, None is unknown."""
    return tuple(WEEKDAYS.index(day) if day in WEEKDAYS else None for day in weekday_names(text))


def next_local_time(
    after: datetime, zone: ZoneInfo, at: time | None, weekdays: tuple[int, ...] = ()
) -> datetime:
    """Return the first moment not before ``after`` on one of ``weekdays`` at ``at``, local.

    :param after: naive UTC
    :param at: local time of day; None: any time of an allowed day
    :param weekdays: 0 is Monday; empty: every day
    :returns: naive UTC
    """
    local = to_local(after, zone)
    for days in range(9):
        day = local.date() + timedelta(days=days)
        if weekdays and day.weekday() not in weekdays:
            continue
        if at is None:
            candidate = after if days == 0 else local_to_utc(day, time(0), zone)
        else:
            candidate = local_to_utc(day, at, zone)
        if candidate >= after:
            return candidate
    raise ValueError("no such weekday")


def next_look(now: datetime, minutes: int) -> datetime:
    """Return when to look again: at the full quarter of an hour, hour..., where zones begin a
    day."""
    since_midnight = now - datetime.combine(now.date(), time(0))
    interval = timedelta(minutes=minutes)
    return now - since_midnight % interval + interval


def backoff(attempt: int, seed: str, first_minutes: int = 1) -> timedelta:
    """Return how long to wait after the given failed attempt (from 1): 1, 2, 4... minutes, plus
    jitter.

    The jitter (up to a quarter) is a hash of ``seed``, so that rows do not return all at once.
    """
    minutes = min(first_minutes * 2 ** (attempt - 1), 24 * 60)
    return timedelta(minutes=minutes) * (1 + share("backoff", f"{seed}:{attempt}") / 4)
