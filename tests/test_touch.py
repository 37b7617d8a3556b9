"""The drawing from right to left, and under fingers on a phone."""

from odoo.tests import new_test_user, tagged

from dev.node_tools import RTLCSS

from .common import WORKFLOW_GROUP
from .page_common import PageCase, branch, card, flow_of

BOXES = """
Object.fromEntries(Object.entries(%s).map(([name, selector]) => {
    const { left, right, top, bottom } = document.querySelector(selector).getBoundingClientRect();
    return [name, { left, right, top, bottom }];
}))
"""
PLUS = '.o_mail_workflow_plus[data-plus="{}"]'
PARTS = {
    "canvas": ".o_mail_workflow_canvas",
    "panel": ".o_mail_workflow_panel",
    "tools": ".o_mail_workflow_tools",
    "minimap": ".o_mail_workflow_minimap",
    "yes": branch("worth", "yes"),
    "no": branch("worth", "no"),
    "icon": f"{card('remind')} .o_icon",
    "title": f"{card('remind')} .o_title",
}


@tagged("post_install", "-at_install", "mail_workflow")
class TestRightToLeft(PageCase):
    def test_drawing_is_mirrored_and_works(self):
        if not RTLCSS.exists():
            self.skipTest("rtlcss is not there: the set-up could not fetch it")
        self.env["res.lang"]._activate_lang("ar_001")
        amal = new_test_user(
            self.env,
            login="amal",
            groups=f"base.group_user,{WORKFLOW_GROUP}",
            lang="ar_001",
            email="amal@shop.example.com",
        )
        workflow = self.draft(user=amal)
        with self.page(flow_of(workflow), login="amal") as hands:
            hands.click(card("worth"))
            hands.browser.wait_for(".o_mail_workflow_panel [name=condition_branches]")
            hands.browser.settle()
            at = hands.browser.evaluate(BOXES % PARTS)
            self.assertLessEqual(at["panel"]["right"], at["canvas"]["left"] + 1)
            self.assertGreater(at["yes"]["left"], at["no"]["right"])
            self.assertGreater(at["icon"]["left"], at["title"]["left"])
            self.assertGreater(at["tools"]["left"], at["minimap"]["right"])
            self.assertLessEqual(at["tools"]["right"], at["canvas"]["right"])
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            self.assertEqual(hands.browser.evaluate(wide), 0)
            # what is under the pointer is taken along, and dropped where it is let go
            hands.drag(card("dear"), PLUS.format("worth/no/0"))
            hands.wait("document.querySelector('.o_mail_workflow_saving').textContent === ''")
            hands.browser.settle()
            hands.click(branch("worth", "no"))
            hands.press("ArrowRight")
            self.assertEqual(
                hands.browser.evaluate("document.activeElement.dataset.item"), "label:worth/yes"
            )
        self.assertEqual(self.outline(workflow), "remind day worth(yes: ; no: dear) last")


@tagged("post_install", "-at_install", "mail_workflow")
class TestTouch(PageCase):
    def _zoom(self, hands):
        text = "document.querySelector('.o_percent').innerText"
        return int(hands.browser.evaluate(text).split()[0])

    def test_drawing_is_used_by_fingers_on_a_phone(self):
        workflow = self.draft()
        with self.page(flow_of(workflow), size=(390, 844), touch=True) as hands:
            # a tap opens the panel, another closes it
            hands.tap(card("day"))
            hands.wait(
                "!!document.querySelector('.o_mail_workflow_panel.o_bottom [name=wait_count]')"
            )
            hands.browser.settle()
            hands.tap(".o_mail_workflow_panel [aria-label=Close]")
            hands.wait("!document.querySelector('.o_mail_workflow_panel')")
            # one finger moves the ground, two zoom, buttons do, too
            before = hands.middle(card("remind"))
            hands.swipe((30, 700), (60, 600))
            after = hands.middle(card("remind"))
            self.assertEqual([round(b - a) for a, b in zip(before, after, strict=True)], [30, -100])
            zoom = self._zoom(hands)
            hands.pinch((195, 500), 0.7)
            hands.wait(f"!document.querySelector('.o_percent').innerText.startsWith('{zoom} ')")
            self.assertLess(self._zoom(hands), zoom)
            zoom = self._zoom(hands)
            hands.tap(".o_mail_workflow_tools [aria-label='Zoom in']")
            hands.wait(f"!document.querySelector('.o_percent').innerText.startsWith('{zoom} ')")
            hands.tap(".o_mail_workflow_tools button:nth-child(4)")  # all of it
            hands.browser.settle()
            # a finger that rests on a card takes it along
            carrying = "!!document.querySelector('.o_mail_workflow_canvas.o_carrying')"
            hands.hold_and_drag(card("last"), PLUS.format("worth/no/0"), carrying)
            hands.wait(f"!{carrying}")
            hands.browser.settle()
            self.assertIsNone(
                hands.browser.evaluate(
                    "document.querySelector('.o_mail_workflow_panel') && 'the drag opened it'"
                )
            )
        self.assertEqual(self.outline(workflow), "remind day worth(yes: dear; no: last)")
