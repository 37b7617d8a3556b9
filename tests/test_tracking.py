"""What readers and machines do with a mail, over real HTTP and through Odoo's mail gateway."""

import re
from email.message import EmailMessage

from odoo.tests import tagged

from .common import mail, wait
from .http_common import BODY, MACHINE, WorkflowHttpCase


class TrackingCase(WorkflowHttpCase):
    def setUp(self):
        super().setUp()
        self.ada = self.person()

    def waiting(self, kinds=("email_clicked", "email_opened"), **filters):
        """Start a mail and a wait for what its reader does; return workflow, run and mail."""
        events = [{"kind": kind, "branch": kind, "filters": {"step": "a"}} for kind in kinds]
        steps = [
            mail("a", subject="First", body=BODY),
            wait(
                "reaction",
                events=events,
                days=3,
                branches={
                    **{kind: {"steps": [mail(kind, body=BODY)]} for kind in kinds},
                    "timeout": {"steps": [mail("late", body=BODY)]},
                },
            ),
        ]
        workflow = self.workflow(steps)
        run = workflow.enroll(self.ada)
        self.run_engine()
        self.after(minutes=10)
        return workflow, run, self.mails(workflow)

    def branch(self, run):
        """Return the branch by which a run left the wait, None while it waits."""
        self.run_engine()
        done = run.execution_ids.filtered(lambda x: x.step_id.key == "reaction")
        return done.branch if done.state == "done" else None

    def reasons(self, workflow, kind="email_clicked"):
        """Return ``[(verdict, reason)]`` of the events of a workflow's mails."""
        found = self.env["mail.workflow.event"].search([("kind", "=", kind)], order="id")
        return [
            (event.verdict, event.data.get("reason"))
            for event in found
            if event.data.get("workflow_id") == workflow.id
        ]

    def trace(self, sent):
        return sent.mailing_trace_ids


