"""What comes again: at the dates of a rule, or once a year. Pure; moments are naive UTC."""

from calendar import isleap
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule

from .schedule import local_to_utc, to_local

FREQUENCIES = {"days": DAILY, "weeks": WEEKLY, "months": MONTHLY}
ONE_DAY = timedelta(days=1)
# a day of the month that short months do not have falls on their last
SHORTEST_MONTH = 28


def rule(
    unit: str,
    every: int,
    start: date,
    at: time,
    *,
    weekdays: tuple[int, ...] = (),
    month_day: int = 0,
    nth: int = 0,
) -> rrule:
    """Return the rule of a recurrence, in local time.

    :param unit: ``days``, ``weeks`` or ``months``
    :param every: how many of the unit lie between two dates
    :param start: the first day; every second week or month counts from here
    :param weekdays: 0 is Monday; of weeks, or with ``nth`` of months
    :param month_day: 1 to 31, -1 is the last
    :param nth: which of the weekdays in a month, -1 is the last
    """
    options = {}
    if unit == "weeks":
        options["byweekday"] = weekdays or None
    elif unit == "months" and nth:
        options.update(byweekday=weekdays, bysetpos=nth)
    elif unit == "months" and month_day > SHORTEST_MONTH:
        options.update(bymonthday=range(SHORTEST_MONTH, month_day + 1), bysetpos=-1)
    elif unit == "months":
        options["bymonthday"] = month_day
    return rrule(FREQUENCIES[unit], interval=every, dtstart=datetime.combine(start, at), **options)


def last_occurrence(
    dates: rrule, since: datetime, until: datetime, zone: ZoneInfo
) -> tuple[datetime, date] | None:
    """Return the last moment of a rule after ``since`` and not after ``until``, with its local day.

    In the gap of spring the moment moves forward by the gap, in the fold of autumn it is the first.
    """
    earliest = to_local(since, zone).replace(tzinfo=None) - ONE_DAY
    latest = to_local(until, zone).replace(tzinfo=None) + ONE_DAY
    for local in reversed(dates.between(earliest, latest, inc=True)):
        moment = local_to_utc(local.date(), local.time(), zone)
        if since < moment <= until:
            return moment, local.date()
    return None


def anniversary(day: date, year: int) -> date:
    """Return when a yearly date falls in a year; 29 February is kept on 28 February."""
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def days_remembered(days: list[date]) -> list[tuple[int, int]]:
    """Return ``[(month, day)]`` of the yearly dates that are kept on the given days."""
    found = {(day.month, day.day) for day in days}
    if any((day.month, day.day) == (2, 28) and not isleap(day.year) for day in days):
        found.add((2, 29))
    return sorted(found)
