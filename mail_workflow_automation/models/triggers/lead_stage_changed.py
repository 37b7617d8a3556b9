from odoo import fields, models

from ..mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("lead_stage_changed", "Lead moved to another stage")],
        ondelete={"lead_stage_changed": "cascade"},
    )
    filter_stage_id = filter_field(
        fields.Many2one, "crm.stage", string="New Stage", help="The stage it came to."
    )


class MailWorkflowTriggerLeadStageChanged(models.AbstractModel):
    """A lead or opportunity came to another stage of the pipeline."""

    _name = "mail.workflow.trigger.lead_stage_changed"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Lead Moved to Another Stage"

    _is_outcome = True
    _icon = "fa-random"
    _category = "lead"
    _record_models = ("crm.lead",)
    _filter_fields = {
        "stage": "filter_stage_id",
        "team": "filter_team_id",
        "type": "filter_lead_type",
    }


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def write(self, vals):
        if "stage_id" not in vals or not self.env["mail.workflow.event"]._is_listened(
            "lead_stage_changed"
        ):
            return super().write(vals)
        before = {lead.id: lead.stage_id for lead in self}
        result = super().write(vals)
        moved = self.filtered(lambda lead: lead.stage_id and lead.stage_id != before[lead.id])
        moved._note_workflow_event("lead_stage_changed")
        return result
