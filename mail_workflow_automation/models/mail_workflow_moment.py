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
        workflow = step.workflow_id
        records = workflow._records(runs.mapped("res_id"))
        values = {record.id: record[step.wait_field] for record in records}
        zones = self.env["mail.workflow.zone"]._of_runs(workflow, runs)
        return {
            run.id: self._until(step, values.get(run.res_id), zones[run.id], now) for run in runs
        }

    @api.model
    def _until(self, step, value, zone, now):
        if not value:
            return self._past(step, self.env._("no date"))
        offset = timedelta(days=step.wait_offset_days)
        at = parse_time(step.wait_time) if step.wait_time else None
        if isinstance(value, datetime):
            due_at = value + offset
            if at:
                due_at = local_to_utc(to_local(due_at, zone).date(), at, zone)
        else:
            due_at = local_to_utc(value + offset, at or time(0), zone)
            # a date without a time is the whole day: today is not over yet
            if not at and value + offset == to_local(now, zone).date():
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
