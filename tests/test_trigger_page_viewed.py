"""Page visits: whose they are, which count, and who comes in by them."""

from odoo.tests import BaseCase, tagged

from odoo.addons.mail_workflow_automation.engine.pages import is_at, path_of

from .common import mail, wait
from .http_common import BROWSER, MACHINE
from .website_common import WebsiteCase

PRICING = {"kind": "page_viewed", "filters": {"url": "/pricing"}}


@tagged("post_install", "-at_install", "mail_workflow")
class TestAddresses(BaseCase):
    def test_path_of_what_people_write(self):
        for address, path in [
            ("/pricing", "/pricing"),
            ("/pricing/", "/pricing"),
            (" /pricing?plan=pro#top", "/pricing"),
            ("https://shop.example.com/pricing", "/pricing"),
            ("/caf%C3%A9", "/café"),
            ("/", "/"),
            ("https://shop.example.com", "/"),
        ]:
            self.assertEqual(path_of(address), path)

    def test_which_pages_are_meant(self):
        for wanted, path, meant in [
            ("/pricing", "/pricing", True),
            ("/pricing", "/pricing/old", False),
            ("/blog/*", "/blog/lamps-3", True),
            ("/blog/*", "/blog", True),
            ("/blog/*", "/blogger", False),
            ("/blog*", "/blogger", True),
            ("/*", "/shop", True),
            ("*", "/", True),
            ("https://shop.example.com/blog/*", "/blog/a/b", True),
        ]:
            self.assertEqual(is_at(wanted, path), meant, f"{wanted} {path}")


