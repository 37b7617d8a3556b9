"""The file format: what goes in comes out, what is wrong is named by its path, nothing is
half-written."""

import json

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import mail, wait
from .definition_common import DefinitionCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestRoundTrip(DefinitionCase):
    def test_every_kind_and_option_comes_out_as_it_went_in(self):
        workflow = self.model.import_definition(self.everything())
        self.env.invalidate_all()
        first = json.dumps(workflow.export_definition(), indent=2)
        again = self.model.import_definition(first)
        self.env.invalidate_all()
        self.assertEqual(json.dumps(again.export_definition(), indent=2), first)

    def test_what_the_file_says_is_what_the_export_says(self):
        given = self.everything()
        workflow = self.model.import_definition(given)
        self.env.invalidate_all()
        exported = workflow.export_definition()
        for key, value in given.items():
            if key != "steps":
                self.assertEqual(exported[key], value, key)
        self.assertEqual(exported["steps"][1:4], given["steps"][1:4])
        self.assertEqual(exported["steps"][4], given["steps"][4])
        text = exported["steps"][0]["texts"]["en_US"]
        self.assertEqual(text["body_arch"], '<div class="o_layout"><p>Hello</p></div>')
        self.assertIn('<t t-out="object.partner_id.name"/>', text["body_html"])

    def test_export_right_after_import_is_the_export_of_tomorrow(self):
        workflow = self.model.import_definition(self.everything())
        at_once = json.dumps(workflow.export_definition())
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(json.dumps(workflow.export_definition()), at_once)

    def test_a_text_designed_in_the_designer_keeps_its_design(self):
        workflow = self.model.import_definition(self.everything())
        text = workflow.step_ids.filtered(lambda step: step.key == "remind").text_ids[0]
        text.mailing_id.write(
            {
                "body_arch": '<div class="o_layout o_default_theme"><p>Designed</p></div>',
                "body_html": '<div style="color:red"><p>Designed</p></div>',
            }
        )
        first = workflow.export_definition()
        again = self.model.import_definition(first)
        self.assertEqual(again.export_definition(), first)
        self.assertIn("o_default_theme", first["steps"][0]["texts"][text.lang]["body_arch"])

    def test_unfinished_steps_can_be_copied_and_exported(self):
        workflow = self.workflow([mail("first")], start=False)
        kinds = self.env["mail.workflow.step"]._installed_kinds()
        steps = self.env["mail.workflow.step"].with_user(self.marketer)
        for kind in kinds:
            step = steps.create({"workflow_id": workflow.id, "kind": kind})
            if kind == "wait":
                step.wait_mode = "time"
        first = workflow.export_definition()
        again = self.model.import_definition(json.dumps(first))
        self.assertEqual(again.export_definition(), first)
        copied = workflow.copy()
        self.assertEqual(len(copied.step_ids), len(workflow.step_ids))

    def test_the_example_of_the_design_is_taken(self):
        workflow = self.model.import_definition(
            {
                "format": 1,
                "name": "Abandoned cart",
                "model": "sale.order",
                "purpose": "marketing",
                "triggers": [{"kind": "cart_abandoned", "hours": 24}],
                "audience": [["amount_total", ">=", 20]],
                "reentry": {"policy": "after_exit", "per": "person", "days": 30},
                "goal": {"kind": "order_confirmed", "window_days": 7},
                "email_from": "shop@shop.example.com",
                "steps": [
                    {
                        "key": "remind",
                        "kind": "email",
                        "texts": {
                            "en_US": {"subject": "A", "preview": "B", "body_html": "<p>C</p>"},
                            "fr_FR": {"subject": "D", "body_html": "<p>E</p>"},
                        },
                        "on_skip": "continue",
                    },
                    wait("day", hours=24),
                    {
                        "key": "worth",
                        "kind": "condition",
                        "branches": {
                            "vip": {
                                "when": {"domain": [["amount_total", ">", 100]]},
                                "steps": [{"key": "mark", "kind": "tag", "add": ["Cold"]}],
                            },
                            "clicked": {
                                "when": {
                                    "event": "email_clicked",
                                    "filters": {"step": "remind"},
                                    "since": "entry",
                                },
                                "steps": [],
                            },
                            "else": {
                                "steps": [
                                    {
                                        "key": "again",
                                        "kind": "goto",
                                        "target": "remind",
                                        "max_visits": 2,
                                    }
                                ]
                            },
                        },
                    },
                    mail("last"),
                ],
            }
        )
        self.assertEqual(workflow.lint(), [])
        self.assertEqual(workflow.state, "draft")
        exported = workflow.export_definition()
        self.assertEqual(self.model.import_definition(exported).export_definition(), exported)

    def test_a_big_workflow_comes_in_quickly(self):
        steps = [wait(f"wait{i}", hours=1) for i in range(300)]
        with self.assertQueryCount(4000):
            self.workflow(steps, start=False)


