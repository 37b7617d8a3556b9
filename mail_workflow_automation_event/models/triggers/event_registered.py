from odoo import api, fields, models

from odoo.addons.mail_workflow_automation.gone import trigger_gone
from odoo.addons.mail_workflow_automation.models.mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("event_registered", "Registered for an event")],
        ondelete={"event_registered": trigger_gone},
    )
    filter_event_id = filter_field(fields.Many2one, "event.event", string="Event")
    filter_event_type_id = filter_field(
        fields.Many2one,
        "event.type",
        string="Event Template",
        help="Events made from this template, e.g. all webinars.",
    )
    filter_event_tag_id = filter_field(
        fields.Many2one, "event.tag", string="Event Tag", help="Events that have this tag."
    )


class MailWorkflowTriggerEventRegistered(models.AbstractModel):
    """Somebody has a seat at an event: registered by hand or on the website, or paid for it."""

    _name = "mail.workflow.trigger.event_registered"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Registered for an Event"

    _icon = "fa-ticket"
    _category = "event"
    _record_models = ("event.registration",)
    _filter_fields = {
        "event": "filter_event_id",
        "template": "filter_event_type_id",
        "tag": "filter_event_tag_id",
    }

    @api.model
    def _recheck(self, trigger, enrollments, now):
        """Who cancelled hears no more of the event."""
        registrations_sudo = (
            self.env["event.registration"]
            .sudo()
            .browse([run.res_id for run in enrollments if run.res_model == "event.registration"])
        )
        cancelled = registrations_sudo.exists().filtered(lambda one: one.state == "cancel")
        reason = self.env._("registration cancelled")
        return {
            run.id: reason
            for run in enrollments
            if run.res_model == "event.registration" and run.res_id in cancelled.ids
        }


class MailWorkflowTriggerKind(models.AbstractModel):
    _inherit = "mail.workflow.trigger.kind"

    @api.model
    def _category_labels(self):
        labels = super()._category_labels()
        other = labels.pop("other")
        return {**labels, "event": self.env._("Events"), "other": other}
