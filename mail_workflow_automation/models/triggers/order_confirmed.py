from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("order_confirmed", "Order confirmed")],
        ondelete={"order_confirmed": "cascade"},
    )


class MailWorkflowTriggerOrderConfirmed(models.AbstractModel):
    """A sales order was confirmed: in the shop, by a signature, by a salesperson."""

    _name = "mail.workflow.trigger.order_confirmed"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Order Confirmed"

    _icon = "fa-check-circle"
    _record_models = ("sale.order",)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        result = super()._action_confirm()
        for order in self:
            self.env["mail.workflow.event"].emit(
                "order_confirmed", record=order, partner=order.partner_id
            )
        return result
