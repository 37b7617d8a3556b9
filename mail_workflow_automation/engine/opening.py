"""Working time, quiet hours and days for sending, by the wall clock. Pure; zones are elsewhere.

Working time is a list of intervals ``(start, end)`` in the order of time, naive local datetimes.
"""

from datetime import datetime, time, timedelta

ONE_DAY = timedelta(days=1)


def next_open(intervals, at: datetime) -> datetime | None:
    """Return the first moment from ``at`` on in working time, None where the intervals end."""
    for start, end in intervals:
        if at < end:
            return max(at, start)
    return None


def add_time(intervals, at: datetime, length: timedelta) -> datetime | None:
    """Return when so much working time has passed, None where the intervals end before."""
    for start, end in intervals:
        begin = max(at, start)
        if begin >= end:
            continue
        if length <= end - begin:
            return begin + length
        length -= end - begin
    return None


def add_days(intervals, at: datetime, days: int) -> datetime | None:
    """Return the same time of day so many working days later, None where the intervals end
    before."""
    working = set()
    for start, end in intervals:
        day = start.date()
        while datetime.combine(day, time(0)) < end:
            working.add(day)
            day += ONE_DAY
    later = sorted(day for day in working if day > at.date())
    return datetime.combine(later[days - 1], at.time()) if len(later) >= days else None


def quiet_end(at: datetime, start: time, end: time) -> datetime | None:
    """Return when the quiet hours in which ``at`` lies are over, None outside of them.

    From 22:00 to 08:00 is over midnight.
    """
    now = at.time()
    if start < end:
        return datetime.combine(at.date(), end) if start <= now < end else None
    if start > end and now >= start:
        return datetime.combine(at.date() + ONE_DAY, end)
    if start > end and now < end:
        return datetime.combine(at.date(), end)
    return None


def next_day_among(at: datetime, weekdays: tuple[int, ...]) -> datetime:
    """Return ``at`` if its day is one of the weekdays, else the beginning of the next that is.

    :param weekdays: 0 is Monday; empty: every day
    """
    while weekdays and at.weekday() not in weekdays:
        at = datetime.combine(at.date() + ONE_DAY, time(0))
    return at
