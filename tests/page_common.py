"""Pages in a real browser, used by real keys, mouse and fingers; see ``dev/hands.py``."""

from contextlib import contextmanager
from datetime import timedelta
from unittest import SkipTest

from odoo import fields
from odoo.tests import HttpCase
from odoo.tests.common import TEST_CURSOR_COOKIE_NAME

from dev import browser
from dev.hands import Hands
from dev.paths import LOGS, MissingError

from .common import mail, new_marketer, wait

GALLERY = "/odoo/action-mail_workflow_automation.mail_workflow_gallery_action"
LIST = "/odoo/action-mail_workflow_automation.mail_workflow_action"


def flow_of(workflow):
    """Return the address of the drawing of a workflow."""
    return f"/odoo/action-mail_workflow_automation.mail_workflow_flow_action/{workflow.id}"


def card(key):
    """Return the selector of a card of the drawing; "" is who comes in."""
    return f'.o_mail_workflow_card[data-item="card:{key}"]'


def branch(key, name):
    """Return the selector of the label of a branch."""
    return f'.o_mail_workflow_branch[data-item="label:{key}/{name}"]'


@contextmanager
def chromium(name, size=(1366, 768)):
    """Open a browser for a test; yield it. When the test fails, a picture stays of what it saw.

    :param str name: of the test
    """
    try:
        browser.find()
    except MissingError as error:
        raise SkipTest(str(error)) from error
    with browser.Browser(*size) as window:
        window.call("Emulation.setFocusEmulationEnabled", enabled=True)
        try:
            yield window
        except Exception:
            window.picture(LOGS / f"{name}.png")
            raise


class TourCase(HttpCase):
    def tour(self, path, name, login="marketer"):
        """Let a user go through a tour."""
        self.env.flush_all()
        self.start_tour(path, name, login=login, timeout=120)
        self.env.invalidate_all()


class PageCase(TourCase):
    """A shop with a marketer who has no right but Workflow user, and two forgotten carts.

    Outside of a page the test reads and writes; inside, the server has the database.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = new_marketer(cls.env)
        cls.env.company.email = "shop@shop.example.com"
        website = cls.env["website"].search([("company_id", "=", cls.env.company.id)], limit=1)
        product = cls.env["product.product"].create({"name": "Desk lamp", "list_price": 40.0})
        people = cls.env["res.partner"].create(
            [
                {"name": name, "email": f"{name.lower()}@customer.example.com", "lang": "en_US"}
                for name in ("Ada", "Grace")
            ]
        )
        cls.carts = cls.env["sale.order"].create(
            [
                {
                    "partner_id": person.id,
                    "website_id": website.id,
                    "order_line": [fields.Command.create({"product_id": product.id})],
                }
                for person in people
            ]
        )
        cls.carts.cart_changed_at = fields.Datetime.now() - timedelta(hours=30)

    def draft(self, user=None, **values):
        """Import a cart workflow: a mail, a day, a fork, a mail."""
        ways = {"yes": {"steps": [mail("dear", "For good friends")]}, "no": {"steps": []}}
        rule = [["amount_total", ">", 100]]
        definition = {
            "format": 1,
            "name": "Forgotten carts",
            "model": "sale.order",
            "triggers": [{"kind": "cart_abandoned", "hours": 24}],
            "audience": [["amount_total", ">=", 20]],
            "email_from": "shop@shop.example.com",
            "steps": [
                mail("remind", "Your cart waits"),
                wait("day", days=1),
                {"key": "worth", "kind": "condition", "domain": rule, "branches": ways},
                mail("last", "Last call"),
            ],
            **values,
        }
        workflows = self.env["mail.workflow"].with_user(user or self.marketer)
        return workflows.import_definition(definition)

    def started(self):
        """Return that workflow with both carts in it, a mail sent to each."""
        workflow = self.draft()
        workflow.action_start(include_existing=True)
        self.pass_by()
        return workflow

    def pass_by(self):
        """Let the engine pass once, and the mails be handed over."""
        self.env["mail.workflow.event"]._cron_dispatch()
        self.env["mail.workflow.enrollment"]._cron_run()
        # there is no mail server here: what is queued counts as handed over
        unsent = [("workflow_enrollment_id", "!=", False), ("sent_datetime", "=", False)]
        self.env["mailing.trace"].search(unsent).set_sent()
        self.env.invalidate_all()

    def outline(self, workflow, steps=None):
        """Return the tree as keys: ``remind day worth(yes: dear; no: ) last``."""
        parts = []
        for step in workflow.export_definition()["steps"] if steps is None else steps:
            inside = "; ".join(
                f"{name}: {self.outline(workflow, way['steps'])}"
                for name, way in step.get("branches", {}).items()
            )
            parts.append(f"{step['key']}({inside})" if inside else step["key"])
        return " ".join(parts)

    @contextmanager
    def page(self, path, login="marketer", size=(1366, 768), touch=False, wait_for=None):
        """Open a page as a user; yield the hands on it. Errors in the page fail the test."""
        with self.allow_requests():
            self.authenticate(login, login)
            self.cr.flush()
            self.cr.clear()
            cookies = {
                "session_id": self.session.sid,
                TEST_CURSOR_COOKIE_NAME: self.http_request_key,
            }
            with chromium(self._testMethodName, size) as window:
                if touch:
                    fingers = {"enabled": True, "maxTouchPoints": 5}
                    window.call("Emulation.setTouchEmulationEnabled", **fingers)
                url = f"{self.base_url()}{path}"
                window.open(url, cookies, wait_for=wait_for or ".o_mail_workflow_card")
                yield Hands(window)
                self.assertEqual(window.failures, [])
                window.call("Page.navigate", url="about:blank")
            self._wait_remaining_requests()
        self.env.invalidate_all()
