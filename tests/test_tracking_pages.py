"""The pages behind the links of a mail, over real HTTP, of tests and of two shops, too."""

from odoo.tests import tagged

from .common import mail
from .http_common import MACHINE
from .tracking_common import TrackingCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestPages(TrackingCase):
    def test_the_web_view_shows_the_readers_own_mail(self):
        workflow, _run, sent = self.waiting()
        bob = self.person("Bob")
        workflow.enroll(bob)
        self.run_engine()
        page = self.ask(self.link(sent, "/view"))
        self.assertEqual(page.status_code, 200)
        self.assertIn("Hello Ada", page.text)
        self.assertNotIn("Bob", page.text)
        self.assertNotIn("t-out", page.text)
        other = self.mails(workflow) - sent
        self.assertIn("Hello Bob", self.ask(self.link(other, "/view")).text)

    def test_the_web_view_of_somebody_else_is_closed(self):
        workflow, _run, sent = self.waiting()
        workflow.enroll(self.person("Bob"))
        self.run_engine()
        url = self.link(sent, "/view")
        other = self.link(self.mails(workflow) - sent, "/view")
        for bad in (
            url.rpartition("=")[0] + "=" + other.rpartition("=")[2],
            url.partition("&hash_token")[0],
            url.partition("?")[0],
        ):
            with self.subTest(bad=bad):
                answer = self.ask(bad)
                self.assertIn(answer.status_code, (400, 401, 403, 404))
                self.assertNotIn("Ada", answer.text)

    def test_the_cart_link(self):
        body = "<p><a href='/workflow/cart'>My cart</a></p>"
        workflow = self.cart_workflow([mail("a", body=body)], exits=[{"kind": "email_clicked"}])
        cart = self.cart(self.ada)
        self.run_engine(hours=24, minutes=1)
        sent = self.mails(workflow)
        url = self.link(sent, "/workflow/cart/")
        token = url.rpartition("/")[2]
        for bad in (url.replace(token, "0" * len(token)), url + "0", url.replace(token, "é")):
            answer = self.ask(bad)
            self.assertEqual(answer.status_code, 302)
            self.assertNotIn("access_token", answer.headers["Location"])
        self.ask(url, "HEAD")
        self.assertEqual(self.events(workflow), [])
        self.ask(url, headers=MACHINE)
        self.assertEqual(self.events(workflow), [("email_clicked", "bot")])
        self.assertFalse(self.trace(sent).links_click_datetime)
        answer = self.ask(url + "?r=https://evil.example.com")
        self.assertEqual(answer.status_code, 302)
        self.assertIn("no-store", answer.headers["Cache-Control"])
        self.assertIn(f"id={cart.id}", answer.headers["Location"])
        self.assertNotIn("evil", answer.headers["Location"])
        self.assertIn(("email_clicked", "human"), self.events(workflow))


@tagged("post_install", "-at_install", "mail_workflow")
class TestTestSends(TrackingCase):
    def test_a_test_send_never_counts_nor_blocks_the_real_one(self):
        workflow, _run, sent = self.waiting()
        mailing = sent.mailing_id
        bob = self.person("Bob")
        before = self.env["mailing.trace"].search_count([])
        self.env["mailing.mailing.test"].with_user(self.marketer).create(
            {"email_to": bob.email, "mass_mailing_id": mailing.id}
        ).send_mail_test()
        self.assertEqual(self.env["mailing.trace"].search_count([]), before)
        self.assertEqual(self.events(workflow), [])
        self.assertEqual(mailing.delivered + mailing.pending + mailing.scheduled, 1)
        run = workflow.enroll(bob)
        self.run_engine()
        self.assertPath(run, ("a", "queued"))
        self.assertEqual(len(self.mails(workflow, email=bob.email)), 1)

    def test_a_trace_of_a_test_notes_nothing(self):
        workflow, run, sent = self.waiting()
        trace = self.trace(sent)
        trace.is_test_trace = True
        self.ask(self.link(sent, "/mail/track/"))
        self.ask(self.link(sent, "/r/"))
        self.assertEqual(self.events(workflow), [])
        self.assertIsNone(self.branch(run))


@tagged("post_install", "-at_install", "mail_workflow")
class TestTwoShops(TrackingCase):
    """Links, sender and unsubscribe page are those of the record's shop."""

    def setUp(self):
        super().setUp()
        self.other_company = self.env["res.company"].create(
            {"name": "Other shop", "email": "hello@other.example.com"}
        )
        self.website.domain = "https://first.example.com"
        self.other_website = self.env["website"].create(
            {
                "name": "Other",
                "domain": "https://other.example.com",
                "company_id": self.other_company.id,
            }
        )
        self.marketer.write({"company_ids": [(4, self.other_company.id)]})

    def mail_of(self, company, website):
        marketer = self.marketer.sudo()
        marketer.company_id = company
        workflow = (
            self.env["mail.workflow"]
            .with_user(marketer)
            .with_company(company)
            .create_from_recipe("abandoned_cart")
        )
        self.assertEqual(workflow.company_id, company)
        workflow.action_start()
        cart = self.cart(
            self.person(f"Reader of {website.id}", email=f"r{website.id}@customer.example.com"),
            website_id=website.id,
            company_id=company.id,
        )
        self.run_engine(hours=24, minutes=1)
        self.assertEqual(self.runs(workflow).res_id, cart.id)
        return self.mails(workflow)

    def test_each_shops_mail_is_its_own(self):
        self.env.company.email = "hello@first.example.com"
        for company, website, ours, theirs in (
            (self.env.company, self.website, "first.example.com", "other.example.com"),
            (self.other_company, self.other_website, "other.example.com", "first.example.com"),
        ):
            with self.subTest(shop=ours):
                sent = self.mail_of(company, website)
                self.assertEqual(len(sent), 1)
                headers = self.outgoing(sent)["headers"]
                self.assertTrue(headers["List-Unsubscribe"].startswith(f"<https://{ours}/"))
                self.assertIn(f"hello@{ours}", sent.email_from)
                body = self.outgoing(sent)["body"]
                self.assertIn(f"https://{ours}/workflow/cart/", body)
                self.assertIn(f"https://{ours}/mailing/", body)
                self.assertIn(f"https://{ours}/mail/track/", body)
                self.assertIn(company.name, body)
                self.assertNotIn(theirs, body)
