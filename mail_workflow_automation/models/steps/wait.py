from datetime import timedelta

from odoo import api, fields, models

from ...engine import outcome
from ...engine.schedule import UNITS, WEEKDAYS, parse_time, weekday_names
from ...exceptions import DefinitionError

TIMEOUT = "timeout"
# further away is a slip of the pen
MAX_WAIT = timedelta(days=3660)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("wait", "Wait")], ondelete={"wait": "cascade"})
    wait_mode = fields.Selection(
        [
            ("duration", "For some time"),
            ("time", "Until a time of day or weekday"),
            ("field", "Until a date of the record"),
            ("events", "Until something happens, or a limit"),
        ],
        string="Wait",
        default="duration",
    )
    wait_count = fields.Float(string="How Long", default=1.0)
    wait_unit = fields.Selection(
        [("minutes", "Minutes"), ("hours", "Hours"), ("days", "Days"), ("weeks", "Weeks")],
        string="Unit",
        default="days",
    )
    wait_time = fields.Char(string="At", help="Local time of day, HH:MM.")
    wait_weekdays = fields.Char(
        string="On", help="Days of the week, as mon, tue, ...; empty: every day."
    )
    wait_field = fields.Char(
        string="Date Field", help="Technical name of a date field of the record."
    )
    wait_offset_days = fields.Integer(
        string="Days after", help="Negative: so many days before the date."
    )
    wait_on_past = fields.Selection(
        [
            ("skip", "Skip the steps up to the next wait"),
            ("continue", "Go on at once"),
            ("leave", "Leave the workflow"),
        ],
        string="If the date is over or empty",
        default="skip",
    )
    wait_events = fields.Json(help="Events that end the wait, each with the branch it leads to.")

    @api.constrains("wait_events")
    def _check_wait_events(self):
        definition = self.env["mail.workflow.definition"]
        for step in self:
            definition._check_entries(step.wait_events or [], "branch", step.key)
            definition._specs(step.wait_events or [], step.key, branch=True, stored=True)


