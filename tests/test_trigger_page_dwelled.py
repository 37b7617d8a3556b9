"""How long a page is looked at: told by the page itself, in a real browser."""

import json
import re
import time
from html import unescape

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tests.common import HOST

from .common import mail, wait
from .http_common import BROWSER, MACHINE, RealClock
from .website_common import WebsiteCase

SECONDS = 2  # "ten seconds on the pricing page", for those who cannot wait
DWELLED = {"kind": "page_dwelled", "filters": {"url": "/pricing", "seconds": SECONDS}}
# whether the page has told, and when, in milliseconds since it was loaded
TOLD = """
    const told = () => performance.getEntriesByType("resource")
        .filter((entry) => entry.name.endsWith("/workflow/dwell"))
        .map((entry) => entry.startTime);
    const once = (isSo, then) => {
        const look = setInterval(() => {
            if (isSo()) {
                clearInterval(look);
                then();
            }
        }, 50);
    };
    const check = (isRight, words) =>
        isRight ? console.log("test successful") : console.error(words);
"""


class DwellCase(RealClock, WebsiteCase):
    def setUp(self):
        super().setUp()
        self.make_page("/pricing")
        self.flow = self.workflow([mail("offer"), wait("day", days=1)], triggers=[DWELLED])
        self.ada = self.make_customer()

    def config(self, url="/pricing", **headers):
        """Return what a page tells its script, None where nobody listens."""
        found = re.search(r'data-mail-workflow-dwell="([^"]*)"', self.visit(url, **headers).text)
        return found and json.loads(unescape(found.group(1)))

    def tell(self, told, headers=BROWSER):
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.env.flush_all()
        with self.assertNoLogs("odoo.http", "ERROR"):
            answer = self.opener.post(
                f"{self.base_url()}/workflow/dwell", data=body, headers=headers, timeout=30
            )
        self.env.invalidate_all()
        return answer

    def dwelled(self):
        return [event.data for event in self.views("page_dwelled")]