@tagged("post_install", "-at_install", "mail_workflow")
class TestRefused(DefinitionCase):
    def one(self, **values):
        return {"format": 1, "name": "W", "steps": [], **values}

    def test_unknown_kind_is_named_by_its_path(self):
        inner = {"yes": {"steps": [{"kind": "emial"}]}}
        steps = [mail("a"), mail("b"), {"kind": "condition", "domain": [], "branches": inner}]
        error = self.refused(
            self.one(steps=steps), "steps[2].branches.yes.steps[0].kind: unknown kind 'emial'"
        )
        self.assertEqual(error.path, "steps[2].branches.yes.steps[0].kind")
        self.refused(self.one(triggers=[{"kind": "manual"}, {"kind": 3}]), "triggers[1].kind")
        self.refused(self.one(goal={"kind": "order"}), "goal.kind", "order")
        self.refused(self.one(exits=[{"kind": "manual"}]), "exits[0].kind", "manual")

    def test_missing_mailing_list_is_named(self):
        self.refused(self.one(list="Nobody's list"), "list", "Nobody's list")
        self.refused(
            self.one(triggers=[{"kind": "list_subscribed", "filters": {"list": "Nobody's"}}]),
            "triggers[0].filters",
            "Nobody's",
        )

    def test_a_name_that_means_several_records_is_refused(self):
        self.list.create({"name": "Lamps and chairs"})
        self.refused(self.one(list="Lamps and chairs"), "list", "several")

    def test_domain_on_a_field_that_does_not_exist(self):
        bad = [["no_such_field", "=", 1]]
        self.refused(self.one(audience=bad), "audience", "no_such_field")
        self.refused(
            self.one(steps=[{"kind": "condition", "domain": bad}]),
            "steps[0].domain",
            "no_such_field",
        )
        when = {"a": {"when": {"domain": bad}, "steps": []}}
        self.refused(
            self.one(steps=[{"kind": "condition", "branches": when}]),
            "steps[0].branches.a.when.domain",
        )
        self.refused(self.one(triggers=[{"kind": "segment", "domain": bad}]), "triggers[0].domain")

    def test_domain_whose_value_is_of_another_type(self):
        self.refused(self.one(audience=[["create_date", ">", "yesterday-ish"]]), "audience")
        self.refused(self.one(audience=[["id", "=", "x"]]), "audience")

    def test_domain_that_passes_around_the_rules_is_refused(self):
        for operator in ("any!", "not any!"):
            domain = [["child_ids", operator, [["name", "=", "x"]]]]
            self.refused(self.one(audience=domain), "audience")

    def test_a_loop_without_a_wait_is_no_workflow_that_can_run(self):
        steps = [mail("a"), {"key": "back", "kind": "goto", "target": "a"}]
        workflow = self.workflow(steps, start=False)
        with self.assertRaises(UserError) as caught:
            workflow.action_start()
        self.assertIn("without a wait", str(caught.exception))
        self.assertEqual(workflow.state, "draft")

    def deep(self, levels):
        step = mail("bottom")
        for level in range(levels):
            step = {
                "key": f"c{level}",
                "kind": "condition",
                "domain": [],
                "branches": {"yes": {"steps": [step]}},
            }
        return self.one(steps=[step])

    def test_a_tree_of_ten_thousand_levels_as_a_dict(self):
        definition = self.deep(10000)
        self.refused(definition, "levels deep", "steps[0].branches.yes.steps[0]")

    def test_a_tree_of_ten_thousand_levels_as_text(self):
        text = '{"format": 1, "name": "W", "steps": '
        text += '[{"kind": "condition", "branches": {"yes": {"steps": ' * 10000
        text += "[]" + "}}}]" * 10000 + "}"
        self.refused(text, "line 1, column", "levels deep")

    def test_a_tree_a_little_too_deep_says_where(self):
        self.refused(self.deep(31), "30 levels")
        self.model.import_definition(self.deep(29))

    def test_too_many_steps(self):
        self.refused(
            self.one(steps=[{"kind": "end"} for _i in range(1001)]), "steps[1000]", "1000 steps"
        )

    def test_a_file_of_50_megabytes_as_text(self):
        self.refused(" " * 50 * 1024 * 1024, "5 MB")

    def test_a_step_key_used_twice(self):
        self.refused(self.one(steps=[mail("a"), mail("a")]), "steps[1].key", "steps[0]")

    def test_a_key_given_twice_in_one_object(self):
        text = '{"format": 1, "name": "W", "steps": [{"kind": "end", "kind": "end"}]}'
        self.refused(text, "steps[0]", "'kind' is given twice")

    def test_a_jump_to_nowhere(self):
        self.refused(
            self.one(steps=[{"kind": "goto", "target": "nowhere"}]), "steps[0].target", "nowhere"
        )

    def test_branches_that_would_break_the_tree(self):
        event = {"kind": "email_opened", "branch": "then"}
        self.refused(
            self.one(steps=[{"kind": "wait", "days": 1, "events": [event]}]),
            "steps[0].events[0].branch",
        )
        branches = {"then": {"when": {"domain": []}, "steps": []}}
        self.refused(
            self.one(steps=[{"kind": "condition", "branches": branches}]),
            "steps[0].branches.then",
        )
        branches = {"maybe": {"steps": []}}
        self.refused(
            self.one(steps=[{"kind": "condition", "domain": [], "branches": branches}]),
            "steps[0].branches.maybe",
        )

    def test_a_key_that_would_be_ignored_is_refused(self):
        self.refused(self.one(steps=[wait("w", hours=1, until_time="09:00")]), "steps[0].hours")
        self.refused(self.one(steps=[wait("w", hours=1, on_past="leave")]), "steps[0].on_past")
        texts = {"en_US": {"subject": "A"}}
        self.refused(
            self.one(steps=[{"kind": "email", "texts": texts, "subject": "B"}]),
            "steps[0].subject",
        )
        self.refused(self.one(goal={"kind": "order_confirmed", "name": "x"}), "goal.name")
        branches = {"yes": {"when": {"domain": []}, "steps": []}}
        self.refused(
            self.one(steps=[{"kind": "condition", "domain": [], "branches": branches}]),
            "steps[0].branches.yes.when",
        )

    def test_filters_of_events_are_texts(self):
        for place in ({"goal": {"kind": "email_clicked", "filters": {"link": 5}}},):
            self.refused(self.one(**place), "goal.filters.link")

    def test_only_a_manager_imports_operational_workflows(self):
        self.refused(self.one(purpose="operational"), "purpose", "manager")

    def test_no_workflow_on_a_model_that_is_no_table_of_records(self):
        for model in ("mail.thread", "mail.compose.message", "no.model", "", 5):
            self.refused(self.one(model=model), "model")

    def test_code_in_a_text_is_refused_with_its_path(self):
        for body in (
            "<p t-out=\"object.env['res.users'].search([])\"/>",
            "<p><t t-if='object.env'>x</t></p>",
            '<p t-attf-title="{{ object.env }}">x</p>',
        ):
            self.refused(self.one(steps=[mail("a"), mail("b", body=body)]), "steps[1]")
        self.refused(
            self.one(steps=[mail("a", subject="{{ env['res.users'].search([]) }}")]), "steps[0]"
        )
