from odoo import api, fields, models

CART_LINE_FIELDS = {"product_id", "product_uom_qty", "order_id"}


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("cart_updated", "Cart changed")], ondelete={"cart_updated": "cascade"}
    )


class MailWorkflowTriggerCartUpdated(models.AbstractModel):
    """A line of a shop cart was added, changed or removed; once per cart and transaction."""

    _name = "mail.workflow.trigger.cart_updated"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Cart Changed"

    _icon = "fa-shopping-cart"
    _category = "sales"
    _record_models = ("sale.order",)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    cart_changed_at = fields.Datetime(
        copy=False,
        help="When a line of the cart changed last. The age of a cart counts from here: the "
        "time of the "
        "last write moves when a mail merely builds a link to the cart.",
    )

    _cart_changed = models.Index(
        "(cart_changed_at) WHERE state = 'draft' AND website_id IS NOT NULL"
    )

    def write(self, vals):
        if "partner_id" not in vals:
            return super().write(vals)
        public_ids = self.env["mail.workflow.person"]._public_partner_ids()
        unknown = self.filtered(lambda order: order.partner_id.id in public_ids)
        result = super().write(vals)
        # a guest who says who they are has the cart in hand
        unknown.filtered(lambda order: order.partner_id.id not in public_ids)._note_cart_change()
        return result

    def _note_cart_change(self):
        carts = self.filtered(lambda order: order.website_id and order.state == "draft")
        if carts:
            # a stamp of the engine: it goes along with what the sale writes, of which the shop,
            # taxes and tracking need not hear
            self._fields["cart_changed_at"].write(carts.sudo(), fields.Datetime.now())
            for cart in carts:
                self.env["mail.workflow.event"].emit(
                    "cart_updated", record=cart, partner=cart.partner_id
                )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._note_cart_change()
        return lines

    def write(self, vals):
        if not CART_LINE_FIELDS & vals.keys():
            return super().write(vals)
        orders = self.order_id
        result = super().write(vals)
        (orders | self.order_id)._note_cart_change()
        return result

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders.exists()._note_cart_change()
        return result
