"""Who an unknown visitor turns out to be: by the address of a guest's checkout; and that a click in
a mail, which may have been forwarded, says only where they came from."""

import json
import re

from odoo.tests import tagged

from .common import mail, wait
from .http_common import BODY, BROWSER
from .website_common import WebsiteCase

PRICING = {"kind": "page_viewed", "filters": {"url": "/pricing"}}
GRACE = "grace@customer.example.com"


@tagged("post_install", "-at_install", "mail_workflow")
class TestVisitorKnown(WebsiteCase):
    def setUp(self):
        super().setUp()
        self.make_page("/pricing")
        self.flow = self.workflow([wait("day", days=1)], triggers=[PRICING])

    def fill_cart(self):
        template = self.product.product_tmpl_id
        values = {"product_template_id": template.id, "product_id": self.product.id, "quantity": 1}
        self.env.flush_all()
        self.make_jsonrpc_request("/shop/cart/add", values, headers=BROWSER)

    def give_address(self, email, **values):
        """Fill in the address form of the checkout; return what the shop answers."""
        page = self.visit("/shop/address").text
        data = {
            **{"name": "Grace", "email": email, "phone": "+32 470 00 00 00"},
            **{"street": "Rue 1", "city": "Namur", "zip": "5000"},
            **{"country_id": self.env.ref("base.be").id, "address_type": "delivery"},
            **{"use_delivery_as_billing": "true", **values},
            "csrf_token": re.search(r'csrf_token: "([^"]+)"', page)[1],
        }
        answer = self.url_open("/shop/address/submit", data=data, headers=BROWSER)
        self.assertEqual(answer.status_code, 200)
        self.env.invalidate_all()
        return json.loads(answer.text)

    def test_guest_is_known_by_the_address_of_the_checkout(self):
        self.visit("/pricing")
        self.run_engine(minutes=1)
        self.assertFalse(self.views().email_normalized)
        self.fill_cart()
        self.assertIn("redirectUrl", self.give_address(GRACE))
        self.run_engine(minutes=1)
        self.assertEqual(self.views().email_normalized, GRACE)
        self.assertFalse(self.runs(self.flow), "what was done before brings nobody in")
        self.visit("/pricing")
        self.run_engine(minutes=1)
        self.assertEqual(self.runs(self.flow).email_normalized, GRACE)

    def test_address_that_the_shop_refuses_makes_nobody_known(self):
        self.visit("/pricing")
        self.fill_cart()
        self.assertTrue(self.give_address(GRACE, zip="")["invalid_fields"])
        self.run_engine(minutes=1)
        self.assertFalse(self.views().email_normalized)

    def test_express_checkout_makes_a_guest_known_too(self):
        self.visit("/pricing")
        self.fill_cart()
        address = {"name": "Grace", "email": GRACE, "street": "Rue 1", "country": "BE"}
        values = {"billing_address": {**address, "city": "Namur", "zip": "5000", "state": ""}}
        self.make_jsonrpc_request("/shop/express_checkout", values, headers=BROWSER)
        self.run_engine(minutes=1)
        self.assertEqual(self.views().email_normalized, GRACE)

    def test_click_in_a_mail_says_where_a_visitor_came_from_and_not_who_they_are(self):
        sent = self.workflow([mail("hello", body=BODY)], name="Sent")
        ada = self.person()
        sent.enroll(ada)
        self.run_engine()
        link = self.links(self.mails(sent))[0]
        self.assertEqual(self.ask(link).status_code, 302)
        self.visit("/pricing")
        self.run_engine(minutes=1)
        (event,) = self.views()
        self.assertEqual(event.data["workflow_came_by"], self.runs(sent).id)
        self.assertFalse(event.partner_id or event.email_normalized)
        self.assertFalse(self.runs(self.flow))
        self.make_customer("bob")
        self.log_in("bob")
        self.visit("/pricing")
        self.run_engine(minutes=1)
        self.assertNotIn("workflow_came_by", self.views()[-1].data)
        self.assertEqual(self.runs(self.flow).email_normalized, "bob@customer.example.com")

    def test_visitor_who_comes_by_themselves_carries_no_mark(self):
        self.visit("/pricing")
        self.assertEqual(self.views().data, {"url": "/pricing"})
