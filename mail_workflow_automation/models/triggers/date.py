from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...engine.recurrence import ONE_DAY, anniversary, days_remembered
from ...engine.schedule import local_to_utc, parse_time, to_local

# no zone is further from UTC than this, in days
FAR = timedelta(days=1)


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("date", "On a date of the record")], ondelete={"date": "cascade"}
    )
    date_field = fields.Char(help="Technical name of a date field of the record.")
    date_offset_days = fields.Integer(
        string="Days after the Date", help="Negative: so many days before the date."
    )
    date_time = fields.Char(
        string="Local Time", default="09:00", help="Time of day where the person lives, HH:MM."
    )
    date_repeat = fields.Selection(
        [("once", "Once"), ("yearly", "Every year")], string="Repeat", default="once"
    )
    date_field_choices = fields.Json(compute="_compute_date_field_choices")

    @api.depends("workflow_id")
    def _compute_date_field_choices(self):
        for trigger in self:
            trigger.date_field_choices = trigger.workflow_id._date_field_choices()


class MailWorkflowTriggerDate(models.AbstractModel):
    """So many days before or after a date of the record, once or every year, where each lives.

    The whole local day counts: a record that is written later that day comes in all the same. Of a
    yearly date the key of the entry has the year, so that nobody comes in twice.
    """

    _name = "mail.workflow.trigger.date"
    _inherit = "mail.workflow.trigger.clock"
    _description = "Workflow Trigger: Date of the Record"

    _icon = "fa-birthday-cake"
    _poll_minutes = 15
    _trigger_fields = {
        "field": "date_field",
        "offset_days": "date_offset_days",
        "time": "date_time",
        "repeat": "date_repeat",
    }

    @api.model
    def _check_config(self, trigger):
        problems = self._check_time(trigger.date_time) if trigger.date_time else []
        model = self.env.get(trigger.workflow_id.model_name)
        field = model._fields.get(trigger.date_field or "") if model is not None else None
        if field is None or not self._can_look(trigger, field):
            problems.append(
                self.env._(
                    "“%(field)s” is no date field of %(model)s",
                    field=trigger.date_field or "",
                    model=trigger.workflow_id.model_id.name,
                )
            )
        if abs(trigger.date_offset_days) > 3660:
            problems.append(self.env._("at most ten years before or after the date"))
        return problems

    @api.model
    def _can_look(self, trigger, field):
        """Tell whether records are found by a field: a date, kept or found through another model;
        the days of every year only where it is kept."""
        if field.type not in ("date", "datetime"):
            return False
        return bool(field.store or (field.search and trigger.date_repeat != "yearly"))

    @api.model
    def _check_rights(self, trigger, env):
        model = env.get(trigger.workflow_id.model_name)
        field = model._fields.get(trigger.date_field or "") if model is not None else None
        if field is None or model._has_field_access(field, "read"):
            return []
        return [
            self.env._("%(user)s may not read “%(field)s”", user=env.user.name, field=field.string)
        ]

    @api.model
    def _look(self, trigger, since, until, after, limit):
        workflow = trigger.workflow_id
        started = workflow.started_at or since
        days = self._days(since.date() - FAR, until.date() + FAR)
        offset = timedelta(days=trigger.date_offset_days)
        records = workflow._records([]).search(
            self._domain(trigger, [day - offset for day in days])
            & workflow._audience()
            & Domain("id", ">", after),
            order="id",
            limit=limit,
        )
        zones = self.env["mail.workflow.zone"]._of_records(workflow, records)
        found = {}
        for record in records:
            zone = zones[record.id]
            due_at, occasion = self._due(trigger, record[trigger.date_field], zone, until)
            is_today = due_at and to_local(due_at, zone).date() >= to_local(since, zone).date()
            if is_today and due_at <= until and self._is_ahead(trigger, due_at, started, zone):
                found[record.id] = (due_at, occasion)
        return records.ids, found

    @api.model
    def _days(self, first, last):
        return [first + timedelta(days=i) for i in range((last - first).days + 1)]

    @api.model
    def _domain(self, trigger, days):
        """Return the domain of the records whose date can fall on one of the days."""
        name = trigger.date_field
        if trigger.date_repeat == "yearly":
            if trigger.workflow_id._records([])._fields[name].type == "datetime":
                days = self._days(days[0] - FAR, days[-1] + FAR)
            return Domain.OR(
                Domain(f"{name}.month_number", "=", month)
                & Domain(f"{name}.day_of_month", "=", day)
                for month, day in days_remembered(days)
            )
        # of a moment the last day is over at its end
        return Domain(name, ">=", days[0]) & Domain(name, "<", days[-1] + ONE_DAY)

    @api.model
    def _due(self, trigger, value, zone, until):
        """Return when a record with this date is due, and its occasion: the last one by now."""
        offset = timedelta(days=trigger.date_offset_days)
        at = parse_time(trigger.date_time) if trigger.date_time else None
        is_moment = isinstance(value, datetime)
        day = to_local(value, zone).date() if is_moment else value
        if trigger.date_repeat != "yearly":
            if is_moment and not at:
                return value + offset, ""
            return local_to_utc(day + offset, at or time(0), zone), ""
        today = to_local(until, zone).date()
        for year in ((today - offset).year, (today - offset).year - 1):
            due_at = local_to_utc(anniversary(day, year) + offset, at or time(0), zone)
            if due_at <= until and year >= day.year:
                return due_at, str(year)
        return None, ""

    @api.model
    def _is_ahead(self, trigger, due_at, started, zone):
        """Tell whether this is after the start; without a time of day the whole day counts."""
        if trigger.date_time:
            return due_at >= started
        return to_local(due_at, zone).date() >= to_local(started, zone).date()

    @api.model
    def _summary(self, trigger):
        labels = dict(trigger.workflow_id._date_field_choices())
        field = labels.get(trigger.date_field, trigger.date_field or "?")
        words = trigger.workflow_id._days_from_in_words(trigger.date_offset_days, field)
        if trigger.date_repeat == "yearly":
            words = self.env._("%s, every year", words)
        if not trigger.date_time:
            return words
        return self.env._("%(dates)s at %(time)s", dates=words, time=trigger.date_time)
