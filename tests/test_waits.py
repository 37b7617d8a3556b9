from odoo.tests import tagged

from .common import WorkflowCase, mail, wait

LINK = '<p><a href="https://shop.example.com/offer">Offer</a></p>'


@tagged("post_install", "-at_install", "mail_workflow")
class TestWaits(WorkflowCase):
    def happened(self, record, name="paid", **values):
        self.emit("custom", record=record, data={"name": name}, **values)

    def opened(self, run, key="m"):
        self.trace(run, key).set_opened()
        self.env.cr.flush()

    def clicked(self, run, key="m"):
        trace = self.trace(run, key)
        tracker = self.env["link.tracker"].search(
            [("mass_mailing_id", "=", trace.mass_mailing_id.id)], limit=1
        )
        self.env["link.tracker.click"].add_click(
            tracker.code, ip=f"10.0.0.{run.id % 250}", mailing_trace_id=trace.id
        )
        self.env.cr.flush()

    def trace(self, run, key):
        executions = run.execution_ids.filtered(lambda x: x.step_id.key == key)
        return executions.sorted("id")[-1:].mailing_trace_id

    def opened_within(self, **limit):
        return wait(
            "look",
            events=[{"kind": "email_opened", "filters": {"step": "m"}, "branch": "opened"}],
            branches={
                "opened": {"steps": [mail("yes")]},
                "timeout": {"steps": [mail("no")]},
            },
            **limit,
        )

    def paid_wait(self, key="w", **values):
        return wait(
            key,
            events=[{"kind": "custom", "name": "paid", "branch": "paid"}],
            **{"days": 1, **values},
        )

    # --- opened, clicked --------------------------------------------------------------------------

    def test_open_on_the_first_day_goes_on_at_once_and_the_limit_does_nothing(self):
        workflow = self.workflow([mail("m"), self.opened_within(days=3)])
        run = workflow.enroll(self.person())
        self.run_engine()
        self.after(days=1)
        self.opened(run)
        self.run_engine()
        self.assertPath(run, ("m", "queued"), ("look", "done"), ("yes", "queued"))
        self.run_engine(days=2)
        self.run_engine(days=1)
        self.assertEqual(len(self.mails(workflow)), 2)

    def test_no_open_takes_the_limit_once_and_a_late_open_changes_nothing(self):
        workflow = self.workflow([mail("m"), self.opened_within(days=3)])
        run = workflow.enroll(self.person())
        self.run_engine()
        self.run_engine(days=2, hours=23)
        self.assertEqual(len(self.mails(workflow)), 1)
        self.run_engine(hours=1)
        self.assertPath(run, ("m", "queued"), ("look", "done"), ("no", "queued"))
        self.after(days=1)
        self.opened(run)
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("m", "queued"), ("look", "done"), ("no", "queued"))

    def test_not_clicked_needs_no_open_first(self):
        step = wait(
            "look",
            events=[{"kind": "email_clicked", "filters": {"step": "m"}, "branch": "clicked"}],
            days=2,
            branches={"timeout": {"steps": [mail("no")]}, "clicked": {"steps": []}},
        )
        workflow = self.workflow([mail("m", body=LINK), step])
        ada, bob = self.person("Ada"), self.person("Bob")
        of_ada = workflow.enroll(ada)
        of_bob = workflow.enroll(bob)
        self.run_engine()
        self.after(hours=1)
        self.clicked(of_bob)
        self.run_engine()
        self.run_engine(days=2)
        self.assertPath(of_ada, ("m", "queued"), ("look", "done"), ("no", "queued"))
        self.assertPath(of_bob, ("m", "queued"), ("look", "done"))

    def test_open_of_another_persons_mail_does_not_count(self):
        workflow = self.workflow([mail("m"), self.opened_within(days=3)])
        of_ada = workflow.enroll(self.person("Ada"))
        of_bob = workflow.enroll(self.person("Bob"))
        self.run_engine()
        self.opened(of_bob)
        self.run_engine(hours=1)
        self.assertState(of_ada, "active")
        self.assertState(of_bob, "done")

    # --- races and look-backs ---------------------------------------------------------------------

    def test_event_between_the_mail_and_the_wait_counts(self):
        workflow = self.workflow([mail("m"), wait("hour", hours=1), self.opened_within(days=3)])
        run = workflow.enroll(self.person())
        self.run_engine()
        self.opened(run)
        self.run_engine(hours=1)
        self.run_engine()
        self.assertEqual(self.path(run)[-1], ("yes", "queued"))

    def test_event_and_limit_in_one_pass_take_the_event(self):
        workflow = self.workflow([mail("m"), self.opened_within(days=3)])
        run = workflow.enroll(self.person())
        self.run_engine()
        self.after(days=3)
        self.opened(run)
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("m", "queued"), ("look", "done"), ("yes", "queued"))

    def test_limit_carried_out_first_keeps_its_branch(self):
        workflow = self.workflow([mail("m"), self.opened_within(days=3)])
        run = workflow.enroll(self.person())
        self.run_engine()
        self.after(days=3)
        self.env["mail.workflow.enrollment"]._cron_run()
        self.opened(run)
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("m", "queued"), ("look", "done"), ("no", "queued"))

    def test_undispatched_event_wins_over_the_limit_when_it_came_before(self):
        workflow = self.workflow([self.paid_wait(branches={"timeout": {"steps": [mail("no")]}})])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.after(hours=23)
        self.happened(ada)
        self.after(hours=2)
        self.env["mail.workflow.enrollment"]._cron_run()
        self.run_engine()
        self.assertEqual(run.execution_ids.branch, "paid")
        self.assertFalse(self.mails(workflow))

    def test_first_of_two_events_wins(self):
        step = wait(
            "w",
            events=[
                {"kind": "custom", "name": "paid", "branch": "paid"},
                {"kind": "custom", "name": "asked", "branch": "asked"},
            ],
            days=2,
            branches={
                "paid": {"steps": [mail("p")]},
                "asked": {"steps": [mail("a")]},
                "timeout": {"steps": [mail("t")]},
            },
        )
        workflow = self.workflow([step])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        later = self.now.replace(hour=12)
        self.happened(ada, "paid", occurred_at=later)
        self.happened(ada, "asked", occurred_at=later.replace(hour=11))
        self.run_engine(hours=4)
        self.run_engine(days=3)
        self.assertPath(run, ("w", "done"), ("a", "queued"))

    def test_one_event_delivered_twice_has_one_effect(self):
        workflow = self.workflow([self.paid_wait(), mail("m"), self.paid_wait("w2"), mail("n")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        for _delivery in range(2):
            self.happened(ada, key="payment-1")
            self.run_engine(minutes=1)
        self.assertEqual(len(self.mails(workflow)), 1)
        self.assertEqual(run.step_id.key, "w2")

    def test_event_that_occurred_before_the_last_mail_is_stale(self):
        workflow = self.workflow([wait("hour", hours=1), mail("m"), self.paid_wait(), mail("n")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        early = self.now
        self.run_engine(hours=1)
        self.happened(ada, occurred_at=early)
        self.run_engine(minutes=5)
        self.assertEqual(run.step_id.key, "w")
        self.happened(ada)
        self.run_engine(minutes=5)
        self.assertState(run, "done")

    def test_what_brought_a_run_in_does_not_end_its_wait(self):
        workflow = self.workflow(
            [self.paid_wait(), mail("m")], triggers=[{"kind": "custom", "name": "paid"}]
        )
        ada = self.person()
        self.happened(ada)
        self.run_engine()
        self.run_engine()
        self.assertEqual(self.runs(workflow).step_id.key, "w")
        self.happened(ada)
        self.run_engine(minutes=1)
        self.assertEqual(len(self.mails(workflow)), 1)

    # --- loops ------------------------------------------------------------------------------------

    def test_late_open_of_an_earlier_run_ends_no_wait_of_the_next(self):
        opened = {"kind": "email_opened", "filters": {"step": "a"}, "branch": "opened"}
        steps = [mail("a"), wait("w", events=[opened], days=1)]
        workflow = self.workflow(steps, reentry={"policy": "after_exit", "per": "person"})
        ada = self.person()
        first = workflow.enroll(ada)
        self.run_engine()
        self.run_engine(days=1)
        self.assertState(first, "done")
        second = workflow.enroll(ada)
        self.run_engine(hours=1)
        self.after(hours=1)
        self.mails(workflow)[0].mailing_trace_ids.set_opened()
        self.env.cr.flush()
        self.run_engine()
        self.assertTrue(second.waiting_since)

    def test_second_visit_is_not_ended_by_the_event_of_the_first(self):
        back = {"key": "back", "kind": "goto", "target": "w", "max_visits": 3}
        workflow = self.workflow([mail("m"), self.paid_wait(branches={"paid": {"steps": [back]}})])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.happened(ada)
        self.run_engine(hours=1)
        self.assertEqual((run.state, run.step_id.key, run.visit_no), ("active", "w", 2))
        self.after(minutes=1)
        self.happened(ada)
        self.run_engine(hours=1)
        self.assertEqual((run.state, run.step_id.key, run.visit_no), ("active", "w", 3))
        self.run_engine(days=1)
        self.assertState(run, "done")

    def test_event_since_the_mail_of_this_round_counts(self):
        workflow = self.workflow(
            [
                mail("m"),
                wait("hour", hours=1),
                self.paid_wait(branches={"paid": {"steps": [mail("thanks")]}}),
                {"key": "back", "kind": "goto", "target": "m", "max_visits": 2},
            ]
        )
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.run_engine(hours=1)
        self.run_engine(days=1)  # the limit; the second mail
        self.after(minutes=1)
        self.happened(ada)
        self.run_engine(hours=1)
        self.run_engine()
        keys = [key for key, _state in self.path(run)]
        self.assertEqual(keys, ["m", "hour", "w", "back", "m", "hour", "w", "thanks", "back"])

    # --- dates and skips --------------------------------------------------------------------------

    def test_skipping_the_wait_by_hand_goes_on_at_once(self):
        workflow = self.workflow([wait("week", weeks=1), mail("m"), wait("day", days=1), mail("n")])
        run = workflow.enroll(self.person())
        self.run_engine()
        run.with_user(self.marketer).action_skip_wait()
        self.run_engine()
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 1)
        self.run_engine(days=1)
        self.assertEqual(len(self.mails(workflow)), 2)

    def test_skipping_a_wait_for_events_takes_the_limit(self):
        workflow = self.workflow([self.paid_wait(branches={"timeout": {"steps": [mail("no")]}})])
        run = workflow.enroll(self.person())
        self.run_engine()
        run.with_user(self.marketer).action_skip_wait()
        self.run_engine()
        self.assertPath(run, ("w", "done"), ("no", "queued"))

    # --- many at once, and what is wrong with others ----------------------------------------------

    def test_events_of_many_who_wait_take_one_look(self):
        workflow = self.workflow([self.paid_wait(), mail("thanks")])
        people = self.people(8)
        workflow.enroll(people)
        self.run_engine()
        for person in people:
            self.happened(person)
        with self.assertNoLogs("odoo.addons.mail_workflow_automation", "ERROR"):
            before = self.env.cr.sql_log_count
            self.env["mail.workflow.dispatcher"]._dispatch_batch(self.now)
            many = self.env.cr.sql_log_count - before
        self.assertEqual(set(self.runs(workflow).mapped("waiting_since")), {False})
        self.assertLess(many, 50, "served together, not by halves")

    def test_filter_that_raises_hides_no_event_from_others(self):
        ready = self.workflow([self.paid_wait(), mail("thanks")])
        picky = [{"kind": "custom", "name": "paid", "filters": {"a": "b"}, "branch": "paid"}]
        broken = self.workflow([wait("w", events=picky, days=1), mail("thanks")])
        people = self.people(3)
        ready.enroll(people)
        broken.enroll(people)
        self.run_engine()
        for person in people:
            self.happened(person)

        def is_picky(_self, filters, _event):
            return bool(filters)

        with (
            self.failing("mail.workflow.trigger.custom", "_matches", ValueError, is_picky),
            self.assertLogs("odoo.addons.mail_workflow_automation", "ERROR"),
        ):
            self.run_engine()
        self.assertEqual(len(self.mails(ready)), 3)
        self.assertEqual(len(self.mails(broken)), 0)
