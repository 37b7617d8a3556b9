from odoo import api, fields, models

from ..mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    filter_step = filter_field(
        fields.Char, string="Mail", help="Only what happens to this mail of the workflow."
    )
    filter_step_choices = fields.Json(compute="_compute_filter_step_choices")

    @api.depends("workflow_id", "kind")
    def _compute_filter_step_choices(self):
        for trigger in self:
            kinds = self.env["mail.workflow.trigger.email_event"]._step_kinds_of(trigger.kind)
            steps = trigger.workflow_id.step_ids.filtered(lambda step, of=kinds: step.kind in of)
            trigger.filter_step_choices = [[step.key, step.display_name] for step in steps]


class MailWorkflowTriggerEmailEvent(models.AbstractModel):
    """What the kinds about a sent mail share. Their record is the run's; they know run and step."""

    _name = "mail.workflow.trigger.email_event"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Something Happened to a Mail"

    _category = "mail"
    _filter_fields = {"step": "filter_step"}
    # what a trace of Odoo says when this happens
    _trace_status = None
    # the kinds of steps whose messages it happens to
    _step_kinds = ("email",)

    @api.model
    def _kinds_of_status(self, status):
        """Return the kinds of event that a trace in this status tells of."""
        prefix = "mail.workflow.trigger."
        return [
            kind
            for kind in self.env["mail.workflow.trigger"]._fields["kind"].get_values(self.env)
            if status and getattr(self.env[f"{prefix}{kind}"], "_trace_status", None) == status
        ]

    @api.model
    def _step_kinds_of(self, kind):
        """Return the kinds of steps that a kind of event can happen to."""
        handler = self.env.get(f"mail.workflow.trigger.{kind}")
        return getattr(handler, "_step_kinds", ())

    @api.model
    def _subject(self, event):
        trace_id = (event["data"] or {}).get("trace_id")
        return f"mail {trace_id}" if trace_id else super()._subject(event)

    @api.model
    def _past_filters(self, data):
        # a step is one of a workflow; the rule names it by its mail
        mail = {key: data[key] for key in ("workflow_id", "step") if data.get(key)}
        return [{}, mail] if len(mail) == 2 else [{}]

    @api.model
    def _check_filters(self, filters, workflow):
        problems = super()._check_filters(filters, workflow)
        step = filters.get("step")
        steps = workflow.step_ids.filtered(lambda one: one.kind in self._step_kinds)
        if step and step not in steps.mapped("key"):
            problems.append(self.env._("there is no mail step “%s”", step))
        return problems
