"""What the screens say in words about what the tables hold as JSON, keys and field names."""

from textwrap import shorten

from odoo import api, fields, models
from odoo.tools import format_datetime
from odoo.tools.misc import babel_locale_parse

from ..engine.outcome import THEN
from ..engine.schedule import WEEKDAYS, weekday_names


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    goal_details = fields.Char(compute="_compute_event_details", string="In Words")
    exit_details = fields.Text(compute="_compute_event_details", string="Also Left When")

    @api.depends("goal_kind", "goal_name", "goal_filters", "exit_events")
    def _compute_event_details(self):
        for workflow in self:
            goal = workflow._goal_spec()
            workflow.goal_details = workflow._event_in_words(goal) if goal else False
            lines = [workflow._event_in_words(spec) for spec in workflow.exit_events or []]
            workflow.exit_details = "\n".join(lines) or False

    def _event_in_words(self, spec):
        """Return an event, as a goal, exit, wait or condition names it, in words."""
        self.ensure_one()
        words = self._kind_in_words(spec.get("kind"))
        if spec.get("name"):
            words = f"{words} “{spec['name']}”"
        parts = self._filters_in_words(spec.get("kind"), spec.get("filters"))
        if spec.get("within_days"):
            parts.append(self.env._("within %s", self._length_in_words(spec["within_days"])))
        if spec.get("window_days"):
            length = self._length_in_words(spec["window_days"])
            parts.append(self.env._("up to %s after the entry", length))
        if spec.get("same_record"):
            parts.append(self.env._("same record"))
        return f"{words} ({', '.join(parts)})" if parts else words

    @api.model
    def _weekdays_in_words(self, text):
        """Return days of the week like ``mon,fri`` by their names."""
        names = babel_locale_parse(self.env.lang or "en_US").days["format"]["abbreviated"]
        return ", ".join(
            names[WEEKDAYS.index(key)] if key in WEEKDAYS else key for key in weekday_names(text)
        )

    @api.model
    def _days_from_in_words(self, days, field):
        """Return in words a day that lies so many days after (or before) a date field."""
        length = self._length_in_words(abs(days))
        if days > 0:
            return self.env._("%(length)s after %(field)s", length=length, field=field)
        if days < 0:
            return self.env._("%(length)s before %(field)s", length=length, field=field)
        return self.env._("On %(field)s", field=field)

    @api.model
    def _length_in_words(self, count, unit="days"):
        """Return a length of time as people say it: “1 day”, “24 hours”, “1.5 weeks”."""
        number = f"{count:g}"
        one, several = {
            "minutes": (self.env._("1 minute"), self.env._("%s minutes", number)),
            "hours": (self.env._("1 hour"), self.env._("%s hours", number)),
            "days": (self.env._("1 day"), self.env._("%s days", number)),
            "weeks": (self.env._("1 week"), self.env._("%s weeks", number)),
        }[unit]
        return one if count == 1 else several

    def _date_field_choices(self):
        """Return the date fields of the workflow's model: ``[[name, label]]``."""
        model = self.env.get(self.model_name or "")
        if model is None:
            return []
        found = model.fields_get(attributes=["type", "string"])
        return sorted(
            (
                [name, field["string"]]
                for name, field in found.items()
                if field["type"] in ("date", "datetime")
            ),
            key=lambda choice: choice[1],
        )

    def _domain_in_words(self, domain):
        """Return a domain readably: fields and what they hold by their labels, operators as
        signs."""
        words = []
        for term in domain:
            if isinstance(term, (list, tuple)):
                name, operator, value = term
                words.append(self._rule_in_words(name, operator, value))
            elif term == "|":
                words.append(self.env._("(one of two)"))
            elif term == "!":
                words.append(self.env._("(not)"))
        return ", ".join(words)

    def _rule_in_words(self, path, operator, value):
        """Return one rule of a domain: “Salesperson = Ada, Grace”, “Total > 100”."""
        way = self._fields_of_path(path)
        if not way:
            return f"{path} {operator} {value}"
        label = " › ".join(field._description_string(self.env) for field in way)
        is_list = isinstance(value, (list, tuple)) and operator not in ("any", "not any")
        words = ", ".join(self._values_in_words(way[-1], value if is_list else [value])) or "?"
        sign = {"in": "=", "not in": "≠"}.get(operator, operator)
        return f"{label} {sign} {words}"

    def _fields_of_path(self, path):
        """Return the fields on the way to one, [] where there is no such way."""
        model, way = self.env.get(self.model_name or ""), []
        for name in str(path).split("."):
            field = model._fields.get(name) if model is not None else None
            if field is None:
                return []
            way.append(field)
            model = self.env.get(field.comodel_name or "")
        return way

    def _values_in_words(self, field, values):
        """Return what a field is compared with: records that may be read by their names, choices
        by their labels."""
        names = {}
        if field.relational:
            ids = [value for value in values if type(value) is int]
            records = self.env[field.comodel_name].browse(ids).exists()._filtered_access("read")
            names = {record.id: record.display_name for record in records}
        elif field.type == "selection":
            names = dict(field._description_selection(self.env))
        return [
            str(names.get(value, value) if type(value) in (int, str) else value) for value in values
        ]

    def _kind_in_words(self, kind):
        selection = self.env["mail.workflow.trigger"]._fields["kind"]
        return dict(selection._description_selection(self.env)).get(kind, kind or "?")

    def _filters_in_words(self, kind, filters):
        """Return what the filters of an event say, a list of str."""
        columns = self.env["mail.workflow.trigger"]._filter_columns(kind)
        words = []
        for key, value in (filters if isinstance(filters, dict) else {}).items():
            if key == "step":
                step = self.step_ids.filtered(lambda one, value=value: one.key == value)[:1]
                words.append(self.env._("mail “%s”", step.name or value))
            elif key in columns:
                words.append(self.env["mail.workflow.filter"]._in_words(columns[key], value))
            else:
                words.append(f"{key}: {value}")
        return words


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    workflow_state = fields.Selection(related="workflow_id.state", string="Workflow Status")
    branch_choices = fields.Json(compute="_compute_branch_choices")
    has_branch_choices = fields.Boolean(compute="_compute_branch_choices")
    wait_field_choices = fields.Json(compute="_compute_wait_field_choices")
    details = fields.Text(compute="_compute_details", string="In Words")

    @api.depends("name", "kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """A step that has no name of its own is known by what it does: “Wait (24 hours)”."""
        for step in self:
            step.display_name = step._shown_name()
            if step.kind and step.summary and not step._has_own_name():
                step.display_name += f" ({shorten(step.summary, 40, placeholder='…')})"

    def _has_own_name(self):
        """Tell whether a person named the step; else its name is that of its kind."""
        labels = [step._kind_label() for step in (self, self.with_context(lang="en_US"))]
        return self.name not in (False, "", *labels)

    def _shown_name(self):
        if self._has_own_name() or not self.kind:
            return self.name or ""
        return self._kind_label()

    @api.depends("parent_id", "parent_id.kind")
    def _compute_branch_choices(self):
        for step in self:
            parent = step.parent_id
            names = parent._handler()._outcomes(parent) if parent.kind else ()
            step.has_branch_choices = bool(names)
            step.branch_choices = [
                *([name, self._branch_label(name)] for name in names),
                [THEN, self.env._("After the branches")],
            ]

    @api.depends("workflow_id")
    def _compute_wait_field_choices(self):
        choices = {}
        for step in self:
            workflow = step.workflow_id
            if workflow.model_name not in choices:
                choices[workflow.model_name] = workflow._date_field_choices()
            step.wait_field_choices = choices[workflow.model_name]

    @api.depends("condition_branches", "wait_events")
    def _compute_details(self):
        for step in self:
            lines = []
            if step.kind == "condition":
                lines = [step._branch_in_words(branch) for branch in step.condition_branches or []]
            elif step.kind == "wait" and step.wait_mode == "events":
                lines = [
                    f"{self._branch_label(event['branch'])}: "
                    + step.workflow_id._event_in_words(event)
                    for event in step.wait_events or []
                ]
            step.details = "\n".join(lines) or False

    @api.model
    def _branch_labels(self):
        """Return what the branches with names of our own are called on the screen."""
        return {
            "yes": self.env._("Yes"),
            "no": self.env._("No"),
            "else": self.env._("Otherwise"),
            "timeout": self.env._("Nothing happened"),
            "ok": self.env._("Answered"),
            "failed": self.env._("Failed"),
            "done": self.env._("Done"),
            "late": self.env._("Late"),
            "code": self.env._("With a code"),
            "none": self.env._("Without a code"),
        }

    @api.model
    def _branch_label(self, name):
        """Return what a branch is called on the screen; people's own names stay."""
        return self._branch_labels().get(name, name)

    def _branch_in_words(self, branch):
        label = self._branch_label(branch["name"])
        if branch.get("event"):
            words = self.workflow_id._event_in_words(branch["event"])
        elif branch.get("domain"):
            words = self._domain_in_words(branch["domain"])
        else:
            return label
        return self.env._("%(branch)s: %(rule)s", branch=label, rule=words)

    def _domain_in_words(self, domain):
        return self.workflow_id._domain_in_words(domain)

    def _wait_field_in_words(self):
        labels = dict(self.wait_field_choices or [])
        field = labels.get(self.wait_field, self.wait_field or "?")
        return self.workflow_id._days_from_in_words(self.wait_offset_days, field)


class MailWorkflowEnrollment(models.Model):
    _inherit = "mail.workflow.enrollment"

    trace_ids = fields.One2many(
        "mailing.trace", "workflow_enrollment_id", string="Mails", readonly=True
    )

    def _line_in_words(self, line):
        """Return a line of the log as it is shown: when, what became of the run, why, who."""
        states = dict(self._fields["state"]._description_selection(self.env))
        at = format_datetime(self.env, line["at"], dt_format="short")
        by = self.env._("the workflow") if line["by"] == "engine" else line["by"]
        before, after = states.get(line["from"]), states.get(line["to"], line["to"])
        change = after if before in (None, after) else f"{before} → {after}"
        why = f": {line['why']}" if line["why"] else ""
        return f"{at}  {change}{why} ({by})"

    def action_view_mails(self):
        """Open the mails that these runs sent."""
        return self.env["mailing.trace"]._action_workflow_mails(
            [("workflow_enrollment_id", "in", self.ids)]
        )


class MailingTrace(models.Model):
    _inherit = "mailing.trace"

    workflow_id = fields.Many2one(related="workflow_enrollment_id.workflow_id")
    workflow_subject = fields.Char(related="mass_mailing_id.subject", string="Subject")
    workflow_record_name = fields.Char(related="workflow_enrollment_id.record_name")

    @api.model
    def _action_workflow_mails(self, domain):
        """Return the window of the mails that workflows sent, limited to a domain."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_workflow_automation.mailing_trace_action_workflow"
        )
        action["domain"] = domain
        action["context"] = {}
        return action

    def action_workflow_open_run(self):
        """Open the run that this mail is part of."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mail.workflow.enrollment",
            "res_id": self.workflow_enrollment_id.id,
            "view_mode": "form",
        }

    def action_workflow_take_out(self):
        """Take the people of these mails out of the workflows that sent them."""
        return self.workflow_enrollment_id.action_take_out()

    def action_workflow_block_person(self):
        """Write to the people of these mails no more."""
        return self.workflow_enrollment_id.action_block_person()


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    model_name = fields.Char(related="workflow_id.model_name", string="Workflow Model")
    filters_text = fields.Char(compute="_compute_filters_text")

    @api.depends("filters", "kind")
    def _compute_filters_text(self):
        """Filters that no column of the form shows."""
        for trigger in self:
            shown = trigger._filter_columns(trigger.kind)
            words = [] if shown else trigger.workflow_id._filters_in_words(None, trigger.filters)
            trigger.filters_text = ", ".join(words) or False
