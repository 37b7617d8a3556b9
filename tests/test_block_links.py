"""The personal links of blocks: to a product and to an order."""

from odoo.tests import tagged

from .block_common import BlockCase, block
from .common import wait
from .http_common import MACHINE, WorkflowHttpCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestBlockLinks(BlockCase, WorkflowHttpCase):
    def setUp(self):
        super().setUp()
        self.env["product.template"].search([]).is_published = False
        self.lamp = self.product_("Brass lamp")
        self.ada = self.person()

    def path(self, answer):
        """Return where an answer leads, without the server."""
        self.assertEqual(answer.status_code, 302)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        return "/" + answer.headers["Location"].split("//")[-1].partition("/")[2]

    def listening(self):
        """Start a workflow that hears clicks."""
        self.workflow(
            [wait("day", days=1)],
            name="Hears",
            triggers=[{"kind": "manual"}],
            goal={"kind": "email_clicked"},
        )

    def test_product_link_leads_to_its_page_and_counts_as_a_click(self):
        self.listening()
        found = self.mail_of(block("new_products"), self.ada)
        url = self.link(found, "/workflow/product/")
        answer = self.ask(url)
        self.assertEqual(self.path(answer), self.lamp.product_tmpl_id.website_url)
        self.assertEqual(self.ask(answer.headers["Location"]).status_code, 200)
        workflow = found.workflow_id
        self.assertEqual(self.events(workflow, "email_clicked"), [("email_clicked", "human")])

    def test_product_link_of_a_machine_is_no_click_of_a_person(self):
        self.listening()
        found = self.mail_of(block("new_products"), self.ada)
        self.ask(self.link(found, "/workflow/product/"), headers=MACHINE)
        self.ask(self.link(found, "/workflow/product/"), method="HEAD")
        clicks = self.events(found.workflow_id, "email_clicked")
        self.assertEqual(clicks, [("email_clicked", "bot")])

    def test_product_that_is_sold_no_more_leads_to_the_shop(self):
        found = self.mail_of(block("new_products"), self.ada)
        url = self.link(found, "/workflow/product/")
        self.lamp.is_published = False
        self.assertEqual(self.path(self.ask(url)), "/shop")

    def test_product_link_with_another_product_or_a_wrong_token_leads_to_the_shop(self):
        other = self.product_("Chair").product_tmpl_id.id
        found = self.mail_of(block("new_products", limit=1), self.ada)
        url = self.link(found, f"/workflow/product/{other}/")
        forged = url.replace(f"/product/{other}/", f"/product/{self.lamp.product_tmpl_id.id}/")
        self.assertEqual(self.path(self.ask(forged)), "/shop")
        self.assertEqual(self.path(self.ask(url[:-1] + "x")), "/shop")

    def test_order_link_leads_to_the_page_of_the_order_with_its_key(self):
        order = self.order(self.ada, self.lamp)
        found = self.mail_of("<p><a href='/workflow/order'>My order</a></p>", order)
        target = self.path(self.ask(self.link(found, "/workflow/order/")))
        self.assertEqual(target, order.get_portal_url())
        page = self.ask(self.base_url() + target)
        self.assertEqual(page.status_code, 200)
        self.assertIn("Brass lamp", page.text)

    def test_order_link_of_a_contact_leads_to_their_last_order(self):
        order = self.order(self.ada, self.lamp)
        found = self.mail_of("<p><a href='/workflow/order'>My order</a></p>", self.ada)
        target = self.path(self.ask(self.link(found, "/workflow/order/")))
        self.assertEqual(target, order.get_portal_url())

    def test_order_link_with_a_wrong_token_leads_to_the_shop(self):
        order = self.order(self.ada, self.lamp)
        found = self.mail_of("<p><a href='/workflow/order'>My order</a></p>", order)
        self.assertEqual(self.path(self.ask(self.link(found, "/workflow/order/")[:-2])), "/shop")

    def test_review_link_leads_to_the_reviews_of_what_was_bought_where_there_are_any(self):
        gone = self.product_("Gone", is_published=False)
        order = self.order(self.ada, gone, self.lamp)
        found = self.mail_of("<p><a href='/workflow/review'>My review</a></p>", order)
        url = self.link(found, "/workflow/review/")
        self.assertEqual(self.path(self.ask(url)), order.get_portal_url())
        self.env.ref("website_sale.product_comment").active = True
        page = f"{self.lamp.product_tmpl_id.website_url}#o_product_page_reviews"
        self.assertEqual(self.path(self.ask(url)), page)
        self.assertIn("o_product_page_reviews", self.ask(self.base_url() + page).text)
        self.lamp.is_published = False
        self.assertEqual(self.path(self.ask(url)), order.get_portal_url())
        self.assertEqual(self.path(self.ask(url[:-2])), "/shop")

    def test_pictures_of_blocks_load_for_everybody(self):
        self.website.social_facebook = "https://facebook.example.com/us"
        body = block("new_products") + block("social_links") + block("order_lines")
        hidden = self.product_("Hidden", is_published=False)
        self.order(self.ada, hidden)
        found = self.mail_of(body, self.ada)
        pictures = [
            url
            for url in self.links(found)
            if "/web/image/" in url or "/static/" in url or "font_to_img" in url
        ]
        self.assertGreaterEqual(len(pictures), 3)
        for url in pictures:
            answer = self.ask(url)
            self.assertEqual(answer.status_code, 200, url)
            self.assertTrue(answer.headers["Content-Type"].startswith("image/"), url)
