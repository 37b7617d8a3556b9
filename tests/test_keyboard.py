"""The story without a mouse: from the gallery to the people behind a figure, by keys alone."""

from odoo.tests import tagged

from .page_common import GALLERY, PageCase, card, flow_of

# what has the focus: how it looks now, how it looked without, whether it can be seen
LOOK = """
(async () => {
    const look = (one) => {
        const { outline, boxShadow, borderColor, backgroundColor, color } = getComputedStyle(one);
        return [outline, boxShadow, borderColor, backgroundColor, color].join();
    };
    const around = (one) => [one, one.parentElement, one.parentElement?.parentElement];
    const looks = (one) => around(one).filter(Boolean).map(look).join("#");
    await new Promise(requestAnimationFrame); // what the last key changed is drawn
    await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})));
    const { activeElement: active } = document;
    window.looksWithout ||= new WeakMap();
    for (const one of document.querySelectorAll("a, button, input, select, [tabindex]")) {
        if (!one.contains(active) && !one.parentElement.parentElement?.contains(active)) {
            window.looksWithout.set(one, looks(one));
        }
    }
    const box = active.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height / 2, 20)];
    const top = document.elementFromPoint(x, y);
    const before = window.looksWithout.get(active);
    return {
        name: active.outerHTML.slice(0, 160),
        isOurs: Boolean(active.closest("[class*=o_mail_workflow_], .modal")),
        isMarked: before ? before !== looks(active) : active.matches(":focus-visible"),
        isSeen: Boolean(top) && (active.contains(top) || top.contains(active)),
    };
})()
"""


@tagged("post_install", "-at_install", "mail_workflow")
class TestKeyboard(PageCase):
    def _look(self):
        """Check that a person sees where the keyboard stands."""
        found = self.hands.browser.evaluate(LOOK)
        if found["isOurs"]:
            self.assertTrue(found["isMarked"], f"has the focus without a sign: {found['name']}")
            self.assertTrue(found["isSeen"], f"has the focus out of sight: {found['name']}")

    def _has_focus(self, selector):
        """Wait until the keyboard stands on something; it can be seen."""
        try:
            self.hands.wait(f"document.activeElement.matches({selector!r})")
        except TimeoutError:
            self.fail(f"the keyboard is not on {selector}, but on {self._here()}")
        self._look()

    def _tab_to(self, selector, key="Tab", most=40):
        """Press Tab until the keyboard stands on something."""
        self.hands.wait(f"!!document.querySelector({selector!r})")
        for _press in range(most):
            if self.hands.browser.evaluate(f"document.activeElement.matches({selector!r})"):
                return
            self.hands.press(key)
            self._look()
        self.fail(f"{key} does not lead to {selector}, but to {self._here()}")

    def _here(self):
        return self.hands.browser.evaluate("document.activeElement.outerHTML.slice(0, 200)")

    def _press(self, *keys):
        self.hands.press(*keys)

    def test_story_is_told_by_keys_alone(self):
        with self.page(GALLERY, wait_for="[data-recipe=abandoned_cart]") as self.hands:
            self._make_a_draft()
            self._change_it()
            self._try_it_out()
            self._start_it()
        workflow = self.env["mail.workflow"].search([], order="id desc", limit=1)
        self.assertRegex(self.outline(workflow), r"^remind day \w+\(a: ; b: last\)$")
        waiting = workflow.step_ids.filtered(lambda step: step.kind == "wait")
        self.assertEqual((waiting.wait_count, workflow.state), (36, "running"))

        self.pass_by()
        with self.page(flow_of(workflow), wait_for=".o_figure_sent") as self.hands:
            self._has_focus(card(""))
            self._press("ArrowDown")
            self._has_focus(card("remind"))
            self._press("Tab")
            self._has_focus(".o_figure_sent")
            self._press("Enter")
            self.hands.wait("document.querySelectorAll('.o_list_view .o_data_row').length === 2")

    def _make_a_draft(self):
        self._has_focus("input[type=search]")
        self.hands.write("cart")
        self.hands.wait("!document.querySelector('[data-recipe=welcome]')")
        self._tab_to("[data-recipe=abandoned_cart]")
        self._press("Enter")
        self._tab_to(".modal button[name=action_make]")
        self._press("Enter")

    def _change_it(self):
        self._has_focus(card(""))
        self._press("ArrowDown", "ArrowDown")
        self._has_focus(card("day"))
        self._press("Enter")
        self._has_focus(".o_mail_workflow_panel")
        self._tab_to("[name=wait_count] input")
        self.hands.write("36")
        self._press("Escape")
        self._has_focus(card("day"))
        self.hands.wait("document.querySelector('.o_pill').innerText.includes('36 hours')")
        # a branch, by the palette
        self._press("Insert")
        self._has_focus(".o_mail_workflow_palette input")
        self._press("Escape")
        self._has_focus(card("day"))
        self._press("Insert")
        self._has_focus(".o_mail_workflow_palette input")
        self.hands.write("Split")
        self.hands.wait(
            "document.querySelectorAll('.o_mail_workflow_palette .o_kind').length === 1"
        )
        self._press("Enter")
        self.hands.wait("document.activeElement.innerText.includes('Split')")
        self.hands.wait("!!document.querySelector('.o_mail_workflow_panel .o_form_view')")
        self._press("Escape")
        self.hands.wait("!document.querySelector('.o_mail_workflow_panel')")
        # what stands below is cut, and pasted into it
        self._press("End")
        self._has_focus(card("last"))
        self._press("Ctrl+x")
        self.hands.wait(f"!document.querySelector('{card('last')}')")
        self.hands.wait("document.activeElement.innerText.includes('Split')")
        self._press("ArrowDown", "ArrowRight")
        self._has_focus('.o_mail_workflow_branch[data-item$="/b"]')
        self._press("Ctrl+v")
        self.assertEqual(
            self.hands.browser.evaluate(
                "document.querySelector('.o_mail_workflow_canvas').scrollTop"
            ),
            0,
        )
        self.hands.wait("document.activeElement.innerText.includes('Last reminder')")
        self._look()

    def _try_it_out(self):
        self.hands.wait("!document.querySelector('.o_notification')")
        self._tab_to("button[name=simulate]", "Shift+Tab")
        self._press("Enter")
        self._tab_to(".o_mail_workflow_simulation_record input")
        self.hands.write("Ada")
        self.hands.wait(
            "!!document.querySelector('.o-autocomplete--dropdown-item .ui-state-active')"
        )
        self._press("Enter")
        self._tab_to(".o_mail_workflow_simulated_step button")
        self._tab_to(".breadcrumb a, .o_back_button a", "Shift+Tab")
        self._press("Enter")

    def _start_it(self):
        self.hands.wait("!!document.querySelector('.o_mail_workflow_card')")
        self._tab_to("button[name=start]", "Shift+Tab")
        self._press("Enter")
        self._tab_to(".modal button[name=action_start]")
        self._press("Escape")
        self._has_focus("button[name=start]")
        self._press("Enter")
        self._tab_to(".modal [name=include_existing] input")
        self._press("ArrowDown")
        self.hands.wait("!!document.querySelector('.modal .alert-warning:not(.d-none)')")
        self._tab_to(".modal button[name=action_start]")
        self._press("Enter")
        self.hands.wait("!!document.querySelector('.o_mail_workflow_state.o_running')")
        self._has_focus(".o_mail_workflow_card")
