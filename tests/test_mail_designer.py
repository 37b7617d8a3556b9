"""Blocks are put into a mail in Odoo's own designer, and reach a reader filled: a marketer's mouse
in a browser, a real Odoo server with its crons, a real mail server."""

import json

import lxml.html
import pytest

from dev import browser
from dev.hands import Hands
from dev.receiver import Receiver
from dev.server import OdooServer
from tests import jobs, jobs_designer
from tests.page_common import chromium
from tests.test_server_lanes import until
from tests.workers import Workers

FLOW = "/odoo/action-mail_workflow_automation.mail_workflow_flow_action"
CARD = '.o_mail_workflow_card[data-item="card:remind"]'
GROUP = ".o_snippet[data-snippet-group=workflow]"
FRAME = "[name=body_arch] iframe"
DIALOG = ".modal iframe.o_add_snippet_iframe"
CART = "[data-mwa-block=cart_lines]"
PRODUCTS = "[data-mwa-block=recommended_products]"
LINKS = "[data-mwa-block=social_links]"


class Designer:
    """Odoo's mail designer, under the hands of a person."""

    def __init__(self, hands):
        self.hands = hands

    def open(self):
        """Come from the drawing of the workflow."""
        self._click(CARD)
        self._click("button[name=design]")

    def choose(self, theme):
        """Choose how a mail begins that is not written yet."""
        self._click(f".o_mail_theme_selector [data-name={theme}]")
        self._wait(FRAME, ".o_editable")

    def add(self, block):
        """Click a block of ours; a person sees it in the mail."""
        self._click(".o-snippets-tabs [data-name=blocks]")
        self._click(f"{GROUP} button")
        self._click(f"{DIALOG}.show", f".o_snippet_preview_wrap:has({block})")
        self._wait(FRAME, f".o_editable {block}[contenteditable=false] table")
        self.hands.wait("!document.querySelector('.modal, .o_we_ongoing_insertion')")

    def choose_block(self, block):
        """Click into a block: the sidebar shows what can be chosen of it."""
        self._click(FRAME, f".o_editable {block}")
        self._wait(".o_customize_tab [data-label=Heading] input")

    def set_option(self, label, text):
        """Write into a field of the sidebar."""
        self._click(f".o_customize_tab [data-label='{label}'] input")
        self.hands.press("Ctrl+a")
        self.hands.write(text)
        self.hands.press("Tab")

    def option(self, label):
        """Return what stands in a field of the sidebar."""
        return self.hands.browser.evaluate(
            f"""document.querySelector(".o_customize_tab [data-label='{label}'] input").value"""
        )

    def wait_for_samples(self, block, count):
        """Wait until a block shows so many products, as its reader will see."""
        shown = f".o_editable {block} img"
        self.hands.wait(
            f"document.querySelector({FRAME!r}).contentDocument"
            f".querySelectorAll({shown!r}).length === {count}"
        )

    def remove(self, block):
        """Take out the block whose options are shown, with Odoo's button."""
        self._click(".o_customize_tab .oe_snippet_remove")
        self.hands.wait(f"!{found(FRAME, f'.o_editable {block}')}")

    def save(self):
        self._click(".o_form_button_save")
        self._wait(".o_form_status_indicator_buttons.invisible")

    def count(self, block):
        """Return how many of a block stand in the mail."""
        self._wait(FRAME, ".o_editable")
        return self.hands.browser.evaluate(
            f"document.querySelector({FRAME!r}).contentDocument"
            f".querySelectorAll('.o_editable {block}').length"
        )

    def _click(self, *path):
        """Click what has come to rest: the panels slide while the designer is being made."""
        self._wait(*path)
        self.hands.browser.settle()
        self.hands.rest(*path)
        self.hands.click(*path)

    def _wait(self, *path):
        self.hands.wait(found(*path), limit=60)


def found(*path):
    """Return the JavaScript that tells whether an element is there, in the frames before it."""
    steps = "?.contentDocument?.".join(f"querySelector({json.dumps(one)})" for one in path)
    return f"!!document.{steps}"


@pytest.fixture(scope="module")
def workers():
    with Workers("designer") as running:
        # the cron workers are there for what the test asks for: Odoo's daily jobs are not due
        running.query("UPDATE ir_cron SET nextcall = '2099-01-01'")
        yield running


def open_designer(page, server, workflow):
    cookies = browser.log_in(server.url, server.database, "marketer", "marketer")
    page.open(f"{server.url}{FLOW}/{workflow}", cookies, wait_for=CARD)
    designer = Designer(Hands(page))
    designer.open()
    return designer


def design(page, server, workflow):
    """Write the mail, from the choice of a theme to the button that saves."""
    designer = open_designer(page, server, workflow)
    designer.choose("default")
    designer.add(CART)
    designer.choose_block(CART)
    designer.set_option("Heading", "Your things")
    designer.add(PRODUCTS)
    designer.choose_block(PRODUCTS)
    designer.set_option("How many", "2")
    designer.wait_for_samples(PRODUCTS, 2)
    designer.add(LINKS)
    designer.choose_block(LINKS)
    designer.remove(LINKS)
    designer.save()


def blocks_of(html):
    """Return ``{block: its element}`` of a text."""
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    elements = root.xpath("//*[@data-mwa-block]")
    assert not root.xpath("//section"), "sections are tables in a mail"
    blocks = {element.get("data-mwa-block"): element for element in elements}
    assert len(blocks) == len(elements)
    return blocks


def to_ada(receiver):
    """Return the reader's mails; Odoo itself writes to the marketer who logs in."""
    return [one for one in receiver.messages() if one["X-Rcpt-To"] == "ada@customer.example.com"]


def test_a_marketer_puts_blocks_into_a_mail_that_its_reader_gets_filled(workers, tmp_path):
    size = (1440, 900)
    with chromium("mail_designer", size) as page, Receiver(tmp_path / "mails") as receiver:
        workflow = workers.run(jobs_designer.shop, smtp_port=receiver.port)
        with OdooServer(workers.name) as server:
            design(page, server, workflow)
            saved = blocks_of(workers.run(jobs_designer.saved, workflow_id=workflow)[1])
            assert set(saved) == {"cart_lines", "recommended_products"}
            assert saved["cart_lines"].get("data-mwa-heading") == "Your things"
            assert saved["recommended_products"].get("data-mwa-limit") == "2"

            designer = open_designer(page, server, workflow)
            assert [designer.count(one) for one in (CART, PRODUCTS, LINKS)] == [1, 1, 0]
            designer.choose_block(CART)
            assert designer.option("Heading") == "Your things"
            assert page.failures == []

            press = {"model": "mail.workflow", "ids": [workflow], "method": "action_start"}
            workers.run(jobs.act, **press, include_existing=True)
            until(lambda: to_ada(receiver))
        (arrived,) = to_ada(receiver)
    html = arrived.get_body(("html",)).get_content()
    words = arrived.get_body(("plain",)).get_content()
    for shown in (html, words):
        for word in ("Your things", "Brass lamp", "You may also like", "Warm bulb"):
            assert word in shown
        assert "Office chair" not in shown, "that is of the sample"
    assert "data-mwa" not in html
    assert len(html.encode()) < 100_000
