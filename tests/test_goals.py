from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import WorkflowCase, mail, wait


def custom(name, **values):
    return {"kind": "custom", "name": name, **values}


@tagged("post_install", "-at_install", "mail_workflow")
class TestGoals(WorkflowCase):
    def bought(self, person):
        self.emit("custom", record=person, data={"name": "bought"})

    def test_goal_while_waiting_ends_the_run(self):
        workflow = self.workflow([mail("a"), wait("day", days=1), mail("b")], goal=custom("bought"))
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.bought(ada)
        self.run_engine(hours=1)
        self.assertState(run, "goal", "goal")
        self.run_engine(days=2)
        self.assertEqual(len(self.mails(workflow)), 1)
        self.assertEqual(run.goal_at, self.now.replace(day=2, hour=10))

    def test_goal_counts_for_the_person_whatever_contact(self):
        workflow = self.workflow([wait("day", days=1), mail("b")], goal=custom("bought"))
        ada, twin = self.person("Ada"), self.person("Twin", email="ADA@customer.example.com")
        run = workflow.enroll(ada)
        self.run_engine()
        self.bought(twin)
        self.run_engine()
        self.assertState(run, "goal")

    def test_goal_of_the_same_record_only(self):
        workflow = self.workflow(
            [wait("day", days=1), mail("b")], goal=custom("bought", same_record=True)
        )
        ada, twin = self.person("Ada"), self.person("Twin", email="ada@customer.example.com")
        run = workflow.enroll(ada)
        self.run_engine()
        self.bought(twin)
        self.run_engine()
        self.assertState(run, "active")
        self.bought(ada)
        self.run_engine()
        self.assertState(run, "goal")

    def test_goal_reached_under_a_new_address(self):
        workflow = self.workflow([wait("day", days=1), mail("b")], goal=custom("bought"))
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        ada.email = "ada.new@customer.example.com"
        order = self.cart(ada)
        self.emit("custom", record=order, data={"name": "bought"})
        self.run_engine()
        self.assertState(run, "goal")

    def test_goal_after_its_window_does_not_count(self):
        workflow = self.workflow(
            [wait("month", days=30), mail("b")], goal=custom("bought", window_days=7)
        )
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.after(days=8)
        self.bought(ada)
        self.run_engine()
        self.run_engine(days=30)
        self.assertState(run, "done")
        self.assertFalse(run.goal_at)

    def test_goal_after_the_end_counts_within_its_window_only(self):
        within = self.workflow([mail("a")], goal=custom("bought", window_days=7))
        without = self.workflow([mail("a")], goal=custom("bought"))
        ada = self.person()
        run, other = within.enroll(ada), without.enroll(ada)
        self.run_engine()
        self.after(days=2)
        self.bought(ada)
        self.run_engine()
        self.run_engine()
        self.assertState(run, "done")
        self.assertTrue(run.goal_at)
        self.assertFalse(other.goal_at, "without a window a goal counts while the run lasts")

    def test_goal_that_brought_a_run_in_does_not_end_it(self):
        workflow = self.workflow(
            [mail("a"), wait("day", days=1), mail("b")],
            triggers=[custom("bought")],
            goal=custom("bought"),
        )
        ada = self.person()
        self.bought(ada)
        self.run_engine()
        self.run_engine()
        self.assertState(self.runs(workflow), "active")
        self.bought(ada)
        self.run_engine(hours=1)
        self.assertState(self.runs(workflow), "goal")
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_goal_committed_after_the_entry_but_earlier_in_time_counts(self):
        workflow = self.workflow(
            [wait("day", days=1), mail("b")], triggers=[custom("left")], goal=custom("bought")
        )
        ada = self.person()
        occurred = self.now
        self.after(seconds=30)
        self.emit("custom", record=ada, data={"name": "left"}, occurred_at=occurred)
        self.run_engine()
        between = occurred.replace(second=10)
        self.emit("custom", record=ada, data={"name": "bought"}, occurred_at=between)
        self.run_engine(seconds=10)
        self.assertState(self.runs(workflow), "goal")

    def test_exit_event_ends_with_its_name(self):
        workflow = self.workflow([wait("day", days=1), mail("b")], exits=[custom("gone")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.emit("custom", record=ada, data={"name": "gone"})
        self.run_engine()
        self.run_engine(days=1)
        self.assertState(run, "exited", "Custom event")
        self.assertFalse(self.mails(workflow))

    def test_several_runs_of_one_person_end_together(self):
        first = self.workflow([wait("day", days=1), mail("b")], goal=custom("bought"))
        second = self.workflow([wait("day", days=1), mail("b")], goal=custom("bought"))
        other = self.workflow([wait("day", days=1), mail("b")])
        ada = self.person()
        runs = first.enroll(ada) | second.enroll(ada)
        stays = other.enroll(ada)
        self.run_engine()
        self.bought(ada)
        self.run_engine()
        self.assertEqual(runs.mapped("state"), ["goal", "goal"])
        self.assertState(stays, "active")

    def test_goal_and_the_end_of_a_wait_in_one_pass_reach_the_goal(self):
        steps = [
            wait(
                "w",
                events=[custom("bought", branch="bought")],
                days=1,
                branches={"bought": {"steps": [mail("thanks")]}, "timeout": {"steps": []}},
            ),
            mail("b"),
        ]
        workflow = self.workflow(steps, goal=custom("bought"))
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.bought(ada)
        self.run_engine(days=1)
        self.run_engine()
        self.assertState(run, "goal")
        self.assertFalse(self.mails(workflow))

    def test_goal_unserved_yet_stops_the_next_mail(self):
        workflow = self.workflow([wait("day", days=1), mail("b")], goal=custom("bought"))
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.after(days=1)
        self.bought(ada)
        self.env["mail.workflow.enrollment"]._cron_run()
        self.run_engine()
        self.assertState(run, "goal")
        self.assertFalse(self.mails(workflow))

    def test_goal_during_a_failed_step_is_found_at_the_retry(self):
        workflow = self.workflow([mail("a")], goal=custom("bought"))
        ada = self.person()
        run = workflow.enroll(ada)
        with self.failing("mail.workflow.mailer", "_queue", lambda: UserError("broken")):
            self.run_engine()
        self.assertState(run, "failed")
        self.bought(ada)
        self.run_engine(hours=1)
        run.with_user(self.marketer).action_retry()
        self.run_engine()
        self.assertState(run, "goal")
        self.assertFalse(self.mails(workflow))


@tagged("post_install", "-at_install", "mail_workflow")
class TestQueuedMail(WorkflowCase):
    """What happens while a mail is in the queue, also in the very second in which it came there."""

    def queued(self, steps=None, **values):
        workflow = self.workflow(
            steps or [mail("a"), wait("day", days=1), mail("b")],
            **{"goal": custom("bought", window_days=7), "exits": [custom("gone")], **values},
        )
        ada = self.person(f"Ada{workflow.id}")
        run = workflow.enroll(ada)
        self.run_engine()
        return workflow, ada, run

    def happened(self, ada, name):
        self.emit("custom", record=ada, data={"name": name})

    def sent(self, workflow):
        self.env["mail.mail"]._cron_send_workflow_mail()
        self.env.invalidate_all()
        return self.mails(workflow).filtered(lambda one: one.state == "sent")

    def test_goal_or_exit_in_the_same_second_cancels_it(self):
        for name, reason in (("bought", "goal"), ("gone", "Custom event")):
            workflow, ada, run = self.queued()
            self.happened(ada, name)
            self.run_engine()
            self.assertFalse(self.sent(workflow), name)
            self.assertEqual((run.exit_reason, self.reason(run, "a")), (reason, reason))

    def test_who_is_taken_out_in_the_same_second_does_not_get_it(self):
        workflow, _ada, run = self.queued()
        run.with_user(self.marketer).action_take_out()
        self.assertFalse(self.sent(workflow))

    def test_goal_that_nobody_has_served_yet_cancels_it(self):
        for steps in (None, [mail("a")]):
            workflow, ada, run = self.queued(steps)
            self.after(seconds=30)
            self.happened(ada, "bought")
            self.assertFalse(self.sent(workflow))
            self.assertEqual(self.reason(run, "a"), "goal")

    def test_goal_before_the_entry_cancels_nothing(self):
        ada = self.person()
        workflow = self.workflow([mail("a")], goal=custom("bought", window_days=7))
        self.happened(ada, "bought")
        self.after(seconds=30)
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(len(self.sent(workflow)), 1)

    def test_who_comes_to_the_end_right_after_it_gets_it(self):
        end = {"key": "end", "kind": "end", "reason": "enough"}
        workflow, _ada, run = self.queued([mail("a"), end])
        self.assertState(run, "exited", "enough")
        self.assertEqual(len(self.sent(workflow)), 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestPersonChanges(WorkflowCase):
    def test_mail_goes_to_the_address_a_person_has_by_then(self):
        workflow = self.workflow([mail("a"), wait("day", days=1), mail("b")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        ada.email = "ada.new@customer.example.com"
        self.run_engine(days=1)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow, "ada.new@")), 1)
        self.assertEqual(len(self.mails(workflow, "ada@")), 1)
        self.assertEqual(run.entry_key, "ada.new@customer.example.com")
        self.assertFalse(workflow.enroll(ada), "the person was here already")

    def test_address_taken_from_somebody_in_the_workflow_makes_no_second_run(self):
        workflow = self.workflow([mail("a"), wait("day", days=1), mail("b")])
        ada, bob = self.person("Ada"), self.person("Bob")
        of_ada, of_bob = workflow.enroll(ada), workflow.enroll(bob)
        self.run_engine()
        bob.email = ada.email
        self.run_engine(days=1)
        self.run_engine()
        self.assertState(of_ada, "done")
        self.assertState(of_bob, "exited")
        self.assertEqual(len(self.mails(workflow)), 3)

    def test_two_who_swap_their_addresses_both_go_on(self):
        workflow = self.workflow([wait("day", days=1), mail("a")])
        ada, bob = self.person("Ada"), self.person("Bob")
        runs = workflow.enroll(ada | bob)
        self.run_engine()
        ada.email, bob.email = bob.email, ada.email
        self.run_engine(days=1, hours=1)
        self.assertEqual(runs.mapped("state"), ["done"] * 2)
        self.assertEqual(runs.mapped("entry_key"), [ada.email, bob.email])
        self.assertEqual(runs.mapped("run_no"), [1, 1])
        for person in (ada, bob):
            self.assertEqual(self.mails(workflow, person.email).res_id, person.id)

    def test_who_takes_the_place_of_one_who_moved_on_goes_on(self):
        workflow = self.workflow([wait("day", days=1), mail("a")])
        people = self.person("Ada") | self.person("Bob") | self.person("Eve")
        workflow.enroll(people)
        self.run_engine()
        ada, bob, eve = people
        ada.email, bob.email, eve.email = bob.email, eve.email, bob.email
        self.run_engine(days=1, hours=1)
        states = self.runs(workflow).mapped("state")
        self.assertEqual(sorted(states), ["done", "done", "exited"], "Ada and Eve are one by now")
        self.assertEqual(len(self.mails(workflow)), 2)
        self.assertEqual(len(set(self.mails(workflow).mapped("email_to"))), 2)

    def test_queued_mail_goes_to_the_address_its_person_has_by_then(self):
        workflow = self.workflow([mail("a")])
        ada, bob = self.person("Ada"), self.person("Bob")
        runs = workflow.enroll(ada | bob)
        self.run_engine()
        queued = self.mails(workflow, ada.email)
        message_id = queued.message_id
        ada.email = "ada@elsewhere.example.com"
        self.after(minutes=5)
        self.env["mail.mail"]._cron_send_workflow_mail()
        self.assertEqual(self.mails(workflow).mapped("state"), ["sent"] * 2)
        self.assertFalse(self.mails(workflow, "ada@customer.example.com"))
        self.assertEqual(self.mails(workflow, ada.email), queued, "it is the one mail of its step")
        self.assertEqual(queued.message_id, message_id)
        self.assertEqual(queued.mailing_trace_ids.mapped("email"), [ada.email])
        self.assertEqual(runs.mapped("email_normalized"), [ada.email, bob.email])

    def test_queued_mail_of_another_reader_is_in_their_language_and_followed_there(self):
        texts = {lang: {"subject": lang, "body_html": "<p>.</p>"} for lang in ("en_US", "fr_FR")}
        workflow = self.workflow(
            [{"key": "a", "kind": "email", "texts": texts}],
            model="sale.order",
            reentry={"per": "record"},
        )
        order, zoe = self.cart(self.person()), self.person("Zoé", "zoe@x.example.com", lang="fr_FR")
        run = workflow.enroll(order)
        self.run_engine()
        order.partner_id = zoe
        self.after(minutes=5)
        self.env["mail.mail"]._cron_send_workflow_mail()
        queued = self.mails(workflow)
        self.assertEqual((queued.state, queued.subject), ("sent", "fr_FR"))
        trace = run.execution_ids.mailing_trace_id
        self.assertEqual(trace.mass_mailing_id, queued.mailing_id)
        reader = (queued.mailing_id, order.id, zoe.email)
        self.assertEqual(self.env["mailing.trace"]._of_reader(*reader), trace)

    def test_mails_of_a_loop_in_the_queue_all_follow_the_address(self):
        again = {"key": "again", "kind": "goto", "target": "a", "max_visits": 2}
        workflow = self.workflow([mail("a"), wait("hour", hours=1), again, wait("day", days=1)])
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        self.run_engine(hours=1, minutes=1)
        before = self.mails(workflow).mapped("message_id")
        self.assertEqual(len(set(before)), 2)
        ada.email = "ada@elsewhere.example.com"
        self.env["mail.mail"]._cron_send_workflow_mail()
        self.assertEqual(self.mails(workflow, ada.email).mapped("message_id"), before)

    def test_queued_mail_passes_the_gate_under_the_new_address(self):
        self.env["mail.blacklist"]._add("ada@elsewhere.example.com")
        workflow = self.workflow([mail("a")])
        ada, bob = self.person("Ada"), self.person("Bob")
        runs = workflow.enroll(ada | bob)
        self.run_engine()
        ada.email, bob.email = "ada@elsewhere.example.com", False
        self.after(minutes=5)
        self.env["mail.mail"]._cron_send_workflow_mail()
        self.assertEqual(self.mails(workflow).mapped("state"), ["cancel"] * 2)
        reasons = [self.reason(run, "a") for run in runs]
        self.assertEqual(reasons, ["blacklisted", "no address"])

    def test_lead_that_is_anonymous_by_now_gets_no_mail(self):
        lead = self.env["crm.lead"].create({"name": "Ada", "email_from": "ada@lead.example.com"})
        workflow = self.workflow([mail("a"), wait("day", days=1), mail("b")], model="crm.lead")
        run = workflow.enroll(lead)
        self.run_engine()
        lead.email_from = False
        self.after(minutes=5)
        self.env["mail.mail"]._cron_send_workflow_mail()
        self.assertEqual(self.mails(workflow).state, "cancel")
        self.run_engine(days=1)
        self.assertEqual([self.reason(run, key) for key in "ab"], ["no address"] * 2)

    def test_person_who_loses_the_address_gets_no_mail(self):
        workflow = self.workflow([mail("a"), wait("day", days=1), mail("b")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        ada.email = False
        self.run_engine(days=1)
        self.assertEqual(self.reason(run, "b"), "no address")
        self.assertEqual(len(self.mails(workflow)), 1)
