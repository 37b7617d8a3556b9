"""Custom events by HTTP: signed, once each, and nothing that comes in breaks anything."""

import hashlib
import hmac
import http.client
import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from dev.paths import ROOT

from .common import MANAGER_GROUP, wait
from .http_common import RealClock, WorkflowHttpCase

TRIAL = {"kind": "custom", "name": "trial_started"}
QUIET = "odoo.addons.mail_workflow_automation"


class EventHttpCase(RealClock, WorkflowHttpCase):
    """A web application that reports what happens there."""

    def setUp(self):
        super().setUp()
        self.source, self.secret = self.make_source()
        self.flow = self.workflow([wait("day", days=1)], triggers=[TRIAL])
        self.env.cr.flush()

    def make_source(self, **values):
        source = self.env["mail.workflow.source"].create({"name": "Our application", **values})
        action = source.action_generate_secret()
        return source, action["context"]["default_secret"]

    def signed(self, body, stamp=None, secret=None, source=None):
        stamp = str(int(time.time()) if stamp is None else stamp)
        signature = hmac.new(
            (secret or self.secret).encode(), f"{stamp}.".encode() + body, hashlib.sha256
        ).hexdigest()
        return {
            "Content-Type": "application/json",
            "X-Workflow-Source": source or self.source.code,
            "X-Workflow-Timestamp": stamp,
            "X-Workflow-Signature": f"sha256={signature}",
        }

    def post(self, body, headers):
        with self.assertNoLogs("odoo.http", "ERROR"):
            return self.ask("/workflow/event", "POST", data=body, headers=headers)

    def call(self, **content):
        """Report a trial of Ada's, or what else is said."""
        content = {"name": "trial_started", "email": "ada@customer.example.com", **content}
        body = json.dumps(content).encode()
        return self.post(body, self.signed(body))

    def noted(self):
        return self.env["mail.workflow.event"].search([("kind", "=", "custom")], order="id")

    def assertRefused(self, answer, status, fragment):
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertIn(fragment, answer.json()["error"])
        self.assertFalse(self.noted())


