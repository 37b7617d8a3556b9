"""Recommendations over a whole shop: nobody is shown what they own, or what is not there."""

import random
import re

from odoo.tests import tagged

from odoo.addons.mail_workflow_automation.models.mail_workflow_recommender import SOURCES

from ..common import mail
from .test_stock import StockCase

SHOWN = re.compile(r"/workflow/product/(\d+)/")
BLOCKS = (
    *(f'data-mwa-block="recommended_products" data-mwa-source="{one}"' for one in SOURCES),
    'data-mwa-block="best_sellers"',
    'data-mwa-block="new_products"',
)
BODY = "".join(f'<div {marks} data-mwa-limit="12">.</div>' for marks in BLOCKS)


@tagged("post_install", "-at_install", "mail_workflow")
class TestWholeShop(StockCase):
    """With demo data, too: everybody who ever bought, and all that the shop sells."""

    def shop(self, dice):
        """Return products that fit to each other, every third of which is sold out."""
        products = self.env["product.product"].create(
            [
                {
                    "name": f"Thing {number}",
                    "is_published": True,
                    "is_storable": True,
                    "allow_out_of_stock_order": False,
                    "list_price": 5.0 + number,
                }
                for number in range(24)
            ]
        )
        self.stock(products.filtered(lambda one: one.id % 3), 500)
        for template in products.product_tmpl_id:
            others = (products - template.product_variant_id).product_tmpl_id
            template.accessory_product_ids = dice.sample(others.product_variant_id.ids, 4)
            template.alternative_product_ids = dice.sample(others.ids, 4)
            template.optional_product_ids = dice.sample(others.ids, 3)
        return products

    def buy(self, dice, products):
        """Let people buy; some come back as guests, with a contact of their own."""
        people = self.people(20)
        guests = self.env["res.partner"].create(
            [{"name": "Guest", "email": one.email.upper(), "lang": "en_US"} for one in people[:8]]
        )
        for person in people[2:] | guests:
            for _order in range(dice.randrange(3)):
                order = self.ordered(person, *dice.sample(products, dice.randrange(1, 4)))
                order.website_id = self.website
        return people

    def owned(self, email):
        """Return the ids of what was bought under an address."""
        lines = self.env["sale.order.line"].search(
            [("order_id.partner_id.email_normalized", "=", email), ("state", "=", "sale")]
        )
        return set(lines.product_id.product_tmpl_id.ids)

    def missing(self):
        """Return the ids of what cannot be delivered, and is not sold without being there."""
        products = (
            self.env["product.product"]
            .search([("is_storable", "=", True), ("allow_out_of_stock_order", "=", False)])
            .with_context(warehouse_id=self.warehouse.id)
        )
        return set(products.filtered(lambda one: one.free_qty <= 0).product_tmpl_id.ids)

    def test_nobody_is_shown_what_they_own_or_what_is_not_in_stock(self):
        dice = random.Random(7)
        self.website.warehouse_id = self.warehouse
        products = self.shop(dice)
        people = self.buy(dice, products)
        bought = self.env["sale.order"].search([("state", "=", "sale")]).partner_id
        people |= bought.filtered("email_normalized")
        self.env["mail.workflow.affinity"]._refresh(self.env.company, self.now)
        workflow = self.workflow([mail("m", body=BODY)])
        workflow.enroll(people)
        self.run_engine()
        missing, seen = self.missing(), set()
        self.assertTrue(missing)
        for sent in self.mails(workflow):
            email = sent.workflow_execution_id.enrollment_id.email_normalized
            shown = set(map(int, SHOWN.findall(sent.body_html)))
            self.assertFalse(shown & self.owned(email), email)
            self.assertFalse(shown & missing)
            self.assertTrue(shown, "there is always something else")
            seen |= shown
        self.assertGreater(len(self.mails(workflow)), 15)
        self.assertGreater(len(seen), 10)
