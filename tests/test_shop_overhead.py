"""What the shop pays while twenty workflows listen: at most two queries more for each thing a
visitor does. One is the INSERT; the other, which asks for a pass, comes after the commit, and no
test of one transaction sees it (benchmarks/shop.py does)."""

import itertools
import re

from odoo import fields
from odoo.tests import tagged

from .common import wait
from .http_common import BROWSER
from .website_common import WebsiteCase

MOST = 1
TRIGGERS = (
    {"kind": "page_viewed", "filters": {"url": "/shop/*"}, "count": 3, "within_days": 7},
    {"kind": "cart_updated"},
    {"kind": "account_created"},
    {"kind": "order_confirmed"},
    {"kind": "contact_created"},
)


@tagged("post_install", "-at_install", "mail_workflow")
class TestShopOverhead(WebsiteCase):
    def setUp(self):
        super().setUp()
        self.website.auth_signup_uninvited = "b2c"
        self.numbers = itertools.count()

    def cost(self, act):
        """Return how many queries it takes, once everything is warm."""
        costs = []
        for _time in range(4):
            prepared = act(None)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            act(prepared)
            self.env.cr.flush()
            costs.append(self.env.cr.sql_log_count - before)
        return min(costs[2:])

    def page_view(self, prepared):
        if prepared is None:
            return self.product.product_tmpl_id.website_url
        return self.visit(prepared)

    def add_to_cart(self, prepared):
        if prepared is None:
            template = self.product.product_tmpl_id.id
            return {"product_template_id": template, "product_id": self.product.id, "quantity": 1}
        return self.make_jsonrpc_request("/shop/cart/add", prepared, headers=BROWSER)

    def sign_up(self, prepared):
        if prepared is None:
            self.new_browser()
            page = self.visit("/web/signup").text
            login = f"person{next(self.numbers)}@customer.example.com"
            token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
            form = {"login": login, "name": login, "password": login, "confirm_password": login}
            return {**form, "csrf_token": token}
        answer = self.opener.post(
            f"{self.base_url()}/web/signup", data=prepared, headers=BROWSER, allow_redirects=False
        )
        self.assertEqual(answer.status_code, 303, answer.text[:2000])
        return answer

    def order_confirmation(self, prepared):
        if prepared is None:
            order = self.env["sale.order"].create(
                {
                    "partner_id": self.person(f"Buyer {next(self.numbers)}").id,
                    "order_line": [fields.Command.create({"product_id": self.product.id})],
                }
            )
            return order
        return prepared.action_confirm()

    def test_twenty_workflows_cost_a_visitor_two_queries_at_most(self):
        acts = (self.page_view, self.add_to_cart, self.sign_up, self.order_confirmation)
        alone = {act.__name__: self.cost(act) for act in acts}
        for number in range(20):
            trigger = TRIGGERS[number % len(TRIGGERS)]
            self.workflow(
                [wait("day", days=1)],
                name=f"Workflow {number}",
                triggers=[trigger],
                goal={"kind": "order_confirmed"},
            )
        self.new_browser()
        listened = {act.__name__: self.cost(act) for act in acts}
        more = {name: listened[name] - alone[name] for name in alone}
        self.assertTrue(all(count <= MOST for count in more.values()), more)
