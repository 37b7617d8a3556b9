"""Which events of a kind count: filters, typed, the same in goals, waits, conditions, triggers."""

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import WorkflowCase, mail, wait
from .definition_common import DefinitionCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestFilters(DefinitionCase):
    def subscribed(self, **values):
        trigger = {"kind": "list_subscribed", "filters": {"list": "Lamps and chairs"}}
        return self.workflow([mail("m")], start=False, triggers=[trigger], **values)

    def test_records_are_named_in_the_file_and_kept_by_id(self):
        workflow = self.subscribed(
            goal={"kind": "list_subscribed", "filters": {"list": "Lamps and chairs"}}
        )
        self.assertEqual(workflow.trigger_ids.filters, {"list": self.list.id})
        self.assertEqual(workflow.goal_filters, {"list": self.list.id})
        self.list.name = "Lamps"
        definition = workflow.export_definition()
        self.assertEqual(definition["triggers"][0]["filters"], {"list": "Lamps"})
        self.assertEqual(definition["goal"]["filters"], {"list": "Lamps"})
        self.assertIn("Mailing List: Lamps", workflow.trigger_ids.summary)
        self.assertIn("Mailing List: Lamps", workflow.goal_details)

    def test_waits_and_conditions_keep_records_by_id_too(self):
        joined = {"kind": "list_subscribed", "filters": {"list": "Lamps and chairs"}}
        when = {"event": "list_subscribed", "filters": {"list": "Lamps and chairs"}}
        branches = {"in": {"when": when, "steps": []}, "else": {"steps": []}}
        workflow = self.workflow(
            [
                wait("join", events=[{**joined, "branch": "in"}], days=1),
                {"key": "ask", "kind": "condition", "branches": branches},
            ],
            start=False,
        )
        steps = {step.key: step for step in workflow.step_ids}
        self.assertEqual(steps["join"].wait_events[0]["filters"], {"list": self.list.id})
        ask = steps["ask"].condition_branches[0]
        self.assertEqual(ask["event"]["filters"], {"list": self.list.id})
        first = workflow.export_definition()
        self.assertEqual(first["steps"][0]["events"][0]["filters"], joined["filters"])
        self.assertEqual(workflow.copy().export_definition()["steps"], first["steps"])

    def test_a_wrong_value_is_refused_by_its_path(self):
        one = {"kind": "list_subscribed"}
        for filters, place, why in (
            ({"list": "Nobody's"}, ".list", "Nobody's"),
            ({"list": self.list.id}, ".list", "create it first"),
            ({"list": None}, ".list", "create it first"),
            ({"tag": "Cold"}, ".tag", "list"),
            ([], "", "object"),
        ):
            with self.subTest(filters=filters):
                definition = {**self.everything(), "goal": {**one, "filters": filters}}
                self.refused(definition, f"goal.filters{place}", why)
                definition = {**self.everything(), "triggers": [{**one, "filters": filters}]}
                self.refused(definition, f"triggers[0].filters{place}", why)

    def test_a_deleted_record_is_a_problem_and_lets_nothing_pass(self):
        workflow = self.subscribed()
        workflow.action_start()
        self.list.unlink()
        self.assertIn("is not there", workflow.problems)
        other = self.env["mailing.list"].create({"name": "Other"})
        self.env["mailing.contact"].create({"email": "a@b.example.com", "list_ids": other.ids})
        self.run_engine()
        self.assertFalse(self.runs(workflow))
        with self.assertRaises(UserError):
            self.model.import_definition(workflow.export_definition())

    def test_the_form_writes_what_the_file_says(self):
        workflow = self.workflow([mail("remind")], start=False, triggers=[])
        with Form(workflow.with_user(self.marketer)) as form:
            with form.trigger_ids.new() as trigger:
                trigger.kind = "list_subscribed"
                trigger.filter_list_id = self.list
            with form.trigger_ids.new() as trigger:
                trigger.kind = "email_clicked"
                trigger.filter_step = "remind"
                trigger.filter_link = "/shop"
        triggers = workflow.export_definition()["triggers"]
        self.assertEqual(triggers[0]["filters"], {"list": "Lamps and chairs"})
        self.assertEqual(triggers[1]["filters"], {"link": "/shop", "step": "remind"})
        with Form(workflow.with_user(self.marketer)) as form:
            with form.trigger_ids.edit(1) as trigger:
                self.assertEqual(trigger.filter_step, "remind")
                trigger.filter_step = False
        self.assertEqual(workflow.trigger_ids[1].filters, {"link": "/shop"})

    def test_another_kind_forgets_the_filters_of_the_last(self):
        workflow = self.subscribed()
        with Form(workflow.with_user(self.marketer)) as form:
            with form.trigger_ids.edit(0) as trigger:
                trigger.kind = "email_clicked"
        self.assertFalse(workflow.trigger_ids.filters)
        self.assertFalse(workflow.problems)


@tagged("post_install", "-at_install", "mail_workflow")
class TestWhatIsFoundOut(WorkflowCase):
    def test_filters_that_somebody_uses_are_known(self):
        """What is dear to find out of an event is found out only for whom it decides something."""
        events = self.env["mail.workflow.event"]
        self.assertFalse(events._wanted("email_clicked"))
        self.workflow(
            [mail("a"), wait("w", events=[{"kind": "email_clicked", "branch": "c"}], days=1)],
            goal={"kind": "email_clicked", "filters": {"link": "/shop"}},
            triggers=[{"kind": "email_clicked", "filters": {"step": "a"}}],
        )
        self.assertEqual(events._wanted("email_clicked"), {"link", "step"})
