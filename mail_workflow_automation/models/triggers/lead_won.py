from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("lead_won", "Lead won")], ondelete={"lead_won": "cascade"}
    )


class MailWorkflowTriggerLeadWon(models.AbstractModel):
    """An opportunity was won, whatever way it came to a stage of success."""

    _name = "mail.workflow.trigger.lead_won"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Lead Won"

    _is_outcome = True
    _icon = "fa-trophy"
    _category = "lead"
    _record_models = ("crm.lead",)
    _filter_fields = {"team": "filter_team_id"}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        result = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)
        for kind, status in (("lead_won", "is_won"), ("lead_lost", "is_lost")):
            reached = self.filtered(
                lambda lead, status=status: (
                    new_status_by_lead.get(lead.id, {}).get(status)
                    and not old_status_by_lead.get(lead.id, {}).get(status)
                )
            )
            reached._note_workflow_event(kind)
        return result