@tagged("post_install", "-at_install", "mail_workflow")
class TestInBrowser(DwellCase):
    def look_at(self, code, **values):
        self.env.flush_all()
        self.browser_js("/pricing", f"{TOLD}{code}", "document.readyState === 'complete'", **values)
        self.env.invalidate_all()

    def test_seconds_on_the_pricing_page_bring_a_customer_in(self):
        self.look_at("once(() => told().length, () => check(true))", login="ada")
        self.assertEqual(self.dwelled(), [{"url": "/pricing", "seconds": SECONDS, "since": 0}])
        self.env["mail.workflow.event"]._cron_dispatch()
        self.env["mail.workflow.enrollment"]._cron_run()
        self.assertEqual(self.runs(self.flow).partner_id, self.ada)
        self.assertEqual(len(self.mails(self.flow)), 1)

    def test_time_in_which_the_page_is_hidden_does_not_count(self):
        self.look_at(
            """
            let state = "hidden";
            Object.defineProperty(document, "visibilityState", { get: () => state });
            const show = () => document.dispatchEvent(new Event("visibilitychange"));
            const before = told().length;
            show();
            const hiddenAt = performance.now();
            once(() => performance.now() > hiddenAt + 3000, () => {
                const whileHidden = told().length;
                state = "visible";
                show();
                once(() => told().length, () => check(
                    before || (!whileHidden && told()[0] >= 3000 + 1900), "too early"
                ));
            });
            """
        )
        self.assertEqual(len(self.dwelled()), 1)

    def test_nothing_is_told_before_the_consent_to_optional_cookies(self):
        self.website.cookies_bar = True
        self.look_at(
            """
            const bar = () => document.querySelector("#website_cookies_bar .modal.show");
            once(() => bar() && performance.now() > 3000, () => {
                const early = told().length;
                const acceptedAt = performance.now();
                document.querySelector("#cookies-consent-all").click();
                once(() => told().length, () => check(
                    !early && told()[0] >= acceptedAt + 1900, "without consent"
                ));
            });
            """
        )
        self.assertEqual(len(self.dwelled()), 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestPageDwelled(DwellCase):
    def test_only_pages_somebody_listens_to_have_anything_to_tell(self):
        self.make_page("/other")
        self.assertIsNone(self.config("/other"))
        self.assertIsNone(self.config("/shop"))
        self.assertEqual(self.config()["seconds"], [SECONDS])
        self.flow.action_stop()
        self.assertIsNone(self.config())

    def test_a_page_that_odoo_keeps_has_a_token_of_its_own_each_time(self):
        first, second = self.config(), self.config()
        self.assertNotEqual(first["token"], second["token"])

    def test_each_number_of_seconds_is_told_once_and_counts_once(self):
        longer = {"kind": "page_dwelled", "filters": {"url": "/pricing", "seconds": 30}}
        flow = self.workflow([wait("day", days=1)], triggers=[longer])
        self.log_in()
        config = self.config()
        self.assertEqual(config["seconds"], [SECONDS, 30])
        later = time.time() + 40
        for seconds in (SECONDS, 30, SECONDS, 30):
            with self.at_time(later):
                answer = self.tell({"token": config["token"], "seconds": seconds})
                self.assertEqual(answer.status_code, 204)
        told = [(one["since"], one["seconds"]) for one in self.dwelled()]
        self.assertEqual(told, [(0, SECONDS), (SECONDS, 30)])
        self.env["mail.workflow.event"]._cron_dispatch()
        self.assertEqual((len(self.runs(self.flow)), len(self.runs(flow))), (1, 1))

    def at_time(self, moment):
        return freeze_time(time.strftime("%F %T", time.gmtime(moment)))

    def test_no_more_seconds_are_believed_than_have_passed(self):
        config = self.config()
        self.assertEqual(self.tell({**config, "seconds": SECONDS}).status_code, 204)
        self.assertFalse(self.dwelled())
        with self.at_time(time.time() + 60):
            self.tell({**config, "seconds": 50})
            self.assertFalse(self.dwelled(), "nobody waits for so many")
            self.tell({**config, "seconds": SECONDS})
        self.assertEqual(len(self.dwelled()), 1)

    def test_what_is_no_word_of_a_page_is_not_believed(self):
        token = self.config()["token"]
        for told in (
            b"",
            b"{",
            b"[]",
            b"7",
            b"\xff",
            {},
            {"token": token},
            {"token": token, "seconds": "2"},
            {"token": token[:-2] + "AA", "seconds": SECONDS},
            {"token": token + "x", "seconds": SECONDS},
            {"token": "é", "seconds": SECONDS},
            {"token": 7, "seconds": SECONDS},
            {"token": {}, "seconds": SECONDS},
        ):
            with self.subTest(told=told), self.at_time(time.time() + 60):
                self.assertEqual(self.tell(told).status_code, 204)
        self.assertEqual(self.tell(b"x" * 5000).status_code, 413)
        self.assertFalse(self.dwelled())

    def test_machines_and_who_has_not_consented_are_not_noted(self):
        config = self.config()
        told = {"token": config["token"], "seconds": SECONDS}
        with self.at_time(time.time() + 60):
            self.tell(told, MACHINE)
            self.website.cookies_bar = True
            self.tell(told)
            self.assertFalse(self.dwelled())
            consent = json.dumps({"required": True, "optional": True})
            self.opener.cookies.set("website_cookies_bar", consent, domain=HOST)
            self.tell(told)
        self.assertEqual(len(self.dwelled()), 1)

    def test_page_that_tells_without_end_is_told_to_stop(self):
        token = self.config()["token"]
        told = {"token": token, "seconds": SECONDS}
        statuses = [self.tell(told).status_code for _time in range(65)]
        self.assertEqual((set(statuses[:60]), statuses[-1]), ({204}, 429))
