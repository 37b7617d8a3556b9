from odoo import fields, models

from odoo.addons.mail_workflow_automation.gone import trigger_gone
from odoo.addons.mail_workflow_automation.models.mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("delivery_done", "Delivered")], ondelete={"delivery_done": trigger_gone}
    )
    filter_whole_order = filter_field(
        fields.Boolean, string="Whole Order", help="Only when nothing of the order is left."
    )


class MailWorkflowTriggerDeliveryDone(models.AbstractModel):
    """What a customer ordered left for them. It is about the order; without one, the transfer."""

    _name = "mail.workflow.trigger.delivery_done"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Delivered"

    _icon = "fa-truck"
    _category = "sales"
    _record_models = ("sale.order", "stock.picking")
    _filter_fields = {
        "product": "filter_product_id",
        "category": "filter_category_id",
        "whole_order": "filter_whole_order",
    }
