from datetime import timedelta

import pytz

from odoo import api, models

from ..engine.opening import add_days, add_time
from ..engine.schedule import local_to_utc, to_local

# how far working time is looked up, and how often further
HORIZON = timedelta(days=60)
MOST_HORIZONS = 7


class MailWorkflowOpening(models.AbstractModel):
    """Working time of a calendar, with its holidays, by the clock on the wall of each person.

    Opening at nine is at nine where the person lives, a holiday is their whole local day.
    """

    _name = "mail.workflow.opening"
    _description = "Working Time of Workflows"

    @api.model
    def _calendar(self, workflow):
        """Return the calendar of a workflow, else its company's."""
        workflow_sudo = workflow.sudo()
        return workflow_sudo.calendar_id or workflow_sudo.company_id.resource_calendar_id

    @api.model
    def _intervals(self, calendar, first, last):
        """Return the working time between two moments on the wall: ``[(start, end)]``, naive."""
        # when a shop is open is no secret; its marketer need not be of Human Resources
        calendar_sudo = calendar.sudo()
        zone = pytz.timezone(calendar_sudo.tz or "UTC")
        found = calendar_sudo._work_intervals_batch(zone.localize(first), zone.localize(last))
        return [
            (start.replace(tzinfo=None), end.replace(tzinfo=None))
            for start, end, *_rest in found[False]
        ]

    @api.model
    def _after(self, workflow, zones, starts, *, length=None, days=None):
        """Return when working time has passed: ``{key: naive UTC}``, in a few queries for all.

        :param dict zones: ``{key: ZoneInfo}``
        :param dict starts: ``{key: naive UTC}``
        :param timedelta length: so much working time, or
        :param int days: so many working days
        """
        walls = {key: to_local(at, zones[key]).replace(tzinfo=None) for key, at in starts.items()}
        if not walls:
            return {}
        calendar = self._calendar(workflow)
        first, last = min(walls.values()), max(walls.values())
        intervals, found = [], {}
        for _look in range(MOST_HORIZONS):
            until = last + HORIZON
            intervals += self._intervals(calendar, first, until)
            first = last = until
            for key, at in walls.items():
                if key not in found:
                    over = (
                        add_days(intervals, at, days) if days else add_time(intervals, at, length)
                    )
                    if over:
                        found[key] = local_to_utc(over.date(), over.time(), zones[key])
            if len(found) == len(walls):
                return found
        # a calendar without working time holds nobody for ever
        return {**dict.fromkeys(walls, max(starts.values()) + HORIZON * MOST_HORIZONS), **found}
