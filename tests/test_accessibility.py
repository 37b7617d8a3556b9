"""axe-core over the screens: nothing serious or critical in what is ours."""

import json
from unittest import SkipTest

from odoo.tests import tagged

from dev.node_tools import AXE

from .common import wait
from .page_common import GALLERY, LIST, PageCase, card, flow_of

# Odoo's own, the same on all its screens: its top bar, and in forms its drop-downs (no valid
# autocomplete, a state on a plain div), tabs (no list around them) and rules of a domain (no
# labels, faint words)
THEIRS = [".o_main_navbar", ".o_select_menu", ".o_notebook_headers", ".o_tree_editor"]
# Odoo's Dialog gives no dialog a name
THEIR_RULES = ["aria-dialog-name"]
RUN = """
axe.run({include: [["body"]], exclude: %s}, {resultTypes: ["violations"], rules: %s})
.then(({violations}) => violations
    .filter(({impact}) => ["serious", "critical"].includes(impact))
    .flatMap(({id, nodes}) => nodes.map(({target, any, all, none}) =>
        `${id}: ${target.join(" ")}: ${[...any, ...all, ...none].map((one) => one.message)}`)))
"""
# the button of the contact may stand behind "More"
OPEN_SCORE = """
odoo.__WOWL_DEBUG__.root.env.services.action.doActionButton({
    type: "object", name: "action_view_score", resModel: "res.partner", resId: %s,
})
"""


@tagged("post_install", "-at_install", "mail_workflow")
class TestAccessibility(PageCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        if not AXE.is_file():
            raise SkipTest("axe-core is not there: the set-up could not fetch it")

    def _check(self, hands, screen):
        hands.browser.settle()
        hands.browser.evaluate(f"{AXE.read_text()};0")
        rules = {rule: {"enabled": False} for rule in THEIR_RULES}
        run = RUN % (json.dumps([[one] for one in THEIRS]), json.dumps(rules))
        self.found += [f"{screen}: {line}" for line in hands.browser.evaluate(run)]

    def _panel(self, hands, key, part):
        hands.click(card(key))
        hands.browser.wait_for(f".o_mail_workflow_panel {part}")
        self._check(hands, f"panel of “{key}”")

    def test_screens_can_be_used_by_everybody(self):
        self.found = []
        running, draft = self.started(), self.draft()
        definition = running.with_user(self.marketer).begin_draft()["definition"]
        definition["steps"][1]["days"] = 3
        definition["steps"] = definition["steps"][:-1]
        running.with_user(self.marketer).save_flow(definition, running.draft_ids.version)
        with self.page(GALLERY, wait_for="[data-recipe]") as hands:
            self._check(hands, "gallery")
            hands.click("[data-recipe=abandoned_cart]")
            hands.browser.wait_for(".modal [name=delay]")
            self._check(hands, "new workflow")
        with self.page(flow_of(running), wait_for=".o_figure_sent") as hands:
            self._panel(hands, "remind", ".o_mail_workflow_people")
            self._panel(hands, "day", "[name=wait_count]")
            hands.click("button[name=publish]")
            hands.browser.wait_for(".o_mail_workflow_publish fieldset")
            self._check(hands, "publish")
        with self.page(flow_of(draft)) as hands:
            self._panel(hands, "worth", "[name=condition_branches]")
            self._panel(hands, "", "[name=trigger_ids]")
            hands.click(".o_mail_workflow_plus")
            hands.browser.wait_for(".o_mail_workflow_palette")
            self._check(hands, "palette")
        with self.page(
            f"{LIST}/{draft.id}", wait_for="button[name=action_open_simulation]"
        ) as hands:
            hands.click("button[name=action_open_simulation]")
            hands.browser.wait_for(".o_mail_workflow_simulation input[value=invented]")
            hands.click(".o_mail_workflow_simulation input[value=invented]")
            hands.browser.wait_for(".o_mail_workflow_simulation button[type=submit]")
            hands.click(".o_mail_workflow_simulation button[type=submit]")
            hands.browser.wait_for(".o_mail_workflow_simulated_step")
            self._check(hands, "simulation")
        self._score_and_holdout()
        self.assertEqual([], self.found)

    def _score_and_holdout(self):
        """What a salesperson reads of a score, and a marketer of those who were left out."""
        ada = self.carts[0].partner_id
        wrote = {"kind": "custom", "name": "wrote", "filters": {}}
        rules = self.env["mail.workflow.scoring.rule"].with_user(self.marketer)
        rules.create({"event": wrote, "points": 40})
        self.env["mail.workflow.event"].emit("custom", partner=ada, data={"name": "wrote"})
        self.env.cr.flush()
        compared = self.draft(
            model="res.partner",
            audience=[],
            triggers=[{"kind": "manual"}],
            steps=[wait("week", days=7)],
            goal={"kind": "order_confirmed"},
            holdout_percent=50,
        )
        compared.action_start()
        people = self.env["res.partner"].create([{"name": f"P{no}"} for no in range(40)])
        compared.enroll(people.with_user(self.marketer))
        self.pass_by()
        with self.page(flow_of(compared)) as hands:
            self._panel(hands, "", ".o_mail_workflow_holdout")
            hands.browser.evaluate(OPEN_SCORE % ada.id)
            hands.browser.wait_for(".modal .o_mail_workflow_score td")
            self._check(hands, "score")
