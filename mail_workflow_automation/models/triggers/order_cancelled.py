from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("order_cancelled", "Order cancelled")],
        ondelete={"order_cancelled": "cascade"},
    )


class MailWorkflowTriggerOrderCancelled(models.AbstractModel):
    """A sales order was cancelled. A cart that Odoo empties into another one is not."""

    _name = "mail.workflow.trigger.order_cancelled"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Order Cancelled"

    _is_outcome = True
    _icon = "fa-ban"
    _category = "sales"
    _record_models = ("sale.order",)
    _filter_fields = {
        "product": "filter_product_id",
        "category": "filter_category_id",
        "min_amount": "filter_min_amount",
    }


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_cancel(self):
        cancelled = self.filtered(
            lambda order: order.state != "cancel" and not order._is_merged_cart()
        )
        result = super()._action_cancel()
        cancelled._note_workflow_event("order_cancelled")
        return result

    def _is_merged_cart(self):
        """Tell a cart whose lines Odoo moved to another cart: it is a draft without lines."""
        self.ensure_one()
        return bool(self.website_id and self.state == "draft" and not self.order_line)
