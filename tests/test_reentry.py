from odoo.tests import tagged

from .common import mail, wait
from .test_enrollment import EntryCase, custom


@tagged("post_install", "-at_install", "mail_workflow")
class TestReentry(EntryCase):
    def again(self, ada, **delta):
        self.after(**(delta or {"days": 2}))
        self.happened(ada)
        self.run_engine()
        self.run_engine()

    def test_once_only(self):
        workflow = self.signed([mail("m")])
        ada = self.person()
        self.again(ada)
        self.again(ada)
        self.assertEqual(len(self.runs(workflow)), 1)

    def test_after_the_exit_a_second_run_gets_its_mails_again(self):
        workflow = self.signed([mail("m")], reentry={"policy": "after_exit", "per": "person"})
        ada = self.person()
        self.again(ada)
        self.again(ada)
        runs = self.runs(workflow)
        self.assertEqual(runs.mapped("run_no"), [1, 2])
        self.assertEqual(runs.mapped("state"), ["done", "done"])
        self.assertEqual(len(self.mails(workflow)), 2)
        self.assertEqual(len(runs[0].execution_ids), 1, "the history of the first is kept")

    def test_no_second_run_beside_the_first(self):
        workflow = self.signed(
            [wait("week", weeks=1)], reentry={"policy": "after_exit", "per": "person"}
        )
        ada = self.person()
        self.again(ada)
        self.again(ada)
        self.assertEqual(len(self.runs(workflow)), 1)

    def test_days_between_entries(self):
        workflow = self.signed(
            [mail("m")], reentry={"policy": "after_exit", "per": "person", "days": 30}
        )
        ada = self.person()
        self.again(ada)
        self.again(ada, days=29)
        self.assertEqual(len(self.runs(workflow)), 1)
        self.again(ada, days=1)
        self.assertEqual(len(self.runs(workflow)), 2)

    def test_contacts_with_one_address_are_one_person(self):
        workflow = self.signed([mail("m")])
        ada, twin = self.person("Ada"), self.person("Twin", email="ADA@customer.example.com")
        self.happened(ada)
        self.happened(twin)
        self.run_engine()
        self.again(twin)
        self.assertEqual(len(self.runs(workflow)), 1)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_two_orders_are_two_runs_and_one_order_twice_is_one(self):
        workflow = self.signed(
            [wait("day", days=1), mail("m")],
            model="sale.order",
            reentry={"policy": "each_event", "per": "event"},
        )
        ada = self.person()
        first, second = self.order(ada), self.order(ada)
        self.happened(first)
        self.happened(second)
        self.happened(first)
        self.run_engine()
        self.happened(second)
        self.run_engine()
        runs = self.runs(workflow)
        self.assertEqual(runs.mapped("res_id"), [first.id, second.id])
        self.assertEqual(runs.mapped("state"), ["active", "active"])
        self.run_engine(days=1)
        self.happened(first)
        self.run_engine()
        self.assertEqual(len(self.runs(workflow)), 2)
        self.assertEqual(len(self.mails(workflow)), 2)

    def test_keyed_event_sent_twice_is_one_entry(self):
        workflow = self.signed([mail("m")], reentry={"policy": "each_event", "per": "person"})
        ada = self.person()
        for _delivery in range(2):
            self.happened(ada, key="hook-1")
            self.run_engine(hours=1)
        self.assertEqual(len(self.runs(workflow)), 1)

    def test_taken_out_by_hand_is_not_put_back_by_the_machine(self):
        workflow = self.signed(reentry={"policy": "after_exit", "per": "person"})
        ada = self.person()
        self.again(ada)
        self.runs(workflow).with_user(self.marketer).action_take_out()
        self.again(ada)
        run = self.runs(workflow)
        self.assertState(run, "exited", "taken out")
        self.assertEqual(run.log[-1]["by"], self.marketer.name)
        self.assertTrue(workflow.enroll(ada), "by hand it goes")

    def test_under_a_new_address_a_contact_is_the_same_person(self):
        once = self.signed([mail("m")], name="once")
        again = {"policy": "after_exit", "per": "person"}
        monthly = self.signed([mail("m")], name="monthly", reentry={**again, "days": 30})
        out = self.signed([wait("week", weeks=1)], name="out", reentry=again)
        ada, zoe = self.person(), self.person("Zoe", email="")
        self.again(ada)
        self.again(zoe)
        self.runs(out).with_user(self.marketer).action_take_out()
        ada.email, zoe.email = "ada.new@customer.example.com", "zoe@customer.example.com"
        for partner in (ada, zoe):
            self.again(partner)
            for workflow in (once, monthly, out):
                self.assertEqual(len(self.runs(workflow, partner)), 1, workflow.name)
        self.again(ada, days=30)
        self.assertEqual(self.runs(monthly, ada).mapped("run_no"), [1, 1])
        self.assertEqual(len(self.runs(out, ada)), 1)

    def test_people_not_to_be_written_to_stay_out(self):
        workflow = self.signed(reentry={"policy": "after_exit", "per": "person"})
        ada = self.person()
        self.again(ada)
        self.runs(workflow).with_user(self.marketer).action_block_person()
        self.again(ada)
        self.assertEqual(len(self.runs(workflow)), 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestHoldout(EntryCase):
    def flow(self, **values):
        return self.signed(
            [wait("day", days=1), mail("m")],
            goal=custom("bought"),
            holdout_percent=100,
            reentry={"policy": "after_exit", "per": "person"},
            **values,
        )

    def test_holdout_gets_nothing_follows_the_goal_and_stays_out(self):
        workflow = self.flow()
        ada = self.person()
        for number in (1, 2):
            self.after(days=2)
            self.happened(ada)
            self.run_engine()
            run = self.runs(workflow)[-1]
            self.assertEqual((run.run_no, run.state), (number, "holdout"))
            self.assertFalse(run.execution_ids)
            self.happened(ada, "bought")
            self.run_engine(hours=1)
            self.assertState(run, "goal")
        self.assertFalse(self.mails(workflow))
        self.assertTrue(all(self.runs(workflow).mapped("is_holdout")))

    def test_holdout_is_followed_for_its_time_then_done(self):
        workflow = self.flow()
        self.happened(self.person())
        self.run_engine()
        self.after(days=29)
        self.env["mail.workflow"]._cron_housekeeping()
        self.assertState(self.runs(workflow), "holdout")
        self.after(days=2)
        self.env["mail.workflow"]._cron_housekeeping()
        self.assertState(self.runs(workflow), "done")

    def test_share_holds_for_a_person_under_each_of_their_contacts(self):
        workflow = self.workflow(
            [mail("m")],
            holdout_percent=50,
            reentry={"policy": "after_exit", "per": "record"},
        )
        people = self.people(40)
        twins = self.env["res.partner"].create([{"name": "T", "email": p.email} for p in people])
        of_people, of_twins = workflow.enroll(people), workflow.enroll(twins)
        drawn = {run.email_normalized: run.is_holdout for run in of_people}
        self.assertEqual(drawn, {run.email_normalized: run.is_holdout for run in of_twins})
        self.assertEqual(set(drawn.values()), {True, False})