@tagged("post_install", "-at_install", "mail_workflow")
class TestPageViewed(WebsiteCase):
    def setUp(self):
        super().setUp()
        self.pricing = self.make_page("/pricing")
        self.flow = self.workflow([mail("offer"), wait("day", days=1)], triggers=[PRICING])
        self.ada = self.make_customer()

    def test_customer_who_visits_the_page_comes_in(self):
        self.log_in()
        self.visit("/pricing")
        self.run_engine()
        self.assertEqual(self.runs(self.flow).partner_id, self.ada)
        self.assertEqual(len(self.mails(self.flow, "ada@customer")), 1)
        (event,) = self.views()
        self.assertEqual(event.data, {"url": "/pricing"})
        self.assertEqual(event.email_normalized, "ada@customer.example.com")
        self.assertEqual(event.website_id, self.website.id)
        self.assertEqual(event.company_id, self.website.company_id.id)

    def test_only_pages_somebody_listens_to_are_noted(self):
        self.make_page("/other", track=True)
        self.visit("/other")
        self.visit("/contactus")
        self.assertFalse(self.views())
        self.flow.action_pause()
        self.flow.action_stop()
        self.visit("/pricing")
        self.assertFalse(self.views())

    def test_a_page_of_odoo_s_own_statistics_is_noted_once(self):
        self.pricing.track = True
        self.visit("/pricing")
        visitor = self.env["website.visitor"].search([], limit=1)
        self.assertEqual(len(visitor.website_track_ids), 1)
        self.assertEqual(self.views().mapped("visitor_id"), visitor.ids)

    def test_any_language_and_any_way_to_write_the_address(self):
        self.website.language_ids += self.env["res.lang"]._lang_get("fr_FR")
        self.visit("/fr/pricing?source=mail")
        self.assertEqual([event.data["url"] for event in self.views()], ["/pricing"])

    def test_machines_and_head_are_no_person(self):
        self.visit("/pricing", **MACHINE)
        self.ask("/pricing", "HEAD")
        self.assertFalse(self.views())
        self.log_in()
        self.visit("/pricing", **{"Sec-Purpose": "prefetch"})
        self.assertEqual(self.views().mapped("verdict"), ["suspect"])
        self.run_engine()
        self.assertFalse(self.runs(self.flow))

    def test_error_pages_and_what_is_no_page_are_not_noted(self):
        everything = {"kind": "page_viewed", "filters": {"url": "*"}}
        self.workflow([wait("day", days=1)], triggers=[everything])
        self.ask("/no-such-page")
        self.ask("/robots.txt")
        self.ask("/web/login?redirect=/x", "POST", data={"login": "x"}, headers=BROWSER)
        self.assertFalse(self.views())

    def test_product_page_and_shop_are_noted(self):
        shop = {"kind": "page_viewed", "filters": {"url": "/shop*"}}
        self.workflow([wait("day", days=1)], triggers=[shop])
        self.visit("/shop")
        self.visit(self.product.product_tmpl_id.website_url)
        path = self.product.product_tmpl_id.website_url
        self.assertEqual([event.data["url"] for event in self.views()], ["/shop", path])

    def test_third_visit_of_the_blog_within_a_week(self):
        often = {**PRICING, "filters": {"url": "/blog/*"}, "count": 3, "within_days": 7}
        flow = self.workflow([mail("read"), wait("day", days=1)], triggers=[often])
        for name in ("one", "two", "three"):
            self.make_page(f"/blog/{name}")
        self.log_in()
        self.visit("/blog/one")
        self.run_engine(days=6)
        self.visit("/blog/two")
        self.run_engine(days=2)
        self.visit("/blog/three")
        self.run_engine()
        self.assertFalse(self.runs(flow), "the first was more than a week ago")
        self.visit("/blog/one")
        self.run_engine(hours=1)
        self.assertEqual(len(self.mails(flow)), 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestUnknownVisitors(WebsiteCase):
    def setUp(self):
        super().setUp()
        self.make_page("/pricing")
        self.once = self.workflow([wait("day", days=1)], triggers=[PRICING])
        self.thrice = self.workflow([wait("day", days=1)], triggers=[{**PRICING, "count": 3}])
        self.ada = self.make_customer()

    def test_unknown_visitor_brings_nobody_in(self):
        self.visit("/pricing")
        self.run_engine()
        (event,) = self.views()
        self.assertTrue(event.visitor_id)
        self.assertFalse(event.partner_id or event.email_normalized)
        self.assertFalse(self.runs(self.once))

    def test_what_they_did_counts_once_they_log_in_but_brings_nobody_in(self):
        for late in (True, False):
            # whether the engine passes before the log-in or after makes no difference
            with self.subTest(late=late):
                self.new_browser()
                name = f"person{late}".lower()
                person = self.make_customer(name)
                self.visit("/pricing")
                self.run_engine(minutes=1) if not late else self.after(minutes=1)
                self.visit("/pricing")
                self.after(minutes=1)
                self.log_in(name)
                self.run_engine(minutes=1)
                self.assertFalse(self.runs(self.once, person))
                mine = self.views().filtered(lambda one, p=person: one.partner_id == p.id)
                self.assertEqual(len(mine), 2)
                self.visit("/pricing")
                self.run_engine(minutes=1)
                self.assertEqual(len(self.runs(self.once, person)), 1)
                self.assertEqual(len(self.runs(self.thrice, person)), 1, "the third in all")

    def test_events_follow_when_odoo_merges_visitors(self):
        self.log_in()
        self.visit("/pricing")
        known = self.views().visitor_id
        self.new_browser()
        self.visit("/pricing")
        unknown = self.views()[-1].visitor_id
        self.assertNotEqual(known, unknown)
        self.log_in()
        self.assertFalse(self.env["website.visitor"].browse(unknown).exists())
        self.run_engine()
        self.assertEqual(self.views().mapped("visitor_id"), [known, known])
        self.assertEqual(self.views().mapped("partner_id"), [self.ada.id] * 2)
        self.assertEqual(set(self.views().mapped("email_normalized")), {self.ada.email_normalized})

    def submit(self, email):
        data = {
            "contact_name": "Grace",
            "email_from": email,
            "name": "Question",
            "description": "When?",
        }
        self.env.flush_all()
        answer = self.url_open("/website/form/crm.lead", data=data, headers=BROWSER)
        self.assertTrue(answer.json().get("id"), answer.text)
        self.env.invalidate_all()

    def test_address_given_in_a_form_makes_a_visitor_known(self):
        self.visit("/pricing")
        self.run_engine(minutes=1)
        self.submit("Grace <grace@customer.example.com>")
        self.run_engine(minutes=1)
        self.assertEqual(self.views().email_normalized, "grace@customer.example.com")
        self.assertFalse(self.runs(self.once))
        self.visit("/pricing")
        self.run_engine(minutes=1)
        self.assertEqual(self.runs(self.once).email_normalized, "grace@customer.example.com")

    def test_address_given_for_the_newsletter_makes_a_visitor_known(self):
        newsletter = self.env["mailing.list"].create({"name": "News", "is_public": True})
        self.visit("/pricing")
        self.env.flush_all()
        self.make_jsonrpc_request(
            "/website_mass_mailing/subscribe",
            {
                "list_id": newsletter.id,
                "value": "grace@customer.example.com",
                "subscription_type": "email",
            },
            headers=BROWSER,
        )
        self.run_engine(minutes=1)
        self.assertEqual(self.views().email_normalized, "grace@customer.example.com")

    def test_nothing_is_written_of_visitors_when_nobody_listens(self):
        (self.once + self.thrice).action_stop()
        self.visit("/contactus")
        self.submit("grace@customer.example.com")
        self.log_in()
        self.env.cr.flush()
        self.assertFalse(self.env["mail.workflow.event"].search([]))
        self.assertFalse(
            self.env["website.visitor"].sudo().search([("workflow_known_at", "!=", False)])
        )

    def test_persons_of_a_batch_are_found_together(self):
        """As many queries for 10 visitors as for 100."""
        visitors = self.env["website.visitor"].create(
            [
                {
                    "access_token": f"{number:032x}",
                    "workflow_email": f"v{number}@customer.example.com",
                    "workflow_known_at": self.now,
                }
                for number in range(120)
            ]
        )
        costs = []
        for some in (visitors[:10], visitors[10:20], visitors[20:]):
            for visitor in some:
                self.env["mail.workflow.event"]._emit(
                    "page_viewed", data={"url": "/elsewhere"}, visitor_id=visitor.id
                )
            self.env.cr.flush()
            before = self.env.cr.sql_log_count
            self.env["mail.workflow.dispatcher"]._dispatch_batch(self.now)
            costs.append(self.env.cr.sql_log_count - before)
        self.assertEqual(costs[1], costs[2])
        self.assertEqual(len(set(self.views().mapped("email_normalized"))), 120)

    def test_what_is_no_page_of_the_website_is_left_alone(self):
        self.workflow(
            [mail("any")],
            name="Any page",
            triggers=[
                {"kind": "page_viewed"},
                {"kind": "page_dwelled", "filters": {"seconds": 5}},
            ],
        )
        file = self.env["ir.attachment"].create(
            {
                "name": "old.html",
                "mimetype": "text/html",
                "raw": "<div id='wrapwrap'>Prix: été</div>".encode("latin-1"),
                "public": True,
            }
        )
        self.visit(f"/web/content/{file.id}")
        self.authenticate("marketer", "marketer")
        self.visit("/odoo")
        self.assertFalse(self.views())
