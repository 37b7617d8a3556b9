from odoo import api, models


class MailWorkflowTriggerEmailEvent(models.AbstractModel):
    """What the kinds about a sent mail share. Their record is the run's; they know run and step."""

    _name = "mail.workflow.trigger.email_event"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Something Happened to a Mail"

    _filter_keys = {"step": "key of a mail step of this workflow"}
    # what a trace of Odoo says when this happens
    _trace_status = None

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
    def _check_filters(self, filters, workflow):
        problems = super()._check_filters(filters, workflow)
        problems += [
            self.env._("the filter “%s” takes a text", key)
            for key, value in filters.items()
            if not isinstance(value, str)
        ]
        step = filters.get("step")
        if step and step not in workflow.step_ids.filtered(lambda s: s.kind == "email").mapped(
            "key"
        ):
            problems.append(self.env._("there is no mail step “%s”", step))
        return problems

    @api.model
    def _matches(self, filters, event):
        data = event["data"] or {}
        if event.get("verdict") not in (None, "human"):
            return False
        link = filters.get("link")
        if link and link not in (data.get("url") or ""):
            return False
        return "step" not in filters or data.get("step") == filters["step"]
