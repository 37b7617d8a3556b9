from datetime import datetime, timedelta

from odoo import api, models

from ..engine.opening import next_day_among, next_open, quiet_end
from ..engine.schedule import local_to_utc, parse_time, to_local, weekday_numbers

# how far ahead an opening is looked for
HORIZON = timedelta(days=60)
MOST_TURNS = 100


class MailWorkflowWindow(models.AbstractModel):
    """When marketing mail may go out where its reader lives: not in quiet hours, on the days of
    the settings or in the working time of the workflow's calendar."""

    _name = "mail.workflow.window"
    _description = "Sending Window of Workflow Mail"

    @api.model
    def _quiet_hours(self):
        """Return ``(from, to)`` of the settings, None where there are none."""
        texts = [self._param("quiet_from"), self._param("quiet_to")]
        try:
            return tuple(parse_time(text) for text in texts)
        except ValueError:
            return None

    @api.model
    def _weekdays(self):
        """Return the days of the week on which the settings let mail out; empty: every day."""
        days = weekday_numbers(self._param("sending_weekdays"))
        return tuple(day for day in days if day is not None)

    @api.model
    def _param(self, key):
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        return parameters_sudo.get_param(f"mail_workflow_automation.{key}") or ""

    @api.model
    def _next(self, workflow, runs, moments):
        """Return when a mail may go out from a moment on: ``{run id: (naive UTC, reason)}``.

        The reason is what keeps it from going at the moment itself, empty where nothing does.

        :param dict moments: ``{run id: naive UTC}``
        """
        quiet, weekdays = self._quiet_hours(), self._weekdays()
        calendar = workflow.calendar_id
        if not (quiet or weekdays or calendar):
            return {run.id: (moments[run.id], "") for run in runs}
        zones = self.env["mail.workflow.zone"]._of_runs(workflow, runs)
        walls = {
            run.id: to_local(moments[run.id], zones[run.id]).replace(tzinfo=None) for run in runs
        }
        intervals = None
        if calendar and walls:
            intervals = self.env["mail.workflow.opening"]._intervals(
                calendar, min(walls.values()), max(walls.values()) + HORIZON
            )
        found, known = {}, {}
        for run in runs:
            wall, zone = walls[run.id], zones[run.id]
            if wall not in known:
                known[wall] = self._next_on_wall(wall, quiet, weekdays, intervals)
            later, reason = known[wall]
            moment = local_to_utc(later.date(), later.time(), zone) if reason else moments[run.id]
            found[run.id] = (moment, reason)
        return found

    @api.model
    def _next_on_wall(self, at, quiet, weekdays, intervals):
        """Return ``(moment on the wall, reason)``; the calendar goes before the settings' days."""
        reason = ""
        for _turn in range(MOST_TURNS):
            later = quiet_end(at, *quiet) if quiet else None
            if later:
                reason = reason or self.env._("quiet hours")
            elif intervals is None:
                later = next_day_among(at, weekdays)
            else:
                later = next_open(intervals, at) or self._beyond(intervals, at)
            if later == at:
                break
            reason = reason or self.env._("sending calendar")
            at = later
        return at, reason

    @api.model
    def _beyond(self, intervals, at: datetime):
        """Return when to look again for an opening that is further away than was looked."""
        return (intervals[-1][1] if intervals else at) + HORIZON
