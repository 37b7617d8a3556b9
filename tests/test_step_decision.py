"""Decisions: a person picks the way by a button, once; the deadline picks it when nobody does."""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import MANAGER_GROUP, mail
from .people_common import SALES, PeopleCase


def decision(key="discount", **values):
    """Return a decision step of a file, with a mail for each outcome."""
    return {
        "key": key,
        "kind": "decision",
        "summary": "Do we grant the discount?",
        "branches": {
            "Approve": {"steps": [mail("yes")]},
            "Refuse": {"steps": [mail("no")]},
            "Ask again": {"steps": []},
        },
        **values,
    }


@tagged("post_install", "-at_install", "mail_workflow")
class TestDecision(PeopleCase):
    def start(self, **values):
        """Start a workflow that asks, let a person in, and return the run and who is asked."""
        self.flow = self.workflow([decision(**values), mail("after")])
        self.ada = self.person()
        run = self.flow.enroll(self.ada)
        self.run_engine()
        return run, self.todo(self.ada)

    def decide(self, activity, outcome, user=None):
        """Press a button, as its user does on the record; then the engine passes."""
        activity.with_user(user or activity.user_id).action_workflow_decide(outcome)
        self.env.cr.flush()
        self.run_engine()

    def test_person_decides_the_way(self):
        """The case workflow: who decides, what, when stands in the log."""
        for outcome, path in (
            ("Approve", ["discount", "yes", "after"]),
            ("Refuse", ["discount", "no", "after"]),
            ("Ask again", ["discount", "after"]),
        ):
            with self.subTest(outcome=outcome):
                run, asked = self.start(user="bert")
                self.assertEqual(asked.workflow_outcomes, ["Approve", "Refuse", "Ask again"])
                self.run_engine(days=4)
                self.assertEqual(run.step_id.key, "discount")
                self.decide(asked, outcome)
                self.assertEqual([key for key, _state in self.path(run)], path)
                self.assertEqual(self.reason(run, "discount"), f"{outcome}, decided by Bert")
                line = run.execution_ids.sorted("id")[0].log[-1]
                self.assertEqual((line["by"], line["to"]), ("Bert", "done"))
                self.assertFalse(self.todo(self.ada))
                self.ada.unlink()

    def test_decided_once(self):
        run, asked = self.start(user="bert")
        self.decide(asked, "Approve")
        with self.assertRaisesRegex(UserError, "Already decided by Bert: Approve"):
            self.decide(asked, "Refuse", self.cleo)
        self.assertEqual(self.path(run)[1][0], "yes")

    def test_of_several_the_first_decides_and_the_others_learn_who_did(self):
        run, asked = self.start(assignee="anyone", users=["bert", "cleo"])
        theirs = asked.filtered(lambda activity: activity.user_id == self.cleo)
        self.decide(asked - theirs, "Refuse")
        self.assertFalse(self.todo(self.ada))
        with self.assertRaisesRegex(UserError, "Already decided by Bert: Refuse"):
            self.decide(theirs, "Approve")
        self.assertEqual(self.reason(run, "discount"), "Refuse, decided by Bert")

    def test_what_is_no_outcome_is_refused(self):
        run, asked = self.start(user="bert")
        for wrong in ("Maybe", "", None, ["Approve"]):
            with self.assertRaises(UserError):
                self.decide(asked, wrong)
        self.assertEqual(run.step_id.key, "discount")
        other = self.ada.activity_schedule("mail.mail_activity_data_todo", user_id=self.bert.id)
        with self.assertRaises(UserError):
            other.with_user(self.bert).action_workflow_decide("Approve")

    def test_who_may_not_do_the_activity_may_not_decide(self):
        run, asked = self.start(user="bert")
        portal = new_test_user(self.env, login="visitor", groups="base.group_portal")
        with self.assertRaises(AccessError):
            asked.with_user(portal).action_workflow_decide("Approve")
        self.assertEqual(run.step_id.key, "discount")

    def test_closed_without_a_button_goes_on_and_says_so(self):
        run, asked = self.start(user="bert")
        self.do(asked)
        self.assertPath(run, ("discount", "skipped"), ("after", "queued"))
        self.assertEqual(self.reason(run, "discount"), "closed without a decision")

    def test_deadline_takes_the_default_and_nobody_is_asked_any_more(self):
        run, asked = self.start(user="bert", deadline_days=2, default="Refuse")
        self.assertEqual(asked.date_deadline, date(2026, 3, 4))
        self.run_engine(days=2)
        self.assertEqual(run.step_id.key, "discount")
        self.run_engine(days=1)
        self.assertPath(run, ("discount", "done"), ("no", "queued"), ("after", "queued"))
        self.assertEqual(self.reason(run, "discount"), "not decided in time")
        self.assertFalse(self.todo(self.ada))
        with self.assertRaisesRegex(UserError, "decided already"):
            asked.with_user(self.bert).action_workflow_decide("Approve")

    def test_start_asks_for_two_to_six_outcomes_and_a_known_default(self):
        for values, problem in (
            ({"branches": {"Approve": {"steps": []}}}, "2 to 6"),
            ({"branches": {str(number): {} for number in range(7)}}, "2 to 6"),
            ({"default": "Maybe"}, "none of the outcomes"),
        ):
            with self.subTest(problem=problem), self.assertRaisesRegex(UserError, problem):
                self.workflow([decision(user="bert", **values)])

    def test_outcomes_of_a_lead_and_of_an_order_too(self):
        order = self.cart(self.person("Grace"))
        for record in (self.lead(), order):
            workflow = self.workflow(
                [decision(user="bert", branches={"Yes": {}, "No": {}})], model=record._name
            )
            run = workflow.enroll(record)
            self.run_engine()
            self.decide(self.todo(record).filtered("workflow_outcomes"), "No")
            self.assertState(run, "done")


