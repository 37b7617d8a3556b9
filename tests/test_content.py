"""A lead magnet: asked for by a website form, confirmed, and fetched by a personal link."""

import base64
import re
from urllib.parse import urlsplit

import lxml.html
from PIL import Image

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools.image import image_apply_opt

from .common import mail, wait
from .http_common import BROWSER, MACHINE
from .mail_look import faults
from .website_common import WebsiteCase

ADA = "ada@customer.example.com"


class ContentCase(WebsiteCase):
    def setUp(self):
        super().setUp()
        self.list = self.env["mailing.list"].create({"name": "Light"})
        self.guide = self.make_content("How to light a desk", list_id=self.list.id)
        body = f"<p><a href='/workflow/content/{self.guide.id}'>Your guide</a></p>"
        self.flow = self.workflow(
            [
                mail("guide", body=body),
                wait(
                    "fetched",
                    events=[
                        {
                            "kind": "content_downloaded",
                            "filters": {"content": self.guide.name},
                            "branch": "fetched",
                        }
                    ],
                    days=3,
                    branches={
                        "fetched": {"steps": [mail("more")]},
                        "timeout": {"steps": [mail("reminder")]},
                    },
                ),
            ],
            triggers=[{"kind": "content_requested", "filters": {"content": self.guide.name}}],
        )

    def make_content(self, name, **values):
        source = {} if "url" in values else {"file": base64.b64encode(b"%PDF light")}
        return (
            self.env["mail.workflow.content"]
            .with_user(self.marketer)
            .create({"name": name, "file_name": "light.pdf", **source, **values})
            .sudo()
        )

    def ask_for(self, content=None, email=ADA, **values):
        """Send the form of a content's page; return the answer."""
        data = {
            "content_id": (content or self.guide).id,
            "name": "Ada",
            "email": email,
            "consent": "Yes",
            **values,
        }
        self.env.flush_all()
        answer = self.url_open(
            "/website/form/mail.workflow.content.request",
            data={key: value for key, value in data.items() if value is not None},
            headers=BROWSER,
        )
        self.env.invalidate_all()
        return answer.json()

    def questions(self):
        """Return the mails that ask to confirm."""
        return self.env["mail.mail"].search([("subject", "like", "Please confirm")], order="id")

    def confirmation(self, question=None):
        body = (question or self.questions()[-1]).body_html
        return re.search(r'href="([^"]+/workflow/content/confirm/[^"]+)"', str(body)).group(1)

    def press(self, url):
        return self.ask(url, "POST", data={})

    def requests(self):
        return self.env["mail.workflow.content.request"].search([], order="id")


