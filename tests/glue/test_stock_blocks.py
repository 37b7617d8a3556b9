"""What mails say of the stock, and do not recommend for lack of it."""

from odoo.tests import tagged

from ..common import mail
from .test_stock import StockCase

URGENCY = '<div data-mwa-block="stock_urgency" data-mwa-heading="Nearly gone">.</div>'


@tagged("post_install", "-at_install", "mail_workflow")
class TestStockBlocks(StockCase):
    def setUp(self):
        super().setUp()
        (self.product + self.other_product).write({"allow_out_of_stock_order": False})
        self.website.warehouse_id = self.warehouse

    def reminder(self, *products):
        """Return the mail on a cart with the products."""
        cart = self.cart(self.person(), products[0])
        for product in products[1:]:
            cart.order_line = [(0, 0, {"product_id": product.id})]
        workflow = self.workflow([mail("m", body=URGENCY)], model="sale.order")
        workflow.enroll(cart)
        self.run_engine()
        return self.mails(workflow).body_html

    def test_few_left_only_where_it_is_true(self):
        self.stock(self.product, 3)
        html = self.reminder(self.product, self.other_product)
        self.assertIn("Only 3 left", html)
        self.assertIn("Nearly gone", html)
        self.assertNotIn("Office chair", html)

    def test_nothing_is_said_of_what_can_be_ordered_anyway(self):
        self.stock(self.product, 3)
        self.product.allow_out_of_stock_order = True
        html = self.reminder(self.product, self.other_product)
        self.assertNotIn("left", html)
        self.assertNotIn("Nearly gone", html)

    def test_what_is_not_in_stock_is_not_recommended(self):
        both = (self.product + self.other_product).product_tmpl_id
        recommender = self.env["mail.workflow.recommender"]
        self.assertEqual(recommender._in_stock(both, self.website), both)
        self.stock(self.product, 0)
        shown = recommender._in_stock(both.with_user(self.marketer), self.website)
        self.assertEqual(shown.ids, self.other_product.product_tmpl_id.ids)
        self.product.allow_out_of_stock_order = True
        self.assertEqual(recommender._in_stock(both, self.website), both)

    def test_the_stock_is_looked_at_once_for_all(self):
        recommender, templates = self.env["mail.workflow.recommender"], []
        for number in (5, 50):
            products = self.env["product.product"].create(
                [
                    {"name": f"P{n}", "is_storable": True, "allow_out_of_stock_order": False}
                    for n in range(number)
                ]
            )
            templates.append(products.product_tmpl_id)
        counts = []
        for batch in templates:
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            recommender._in_stock(batch.browse(batch.ids), self.website)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