class MailWorkflowStepWait(models.AbstractModel):
    """The run stands here: for a time, until a time or date, or until the first of several
    events."""

    _name = "mail.workflow.step.wait"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Wait"

    _step_icon = "fa-clock-o"
    _can_skip = True
    _has_effects = False
    _is_wait = True

    @api.model
    def _file_keys(self):
        return {
            *UNITS,
            "until_time",
            "weekdays",
            "until_field",
            "offset_days",
            "on_past",
            "events",
            "branches",
        }

    @api.model
    def _outcomes(self, step):
        if step.wait_mode != "events":
            return ()
        return tuple(
            dict.fromkeys([event["branch"] for event in step.wait_events or []] + [TIMEOUT])
        )

    @api.model
    def _holds_back(self, step):
        # a date of the record that is over holds nobody, however often the loop comes by
        return step.wait_mode != "field"

    @api.model
    def _awaited(self, step):
        if step.wait_mode != "events":
            return []
        return [(event, event["branch"]) for event in step.wait_events or []]

    @api.model
    def _check_config(self, step):
        problems = []
        if step.wait_mode in ("duration", "events") and (
            step.wait_count <= 0 or not step.wait_unit
        ):
            problems.append(self.env._("the time to wait must be more than zero"))
        elif step.wait_mode in ("duration", "events") and self._duration(step) > MAX_WAIT:
            problems.append(self.env._("a wait lasts ten years at most"))
        if step.wait_mode == "time":
            problems += self._check_time(step, required=not step.wait_weekdays)
            problems += self._check_weekdays(step)
        if step.wait_mode == "field":
            problems += self._check_field(step) + self._check_time(step, required=False)
        if step.wait_mode == "events":
            if not step.wait_events:
                problems.append(self.env._("choose at least one event to wait for"))
            for event in step.wait_events or []:
                problems += self.env["mail.workflow.linter"]._spec_problems(event, step.workflow_id)
        return problems

    @api.model
    def _check_time(self, step, *, required):
        if not step.wait_time:
            return [self.env._("give a time of day, or a weekday")] if required else []
        try:
            parse_time(step.wait_time)
        except ValueError:
            return [self.env._("“%s” is no time of day; write it as 09:00", step.wait_time)]
        return []

    @api.model
    def _check_weekdays(self, step):
        unknown = [day for day in weekday_names(step.wait_weekdays) if day not in WEEKDAYS]
        if unknown:
            return [
                self.env._(
                    "unknown weekdays: %(days)s; known: %(known)s",
                    days=", ".join(unknown),
                    known=", ".join(WEEKDAYS),
                )
            ]
        return []

    @api.model
    def _check_field(self, step):
        model = self.env.get(step.workflow_id.model_name)
        field = model._fields.get(step.wait_field or "") if model is not None else None
        if field is None or field.type not in ("date", "datetime"):
            return [
                self.env._(
                    "“%(field)s” is no date field of %(model)s",
                    field=step.wait_field or "",
                    model=step.workflow_id.model_id.name,
                )
            ]
        return []

    @api.model
    def _decide(self, step, runs, now):
        arrived = runs.filtered(lambda run: not run.waiting_since)
        decided = self._decide_after(step, runs - arrived, now)
        if not arrived:
            return decided
        if step.wait_mode == "events":
            decided.update(self._decide_events(step, arrived, now))
        elif step.wait_mode == "time":
            decided.update(self.env["mail.workflow.moment"]._of_time(step, arrived, now))
        elif step.wait_mode == "field":
            decided.update(self.env["mail.workflow.moment"]._of_field(step, arrived, now))
        else:
            due_at = now + self._duration(step)
            decided.update({run.id: outcome.wait(due_at) for run in arrived})
        return decided

    @api.model
    def _decide_after(self, step, runs, now):
        """Decide for runs whose time is over: an event nobody has served yet goes before the limit,
        and a date that was moved away is waited for again."""
        decided = {run.id: outcome.done(self._branch_after_wait(step)) for run in runs}
        if runs and step.wait_mode == "events":
            decided.update(self._happened(step, runs))
        elif runs and step.wait_mode == "field":
            again = self.env["mail.workflow.moment"]._of_field(step, runs, now)
            decided.update(
                {
                    run_id: result
                    for run_id, result in again.items()
                    if result.action == "wait" and result.due_at > now
                }
            )
        return decided

    @api.model
    def _branch_after_wait(self, step):
        return TIMEOUT if step.wait_mode == "events" else outcome.THEN

    @api.model
    def _duration(self, step):
        return timedelta(**{step.wait_unit: step.wait_count})

    @api.model
    def _decide_events(self, step, runs, now):
        """Look back first: what came between the mail and this wait counts (rule 21)."""
        due_at = now + self._duration(step)
        return {run.id: outcome.wait(due_at) for run in runs} | self._happened(step, runs)

    @api.model
    def _happened(self, step, runs):
        """Return ``{run id: Outcome}`` of the runs for which one of the events is there already."""
        earliest = {}
        for event, branch in self._awaited(step):
            since = self._look_back_from(step, runs, event)
            for run_id, found in (
                self.env["mail.workflow.lookup"]._first(runs, event, since).items()
            ):
                known = earliest.get(run_id)
                if known is None or found["occurred_at"] < known[0]:
                    earliest[run_id] = (found["occurred_at"], branch)
        return {run_id: outcome.done(branch) for run_id, (_at, branch) in earliest.items()}

    @api.model
    def _look_back_from(self, step, runs, event):
        """Return ``{run id: datetime}`` from which on an event ends the wait.

        That is the mail the event is about, else the last mail, else when the run came to the step;
        in a loop later than the end of the last visit, whose event is used up.
        """
        key = (event.get("filters") or {}).get("step")
        domain = fields.Domain("step_id.kind", "=", "email")
        if key:
            domain &= fields.Domain("step_id.key", "=", key)
        sent = self._last_executed(runs, domain)
        visited = self._last_executed(runs, fields.Domain("step_id", "=", step.id))
        since = {}
        for run in runs:
            came = run.waiting_since or run.planned_at or run.entered_at
            since[run.id] = sent.get(run.id) or came
            if run.id in visited:
                after_visit = visited[run.id] + timedelta(microseconds=1)
                since[run.id] = max(since[run.id], after_visit)
        return since

    @api.model
    def _last_executed(self, runs, domain):
        """Return ``{run id: datetime}`` of the last execution of the steps of a domain."""
        groups = (
            self.env["mail.workflow.execution"]
            .sudo()
            ._read_group(
                domain & fields.Domain("enrollment_id", "in", runs.ids),
                ["enrollment_id"],
                ["executed_at:max"],
            )
        )
        return {run.id: at for run, at in groups}

    @api.model
    def _summary(self, step):
        units = dict(step._fields["wait_unit"]._description_selection(self.env))
        length = f"{step.wait_count:g} {(units.get(step.wait_unit) or '').lower()}"
        if step.wait_mode == "time":
            return " ".join(
                filter(
                    None, [step.workflow_id._weekdays_in_words(step.wait_weekdays), step.wait_time]
                )
            )
        if step.wait_mode == "field":
            return step._wait_field_in_words()
        if step.wait_mode == "events":
            events = " / ".join(
                step.workflow_id._event_in_words(event) for event in step.wait_events or []
            )
            return self.env._("%(events)s, %(length)s at most", events=events, length=length)
        return length

    @api.model
    def _export(self, step):
        values = {}
        if step.wait_mode in ("duration", "events"):
            count = (
                int(step.wait_count) if step.wait_count == int(step.wait_count) else step.wait_count
            )
            values[step.wait_unit] = count
        if step.wait_mode == "time" or (step.wait_mode == "field" and step.wait_time):
            if step.wait_time:
                values["until_time"] = step.wait_time
        if step.wait_mode == "time" and (step.wait_weekdays or not step.wait_time):
            values["weekdays"] = weekday_names(step.wait_weekdays)
        if step.wait_mode == "field":
            values["until_field"] = step.wait_field or ""
            if step.wait_offset_days:
                values["offset_days"] = step.wait_offset_days
            if step.wait_on_past != "skip":
                values["on_past"] = step.wait_on_past
        if step.wait_mode == "events":
            definition = self.env["mail.workflow.definition"]
            values["events"] = [definition._export_spec(spec) for spec in step.wait_events or []]
        return values

    @api.model
    def _import(self, values, workflow, path):
        definition = self.env["mail.workflow.definition"]
        mode = self._mode_of(values)
        unknown = values.keys() & (self._file_keys() - self._keys_of_mode(mode))
        if unknown:
            raise DefinitionError(
                f"{path}.{min(unknown)}", self.env._("has no place in a wait of this form")
            )
        result = {"wait_mode": mode}
        if mode in ("duration", "events"):
            result.update(self._import_duration(values, path))
        if mode == "events":
            result["wait_events"] = definition._specs(
                values["events"], f"{path}.events", branch=True
            )
        if mode == "field":
            result.update(self._import_field(values, path))
        if "until_time" in values:
            result["wait_time"] = definition._time(values["until_time"], f"{path}.until_time")
        if "weekdays" in values:
            result["wait_weekdays"] = definition._weekdays(values["weekdays"], f"{path}.weekdays")
        return result

    @api.model
    def _mode_of(self, values):
        if "events" in values:
            return "events"
        if "until_field" in values:
            return "field"
        return "time" if "until_time" in values or "weekdays" in values else "duration"

    @api.model
    def _keys_of_mode(self, mode):
        """Return the keys of the file that say something in this form of a wait."""
        return {
            "duration": {*UNITS},
            "events": {*UNITS, "events", "branches"},
            "time": {"until_time", "weekdays"},
            "field": {"until_field", "until_time", "offset_days", "on_past"},
        }[mode]

    @api.model
    def _import_duration(self, values, path):
        units = [unit for unit in UNITS if unit in values]
        if not units:
            raise DefinitionError(path, self.env._("say how long: minutes, hours, days or weeks"))
        if len(units) > 1:
            raise DefinitionError(
                path, self.env._("one unit of time only, not %s", ", ".join(units))
            )
        unit = units[0]
        where = f"{path}.{unit}"
        count = self.env["mail.workflow.definition"]._number(values[unit], where)
        if timedelta(**{unit: count}) > MAX_WAIT:
            raise DefinitionError(where, self.env._("a wait lasts ten years at most"))
        return {"wait_unit": unit, "wait_count": count}

    @api.model
    def _import_field(self, values, path):
        definition = self.env["mail.workflow.definition"]
        return {
            "wait_field": definition._text(values["until_field"], f"{path}.until_field"),
            "wait_offset_days": definition._whole(
                values.get("offset_days", 0), f"{path}.offset_days", signed=True
            ),
            "wait_on_past": definition._choice(
                values.get("on_past", "skip"), ("skip", "continue", "leave"), f"{path}.on_past"
            ),
        }
