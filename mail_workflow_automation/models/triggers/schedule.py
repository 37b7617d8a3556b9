from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain

from ...engine.recurrence import last_occurrence, rule
from ...engine.schedule import WEEKDAYS, parse_time, weekday_numbers
from ..mail_workflow import parse_domain

# from where every second week counts where nobody says: a Monday, the first of a month
LONG_AGO = date(2024, 1, 1)
MOST_BETWEEN = 1000


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("schedule", "At regular times")], ondelete={"schedule": "cascade"}
    )
    schedule_every = fields.Integer(string="Every", default=1)
    schedule_unit = fields.Selection(
        [("days", "Days"), ("weeks", "Weeks"), ("months", "Months")],
        string="Interval",
        default="weeks",
    )
    schedule_on = fields.Selection(
        [
            ("day", "A day of the month"),
            ("last_day", "The last day of the month"),
            ("weekday", "A weekday of the month"),
        ],
        string="On",
        default="day",
    )
    schedule_day = fields.Integer(
        string="Day of the Month",
        default=1,
        help="In a month that is shorter, its last day.",
    )
    schedule_nth = fields.Selection(
        [
            ("1", "First"),
            ("2", "Second"),
            ("3", "Third"),
            ("4", "Fourth"),
            ("-1", "Last"),
        ],
        string="Which One",
        default="1",
        help="Of several weekdays: “First” of Monday to Friday is the first working day.",
    )
    schedule_weekdays = fields.Char(string="Weekdays", default="mon")
    schedule_time = fields.Char(
        string="At", default="09:00", help="Time of day where the company is, HH:MM."
    )
    schedule_start = fields.Date(
        string="Counted from",
        help="Every second week or month counts from this day; nothing happens before it.",
    )
    schedule_domain = fields.Char(string="For Those Who Match", default="[]")


class MailWorkflowTriggerSchedule(models.AbstractModel):
    """Each Monday at nine, the last day of the month: one run for each record and date."""

    _name = "mail.workflow.trigger.schedule"
    _inherit = "mail.workflow.trigger.clock"
    _description = "Workflow Trigger: At Regular Times"

    _icon = "fa-calendar"
    _trigger_fields = {
        "every": "schedule_every",
        "unit": "schedule_unit",
        "on": "schedule_on",
        "day": "schedule_day",
        "nth": "schedule_nth",
        "weekdays": "schedule_weekdays",
        "time": "schedule_time",
        "from": "schedule_start",
        "domain": "schedule_domain",
    }

    @api.model
    def _check_config(self, trigger):
        problems = self._check_time(trigger.schedule_time)
        if not 1 <= trigger.schedule_every <= MOST_BETWEEN:
            problems.append(
                self.env._("repeat it every 1 to %s days, weeks or months", MOST_BETWEEN)
            )
        if self._uses(trigger, "schedule_weekdays"):
            days = weekday_numbers(trigger.schedule_weekdays)
            if not days or None in days:
                problems.append(self.env._("choose weekdays among: %s", ", ".join(WEEKDAYS)))
        if self._uses(trigger, "schedule_day") and not 1 <= trigger.schedule_day <= 31:
            problems.append(self.env._("a day of the month is a number from 1 to 31"))
        problem = trigger.workflow_id._domain_problem(trigger.schedule_domain)
        if problem:
            problems.append(self.env._("for those who match: %s", problem))
        return problems

    @api.model
    def _domains(self, trigger):
        return [trigger.schedule_domain]

    @api.model
    def _uses(self, trigger, name):
        """Tell whether a column says something about this recurrence."""
        monthly = trigger.schedule_unit == "months"
        by_weekday = monthly and trigger.schedule_on == "weekday"
        return {
            "schedule_on": monthly,
            "schedule_day": monthly and trigger.schedule_on == "day",
            "schedule_nth": by_weekday,
            "schedule_weekdays": by_weekday or trigger.schedule_unit == "weeks",
        }.get(name, True)

    @api.model
    def _rule(self, trigger):
        """Return the recurrence in the company's local time."""
        days = {"day": trigger.schedule_day, "last_day": -1}
        nth = int(trigger.schedule_nth) if self._uses(trigger, "schedule_nth") else 0
        weekdays = ()
        if self._uses(trigger, "schedule_weekdays"):
            weekdays = weekday_numbers(trigger.schedule_weekdays)
        return rule(
            trigger.schedule_unit,
            trigger.schedule_every,
            trigger.schedule_start or LONG_AGO,
            parse_time(trigger.schedule_time),
            weekdays=weekdays,
            month_day=days.get(trigger.schedule_on, 0),
            nth=nth,
        )

    @api.model
    def _look(self, trigger, since, until, after, limit):
        zone = self.env["mail.workflow.zone"]._of_company(trigger.workflow_id)
        last = last_occurrence(self._rule(trigger), since, until, zone)
        if not last:
            return [], {}
        moment, day = last
        workflow = trigger.workflow_id
        records = workflow._records([]).search(
            Domain(parse_domain(trigger.schedule_domain))
            & workflow._audience()
            & Domain("id", ">", after),
            order="id",
            limit=limit,
        )
        return records.ids, dict.fromkeys(records.ids, (moment, str(day)))

    @api.model
    def _summary(self, trigger):
        every = trigger.schedule_every
        at = trigger.schedule_time or ""
        if trigger.schedule_unit == "days":
            dates = self.env._("every day") if every == 1 else self.env._("every %s days", every)
        elif trigger.schedule_unit == "weeks":
            days = trigger.workflow_id._weekdays_in_words(trigger.schedule_weekdays)
            dates = (
                self.env._("each %s", days)
                if every == 1
                else self.env._("every %(count)s weeks on %(days)s", count=every, days=days)
            )
        else:
            dates = self._month_in_words(trigger)
        return self.env._("%(dates)s at %(time)s", dates=dates, time=at)

    @api.model
    def _month_in_words(self, trigger):
        if trigger.schedule_on == "last_day":
            day = self.env._("the last day")
        elif trigger.schedule_on == "day":
            day = self.env._("day %s", trigger.schedule_day)
        else:
            labels = dict(trigger._fields["schedule_nth"]._description_selection(self.env))
            day = self.env._(
                "%(nth)s of %(days)s",
                nth=labels.get(trigger.schedule_nth, ""),
                days=trigger.workflow_id._weekdays_in_words(trigger.schedule_weekdays),
            )
        if trigger.schedule_every == 1:
            return self.env._("%s of each month", day)
        return self.env._(
            "%(day)s of every %(count)s months", day=day, count=trigger.schedule_every
        )

    @api.model
    def _export(self, trigger):
        return {
            key: value
            for key, value in super()._export(trigger).items()
            if self._uses(trigger, self._trigger_fields[key])
        }
