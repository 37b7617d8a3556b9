"""Plans of the engine's queries on many rows: they use the indexes."""

from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from benchmarks import plans
from odoo.addons.mail_workflow_automation.models.mail_workflow_runner import BATCH

from .common import START, mail, wait
from .plans import PlanCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestPlans(PlanCase):
    """The very queries of the engine, on many rows: by index, and few rows touched."""

    def setUp(self):
        super().setUp()
        self.running = self.workflow([mail("hello"), wait("day", days=1)], name="Running")
        self.paused = self.workflow([mail("hello"), wait("day", days=1)], name="Paused")
        self.person_one = self.person()
        for workflow in self.running, self.paused:
            workflow.enroll(self.person_one)
        self.env.flush_all()

    def test_claim_of_due_runs(self):
        self.seed_runs(self.paused, 90_000, "2026-03-01 09:00:00")
        self.seed_runs(self.running, 8_000, "2027-01-01 09:00:00")
        self.seed_runs(self.running, 2_000, "2026-03-01 09:00:00")
        self.paused.action_pause()
        self.env.flush_all()
        self.analyze("mail_workflow_enrollment", "mail_workflow")
        runner = self.env["mail.workflow.runner"]
        claimed = []
        plans = self.plans_of(
            lambda: claimed.extend(runner._claim(fields.Datetime.now())),
            of="FOR NO KEY UPDATE SKIP LOCKED",
        )
        self.assertEqual(len(plans), 2, "the oldest, and of a backlog the newest")
        self.assertEqual(len(claimed), BATCH + BATCH // 4)
        for plan in plans:
            self.assertByIndex(
                plan,
                "mail_workflow_enrollment",
                most=4 * BATCH,
                index="mail_workflow_enrollment_due",
            )

    def test_claim_of_mails(self):
        self.seed_mails(self.paused, 30_000)
        self.seed_mails(self.env["mail.workflow"], 5_000)
        self.seed_mails(self.running, 5_000, state="exception")
        self.seed_mails(self.running, 200)
        self.paused.action_pause()
        self.env.flush_all()
        self.analyze("mail_mail", "mail_message", "mail_workflow")
        query = self.env["mail.workflow.post"]._claim_query(fields.Datetime.now(), (), 50)
        (plan,) = self.plans_of(lambda: self.env.cr.execute(query), of="mail_mail")
        self.assertByIndex(plan, "mail_mail", most=2 * 50, index="mail_mail_workflow_queue")

    def test_claim_of_events(self):
        self.seed_events(60_000, dispatched_at=self.now)
        self.seed_events(700, dispatched_at=None)
        self.analyze("mail_workflow_event")
        dispatcher = self.env["mail.workflow.dispatcher"]
        (plan,) = self.plans_of(dispatcher._claim, of="FOR NO KEY UPDATE SKIP LOCKED")
        self.assertByIndex(
            plan, "mail_workflow_event", most=600, index="mail_workflow_event_undispatched"
        )

    def test_pruning_of_old_events_when_there_are_none(self):
        self.seed_events(60_000, dispatched_at=self.now)
        self.analyze("mail_workflow_event")
        (plan,) = self.plans_of(
            self.env["mail.workflow.event"]._gc_old_events, of="DELETE FROM mail_workflow_event"
        )
        self.assertByIndex(plan, "mail_workflow_event", most=0, index="mail_workflow_event_by_time")

    def test_claim_of_mails_to_send_again(self):
        self.seed_runs(self.running, 30_000, "2026-03-01 09:00:00")
        self.env.cr.execute(
            """
            INSERT INTO mail_workflow_execution (
                   enrollment_id, step_id, visit_no, state, attempt, retry_at)
            SELECT id, step_id, 1, CASE WHEN id %% 1000 = 0 THEN 'failed' ELSE 'done' END, 1,
                   CASE WHEN id %% 1000 = 0 THEN %s::timestamp END
              FROM mail_workflow_enrollment
            """,
            [self.now],
        )
        self.analyze("mail_workflow_execution")
        executions = self.env["mail.workflow.execution"]
        with patch.object(type(executions), "_requeue_mail", lambda *args, **kwargs: None):
            (plan,) = self.plans_of(lambda: executions._retry_mails(self.now), of="retry_at")
        self.assertByIndex(plan, "mail_workflow_execution", most=40)

    def test_runs_an_event_concerns(self):
        self.seed_runs(self.running, 50_000, "2027-01-01 09:00:00")
        self.seed_runs(self.paused, 30_000, "2027-01-01 09:00:00")
        self.analyze("mail_workflow_enrollment")
        nothing = {"res_model": None, "res_id": None, "partner_id": None, "email_normalized": None}
        email = {"email_normalized": "seed7@customer.example.com"}
        record = {"res_model": "res.partner", "res_id": self.person_one.id + 7}
        stranger = {"partner_id": self.env.user.partner_id.id}
        dispatcher = self.env["mail.workflow.dispatcher"]
        for known in (email, record, stranger, {**email, **record}, {**email, **stranger}):
            with self.subTest(known=known):
                events = [{**nothing, **known}]
                (plan,) = self.plans_of(
                    lambda events=events: dispatcher._concerned_runs(
                        events, [self.running.id, self.paused.id]
                    ),
                    of="FROM mail_workflow_enrollment",
                )
                self.assertByIndex(plan, "mail_workflow_enrollment", most=50)

    def test_look_back_at_events(self):
        self.seed_events(60_000, dispatched_at=self.now)
        self.analyze("mail_workflow_event")
        run = self.runs(self.running)
        lookup = self.env["mail.workflow.lookup"]
        (plan,) = self.plans_of(
            lambda: lookup._first(run, {"kind": "order_confirmed"}, {run.id: self.now}),
            of="FROM mail_workflow_event",
        )
        self.assertByIndex(plan, "mail_workflow_event", most=50)

    def test_the_mail_of_a_reader(self):
        """Asked for by links that anybody can call."""
        self.run_engine()
        trace = self.runs(self.running).execution_ids.mailing_trace_id
        self.seed_copies(trace, 30_000, res_id="1000000 + n", email="'seed' || n")
        self.analyze("mailing_trace")
        reader = (trace.mass_mailing_id, 1_000_007, "seed7")
        (plan,) = self.plans_of(
            lambda: self.env["mailing.trace"]._of_reader(*reader), of='FROM "mailing_trace"'
        )
        self.assertByIndex(plan, "mailing_trace", most=2)

    def test_who_else_has_an_address(self):
        address = "'seed' || n || '@customer.example.com'"
        lead = self.env["crm.lead"].create({"name": "Lead"})
        subscriber = self.env["mailing.contact"].create({"name": "Subscriber"})
        for record in (self.person_one, lead, subscriber):
            self.seed_copies(record, 30_000, email_normalized=address)
        self.analyze("res_partner", "crm_lead", "mailing_contact")
        addresses = {"seed7@customer.example.com", "nobody@customer.example.com"}
        for owners, tables in (
            (self.env["mail.workflow.score.entry"]._held_by_others, ("res_partner", "crm_lead")),
            (self.env["mail.workflow.forget"]._of_subscribers, ("mailing_contact",)),
        ):
            self.assertEqual(owners(addresses), {"seed7@customer.example.com"})
            (plan,) = self.plans_of(lambda owners=owners: owners(addresses), of=tables[0])
            for table in tables:
                self.assertByIndex(plan, table, most=2)

    def test_whose_next_purchase_is_near(self):
        """The history of all orders is read, but each order and line as good as once."""
        people, orders = 2_000, 24_000  # each buys twelve times, every thirty days
        bought = self.cart(self.person("Buyer"))
        bought.action_confirm()
        first = self.seed_copies(
            self.person_one, people, email_normalized="'buyer' || n || '@customer.example.com'"
        )
        first_order = self.seed_copies(
            bought,
            orders,
            partner_id=f"{first} + mod(n, {people})",
            date_order=f"timestamp '2026-02-20' - interval '30 days' * (n / {people})",
        )
        self.seed_copies(bought.order_line, orders, order_id=f"{first_order} + n")
        self.analyze("res_partner", "sale_order", "sale_order_line", "product_product")
        workflow = self.workflow([mail("again")], triggers=[{"kind": "replenishment"}])
        trigger = workflow.trigger_ids.sudo()
        until = fields.Datetime.to_datetime("2026-03-22 12:00:00")
        found = []
        (plan,) = self.plans_of(
            lambda: found.extend(trigger._handler()._look(trigger, START, until, 0, people)[0]),
            of="WITH bought AS",
        )
        self.assertEqual(len(found), people)
        for table, rows in (("sale_order_line", orders), ("sale_order", orders)):
            self.assertLessEqual(plans.touched(plan, table), 3 * rows + 1000, table)
        self.assertLessEqual(plans.touched(plan, "res_partner"), 10 * people)

    def test_who_stands_at_removed_steps(self):
        first = self.seed_copies(self.running.step_ids[0], 30_000, key="'seed' || n")
        self.env.cr.execute(
            "UPDATE mail_workflow_step SET active = false, after_removal = 'go_on'"
            " WHERE id BETWEEN %s AND %s",
            [first, first + 9],
        )
        self.seed_runs(self.running, 10_000, "2027-01-01 09:00:00")
        self.analyze("mail_workflow_step", "mail_workflow_enrollment")
        runner = self.env["mail.workflow.runner"]
        (plan,) = self.plans_of(
            lambda: runner._pass_removed(self.now), of="after_removal IS NOT NULL"
        )
        self.assertByIndex(plan, "mail_workflow_step", most=40, index="mail_workflow_step_removed")
        (plan,) = self.plans_of(
            lambda: runner._pass_removed(self.now), of="FROM mail_workflow_enrollment"
        )
        self.assertByIndex(plan, "mail_workflow_enrollment", most=40)
