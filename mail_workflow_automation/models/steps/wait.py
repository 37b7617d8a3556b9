from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...engine import outcome
from ...engine.schedule import WEEKDAYS, parse_time, weekday_names
from ..mail_workflow import parse_domain

_lt = LazyTranslate(__name__)

TIMEOUT = "timeout"
MATCHES = "yes"
# modes that end after a time at the latest
TIMED = ("duration", "events", "condition")
# between two looks at a condition
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(hours=6)
# further away is a slip of the pen
MAX_WAIT = timedelta(days=3660)
MAX_BUSINESS = {"minutes": 2000 * 60, "hours": 2000, "days": 250}


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("wait", "Wait")], ondelete={"wait": "cascade"})
    wait_mode = fields.Selection(
        [
            ("duration", "For some time"),
            ("time", "Until a time of day or weekday"),
            ("field", "Until a date of the record"),
            ("events", "Until something happens, or a limit"),
            ("condition", "Until the record matches, or a limit"),
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
    wait_business = fields.Boolean(
        string="Working Time Only",
        help="Count hours and days of the working time of the workflow's calendar, else the "
        "company's, without its holidays, where the person lives.",
    )
    wait_domain = fields.Char(string="Until It Matches", default="[]")
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

    _step_order = 1
    _step_icon = "fa-clock-o"
    _step_help = _lt("Lets them wait: for some time, until a date, or until something happens.")
    _step_color = "#64748b"
    _can_skip = True
    _has_effects = False
    _is_wait = True
    _has_delay = True

    @api.model
    def _outcomes(self, step):
        if step.wait_mode == "condition":
            return (MATCHES, TIMEOUT)
        if step.wait_mode != "events":
            return ()
        return tuple(
            dict.fromkeys([event["branch"] for event in step.wait_events or []] + [TIMEOUT])
        )

    @api.model
    def _holds_back(self, step):
        # a date that is over, a condition that is met hold nobody, however often the loop comes by
        return step.wait_mode not in ("field", "condition")

    @api.model
    def _domains(self, step):
        return [step.wait_domain] if step.wait_mode == "condition" else []

    @api.model
    def _awaited(self, step):
        if step.wait_mode == "condition":
            return [(event, MATCHES) for event in self._changes(step)]
        if step.wait_mode == "field":
            return [(event, outcome.THEN) for event in self._changes(step)]
        if step.wait_mode != "events":
            return []
        return [(event, event["branch"]) for event in step.wait_events or []]

    @api.model
    def _changes(self, step):
        """Return the changes of the record itself after which it can match, or has another date, as
        events: what hangs on other records, or on the time, is found by looking again."""
        model = self.env.get(step.workflow_id.model_name)
        watching = self.env["mail.workflow.trigger.record_changed"]
        if model is None or not watching._may_watch(model):
            return []
        names = {step.wait_field}
        if step.wait_mode == "condition":
            domain = fields.Domain(parse_domain(step.wait_domain))
            names = {one.field_expr.partition(".")[0] for one in domain.iter_conditions()}
        known = [model._fields[name] for name in sorted(names) if name in model._fields]
        return [
            {
                "kind": "record_changed",
                "filters": {"model": model._name, "on": "changed", "field": field.name},
            }
            for field in known
            if watching._may_watch_field(field) and field.name not in models.MAGIC_COLUMNS
        ]

    @api.model
    def _resumed(self, step, runs, branches, now):
        if step.wait_mode == "condition":
            return self._decide_condition(step, runs, now)
        if step.wait_mode == "field":
            # the runner finds the new date
            return {run.id: outcome.hold(now, "") for run in runs}
        return super()._resumed(step, runs, branches, now)

    @api.model
    def _check_config(self, step):
        problems = self._check_length(step) if step.wait_mode in TIMED else []
        if step.wait_mode == "condition":
            problem = step.workflow_id._domain_problem(step.wait_domain)
            problems += [self.env._("until it matches: %s", problem)] if problem else []
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
    def _check_length(self, step):
        if step.wait_count <= 0 or not step.wait_unit:
            return [self.env._("the time to wait must be more than zero")]
        if self._duration(step) > MAX_WAIT:
            return [self.env._("a wait lasts ten years at most")]
        if not step.wait_business:
            return []
        if not self.env["mail.workflow.opening"]._calendar(step.workflow_id):
            return [self.env._("there are no working hours; choose some for the company")]
        is_whole = step.wait_count == int(step.wait_count)
        if step.wait_unit == "weeks" or (step.wait_unit == "days" and not is_whole):
            return [self.env._("working time is counted in hours, or in whole days")]
        if step.wait_count > MAX_BUSINESS[step.wait_unit]:
            return [self.env._("a wait lasts 250 working days at most")]
        return []

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
        elif step.wait_mode == "condition":
            decided.update(self._decide_condition(step, arrived, now))
        else:
            limits = self._limits(step, arrived, now)
            decided.update({run_id: outcome.wait(due_at) for run_id, due_at in limits.items()})
        return decided

    @api.model
    def _decide_after(self, step, runs, now):
        """Decide for runs whose time is over: an event nobody has served yet goes before the limit,
        and a date that was moved is waited for again, or over."""
        if step.wait_mode == "condition":
            return self._decide_condition(step, runs, now)
        decided = {run.id: outcome.done(self._branch_after_wait(step)) for run in runs}
        if runs and step.wait_mode == "events":
            decided.update(self._happened(step, runs))
        elif runs and step.wait_mode == "field":
            decided.update(self.env["mail.workflow.moment"]._moved(step, runs, now))
        return decided

    @api.model
    def _branch_after_wait(self, step):
        return TIMEOUT if step.wait_mode in ("events", "condition") else outcome.THEN

    @api.model
    def _duration(self, step):
        return timedelta(**{step.wait_unit: step.wait_count})

    @api.model
    def _limits(self, step, runs, now):
        """Return when the time of a wait is over: ``{run id: naive UTC}``."""
        starts = {run.id: run.waiting_since or now for run in runs}
        if not step.wait_business:
            return {run_id: start + self._duration(step) for run_id, start in starts.items()}
        workflow = step.workflow_id
        zones = self.env["mail.workflow.zone"]._of_runs(workflow, runs)
        length = {"length": self._duration(step)}
        if step.wait_unit == "days":
            length = {"days": int(step.wait_count)}
        return self.env["mail.workflow.opening"]._after(workflow, zones, starts, **length)

    @api.model
    def _due_again(self, step, runs, now):
        moments = self.env["mail.workflow.moment"]
        if step.wait_mode == "condition":
            return dict.fromkeys(runs.ids, now)  # the next look comes at once
        if step.wait_mode in ("time", "field"):
            find = moments._of_time if step.wait_mode == "time" else moments._of_field
            decided = find(step, runs, now)
            return {run_id: result.due_at or now for run_id, result in decided.items()}
        return self._limits(step, runs, now)

    @api.model
    def _decide_events(self, step, runs, now):
        """Look back first: what came between the mail and this wait counts (rule 21)."""
        limits = self._limits(step, runs, now)
        waiting = {run_id: outcome.wait(due_at) for run_id, due_at in limits.items()}
        return waiting | self._happened(step, runs)

    @api.model
    def _decide_condition(self, step, runs, now):
        """Look whether the records match: one query for all; the longer a run has waited, the
        longer until the next look."""
        if not runs:
            return {}
        met = self._met(step, runs)
        limits = self._limits(step, runs, now)
        decided = {}
        for run in runs:
            limit = limits[run.id]
            if run.id in met:
                decided[run.id] = outcome.done(MATCHES)
            elif limit <= now:
                decided[run.id] = outcome.done(TIMEOUT)
            else:
                waited = now - (run.waiting_since or now)
                pause = min(max(waited / 8, SHORTEST_PAUSE), LONGEST_PAUSE)
                decided[run.id] = outcome.wait(min(limit, now + pause))
        return decided

    @api.model
    def _met(self, step, runs):
        """Return the ids of the runs whose records match what a wait is for."""
        workflow = step.workflow_id
        records = workflow._records(list(set(runs.mapped("res_id"))))
        matching = set(workflow._matching(records, parse_domain(step.wait_domain)).ids)
        return {run.id for run in runs if run.res_id in matching}

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
        length = step.workflow_id._length_in_words(step.wait_count, step.wait_unit or "days")
        if step.wait_business:
            length = self.env._("%s of working time", length)
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
        if step.wait_mode == "condition":
            words = step._domain_in_words(parse_domain(step.wait_domain))
            return self.env._("%(events)s, %(length)s at most", events=words, length=length)
        return length
