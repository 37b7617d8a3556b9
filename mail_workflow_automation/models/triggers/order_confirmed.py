from odoo import api, fields, models
from odoo.tools import SQL, groupby

from ..mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("order_confirmed", "Order confirmed")],
        ondelete={"order_confirmed": "cascade"},
    )
    filter_product_id = filter_field(
        fields.Many2one, "product.template", string="Product", help="In any of its variants."
    )
    filter_category_id = filter_field(
        fields.Many2one,
        "product.category",
        string="Product Category",
        help="Also of the categories below it.",
    )
    filter_min_amount = filter_field(
        fields.Float, string="Amount at Least", help="With taxes, in the currency of the document."
    )
    filter_first = filter_field(
        fields.Boolean, string="First Order", help="Only the first order of a person."
    )


class MailWorkflowTriggerOrderConfirmed(models.AbstractModel):
    """A sales order was confirmed: in the shop, by a signature, by a salesperson."""

    _name = "mail.workflow.trigger.order_confirmed"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Order Confirmed"

    _is_outcome = True
    _is_always_kept = True
    _icon = "fa-check-circle"
    _category = "sales"
    _record_models = ("sale.order",)
    _filter_fields = {
        "product": "filter_product_id",
        "category": "filter_category_id",
        "min_amount": "filter_min_amount",
        "first": "filter_first",
    }

    @api.model
    def _kept(self, companies):
        return SQL(
            """
            SELECT COALESCE(p.email_normalized, 'partner:' || p.id), o.date_order, NULL::jsonb
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
             WHERE o.state = 'sale' AND o.company_id = ANY(%s)
            """,
            list(companies),
        )


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        result = super()._action_confirm()
        self._note_workflow_event("order_confirmed")
        return result

    def _note_workflow_event(self, kind):
        """Note an event of orders, with what its filters ask for."""
        events = self.env["mail.workflow.event"]
        if not self or not events._is_listened(kind):
            return
        orders_sudo = self.sudo()  # what was bought is noted, whoever confirms it
        wanted = events._wanted(kind)
        first = orders_sudo._workflow_first_orders() if "first" in wanted else None
        for order in orders_sudo:
            products = order.order_line.product_id.product_tmpl_id
            data = {"product": products.ids, "amount": order.amount_total}
            if "category" in wanted:
                paths = products.categ_id.mapped("parent_path")
                data["category"] = sorted(
                    {int(part) for p in paths for part in p.split("/") if part}
                )
            if first is not None:
                data["first"] = order in first
            events.emit(kind, record=order, partner=order.partner_id, data=data)

    def _workflow_first_orders(self):
        """Return those of these orders that are the first confirmed one of their person: one
        query, whatever contacts the person bought with."""
        emails = self.partner_id.mapped("email_normalized")
        before = self._read_group(
            fields.Domain("state", "=", "sale")
            & fields.Domain("company_id", "in", self.company_id.ids)
            & fields.Domain("id", "not in", self.ids)
            & (
                fields.Domain("partner_id", "in", self.partner_id.ids)
                | fields.Domain("partner_id.email_normalized", "in", [e for e in emails if e])
            ),
            ["company_id", "partner_id"],
        )
        known = {(company, partner.email_normalized or partner.id) for company, partner in before}
        first = self.browse()
        for buyer, orders in groupby(self, lambda one: (one.company_id, one._workflow_buyer())):
            first += orders[0] if buyer not in known else self.browse()
        return first

    def _workflow_buyer(self):
        return self.partner_id.email_normalized or self.partner_id.id