@tagged("post_install", "-at_install", "mail_workflow")
class TestDoubleOptIn(ContentCase):
    def test_who_left_the_list_comes_back_by_their_own_word_only(self):
        self.ask_for()
        self.press(self.confirmation())
        subscription = self.env["mailing.subscription"].search([("list_id", "=", self.list.id)])
        subscription.opt_out = True
        self.ask_for()  # anybody can type an address
        self.assertTrue(subscription.opt_out)
        again = self.requests()[-1]
        self.assertFalse(again.confirmed_at)
        self.press(f"/workflow/content/confirm/{again.id}/{again._token()}")
        self.assertFalse(subscription.opt_out)

    def test_the_mail_that_asks_looks_like_the_others_and_greets_who_gave_no_name(self):
        self.ask_for(name="")
        body = str(self.outgoing(self.questions())["body"])
        self.assertEqual(faults(body), [])
        words = lxml.html.fromstring(body).text_content()
        self.assertIn("Hello there,", words)
        self.assertIn(self.env.company.name, words)
        self.env.company.logo = base64.b64encode(
            image_apply_opt(Image.new("RGB", (300, 100), "#336699"), "PNG")
        )
        self.ask_for(email="bob@customer.example.com")
        self.assertEqual(
            self.ask(self.link(self.questions()[-1], "/workflow/logo/")).status_code, 200
        )

    def test_from_the_page_to_the_next_step(self):
        page = self.visit(f"/workflow/content/{self.guide.id}")
        self.assertIn("How to light a desk", page.text)
        self.assertTrue(self.ask_for()["id"])
        self.run_engine()
        self.assertFalse(self.runs(self.flow))
        self.assertEqual(self.questions().mapped("email_to"), [ADA])
        self.assertFalse(self.list.contact_ids)
        page = self.ask(self.confirmation())
        self.assertIn("Yes, confirm my address", page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertIn("is confirmed", self.press(self.confirmation()).text)
        self.assertEqual(self.list.contact_ids.mapped("email"), [ADA])
        self.run_engine(minutes=1)
        run = self.runs(self.flow)
        self.assertEqual((run.partner_id.name, run.email_normalized), ("Ada", ADA))
        url = self.link(self.mails(self.flow), "/workflow/content/")
        answer = self.ask(url)
        self.assertEqual((answer.status_code, answer.content), (200, b"%PDF light"))
        self.assertIn("light.pdf", answer.headers["Content-Disposition"])
        self.assertIn("no-store", answer.headers["Cache-Control"])
        self.run_engine(minutes=1)
        self.assertPath(run, ("guide", "queued"), ("fetched", "done"), ("more", "queued"))

    def test_form_of_an_address_that_has_not_confirmed_is_no_event(self):
        forms = {"kind": "form_submitted"}
        flow = self.workflow([wait("day", days=1)], triggers=[forms])
        self.ask_for()
        self.run_engine()
        self.assertFalse(self.runs(flow))
        self.guide.double_opt_in = False
        self.ask_for(email="bob@customer.example.com")
        self.run_engine()
        self.assertEqual(self.runs(flow).email_normalized, "bob@customer.example.com")

    def test_who_does_not_fetch_it_is_reminded(self):
        self.ask_for()
        self.press(self.confirmation())
        self.run_engine()
        self.run_engine(days=3, minutes=1)
        self.assertIn(("reminder", "queued"), self.path(self.runs(self.flow)))

    def test_looking_at_the_link_confirms_nothing(self):
        self.ask_for()
        for method, headers in [
            ("GET", BROWSER),
            ("GET", {**BROWSER, "Sec-Purpose": "prefetch"}),
            ("GET", MACHINE),
            ("HEAD", BROWSER),
        ]:
            self.assertEqual(
                self.ask(self.confirmation(), method, headers=headers).status_code, 200
            )
        self.assertFalse(self.requests().confirmed_at)
        self.run_engine()
        self.assertFalse(self.runs(self.flow))

    def test_wrong_token_confirms_nothing(self):
        self.ask_for()
        self.ask_for(email="bob@customer.example.com")
        mine, other = map(self.confirmation, self.questions())
        path = urlsplit(mine).path
        foreign = f"{path.rpartition('/')[0]}/{other.rpartition('/')[2]}"
        for wrong in (foreign, path[:-1], f"{path}x", "/workflow/content/confirm/999999/abc"):
            self.assertEqual(self.press(wrong).status_code, 404)
        self.assertFalse(any(self.requests().mapped("confirmed_at")))

    def test_who_was_forgotten_confirms_nothing(self):
        nobody = self.env["mailing.contact"].create({"name": "Without an address"})
        self.ask_for()
        self.person(email=ADA).unlink()
        self.assertEqual(self.press(self.confirmation()).status_code, 404)
        self.assertFalse(self.requests().confirmed_at)
        self.assertFalse(nobody.list_ids)

    def test_pressing_twice_is_one_request(self):
        self.ask_for()
        first = [self.press(self.confirmation()).status_code for _twice in range(2)]
        self.assertEqual(first, [200, 200])
        self.assertEqual(len(self.views("content_requested")), 1)

    def test_nothing_marketing_goes_to_an_address_that_has_not_confirmed(self):
        """Also not from other workflows, by whichever way they came to the address."""
        self.ask_for()
        other = self.workflow([mail("hello"), wait("day", days=1)])
        other.enroll(self.person(email=ADA))
        self.run_engine()
        self.assertFalse(self.mails(other))
        self.assertEqual(self.reason(self.runs(other), "hello"), "not confirmed")
        self.press(self.confirmation())
        other.enroll(self.person(email="x@customer.example.com"))
        self.run_engine()
        self.assertEqual(len(self.mails(self.flow, ADA)), 1)

    def test_a_stranger_s_form_does_not_silence_a_customer(self):
        ada = self.person(email=ADA)
        self.ask_for()
        other = self.workflow([mail("hello"), wait("day", days=1)])
        other.enroll(ada)
        self.run_engine()
        self.assertEqual(len(self.mails(other)), 1)

    def test_who_confirmed_once_is_not_asked_again(self):
        self.ask_for()
        self.press(self.confirmation())
        self.ask_for(self.make_content("Another guide"))
        self.assertEqual(len(self.questions()), 1)
        self.assertEqual(len(self.views("content_requested")), 2)

    def test_an_address_is_not_asked_without_end(self):
        for _time in range(3):
            self.ask_for()
        self.assertEqual(len(self.questions()), 1)
        for number in range(8):
            self.ask_for(self.make_content(f"Guide {number}"), "bob@customer.example.com")
        bob = self.questions().filtered(lambda one: one.email_to == "bob@customer.example.com")
        self.assertEqual(len(bob), 5)

    def test_what_a_visitor_did_is_theirs_once_they_confirmed(self):
        self.make_page("/pricing")
        seen = {"kind": "page_viewed", "filters": {"url": "/pricing"}}
        self.workflow([wait("day", days=1)], triggers=[seen])
        self.visit("/pricing")
        self.ask_for()
        self.run_engine()
        self.assertEqual(self.views().email_normalized, ADA)


@tagged("post_install", "-at_install", "mail_workflow")
class TestContent(ContentCase):
    def setUp(self):
        super().setUp()
        self.guide.double_opt_in = False

    def test_without_confirmation_the_workflow_starts_at_once(self):
        self.ask_for()
        self.assertFalse(self.questions())
        self.run_engine()
        self.assertEqual(len(self.mails(self.flow, ADA)), 1)
        self.assertEqual(self.list.contact_ids.mapped("email"), [ADA])

    def test_form_that_is_not_filled_in_makes_nothing(self):
        self.guide.active = True
        archived = self.make_content("Old", active=False)
        for values in (
            {"email": "nonsense"},
            {"email": None},
            {"consent": None},
            {"content_id": archived.id},
            {"content_id": 999999},
        ):
            with self.subTest(values=values):
                answer = self.ask_for(**values)
                self.assertFalse(answer and answer.get("id"), answer)
        self.assertFalse(self.requests())

    def test_form_cannot_confirm_by_itself(self):
        self.guide.double_opt_in = True
        self.ask_for(confirmed_at="2026-03-02 09:00:00", was_known="1", needs_confirmation="")
        self.assertFalse(self.requests().confirmed_at or self.requests().was_known)

    def download(self, **headers):
        self.ask_for()
        self.run_engine()
        return self.link(self.mails(self.flow), "/workflow/content/")

    def test_link_leads_to_where_the_content_is(self):
        self.guide.write({"file": False, "url": "https://elsewhere.example.com/guide"})
        answer = self.ask(self.download())
        self.assertEqual(answer.status_code, 302)
        self.assertEqual(answer.headers["Location"], "https://elsewhere.example.com/guide")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")

    def test_machines_and_head_download_nothing(self):
        url = self.download()
        self.assertEqual(self.ask(url, "HEAD").status_code, 302)
        self.assertFalse(self.views("content_downloaded"))
        self.ask(url, headers=MACHINE)
        self.ask(url, headers={**BROWSER, "Sec-Purpose": "prefetch"})
        self.assertEqual(self.views("content_downloaded").mapped("verdict"), ["bot", "suspect"])
        self.run_engine()
        self.assertTrue(self.runs(self.flow).waiting_since)
        self.assertEqual(self.runs(self.flow).step_id.key, "fetched")

    def test_link_of_another_content_or_reader_gives_nothing(self):
        url = self.download()
        other = self.make_content("Secret plans")
        parts = urlsplit(url).path.split("/")
        for position, wrong in ((3, str(other.id)), (4, "999999"), (5, "0" * 40)):
            path = "/".join([*parts[:position], wrong, *parts[position + 1 :]])
            answer = self.ask(path)
            self.assertEqual(answer.status_code, 302)
            self.assertRegex(answer.headers["Location"], r"/workflow/content/\d+$")
        self.assertFalse(self.views("content_downloaded"))

    def test_personal_link_is_never_a_tracker(self):
        self.download()
        trackers = self.env["link.tracker"].search([])
        self.assertFalse(trackers.filtered(lambda one: "/workflow/content" in one.url))

    def test_download_is_a_click_of_its_mail(self):
        self.ask(self.download())
        self.assertEqual(
            self.runs(self.flow).execution_ids[:1].mailing_trace_id.trace_status, "open"
        )
        self.assertTrue(
            self.runs(self.flow).execution_ids[:1].mailing_trace_id.links_click_datetime
        )

    def test_download_may_start_another_workflow(self):
        fetched = self.workflow(
            [wait("day", days=1)],
            triggers=[{"kind": "content_downloaded", "filters": {"content": self.guide.name}}],
        )
        self.ask(self.download())
        self.run_engine()
        self.assertEqual(self.runs(fetched).email_normalized, ADA)

    def test_text_with_a_link_to_nothing_is_a_problem(self):
        body = "<p><a href='/workflow/content/999999'>Guide</a></p>"
        flow = self.workflow([mail("guide", body=body)], start=False)
        self.assertIn("content that is not there", flow.problems)

    def test_page_is_there_for_its_own_shop_only(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.env["mail.workflow.content"].create(
            {"name": "Foreign", "url": "/shop", "company_id": other.id}
        )
        self.assertEqual(self.ask(f"/workflow/content/{foreign.id}").status_code, 404)
        self.guide.active = False
        self.assertEqual(self.ask(f"/workflow/content/{self.guide.id}").status_code, 404)
        with self.assertRaises(AccessError):
            foreign.with_user(self.marketer).check_access("read")

    def test_content_is_a_file_or_a_link(self):
        for values in ({"url": "/shop", "file": b"eA=="}, {"file": False}, {"url": "javascript:x"}):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.env["mail.workflow.content"].create(
                    {"name": "x", **({"file": False} if "url" in values else {}), **values}
                )

    def test_file_is_nobody_s_without_a_link(self):
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "mail.workflow.content"), ("res_field", "=", "file")], limit=1
        )
        self.assertEqual(attachment.res_id, self.guide.id)
        url = f"/web/content/mail.workflow.content/{self.guide.id}/file"
        self.assertNotEqual(self.ask(url).status_code, 200)
        self.assertNotEqual(self.ask(f"/web/content/{attachment.id}").status_code, 200)
