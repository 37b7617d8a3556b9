from odoo import api, fields, models

from ..mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("lead_created", "Lead created")], ondelete={"lead_created": "cascade"}
    )
    filter_team_id = filter_field(fields.Many2one, "crm.team", string="Sales Team")
    filter_lead_type = filter_field(
        fields.Selection, [("lead", "Lead"), ("opportunity", "Opportunity")], string="Type"
    )


class MailWorkflowTriggerLeadCreated(models.AbstractModel):
    """A lead or opportunity was made: by hand, by a form, by an incoming mail."""

    _name = "mail.workflow.trigger.lead_created"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Lead Created"

    _icon = "fa-star-o"
    _category = "lead"
    _record_models = ("crm.lead",)
    _filter_fields = {"team": "filter_team_id", "type": "filter_lead_type"}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._note_workflow_event("lead_created")
        return leads

    def _note_workflow_event(self, kind):
        """Note an event of leads, with what its filters ask for."""
        events = self.env["mail.workflow.event"]
        if not self or not events._is_listened(kind):
            return
        for lead in self.sudo():  # what is noted does not depend on who may read it
            data = {"type": lead.type, "team": lead.team_id.id, "stage": lead.stage_id.id}
            events.emit(kind, record=lead, data=data)
