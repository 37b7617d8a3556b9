from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("lead_lost", "Lead lost")], ondelete={"lead_lost": "cascade"}
    )


class MailWorkflowTriggerLeadLost(models.AbstractModel):
    """A lead or opportunity was given up: archived, without a chance (noted with ``lead_won``)."""

    _name = "mail.workflow.trigger.lead_lost"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Lead Lost"

    _is_outcome = True
    _icon = "fa-thumbs-o-down"
    _category = "lead"
    _record_models = ("crm.lead",)
    _filter_fields = {"team": "filter_team_id"}