@tagged("post_install", "-at_install", "mail_workflow")
class TestClicks(TrackingCase):
    def test_a_click_counts_and_goes_its_way(self):
        workflow, run, sent = self.waiting(("email_clicked",))
        answer = self.ask(self.link(sent, "/r/"))
        self.assertIn(answer.status_code, (301, 302))
        self.assertIn("/shop", answer.headers["Location"])
        trace = self.trace(sent)
        self.assertTrue(trace.links_click_datetime)
        self.assertEqual(trace.trace_status, "open")
        self.assertEqual(self.events(workflow, "email_clicked"), [("email_clicked", "human")])
        self.assertEqual(self.branch(run), "email_clicked")
        self.assertEqual(sent.mailing_id.clicked, 1)
        self.assertEqual(sent.mailing_id.opened, 1)

    def test_a_click_the_moment_the_mail_is_sent_is_no_readers(self):
        workflow, run, sent = self.waiting()
        self.trace(sent).sent_datetime = self.now
        self.after(seconds=1)
        self.ask(self.link(sent, "/mail/track/"))
        self.ask(self.link(sent, "/r/"))
        self.assertIsNone(self.branch(run))
        self.assertEqual(self.reasons(workflow), [("suspect", "soon")])
        self.assertEqual(set(self.reasons(workflow, "email_opened")), {("suspect", "soon")})
        self.after(seconds=30)
        self.ask(self.link(sent, "/r/"))
        self.assertEqual(self.branch(run), "email_clicked")

    def test_a_machine_that_opens_the_mail_first_does_not_hide_its_reader(self):
        _workflow, run, sent = self.waiting(("email_opened",))
        self.trace(sent).sent_datetime = self.now
        self.ask(self.link(sent, "/mail/track/"))
        self.assertIsNone(self.branch(run))
        self.after(hours=1)
        self.ask(self.link(sent, "/mail/track/"))
        self.assertEqual(self.branch(run), "email_opened")

    def test_all_links_of_a_mail_in_one_burst_are_no_readers(self):
        workflow, run, sent = self.waiting(("email_clicked",))
        links = [url for url in self.links(sent) if "/r/" in url]
        self.assertEqual(len(set(links)), 2)
        for url in links:
            self.ask(url)
        self.assertIsNone(self.branch(run))
        self.assertEqual(self.reasons(workflow), [("suspect", "burst")] * 2)
        self.after(minutes=1)
        self.ask(links[0])
        self.assertEqual(self.branch(run), "email_clicked")
        self.assertEqual(self.reasons(workflow)[2:], [("human", None)])

    def test_a_burst_that_shows_later_changes_the_verdict_on_what_came_before(self):
        workflow, run, sent = self.waiting(("email_clicked",))
        first, second = [url for url in self.links(sent) if "/r/" in url]
        self.ask(first)
        self.assertEqual(self.branch(run), "email_clicked", "who is first cannot be known")
        self.ask(second)
        self.run_engine()
        self.assertEqual(self.reasons(workflow), [("suspect", "burst")] * 2)

    def test_two_links_that_a_reader_follows_count(self):
        workflow, _run, sent = self.waiting(("email_clicked",))
        for url in [url for url in self.links(sent) if "/r/" in url]:
            self.ask(url)
            self.after(seconds=20)
        self.run_engine()
        self.assertEqual(self.reasons(workflow), [("human", None)] * 2)

    def test_what_a_machine_or_a_browser_ahead_of_its_reader_does_has_its_reason(self):
        workflow, run, sent = self.waiting(("email_clicked",))
        self.ask(self.link(sent, "/r/"), headers=MACHINE)
        self.ask(self.link(sent, "/r/"), headers={"Sec-Purpose": "prefetch"})
        self.assertIsNone(self.branch(run))
        self.assertEqual(self.reasons(workflow), [("bot", "machine"), ("suspect", "prefetch")])

    def test_clicks_of_one_person_count_once_in_odoos_figures(self):
        _workflow, _run, sent = self.waiting()
        for _time in range(3):
            self.ask(self.link(sent, "/r/"))
        self.assertEqual(sent.mailing_id.clicked, 1)
        self.assertEqual(sent.mailing_id.opened, 1)
        self.assertLessEqual(sent.mailing_id.clicks_ratio, 100)

    def test_a_head_request_is_no_click(self):
        workflow, run, sent = self.waiting()
        for url in self.links(sent):
            self.ask(url, "HEAD")
        self.assertEqual(self.events(workflow), [])
        self.assertFalse(self.trace(sent).links_click_datetime)
        self.assertNotEqual(self.trace(sent).trace_status, "open")
        self.assertIsNone(self.branch(run))

    def test_a_head_request_for_a_mail_that_is_gone_is_answered(self):
        _workflow, _run, sent = self.waiting()
        url = re.sub(r"/m/\d+.*", "/m/999999999", self.link(sent, "/r/"))
        self.assertEqual(self.ask(url, "HEAD").status_code, 302)

    def test_a_machine_is_noted_and_takes_no_branch(self):
        workflow, run, sent = self.waiting()
        self.ask(self.link(sent, "/r/"), headers=MACHINE)
        self.ask(self.link(sent, "/mail/track/"), headers=MACHINE)
        self.assertEqual(self.events(workflow), [("email_clicked", "bot"), ("email_opened", "bot")])
        self.assertFalse(self.trace(sent).links_click_datetime)
        self.assertNotEqual(self.trace(sent).trace_status, "open")
        self.assertIsNone(self.branch(run))
        self.run_engine(days=3)
        self.assertIn(("late", "queued"), self.path(run))

    def test_a_browser_that_fetches_ahead_is_suspect(self):
        workflow, run, sent = self.waiting()
        self.ask(self.link(sent, "/r/"), headers={"Sec-Purpose": "prefetch"})
        self.assertEqual(self.events(workflow), [("email_clicked", "suspect")])
        self.assertIsNone(self.branch(run))

    def test_a_click_of_a_machine_does_not_hide_the_readers(self):
        workflow, run, sent = self.waiting(("email_clicked",))
        self.ask(self.link(sent, "/r/"), headers=MACHINE)
        self.ask(self.link(sent, "/r/"))
        self.assertEqual(self.branch(run), "email_clicked")

    def test_wrong_foreign_and_missing_tokens_of_a_click(self):
        workflow, run, sent = self.waiting()
        bob = self.person("Bob")
        workflow.enroll(bob)
        self.run_engine()
        other = self.mails(workflow) - sent
        url = self.link(sent, "/r/")
        foreign = self.link(other, "/r/").rpartition("=")[2]
        for bad in (
            url.partition("?")[0],
            url + "x",
            f"{url.partition('?')[0]}?k={foreign}",
            f"{url.partition('?')[0]}?k=",
            f"{url.partition('?')[0]}?k=é",
        ):
            with self.subTest(bad=bad):
                answer = self.ask(bad)
                self.assertIn(answer.status_code, (301, 302), "the link leads where it leads")
        self.assertEqual(self.events(workflow), [])
        self.assertFalse((self.trace(sent) | self.trace(other)).filtered("links_click_datetime"))
        self.assertIsNone(self.branch(run))
        self.assertEqual(self.ask(url.replace("/r/", "/r/no")).status_code, 404)

    def test_where_a_link_leads_is_never_in_the_address(self):
        _workflow, _run, sent = self.waiting()
        answer = self.ask(self.link(sent, "/r/") + "&url=https://evil.example.com&to=x")
        self.assertNotIn("evil", answer.headers["Location"])


