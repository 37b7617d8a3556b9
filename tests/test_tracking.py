"""What readers and machines do with a mail, over real HTTP."""

import re

from odoo.tests import tagged

from .http_common import MACHINE
from .tracking_common import TrackingCase


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
