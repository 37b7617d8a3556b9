"""Enroll in, and take out of, other workflows."""

from odoo.tests import tagged

from .common import WorkflowCase, mail, wait


def enroll(name, key="enroll"):
    return {"key": key, "kind": "enroll", "workflow": name}


@tagged("post_install", "-at_install", "mail_workflow")
class TestEnroll(WorkflowCase):
    def test_the_record_comes_into_the_other_workflow(self):
        welcome = self.workflow([mail("hello"), wait("day", days=1)], name="Welcome")
        source = self.workflow([enroll("Welcome")], name="Source")
        people = self.people(5)
        source.enroll(people)
        self.run_engine()
        self.assertEqual(self.runs(welcome).mapped("res_id"), people.ids)
        self.assertEqual(len(self.mails(welcome)), 5)
        self.assertIn("workflow “Source”", self.runs(welcome)[0].log[0]["why"])

    def test_of_an_order_its_contact(self):
        welcome = self.workflow([wait("day", days=1)], name="Welcome")
        source = self.workflow([enroll("Welcome")], model="sale.order")
        ada = self.person()
        source.enroll(self.cart(ada))
        self.run_engine()
        self.assertEqual(self.runs(welcome).partner_id, ada)
        self.assertEqual(self.runs(welcome).res_model, "res.partner")

    def test_the_other_workflows_rules_hold(self):
        welcome = self.workflow(
            [wait("day", days=1)], name="Welcome", audience=[["city", "=", "Ghent"]]
        )
        source = self.workflow(
            [enroll("Welcome")], reentry={"policy": "after_exit", "per": "person"}
        )
        ada, bob = self.person(city="Ghent"), self.person("Bob", city="Liège")
        source.enroll(ada | bob)
        self.run_engine()
        self.assertEqual(self.runs(welcome).partner_id, ada)
        self.run_engine(days=2)
        source.enroll(ada)
        self.run_engine()
        self.assertEqual(len(self.runs(source, ada)), 2)
        self.assertEqual(len(self.runs(welcome)), 1, "“once only” is the other one's word")

    def test_one_that_is_not_running_is_skipped_with_the_reason(self):
        self.workflow([wait("day", days=1)], name="Welcome", start=False)
        source = self.workflow([enroll("Welcome"), mail("next")])
        source.enroll(self.person())
        self.run_engine()
        self.assertPath(self.runs(source), ("enroll", "skipped"), ("next", "queued"))
        self.assertEqual(self.reason(self.runs(source), "enroll"), "“Welcome” is not running")

    def test_one_that_takes_other_records_by_now_is_skipped(self):
        """Nobody is brought in by the number that happens to be theirs in another table."""
        target = self.workflow([wait("day", days=1)], name="Welcome")
        source = self.workflow([enroll("Welcome")], model="sale.order")
        target.action_stop()
        target.model_id = self.env["ir.model"]._get("crm.lead")
        target.action_start()
        source.enroll(self.cart(self.person()))
        self.run_engine()
        self.assertPath(self.runs(source), ("enroll", "skipped"))
        self.assertIn("takes Lead", self.reason(self.runs(source), "enroll"))

    def test_itself_is_refused(self):
        draft = self.workflow([wait("day", days=1)], name="Alone", start=False)
        draft.step_ids.create(
            {"workflow_id": draft.id, "kind": "enroll", "enroll_workflow_id": draft.id}
        )
        self.assertIn("does not enroll in itself", draft.problems)

    def test_a_model_that_does_not_fit_is_a_problem(self):
        self.workflow([wait("day", days=1)], name="Carts", model="sale.order")
        source = self.workflow([enroll("Carts")], start=False)
        self.assertIn("takes Sales Order, which this one has not", source.problems)

    def test_one_that_leads_to_another_teams_is_opened_and_says_so(self):
        """Ann's leads to Bob's, and back by its end: she may not see his."""
        hers = self.workflow([mail("hello")], name="Hers", start=False)
        his = self.workflow([enroll("Hers")], name="His", start=False)
        step = hers.step_ids.create(
            {"workflow_id": hers.id, "kind": "enroll", "enroll_workflow_id": his.id}
        )
        admin = self.env.user
        his.with_user(admin).user_id = admin
        self.env.invalidate_all()
        self.assertFalse(his.has_access("read"))
        flow = hers.get_flow()
        card = flow["cards"][step.key]
        self.assertEqual(card["summary"], "His")
        self.assertIn("may not see “His”", str(card["problems"]))
        self.assertIn("“His” → “Hers”", hers.problems)
        self.env.invalidate_all()
        self.assertGreater(hers.problem_count, 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestLeave(WorkflowCase):
    def step(self, *names):
        return {"key": "leave", "kind": "leave", "workflows": list(names)}

    def test_the_persons_runs_end_and_nobody_elses(self):
        first = self.workflow([wait("day", days=1)], name="First")
        second = self.workflow([wait("day", days=1)], name="Second")
        kept = self.workflow([wait("day", days=1)], name="Kept")
        ada, bob = self.person(), self.person("Bob")
        guest = self.person("Ada as a guest", email=ada.email)
        for workflow in (first, second, kept):
            workflow.enroll(ada | bob)
        source = self.workflow([self.step("First", "Second")], name="Source")
        self.run_engine()
        source.enroll(guest)
        self.run_engine()
        for workflow in (first, second):
            self.assertState(self.runs(workflow, ada), "exited", "taken out by workflow “Source”")
            self.assertPath(self.runs(workflow, ada), ("day", "skipped"))
            self.assertState(self.runs(workflow, bob), "active")
        self.assertState(self.runs(kept, ada), "active")
        self.assertState(self.runs(source), "done")

    def test_who_is_taken_out_in_the_same_pass_gets_nothing_more(self):
        other = self.workflow([mail("hello"), mail("again")], name="Other", start=False)
        source = self.workflow([self.step("Other")], name="Source", start=False)
        source.priority = 20  # carried out first
        (source | other).action_start()
        ada = self.person()
        source.enroll(ada)
        other.enroll(ada)
        self.run_engine()
        run = self.runs(other)
        self.assertState(run, "exited", "taken out by workflow “Source”")
        self.assertPath(run, ("hello", "skipped"))
        self.assertFalse(self.mails(other))
        self.assertFalse(run.due_at)

    def test_who_left_may_come_back_by_the_rules(self):
        first = self.workflow(
            [wait("day", days=1)],
            name="First",
            reentry={"policy": "after_exit", "per": "person"},
        )
        ada = self.person()
        first.enroll(ada)
        self.workflow([self.step("First")], name="Source").enroll(ada)
        self.run_engine()
        self.assertState(self.runs(first), "exited")
        first.enroll(ada)
        self.assertEqual(self.runs(first).mapped("state"), ["exited", "active"])

    def test_problems(self):
        self.assertIn("choose the workflows", self.workflow([self.step()], start=False).problems)
        alone = self.workflow([self.step()], name="Alone", start=False)
        alone.step_ids.leave_workflow_ids = alone
        self.assertIn("use “End”", alone.problems)
