"""The waits of the engine in plain Python (see model.py): how long, and what ends them."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

UNITS = ("minutes", "hours", "days", "weeks")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UTC = ZoneInfo("UTC")


class Waits:
    """Until a time, a date, or the first of several events."""

    def _do_wait(self, person, run, now):
        step = self.steps[run.step]
        if "until_field" in step:
            return self._wait_for_date(step, person, run, now)
        if "events" in step:
            found = self._first_awaited(person, run, step)
            if found:
                return self._done(run, now, found)
        if run.waiting_since:
            return self._done(run, now, "timeout" if "events" in step else "then")
        if "until_time" in step or "weekdays" in step:
            run.due = self._next_moment(step, person, run, now)
        else:
            run.due = now + timedelta(**{unit: step[unit] for unit in UNITS if unit in step})
        run.planned, run.waiting_since = run.due, now
        return None

    def _wait_for_date(self, step, person, run, now):
        """Wait until a date; one that is over or missing is never "now"."""
        due = self._date_moment(step, person, now)
        if run.waiting_since:
            if not due or due <= now:
                return self._done(run, now)
        elif not due or due < now:
            why = "date already past" if due else "no date"
            if step.get("on_past") == "leave":
                return self._leave(run, "exited", why, now)
            if step.get("on_past") == "continue":
                return self._done(run, now)
            return self._skip_to_next_wait(run, why, now)
        run.planned = run.due = due
        run.waiting_since = now
        return None

    def _date_moment(self, step, person, now):
        """Return when the date comes where the person lives; a date alone is the whole day."""
        if not person.birthday:
            return None
        zone = ZoneInfo(person.zone)
        day = person.birthday + timedelta(days=step.get("offset_days", 0))
        at = datetime.combine(day, time.fromisoformat(step.get("until_time", "00:00")), zone)
        due = at.astimezone(UTC).replace(tzinfo=None)
        today = now.replace(tzinfo=UTC).astimezone(zone).date()
        return max(due, now) if "until_time" not in step and day == today else due

    def _first_awaited(self, person, run, step):
        found = [
            (event.at, index, spec["branch"])
            for index, spec in enumerate(step["events"])
            for event in person.events
            if event.run in (None, run)
            and self._matches(event, spec)
            and event.at >= self._awaiting_since(run, spec)
            and (self._awaiting_since(run, spec) < run.entered_at or self._since_entry(event, run))
        ]
        return min(found)[2] if found else None

    def _awaiting_since(self, run, spec):
        """Return from when an event ends a wait: the mail it is about, else the last mail, else
        when the run came; in a loop later than the end of the last visit."""
        wanted = spec.get("filters", {}).get("step")
        mails = [
            visit.at
            for visit in run.visits
            if self.steps[visit.step]["kind"] == "email" and wanted in (None, visit.step)
        ]
        ended = [visit.at for visit in run.visits if visit.step == run.step]
        since = max(mails) if mails else run.waiting_since or run.planned
        return max(since, max(ended) + timedelta(microseconds=1)) if ended else since

    def _next_moment(self, step, person, run, now):
        """Return the first half hour from now on that is asked for, where the person lives."""
        zone = ZoneInfo(person.zone)
        days, time = step.get("weekdays", WEEKDAYS), step.get("until_time", "00:00")
        if "until_time" not in step and run.visit == 1:
            local = now.replace(tzinfo=UTC).astimezone(zone)
            if WEEKDAYS[local.weekday()] in days:
                return now
        moment = now.replace(minute=0, second=0)
        while True:
            local = moment.replace(tzinfo=UTC).astimezone(zone)
            if WEEKDAYS[local.weekday()] in days and f"{local:%H:%M}" == time:
                if moment > now or (moment == now and run.visit == 1):
                    return moment
            moment += timedelta(minutes=30)
