from datetime import datetime, time, timedelta

from odoo import api, models

from ..engine import outcome
from ..engine.schedule import (
    local_to_utc,
    next_local_time,
    parse_time,
    to_local,
    weekday_numbers,
)


class MailWorkflowMoment(models.AbstractModel):
    """Finds the moment at which a wait until a time or date is over, in local time."""

    _name = "mail.workflow.moment"
    _description = "Moment at Which a Wait Is Over"

    @api.model
    def _of_time(self, step, runs, now):
        """Wait until a time of day or weekday where each person lives: ``{run id: Outcome}``."""
        at = parse_time(step.wait_time) if step.wait_time else None
        days = weekday_numbers(step.wait_weekdays)
        zones = self.env["mail.workflow.zone"]._of_runs(step.workflow_id, runs)
        decided = {}
        for run in runs:
            zone = zones[run.id]
            # in a loop the moment of this round is over, the next one is meant
            after = now if run.visit_no <= 1 else self._next_round(now, at, zone)
            decided[run.id] = outcome.wait(next_local_time(after, zone, at, days))
        return decided

    @api.model
    def _next_round(self, now, at, zone):
        if at:
            return now + timedelta(seconds=1)
        return local_to_utc(to_local(now, zone).date() + timedelta(days=1), time(0), zone)

    @api.model
    def _of_field(self, step, runs, now):
        """Wait until a date of each record; one that is over or missing is never "now"."""
        return {
            run_id: self._until(step, value, zone, now)
            for run_id, (value, zone) in self._dates(step, runs).items()
        }

    @api.model
    def _moved(self, step, runs, now):
        """Return ``{run id: Outcome}`` of the runs that wait until a date which is another one by
        now: they wait anew, or it is over."""
        moved = {}
        for run_id, (value, zone) in self._dates(step, runs).items():
            result = self._until(step, value, zone, now)
            waits = result.action == "wait"
            if waits and result.due_at > now:
                moved[run_id] = result
            elif not waits:
                planned = to_local(runs.browse(run_id).planned_at or now, zone).date()
                due_at = self._due(step, value, zone) if value else None
                if not due_at or to_local(due_at, zone).date() < planned:
                    moved[run_id] = result
        return moved

    @api.model
    def _dates(self, step, runs):
        """Return ``{run id: (date of its record, zone)}``."""
        workflow = step.workflow_id
        records = workflow._records(runs.mapped("res_id"))
        values = {record.id: record[step.wait_field] for record in records}
        zones = self.env["mail.workflow.zone"]._of_runs(workflow, runs)
        return {run.id: (values.get(run.res_id), zones[run.id]) for run in runs}

    @api.model
    def _due(self, step, value, zone):
        """Return the moment that a date means."""
        offset = timedelta(days=step.wait_offset_days)
        at = parse_time(step.wait_time) if step.wait_time else None
        if not isinstance(value, datetime):
            return local_to_utc(value + offset, at or time(0), zone)
        due_at = value + offset
        return local_to_utc(to_local(due_at, zone).date(), at, zone) if at else due_at

    @api.model
    def _until(self, step, value, zone, now):
        if not value:
            return self._past(step, self.env._("no date"))
        due_at = self._due(step, value, zone)
        is_day = not isinstance(value, datetime) and not step.wait_time
        # a date without a time is the whole day: today is not over yet
        if is_day and to_local(due_at, zone).date() == to_local(now, zone).date():
            due_at = max(due_at, now)
        if due_at < now:
            return self._past(step, self.env._("date already past"))
        return outcome.wait(due_at)

    @api.model
    def _past(self, step, reason):
        if step.wait_on_past == "leave":
            return outcome.leave(reason)
        if step.wait_on_past == "continue":
            return outcome.done()
        return outcome.past(reason)
