"""People who are left out, to compare: how many of them, and of the others, meet the goal."""

from odoo.tests import BaseCase, tagged

from odoo.addons.mail_workflow_automation.engine.comparison import compare

from .common import WorkflowCase, wait


@tagged("post_install", "-at_install", "mail_workflow")
class TestCompare(BaseCase):
    def test_of_a_few_people_nothing_is_said(self):
        self.assertEqual(compare(4, 1000, 100, 1000), "few")
        self.assertEqual(compare(100, 1000, 0, 0), "few")
        self.assertEqual(compare(100, 104, 50, 100), "few")

    def test_a_small_difference_may_be_chance(self):
        self.assertEqual(compare(110, 1000, 10, 100), "open")
        self.assertEqual(compare(100, 1000, 100, 1000), "open")

    def test_a_large_one_is_hardly_chance(self):
        self.assertEqual(compare(200, 1000, 10, 100), "more")
        self.assertEqual(compare(100, 1000, 20, 100), "fewer")

    def test_the_border_is_once_in_twenty(self):
        """Of the tables of the normal distribution: 1.96 times the spread."""
        self.assertEqual(compare(527, 1000, 484, 1000), "open")  # 1.92
        self.assertEqual(compare(529, 1000, 484, 1000), "more")  # 2.01


@tagged("post_install", "-at_install", "mail_workflow")
class TestComparison(WorkflowCase):
    def comparison(self, workflow, period="30"):
        return workflow.get_flow_figures(period)["comparison"]

    def test_people_with_and_without_are_compared(self):
        workflow = self.workflow(
            [wait("day", days=1)],
            holdout_percent=50,
            goal={"kind": "order_confirmed"},
            reentry={"policy": "after_exit", "per": "person"},
        )
        people = self.people(80)
        workflow.enroll(people)
        runs = self.runs(workflow)
        held = people.browse(runs.filtered("is_holdout").mapped("res_id"))
        inside = people - held
        for one in inside[:20] | held[:6]:
            self.emit("order_confirmed", partner=one)
        self.run_engine()
        found = self.comparison(workflow)
        self.assertEqual(found["with"], {"people": len(inside), "goal": 20})
        self.assertEqual(found["without"], {"people": len(held), "goal": 6})
        self.assertEqual(found["verdict"], "more")
        self.assertIn("more people reach the goal", found["words"])
        # who comes again is the same person
        workflow.enroll(people)
        self.run_engine()
        self.assertEqual(self.comparison(workflow)["with"]["people"], len(inside))
        self.run_engine(days=40)
        self.assertIsNone(self.comparison(workflow, "7"), "nobody came in these days")
        self.assertEqual(self.comparison(workflow, "all")["without"]["goal"], 6)

    def test_without_a_goal_or_a_holdout_there_is_nothing_to_compare(self):
        for values in ({"holdout_percent": 50}, {"goal": {"kind": "order_confirmed"}}):
            workflow = self.workflow([wait("day", days=1)], **values)
            workflow.enroll(self.people(10))
            self.assertIsNone(self.comparison(workflow))
