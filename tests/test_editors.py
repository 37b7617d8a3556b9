"""What a marketer edits in forms: events with their filters, the ways of a step, goal and exits."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged

from .common import WORKFLOW_GROUP, WorkflowCase, mail, new_marketer, wait

CLICKED = {"kind": "email_clicked", "filters": {"step": "remind"}}


@tagged("post_install", "-at_install", "mail_workflow")
class TestEventKinds(WorkflowCase):
    def setUp(self):
        super().setUp()
        steps = [mail("remind", "Your cart waits"), {"key": "call", "kind": "task"}]
        self.flow = self.workflow(steps, start=False)

    def kinds(self, workflow=None, user=None):
        triggers = self.env["mail.workflow.trigger"].with_user(user or self.marketer)
        described = triggers.get_event_kinds((workflow or self.flow).id)
        return {one["kind"]: one for one in described}

    def filters(self, kind):
        return {one["name"]: one for one in self.kinds()[kind]["filters"]}

    def test_every_kind_of_event_is_described_by_its_handler(self):
        triggers = self.env["mail.workflow.trigger"]
        kinds = self.kinds()
        self.assertEqual(list(kinds), [kind for kind, _label in triggers._event_kind_selection()])
        for kind, described in kinds.items():
            with self.subTest(kind=kind):
                self.assertTrue(described["label"] and described["category"])
                asked = [one["name"] for one in described["filters"]]
                self.assertEqual(asked, list(triggers._kind_model(kind)._filter_fields))
                for one in described["filters"]:
                    self.assertTrue(one["label"] and one["type"])
                    if one["type"] == "record":
                        self.assertIn(one["model"], self.env)
                    if one["type"] == "selection":
                        self.assertIsInstance(one["choices"], list)

    def test_filters_are_asked_by_their_type(self):
        order = self.filters("order_confirmed")
        self.assertEqual(order["product"]["type"], "record")
        self.assertEqual(order["product"]["model"], "product.template")
        self.assertEqual(order["min_amount"]["type"], "number")
        self.assertEqual(order["first"]["type"], "boolean")
        self.assertEqual(self.filters("email_clicked")["link"]["type"], "text")
        self.assertTrue(self.kinds()["custom"]["is_named"])

    def test_steps_of_the_workflow_are_offered(self):
        self.assertEqual(
            [key for key, _label in self.filters("email_clicked")["step"]["choices"]], ["remind"]
        )
        self.assertEqual(
            [key for key, _label in self.filters("task_done")["step"]["choices"]], ["call"]
        )

    def test_a_change_asks_for_a_field_of_the_model_that_is_chosen(self):
        change = self.filters("record_changed")
        self.assertEqual(change["model"]["type"], "model")
        self.assertEqual(change["field"]["type"], "field")
        self.assertEqual(change["field"]["only"], {"on": "changed"})
        self.assertEqual(
            self.kinds()["record_changed"]["defaults"], {"model": "res.partner", "on": "created"}
        )

    def test_records_of_another_company_are_not_offered(self):
        other = self.env["res.company"].create({"name": "Other"})
        own, foreign = self.env["product.template"].create(
            [
                {"name": "Own", "company_id": self.env.company.id},
                {"name": "Foreign", "company_id": other.id},
            ]
        )
        domain = self.filters("order_confirmed")["product"]["domain"]
        found = self.env["product.template"].search(domain)
        self.assertIn(own, found)
        self.assertNotIn(foreign, found)

    def test_a_workflow_of_another_company_tells_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups=f"base.group_user,{WORKFLOW_GROUP}",
            company_id=other.id,
            company_ids=other.ids,
        )
        with self.assertRaises(AccessError):
            self.kinds(user=stranger)


@tagged("post_install", "-at_install", "mail_workflow")
class TestGoalAndExits(WorkflowCase):
    def setUp(self):
        super().setUp()
        self.flow = self.workflow([mail("remind")], start=False)
        self.mine = self.flow.with_user(self.marketer)

    def test_the_goal_is_one_value_in_the_form(self):
        goal = {**CLICKED, "window_days": 7, "same_record": True}
        with Form(self.mine) as form:
            form.goal_event = goal
            form.exit_events = [{"kind": "order_confirmed"}]
        exported = self.flow.export_definition()
        self.assertEqual(exported["goal"], goal)
        self.assertEqual(exported["exits"], [{"kind": "order_confirmed"}])
        self.assertEqual(self.flow.goal_event, goal)
        with Form(self.mine) as form:
            form.goal_event = False
        self.assertNotIn("goal", self.flow.export_definition())

    def test_a_goal_that_makes_no_sense_is_refused_in_words(self):
        for goal, why in (
            ({"kind": "nonsense"}, "unknown kind of event"),
            ({"kind": "email_clicked", "filters": {"nonsense": 1}}, "unknown key"),
            ({"kind": "custom"}, "must be a text"),
            ({"kind": "email_clicked", "window_days": -1}, "number from"),
        ):
            with self.subTest(goal=goal), self.assertRaisesRegex(UserError, why):
                self.mine.goal_event = goal

    def test_the_goal_of_a_running_workflow_stays(self):
        self.mine.action_start()
        with self.assertRaises(UserError):
            self.mine.goal_event = CLICKED


@tagged("post_install", "-at_install", "mail_workflow")
class TestWays(WorkflowCase):
    """Ways are renamed with their steps, and not taken away under them."""

    def flow(self, step):
        """Return a workflow whose first step has the branches given, and that step."""
        workflow = self.workflow([{"key": "ask", **step}], start=False)
        return workflow.with_user(self.marketer).step_ids.filtered(lambda one: one.key == "ask")

    def condition(self):
        steps = [{"key": "code", "kind": "tag"}]
        vip = {"when": {"domain": [["color", "=", 2]]}, "steps": steps}
        clicked = {"when": {"event": "email_clicked"}, "steps": []}
        branches = {"vip": vip, "clicked": clicked, "else": {"steps": []}}
        return self.flow({"kind": "condition", "branches": branches})

    def branches(self, step):
        exported = step.workflow_id.export_definition()["steps"][0]["branches"]
        return {name: [one["key"] for one in way["steps"]] for name, way in exported.items()}

    def test_steps_follow_a_way_that_is_renamed(self):
        ask = self.condition()
        vip, clicked, rest = ask.condition_branches
        ask.condition_branches = [clicked, {**vip, "name": "big", "was": "vip"}, rest]
        self.assertEqual(self.branches(ask), {"clicked": [], "big": ["code"], "else": []})
        self.assertNotIn("was", str(ask.condition_branches))

    def test_two_ways_may_change_their_names(self):
        ask = self.condition()
        vip, clicked, rest = ask.condition_branches
        ask.condition_branches = [
            {**vip, "name": "clicked", "was": "vip"},
            {**clicked, "name": "vip", "was": "clicked"},
            rest,
        ]
        self.assertEqual(self.branches(ask), {"clicked": ["code"], "vip": [], "else": []})

    def test_a_way_with_steps_is_not_removed(self):
        ask = self.condition()
        self.env["mail.workflow.step"].search([("key", "=", "code")]).name = "Code of ten"
        with self.assertRaisesRegex(UserError, "way “vip” there are steps: Code of ten"):
            with self.env.cr.savepoint():
                ask.condition_branches = ask.condition_branches[1:]
        self.assertEqual(ask.way_details["vip"]["steps"], ["Code of ten"])
        ask.invalidate_recordset()
        vip, _clicked, rest = ask.condition_branches
        ask.condition_branches = [vip, rest]
        self.assertEqual(self.branches(ask), {"vip": ["code"], "else": []})

    def test_no_becomes_the_rest_when_another_way_is_added(self):
        steps = {"yes": {"steps": []}, "no": {"steps": [{"key": "code", "kind": "tag"}]}}
        ask = self.flow({"kind": "condition", "domain": [["color", "=", 2]], "branches": steps})
        yes, _no = ask.condition_branches
        clicked = {"name": "clicked", "event": {**CLICKED, "filters": {"step": "ask"}}}
        ask.condition_branches = [yes, clicked, {"name": "else", "was": "no"}]
        self.assertEqual(self.branches(ask), {"yes": [], "clicked": [], "else": ["code"]})

    def test_ways_that_cannot_be_written_in_a_file_are_refused(self):
        ask = self.condition()
        vip, clicked, rest = ask.condition_branches
        for ways in (
            [vip, {**clicked, "name": "vip"}, rest],
            [rest, vip, clicked],
            [vip, clicked, {"name": "others"}],
            [vip, clicked, {"name": "no"}],
            [vip, {**clicked, "name": "then"}, rest],
            [vip, {**clicked, "event": {"kind": "nonsense"}}, rest],
            [vip, {**clicked, "event": {}}, rest],
            [vip, {**clicked, "domain": "[]"}, rest],
            [{**vip, "weight": 1}, clicked, rest],
            [vip, {**clicked, "name": "else"}],
        ):
            with self.subTest(ways=ways), self.assertRaises(UserError):
                with self.env.cr.savepoint():
                    ask.condition_branches = ways
            self.env.invalidate_all()

    def test_events_of_a_wait_name_its_ways(self):
        steps = {"clicked": {"steps": [{"key": "code", "kind": "tag"}]}, "timeout": {"steps": []}}
        events = [{"kind": "email_clicked", "branch": "clicked"}]
        ask = self.flow({"kind": "wait", "events": events, "days": 3, "branches": steps})
        replied = {"kind": "email_replied", "branch": "interested"}
        clicked = {"kind": "email_clicked", "branch": "interested", "was": "clicked"}
        ask.wait_events = [clicked, replied]
        self.assertEqual(self.branches(ask), {"interested": ["code"], "timeout": []})
        # one of two events that share a way goes another one: the steps stay where they are
        ask.wait_events = [{**clicked, "branch": "other", "was": "interested"}, replied]
        self.assertEqual(self.branches(ask), {"other": [], "interested": ["code"], "timeout": []})
        with self.assertRaisesRegex(UserError, "way “interested” there are steps"):
            ask.wait_mode = "duration"

    def test_outcomes_of_a_decision_are_renamed_with_their_steps(self):
        steps = {"Yes": {"steps": [{"key": "code", "kind": "tag"}]}, "Refuse": {"steps": []}}
        ask = self.flow({"kind": "decision", "default": "Refuse", "branches": steps})
        ask.decision_ways = [{"name": "Approve", "was": "Yes"}, {"name": "No", "was": "Refuse"}]
        self.assertEqual(ask.decision_outcomes, "Approve\nNo")
        self.assertEqual(ask.decision_default, "No")
        self.assertEqual(self.branches(ask), {"Approve": ["code"], "No": []})
        with self.assertRaisesRegex(UserError, "way “Approve” there are steps"):
            ask.decision_ways = [{"name": "No"}, {"name": "Later"}]

    def test_shares_of_a_split_are_renamed_with_their_steps(self):
        steps = {"weight": 1, "steps": [{"key": "code", "kind": "tag"}]}
        ask = self.flow(
            {"kind": "split", "branches": {"a": steps, "b": {"weight": 1, "steps": []}}}
        )
        ask.split_branches = [
            {"name": "b", "weight": 30},
            {"name": "long", "was": "a", "weight": 70},
        ]
        self.assertEqual(self.branches(ask), {"b": [], "long": ["code"]})
        with self.assertRaises(UserError):
            ask.split_branches = [{"name": "b", "weight": 30}, {"name": "b", "weight": 70}]

    def test_a_way_renamed_while_the_workflow_runs_is_published_with_its_steps(self):
        tag = self.env["res.partner.category"].create({"name": "Best"}).name
        steps = [{"key": "code", "kind": "tag", "add": [tag]}]
        branches = {"vip": {"when": {"domain": []}, "steps": steps}, "else": {"steps": []}}
        live = self.flow({"kind": "condition", "branches": branches})
        workflow = live.workflow_id
        workflow.action_start()
        with self.assertRaises(UserError):
            live.condition_branches = [{"name": "big", "domain": []}, {"name": "else"}]
        copy = self.env["mail.workflow"].browse(workflow.begin_draft()["edit_id"])
        ask = copy.with_user(self.marketer).step_ids.filtered(lambda one: one.key == "ask")
        vip, rest = ask.condition_branches
        ask.condition_branches = [{**vip, "name": "big", "was": "vip"}, rest]
        self.assertEqual(self.branches(live), {"vip": ["code"], "else": []})
        workflow.publish_draft({}, workflow.get_flow()["version"])
        self.assertEqual(self.branches(live), {"big": ["code"], "else": []})

    def test_a_new_condition_is_asked_in_the_form(self):
        workflow = self.workflow([mail("remind"), wait("day", days=1)], start=False)
        steps = self.env["mail.workflow.step"].with_user(self.marketer)
        with Form(steps.with_context(default_workflow_id=workflow.id)) as form:
            form.kind = "condition"
            form.condition_branches = [
                {"name": "vip", "domain": [["color", "=", 2]]},
                {"name": "clicked", "event": {**CLICKED, "within_days": 3}},
                {"name": "else"},
            ]
        exported = workflow.export_definition()["steps"][-1]["branches"]
        self.assertEqual(
            {name: way.get("when") for name, way in exported.items()},
            {
                "vip": {"domain": [["color", "=", 2]]},
                "clicked": {
                    "event": "email_clicked",
                    "filters": {"step": "remind"},
                    "within_days": 3,
                },
                "else": None,
            },
        )
        self.assertFalse(workflow.problems)


@tagged("post_install", "-at_install", "mail_workflow")
class TestEditorTour(HttpCase):
    """A marketer with no right but Workflow user builds in forms what a file says."""

    def test_ways_events_goal_and_exit_are_built_in_forms(self):
        marketer = new_marketer(self.env)
        workflow = (
            self.env["mail.workflow"]
            .with_user(marketer)
            .import_definition(
                {
                    "format": 1,
                    "name": "Story",
                    "model": "res.partner",
                    "triggers": [{"kind": "manual"}],
                    "email_from": "shop@shop.example.com",
                    "steps": [
                        mail("remind", name="First reminder"),
                        {"key": "ask", "kind": "condition", "name": "Ask", "domain": []},
                        wait("hold", days=3, name="Hold on"),
                    ],
                }
            )
        )
        url = f"/odoo/mail.workflow/{workflow.id}"
        self.start_tour(url, "mail_workflow_editors", login="marketer", timeout=120)
        exported = workflow.export_definition()
        _remind, ask, hold = exported["steps"]
        belgium = self.env.ref("base.be").id
        self.assertEqual(
            ask["branches"],
            {
                "Belgians": {"when": {"domain": [["country_id", "in", [belgium]]]}, "steps": []},
                "Interested": {
                    "when": {
                        "event": "email_clicked",
                        "filters": {"step": "remind"},
                        "within_days": 3,
                    },
                    "steps": [],
                },
                "else": {"steps": []},
            },
        )
        self.assertEqual(
            hold["events"],
            [
                {"kind": "email_replied", "branch": "Mail answered"},
                {"kind": "order_confirmed", "filters": {"min_amount": 50}, "branch": "Bought"},
            ],
        )
        self.assertEqual(exported["goal"], {"kind": "order_confirmed", "window_days": 7})
        self.assertEqual(exported["exits"], [{"kind": "custom", "name": "left_town"}])
        self.assertFalse(workflow.problems)
