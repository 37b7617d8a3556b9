"""Deliveries, done in the warehouse by somebody who has no rights on orders."""

from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from ..common import mail, wait
from ..event_common import EventCase


class StockCase(EventCase):
    def setUp(self):
        super().setUp()
        self.warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.env.company.id)], limit=1
        )
        self.clerk = new_test_user(self.env, "clerk", groups="stock.group_stock_user")
        (self.product + self.other_product).write({"is_storable": True})
        self.stock(self.product + self.other_product, 100)

    def stock(self, products, quantity):
        """Let so many of each product lie in the warehouse."""
        for product in products:
            self.env["stock.quant"].with_context(inventory_mode=True).create(
                {
                    "product_id": product.id,
                    "location_id": self.warehouse.lot_stock_id.id,
                    "inventory_quantity": quantity,
                }
            ).action_apply_inventory()

    def ordered(self, partner, *products, quantity=2):
        lines = [{"product_id": one.id, "product_uom_qty": quantity} for one in products]
        order = self.env["sale.order"].create(
            {"partner_id": partner.id, "order_line": [Command.create(line) for line in lines]}
        )
        order.action_confirm()
        return order

    def deliver(self, picking, quantity=None):
        """Hand over what is to be delivered, or so many of each with a backorder for the rest."""
        picking = picking.with_user(self.clerk)
        if quantity is not None:
            for move in picking.move_ids:
                move.quantity = quantity
        picking.move_ids.picked = True
        result = picking.button_validate()
        if isinstance(result, dict):
            wizard = self.env[result["res_model"]].with_user(self.clerk)
            Form(wizard.with_context(**result["context"])).save().process()
        self.assertEqual(picking.state, "done")
        return picking


@tagged("post_install", "-at_install", "mail_workflow")
class TestDeliveries(StockCase):
    def test_a_delivery_is_about_its_order(self):
        orders = self.listening("delivery_done", "sale.order")
        people = self.listening("delivery_done")
        ada = self.person()
        order = self.ordered(ada, self.product)
        self.assertEqual(self.came_in(orders, people), [0, 0])
        self.deliver(order.picking_ids)
        self.assertEqual(self.came_in(orders, people), [1, 1])
        self.assertEqual(self.runs(orders).res_id, order.id)
        self.assertEqual(self.runs(people).res_id, ada.id)
        self.assertEqual(len(self.mails(orders, ada.email)), 1)

    def test_by_product_and_category_and_only_the_whole_order(self):
        home, light = self.env["product.category"].create([{"name": "Home"}, {"name": "Light"}])
        light.parent_id = home
        self.product.categ_id = light
        lamps = self.listening("delivery_done", product="Desk lamp")
        chairs = self.listening("delivery_done", product="Office chair")
        at_home = self.listening("delivery_done", category="Home")
        whole = self.listening("delivery_done", whole_order=True)
        order = self.ordered(self.person(), self.product)
        self.deliver(order.picking_ids, quantity=1)
        self.assertEqual(self.came_in(lamps, chairs, at_home, whole), [1, 0, 1, 0])
        rest = order.picking_ids.filtered(lambda picking: picking.state != "done")
        self.deliver(rest)
        self.assertEqual(len(self.noted("delivery_done")), 2)
        self.assertEqual(self.came_in(lamps, chairs, at_home, whole), [1, 0, 1, 1])

    def test_what_comes_back_or_in_is_no_delivery(self):
        self.listening("delivery_done")
        order = self.ordered(self.person(), self.product)
        picking = self.deliver(order.picking_ids)
        self.assertEqual(len(self.noted("delivery_done")), 1)
        wizard = Form(
            self.env["stock.return.picking"].with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
        ).save()
        wizard.product_return_moves.quantity = 2
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        self.deliver(back)
        self.assertEqual(len(self.noted("delivery_done")), 1)

    def test_a_transfer_without_an_order_is_about_its_customer(self):
        people = self.listening("delivery_done")
        ada = self.person()
        move = {
            "product_id": self.product.id,
            "product_uom_qty": 1,
            "location_id": self.warehouse.lot_stock_id.id,
            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
        }
        picking = self.env["stock.picking"].create(
            {
                "partner_id": ada.id,
                "picking_type_id": self.warehouse.out_type_id.id,
                "move_ids": [Command.create(move)],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        self.deliver(picking)
        self.assertEqual(self.came_in(people), [1])
        self.assertEqual(self.runs(people).res_id, ada.id)

    def test_a_request_for_a_review_days_after_the_delivery_was_done(self):
        workflow = self.workflow(
            [wait("week", days=7), mail("review", "How is your lamp?")],
            model="sale.order",
            triggers=[{"kind": "delivery_done", "filters": {"whole_order": True}}],
        )
        order = self.ordered(self.person(), self.product)
        self.run_engine(days=8)
        self.deliver(order.picking_ids)
        self.run_engine()
        self.run_engine(days=6)
        self.assertFalse(self.mails(workflow))
        self.run_engine(days=2)
        self.assertEqual(self.mails(workflow).mapped("subject"), ["How is your lamp?"])