@tagged("post_install", "-at_install", "mail_workflow")
class TestReporting(EventHttpCase):
    def test_reported_trial_brings_its_person_in(self):
        answer = self.call(key="trial-1", data={"plan": "pro"})
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(answer.json(), {"noted": True, "duplicate": False})
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        event = self.noted()
        self.assertEqual(event.data, {"plan": "pro", "name": "trial_started"})
        self.assertEqual(event.company_id, self.source.company_id.id)
        self.env["mail.workflow.event"]._cron_dispatch()
        self.assertEqual(self.runs(self.flow).email_normalized, "ada@customer.example.com")
        self.assertEqual(self.runs(self.flow).partner_id.email, "ada@customer.example.com")

    def test_the_page_s_curl_call_is_taken(self):
        page = (ROOT / "docs/events.md").read_text()
        (script,) = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
        environment = {
            **os.environ,
            "SHOP_URL": self.base_url(),
            "WORKFLOW_SOURCE": self.source.code,
            "WORKFLOW_SECRET": self.secret,
        }
        self.env.flush_all()
        with self.allow_requests(all_requests=True):
            ran = subprocess.run(
                ["bash", "-c", script], env=environment, capture_output=True, text=True, check=True
            )
        self.assertEqual(json.loads(ran.stdout), {"noted": True, "duplicate": False}, ran.stderr)
        self.env.invalidate_all()
        self.assertEqual(self.noted().data["plan"], "pro")

    def test_contact_is_named_by_reference_or_external_id(self):
        ada = self.person(ref="C-17")
        self.env["ir.model.data"].create(
            {"module": "shop", "name": "ada", "model": "res.partner", "res_id": ada.id}
        )
        for reference in ("C-17", "shop.ada"):
            self.assertEqual(self.call(email=None, partner=reference).status_code, 200)
        self.assertEqual(self.noted().mapped("partner_id"), [ada.id, ada.id])

    def test_happened_earlier_and_in_another_zone(self):
        moment = time.time() - 3600
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment + 7200)) + "+02:00"
        self.assertEqual(self.call(occurred_at=text).status_code, 200)
        occurred_at = self.noted().occurred_at
        self.assertEqual(occurred_at.strftime("%F %T"), time.strftime("%F %T", time.gmtime(moment)))

    def test_same_key_is_one_event(self):
        answers = [self.call(key="trial-1", data={"attempt": n}).json() for n in range(3)]
        self.assertEqual([one["duplicate"] for one in answers], [False, True, True])
        self.assertEqual(len(self.noted()), 1)

    def test_replay_of_a_call_without_key_is_one_event(self):
        body = json.dumps({"name": "trial_started", "email": "ada@customer.example.com"}).encode()
        headers = self.signed(body)
        answers = [self.post(body, headers).json() for _twice in range(2)]
        self.assertEqual([one["duplicate"] for one in answers], [False, True])
        self.assertEqual(len(self.noted()), 1)

    def test_two_sources_may_use_the_same_key(self):
        other, secret = self.make_source(name="Another")
        self.call(key="1")
        body = b'{"name": "trial_started", "email": "bob@customer.example.com", "key": "1"}'
        answer = self.post(body, self.signed(body, secret=secret, source=other.code))
        self.assertEqual(answer.json(), {"noted": True, "duplicate": False})
        self.assertEqual(len(self.noted()), 2)

    def test_nothing_is_kept_while_nobody_listens(self):
        self.flow.action_stop()
        self.assertEqual(self.call().json(), {"noted": False, "duplicate": False})
        self.assertFalse(self.noted())

    def test_event_of_a_shop_stays_with_its_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        source, secret = self.make_source(name="Other", company_id=other.id)
        body = b'{"name": "trial_started", "email": "bob@customer.example.com"}'
        self.post(body, self.signed(body, secret=secret, source=source.code))
        self.assertEqual(self.noted().company_id, other.id)
        self.env["mail.workflow.event"]._cron_dispatch()
        self.assertFalse(self.runs(self.flow))