@tagged("post_install", "-at_install", "mail_workflow")
class TestOpens(TrackingCase):
    def test_the_pixel_counts_once_and_goes_its_way(self):
        workflow, run, sent = self.waiting(("email_opened",))
        for _time in range(5):
            self.assertEqual(self.ask(self.link(sent, "/mail/track/")).status_code, 200)
        self.assertEqual(self.events(workflow), [("email_opened", "human")])
        self.assertEqual(self.branch(run), "email_opened")
        self.assertEqual(sent.mailing_id.opened, 1)

    def test_wrong_and_foreign_tokens_of_a_pixel(self):
        workflow, run, sent = self.waiting()
        workflow.enroll(self.person("Bob"))
        self.run_engine()
        other = self.mails(workflow) - sent
        pixel, theirs = self.link(sent, "/mail/track/"), self.link(other, "/mail/track/")
        token = pixel.split("/")[-2]
        for bad in (
            pixel.replace(token, theirs.split("/")[-2]),
            pixel.replace(token, "0" * 64),
            pixel.replace(str(sent.id), str(other.id)),
            pixel.replace(str(sent.id), "99999999"),
            pixel.replace(token, "é"),
        ):
            with self.subTest(bad=bad):
                self.ask(bad)
                self.ask(bad, headers=MACHINE)
        self.assertEqual(self.events(workflow), [])
        self.assertFalse(
            (self.trace(sent) | self.trace(other)).filtered(lambda t: t.trace_status == "open")
        )
        self.assertIsNone(self.branch(run))


@tagged("post_install", "-at_install", "mail_workflow")
class TestGateway(TrackingCase):
    def reply_to(self, sent):
        answer = EmailMessage()
        answer["From"] = "Ada <ada@customer.example.com>"
        answer["To"] = self.outgoing(sent).get("reply_to") or "catchall@shop.example.com"
        answer["Subject"] = "Re: First"
        answer["Message-ID"] = "<answer-1@customer.example.com>"
        answer["References"] = sent.message_id
        answer["In-Reply-To"] = sent.message_id
        answer.set_content("I have a question.")
        return answer.as_bytes()

    def bounce_of(self, sent):
        """Return what a mail server sends back, as RFC 3464 has it."""
        return (
            "Return-Path: <>\r\n"
            "From: MAILER-DAEMON@mx.example.com\r\n"
            f"To: {self.bounce_address}\r\n"
            "Subject: Undelivered Mail Returned to Sender\r\n"
            "Message-ID: <bounce-1@mx.example.com>\r\n"
            "MIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\r\n'
            "\r\n"
            "--b1\r\nContent-Type: text/plain\r\n\r\nUser unknown\r\n"
            "--b1\r\nContent-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; mx.example.com\r\n\r\n"
            "Final-Recipient: rfc822; ada@customer.example.com\r\n"
            "Action: failed\r\nStatus: 5.1.1\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 user unknown\r\n"
            "\r\n--b1\r\nContent-Type: message/rfc822\r\n\r\n"
            f"Message-ID: {sent.message_id}\r\n"
            "From: shop@shop.example.com\r\nTo: ada@customer.example.com\r\n"
            "Subject: First\r\n\r\nHello\r\n"
            "--b1--\r\n"
        ).encode()

    def receive(self, raw):
        self.env["mail.thread"].sudo().message_process(False, raw)
        self.env.invalidate_all()

    def setUp(self):
        super().setUp()
        domain = self.env["mail.alias.domain"].search([], limit=1)
        domain = domain or self.env["mail.alias.domain"].create({"name": "shop.example.com"})
        self.env.company.alias_domain_id = domain
        self.bounce_address = domain.bounce_email

    def test_an_answer_reaches_the_run(self):
        workflow, run, sent = self.waiting(("email_replied", "email_bounced"))
        self.receive(self.reply_to(sent))
        self.assertEqual(self.trace(sent).trace_status, "reply")
        self.assertIn(("email_replied", "human"), self.events(workflow))
        self.assertEqual(self.branch(run), "email_replied")
        self.assertEqual(sent.mailing_id.replied, 1)

    def test_a_bounce_reaches_the_run_and_stops_the_next_mail(self):
        workflow, run, sent = self.waiting(("email_replied", "email_bounced"))
        self.receive(self.bounce_of(sent))
        self.assertEqual(self.trace(sent).trace_status, "bounce")
        self.assertEqual(self.events(workflow), [("email_bounced", "human")])
        self.assertEqual(self.branch(run), "email_bounced")
        self.assertEqual(self.reason(run, "email_bounced"), "address bounced")
        self.assertEqual(sent.mailing_id.bounced, 1)

    def test_an_answer_of_somebody_else_s_mail_changes_nothing(self):
        workflow, run, sent = self.waiting(("email_replied",))
        raw = self.reply_to(sent).replace(sent.message_id.encode(), b"<other@x.example.com>")
        self.receive(raw)
        self.assertEqual(self.events(workflow), [])
        self.assertIsNone(self.branch(run))


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