@tagged("post_install", "-at_install", "mail_workflow")
class TestButtons(HttpCase):
    """A salesperson without any right on workflows, in a real browser."""

    def asked(self, model, record):
        """Start a workflow that asks Bert about a record; return its run."""
        definition = {
            "format": 1,
            "name": f"Ask about {model}",
            "model": model,
            "purpose": "operational",
            "triggers": [{"kind": "manual"}],
            "steps": [{**decision(user="bert"), "branches": {"Approve": {}, "Refuse": {}}}],
        }
        workflow = self.env["mail.workflow"].with_user(self.publisher).import_definition(definition)
        workflow.action_start()
        run = workflow.enroll(record)
        self.env["mail.workflow.enrollment"]._cron_run()
        return run

    def setUp(self):
        super().setUp()
        self.publisher = new_test_user(
            self.env, login="boss", groups=f"base.group_user,{MANAGER_GROUP}"
        )
        self.bert = new_test_user(
            self.env, login="bert", name="Bert", groups=f"{SALES}_all_leads", lang="en_US"
        )

    def test_buttons_on_the_forms_of_contact_lead_and_order(self):
        ada = self.env["res.partner"].create({"name": "Ada", "email": "ada@customer.example.com"})
        lead = self.env["crm.lead"].create(
            {"name": "Big desk", "partner_id": ada.id, "type": "opportunity"}
        )
        order = self.env["sale.order"].create({"partner_id": ada.id})
        places = (
            ("/odoo/action-contacts.action_contacts", ada),
            ("/odoo/crm", lead),
            ("/odoo/action-sale.action_quotations_with_onboarding", order),
        )
        for url, record in places:
            with self.subTest(model=record._name):
                run = self.asked(record._name, record)
                self.start_tour(
                    f"{url}/{record.id}", "mail_workflow_decide", login="bert", timeout=120
                )
                self.env["mail.workflow.event"]._cron_dispatch()
                self.env.invalidate_all()
                self.assertEqual(run.execution_ids.branch, "Refuse")
                self.assertEqual(run.execution_ids.reason, "Refuse, decided by Bert")