@tagged("post_install", "-at_install", "mail_workflow")
class TestBadCalls(EventHttpCase):
    def test_wrong_signature_source_or_time_have_the_same_answer(self):
        body = b'{"name": "trial_started", "email": "ada@customer.example.com"}'
        right = self.signed(body)
        now = int(time.time())
        unsigned, unsigned_secret = self.env["mail.workflow.source"].create({"name": "New"}), "x"
        wrong = [
            {**right, "X-Workflow-Signature": "sha256=" + "0" * 64},
            {**right, "X-Workflow-Signature": right["X-Workflow-Signature"][7:]},
            {**right, "X-Workflow-Signature": "sha256=é".encode().decode("latin-1")},
            {**right, "X-Workflow-Timestamp": str(now + 1)},
            {**right, "X-Workflow-Timestamp": "soon"},
            {**right, "X-Workflow-Timestamp": "9" * 5000},
            {**right, "X-Workflow-Source": "src_unknown"},
            {**right, "X-Workflow-Source": "%\x01'\";--"},
            self.signed(body, secret="another"),
            self.signed(body, stamp=now - 301),
            self.signed(body, stamp=now + 400),
            self.signed(body, stamp=-now),
            self.signed(body, secret=unsigned_secret, source=unsigned.code),
            self.signed(body, secret="nobody's secret", source=unsigned.code),
            self.signed(body, secret="nobody's secret", source="src_unknown"),
            {"Content-Type": "application/json"},
        ]
        texts = set()
        for headers in wrong:
            with self.subTest(headers=headers):
                answer = self.post(body, headers)
                self.assertRefused(answer, 401, "wrong source, timestamp or signature")
                texts.add(answer.text)
        self.assertEqual(len(texts), 1)
        changed = body.replace(b"ada", b"bob")
        self.assertRefused(self.post(changed, right), 401, "wrong")
        self.source.active = False
        self.assertRefused(self.post(body, right), 401, "wrong")

    def test_unknown_source_costs_what_a_wrong_signature_costs(self):
        body = b"{}"
        costs = []
        for source in (self.source.code, "src_unknown", self.source.code, "src_unknown"):
            headers = self.signed(body, secret="wrong", source=source)
            before = self.env.cr.sql_log_count
            self.post(body, headers)
            costs.append(self.env.cr.sql_log_count - before)
        self.assertEqual(costs[2], costs[3])

    def test_replaced_secret_is_void(self):
        old = self.secret
        self.secret = self.source.action_generate_secret()["context"]["default_secret"]
        body = b'{"name": "trial_started", "email": "ada@customer.example.com"}'
        self.assertRefused(self.post(body, self.signed(body, secret=old)), 401, "wrong")
        self.assertEqual(self.post(body, self.signed(body)).status_code, 200)

    def test_what_is_no_json(self):
        for body in (b"", b"{", b"nothing", b"\xff\xfe", b"{'a': 1}", b"[" * 50_000, b"1" * 5000):
            with self.subTest(body=body[:20]):
                self.assertRefused(self.post(body, self.signed(body)), 400, "not JSON")

    def test_form_is_no_json(self):
        body = b"name=trial_started"
        headers = {**self.signed(body), "Content-Type": "application/x-www-form-urlencoded"}
        self.assertRefused(self.post(body, headers), 415, "application/json")

    def test_what_cannot_be_noted_is_refused_with_a_reason(self):
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
        for content, fragment in [
            ({"name": "trial ended!"}, "name"),
            ({"name": None}, "name"),
            ({"name": "x" * 65}, "name"),
            ({"kind": "order_confirmed"}, "kind"),
            ({"kind": "nonsense"}, "kind"),
            ({"kind": ["custom"]}, "kind"),
            ({"color": "red"}, "unknown key “color”"),
            ({"email": "ada"}, "email"),
            ({"email": ["ada@customer.example.com"]}, "email"),
            ({"email": None}, "say who it is"),
            ({"partner": "nobody.here"}, "no contact"),
            ({"partner": 7}, "partner"),
            ({"partner": "base.main_company"}, "no contact"),
            ({"key": ""}, "key"),
            ({"key": 12}, "key"),
            ({"key": None}, "key"),
            ({"key": "x" * 201}, "key"),
            ({"key": "a\x00b"}, "key"),
            ({"data": [1]}, "data"),
            ({"data": {"verdict": "human"}}, "data.verdict"),
            ({"data": {"enrollment_id": 1}}, "data.enrollment_id"),
            ({"data": {"a": "\ud800"}}, "data.a"),
            ({"data": {"a": float("inf")}}, "data.a"),
            ({"data": {"a": 10**400}}, "data.a"),
            ({"occurred_at": soon}, "future"),
            ({"occurred_at": "yesterday"}, "occurred_at"),
            ({"occurred_at": 1700000000}, "occurred_at"),
            ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ]:
            with self.subTest(content=str(content)[:60]):
                self.assertRefused(self.call(**content), 422, fragment)
        for body, fragment in [(b"[]", "not a JSON object"), (b"7", "not a JSON object")]:
            self.assertRefused(self.post(body, self.signed(body)), 422, fragment)
        twice = b'{"name": "trial_started", "name": "x", "email": "ada@customer.example.com"}'
        self.assertRefused(self.post(twice, self.signed(twice)), 422, "duplicate")

    def test_events_a_source_does_not_list_are_refused(self):
        self.source.allowed_names = "logged_in\n upgraded "
        self.assertRefused(self.call(), 422, "unknown event “trial_started”")
        self.assertEqual(self.call(name="upgraded").status_code, 200)

    def test_ten_megabytes_are_refused_unread(self):
        body = b" " * (10 * 1024 * 1024)
        parts = urlsplit(self.base_url())
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        headers = {
            **self.signed(b""),
            "Content-Length": str(len(body)),
        }
        with self.assertNoLogs("odoo.http", "ERROR"), self.allow_requests(all_requests=True):
            connection.request("POST", "/workflow/event", headers=headers)
            # the answer is there before one byte of the body was sent
            answer = connection.getresponse()
            self.assertEqual(answer.status, 413)
            answer.read()
        connection.close()
        self.assertFalse(self.noted())

    def test_other_methods_are_not_allowed(self):
        for method in ("GET", "PUT", "DELETE"):
            self.assertEqual(self.ask("/workflow/event", method).status_code, 405)

    def test_source_that_calls_too_often_is_told_when_to_come_back(self):
        self.source.calls_per_minute = 5
        answers = [self.call(key=str(number)) for number in range(8)]
        statuses = [answer.status_code for answer in answers]
        self.assertEqual(statuses, [200] * 5 + [429] * 3)
        self.assertTrue(all(1 <= int(one.headers["Retry-After"]) <= 12 for one in answers[5:]))
        self.assertEqual(len(self.noted()), 5)

    def test_address_that_guesses_is_told_to_stop_and_stops_nobody_else(self):
        body = b'{"name": "trial_started", "email": "ada@customer.example.com"}'
        wrong = self.signed(body, secret="wrong")
        statuses = [self.post(body, wrong).status_code for _number in range(65)]
        self.assertEqual(set(statuses[:60]), {401})
        self.assertEqual(statuses[-1], 429)
        self.assertEqual(self.call().status_code, 200, "who signs is not who guesses")

    def test_two_clients_at_once(self):
        """Whatever they send side by side, each gets a status, and each event is there once."""
        self.source.calls_per_minute = 10_000

        def client(name):
            statuses = []
            for number in range(40):
                content = {
                    "name": "trial_started",
                    "email": f"person{number}@customer.example.com",
                    "key": f"trial-{number}",
                }
                body = json.dumps(content).encode()
                headers = self.signed(body, secret="wrong" if number % 4 == 3 else None)
                connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
                connection.request("POST", "/workflow/event", body, headers)
                answer = connection.getresponse()
                statuses.append((answer.status, json.loads(answer.read()).get("duplicate")))
                connection.close()
            return name, statuses

        parts = urlsplit(self.base_url())
        self.env.flush_all()
        with (
            self.assertNoLogs("odoo.http", "ERROR"),
            self.allow_requests(all_requests=True),
            ThreadPoolExecutor(2) as pool,
        ):
            answers = dict(pool.map(client, ("one", "two")))
        both = [one for found in answers.values() for one in found]
        self.assertEqual(both.count((401, None)), 20)
        self.assertEqual(both.count((200, False)), 30)
        self.assertEqual(both.count((200, True)), 30)
        self.env.invalidate_all()
        self.assertEqual(len(self.noted()), 30)


@tagged("post_install", "-at_install", "mail_workflow")
class TestSources(EventHttpCase):
    def test_secret_is_shown_once_and_read_by_nobody(self):
        manager = new_test_user(self.env, login="chief", groups=f"base.group_user,{MANAGER_GROUP}")
        source = self.env["mail.workflow.source"].with_user(manager).create({"name": "Mine"})
        self.assertFalse(source.has_secret)
        shown = source.action_generate_secret()["context"]["default_secret"]
        self.assertGreaterEqual(len(shown), 32)
        self.assertTrue(source.has_secret)
        with self.assertRaises(AccessError):
            source.read(["secret"])
        self.assertNotIn("secret", source.copy_data()[0])
        self.assertFalse(self.env["mail.workflow.source.secret"].search_count([]))

    def test_only_managers_have_sources(self):
        sources = self.env["mail.workflow.source"].with_user(self.marketer)
        with self.assertRaises(AccessError):
            sources.create({"name": "Mine"})
        with self.assertRaises(AccessError):
            self.source.with_user(self.marketer).action_generate_secret()

    @mute_logger("odoo.sql_db")
    def test_nonsense_is_refused_when_it_is_saved(self):
        with self.assertRaises(ValidationError):
            self.source.allowed_names = "trial ended!"
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(ValidationError):
            self.source.write({"company_id": other.id, "website_id": self.website.id})
