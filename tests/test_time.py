from datetime import datetime

from odoo.tests import tagged

from .common import WorkflowCase, mail, wait


@tagged("post_install", "-at_install", "mail_workflow")
class TestLocalTime(WorkflowCase):
    def due(self, step, partner, start=None, **values):
        """Return when a person who comes to a wait now goes on."""
        if start:
            self.at(start)
        workflow = self.workflow([step, mail("m")], **values)
        run = workflow.enroll(partner)
        self.run_engine()
        return run.due_at

    def test_nine_local_on_both_sides_of_spring_and_autumn(self):
        nine = wait("nine", until_time="09:00")
        ada = self.person(tz="Europe/Berlin")
        for start, expected in (
            (datetime(2026, 3, 27, 12), datetime(2026, 3, 28, 8)),
            (datetime(2026, 3, 28, 12), datetime(2026, 3, 29, 7)),
            (datetime(2026, 10, 24, 12), datetime(2026, 10, 25, 8)),
            (datetime(2026, 10, 23, 12), datetime(2026, 10, 24, 7)),
        ):
            self.assertEqual(self.due(nine, ada, start), expected)

    def test_time_in_the_spring_gap_moves_forward(self):
        due = self.due(
            wait("w", until_time="02:30"),
            self.person(tz="Europe/Berlin"),
            datetime(2026, 3, 28, 12),
        )
        self.assertEqual(due, datetime(2026, 3, 29, 1, 30), "03:30 local")

    def test_time_in_the_autumn_fold_comes_once(self):
        self.at(datetime(2026, 10, 24, 12))
        workflow = self.workflow([wait("w", until_time="02:30"), mail("m")])
        workflow.enroll(self.person(tz="Europe/Berlin"))
        self.run_engine()
        self.at(datetime(2026, 10, 25, 0, 29))
        self.run_engine()
        self.assertFalse(self.mails(workflow))
        for _quarter in range(6):
            self.run_engine(minutes=15)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_friday_evening_goes_on_on_monday_also_after_a_branch(self):
        monday = wait("open", until_time="09:00", weekdays=["mon", "tue", "wed", "thu", "fri"])
        ada = self.person(city="Paris")
        friday = datetime(2026, 3, 6, 18)
        self.assertEqual(self.due(monday, ada, friday), datetime(2026, 3, 9, 9))
        branching = {
            "key": "where",
            "kind": "condition",
            "domain": [["city", "=", "Paris"]],
            "branches": {"yes": {"steps": [monday, mail("p")]}},
        }
        self.assertEqual(self.due(branching, ada, friday), datetime(2026, 3, 9, 9))

    def test_weekday_alone_lets_pass_on_that_day_and_waits_on_others(self):
        ada = self.person()
        monday = wait("w", weekdays=["mon"])
        workflow = self.workflow([monday, mail("m")])
        run = workflow.enroll(ada)
        self.run_engine()
        self.assertState(run, "done")
        self.assertEqual(
            self.due(monday, ada, datetime(2026, 3, 3, 10), name="b"), datetime(2026, 3, 9)
        )

    def test_zone_that_does_not_exist_falls_back_to_the_company_then_utc(self):
        ten = wait("ten", until_time="10:00")
        ada = self.person()
        self.env.cr.execute("UPDATE res_partner SET tz = 'Mars/Olympus' WHERE id = %s", [ada.id])
        ada.invalidate_recordset()
        self.env.company.partner_id.tz = "America/New_York"
        self.assertEqual(self.due(ten, ada), datetime(2026, 3, 2, 15))
        self.env.cr.execute(
            "UPDATE res_partner SET tz = 'Nowhere' WHERE id = %s", [self.env.company.partner_id.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.due(ten, ada), datetime(2026, 3, 2, 10))

    def test_zone_of_the_company_where_the_workflow_says_so(self):
        self.env.company.partner_id.tz = "America/New_York"
        nine = wait("nine", until_time="09:00")
        ada = self.person(tz="Europe/Berlin")
        self.assertEqual(self.due(nine, ada, timezone="company"), datetime(2026, 3, 2, 14))

    def test_zone_of_a_country_that_has_one(self):
        ada = self.person(tz=False, country_id=self.env.ref("base.jp").id)
        nine = wait("nine", until_time="09:00")
        self.assertEqual(self.due(nine, ada), datetime(2026, 3, 3, 0))

    def test_due_date_stays_whatever_passes_come(self):
        workflow = self.workflow([wait("nine", until_time="12:00"), mail("m")])
        run = workflow.enroll(self.person())
        self.run_engine()
        due = run.due_at
        for _pass in range(2):
            self.run_engine(hours=1)
            self.assertEqual(run.due_at, due)

    def test_loop_to_a_time_of_day_sends_once_a_day(self):
        workflow = self.workflow(
            [
                mail("m"),
                wait("w", until_time="09:00"),
                {"key": "back", "kind": "goto", "target": "m", "max_visits": 3},
            ]
        )
        self.at(datetime(2026, 3, 2, 9))
        workflow.enroll(self.person())
        counts = []
        for _day in range(4):
            self.run_engine()
            self.run_engine()
            counts.append(len(self.mails(workflow)))
            self.after(days=1)
        self.assertEqual(counts[1:], [counts[0] + 1, 3, 3][: len(counts) - 1])

    def test_loop_to_a_weekday_sends_once_a_week(self):
        workflow = self.workflow(
            [
                wait("w", weekdays=["mon"]),
                mail("m"),
                {"key": "back", "kind": "goto", "target": "w", "max_visits": 3},
            ]
        )
        workflow.enroll(self.person())
        for expected in (1, 2, 3, 3):
            self.run_engine()
            self.run_engine(hours=3)
            self.assertEqual(len(self.mails(workflow)), expected)
            self.at(datetime(2026, 3, 2 + 7 * min(expected, 3), 9))


@tagged("post_install", "-at_install", "mail_workflow")
class TestRecordDates(WorkflowCase):
    """Waits until a date field of the record, here a quotation's."""

    def flow(self, steps=None, **values):
        step = wait("w", **{"until_field": "validity_date", **values})
        return self.workflow(
            steps or [step, mail("before"), wait("day", days=1), mail("after")],
            model="sale.order",
        )

    def order(self, partner=None, **values):
        return self.env["sale.order"].create(
            {"partner_id": (partner or self.person()).id, **values}
        )

    def test_days_before_the_date(self):
        workflow = self.flow(offset_days=-7, until_time="09:00")
        run = workflow.enroll(self.order(validity_date="2026-03-20"))
        self.run_engine()
        self.assertEqual(run.due_at, datetime(2026, 3, 13, 9))
        self.run_engine()
        self.assertFalse(self.mails(workflow))
        self.at(datetime(2026, 3, 13, 9))
        self.run_engine()
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_date_that_is_today_is_not_missed(self):
        workflow = self.flow()
        run = workflow.enroll(self.order(validity_date="2026-03-02"))
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("w", "done"), ("before", "queued"))

    def test_today_is_the_persons_today(self):
        self.at(datetime(2026, 3, 2, 22, 0))
        workflow = self.flow()
        run = workflow.enroll(self.order(self.person(tz="Asia/Tokyo"), validity_date="2026-03-03"))
        self.run_engine()
        self.assertPath(run, ("w", "done"), ("before", "queued"))

    def test_date_that_is_over_skips_up_to_the_next_wait(self):
        workflow = self.flow(offset_days=-7)
        run = workflow.enroll(self.order(validity_date="2026-03-04"))
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("w", "skipped"), ("before", "skipped"))
        self.assertEqual(self.reason(run, "before"), "date already past")
        self.run_engine(days=1)
        self.run_engine()
        self.assertEqual(self.path(run)[-1], ("after", "queued"))
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_no_date_skips_with_its_reason_never_now(self):
        workflow = self.flow()
        run = workflow.enroll(self.order(validity_date=False))
        run_order = self.env["sale.order"].browse(run.res_id)
        run_order.validity_date = False
        self.run_engine()
        self.assertPath(run, ("w", "skipped"), ("before", "skipped"))
        self.assertEqual(self.reason(run, "w"), "no date")
        self.assertFalse(self.mails(workflow))

    def test_date_that_is_over_lets_go_on_or_leave_where_the_step_says_so(self):
        order = self.order(validity_date="2026-02-04")
        going, leaving = self.flow(on_past="continue"), self.flow(on_past="leave")
        went, left = going.enroll(order), leaving.enroll(order)
        self.run_engine()
        self.run_engine()
        self.assertEqual(len(self.mails(going)), 1)
        self.assertState(went, "active")
        self.assertState(left, "exited", "date already past")

    def test_past_date_in_a_branch_that_ends_does_not_come_back(self):
        workflow = self.flow(
            [
                {
                    "key": "where",
                    "kind": "condition",
                    "domain": [["partner_id", "!=", False]],
                    "branches": {
                        "yes": {
                            "steps": [
                                wait("w", until_field="validity_date"),
                                mail("before"),
                                {"key": "stop", "kind": "end", "reason": "enough"},
                            ]
                        }
                    },
                },
                mail("never"),
            ]
        )
        run = workflow.enroll(self.order(validity_date="2026-02-04"))
        self.run_engine()
        self.run_engine()
        self.assertState(run, "exited", "enough")
        self.assertFalse(self.mails(workflow))

    def test_date_that_moves_away_is_waited_for_again(self):
        workflow = self.flow(until_time="09:00")
        order = self.order(validity_date="2026-03-10")
        run = workflow.enroll(order)
        self.run_engine()
        order.validity_date = "2026-03-20"
        self.at(datetime(2026, 3, 10, 9))
        self.run_engine()
        self.assertFalse(self.mails(workflow))
        self.assertEqual(run.due_at, datetime(2026, 3, 20, 9))
        run.with_user(self.marketer).action_skip_wait()
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 1, "by hand it goes on all the same")

    def test_date_that_moves_nearer_is_waited_for_anew(self):
        workflow = self.flow(offset_days=-7)
        order = self.order(validity_date="2026-03-20")
        run = workflow.enroll(order)
        self.run_engine()
        order.validity_date = "2026-03-15"
        self.run_engine(hours=1)
        self.assertEqual(run.due_at, datetime(2026, 3, 8))
        self.at(datetime(2026, 3, 8, 0, 5))
        self.run_engine()
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_date_that_moves_into_the_past_or_is_removed_skips(self):
        for new, reason in (("2026-03-06", "date already past"), (False, "no date")):
            workflow = self.flow(offset_days=-7)
            order = self.order(validity_date="2026-03-20")
            run = workflow.enroll(order)
            self.run_engine()
            order.validity_date = new
            self.run_engine(hours=1)
            self.assertPath(run, ("w", "skipped"), ("before", "skipped"))
            self.assertEqual(self.reason(run, "before"), reason)
            self.assertFalse(self.mails(workflow))

    def test_date_that_moved_unseen_is_no_reason_for_a_mail(self):
        workflow = self.flow(offset_days=-7)
        order = self.order(validity_date="2026-03-20")
        workflow.enroll(order)
        self.run_engine()
        self.env.cr.execute(
            "UPDATE sale_order SET validity_date = '2026-03-06' WHERE id = %s", [order.id]
        )
        order.invalidate_recordset()
        self.at(datetime(2026, 3, 13, 0, 5))
        self.run_engine()
        self.run_engine()
        self.assertFalse(self.mails(workflow))

    def test_time_of_a_moment_counts_on_its_local_day(self):
        order = self.order(self.person(tz="Asia/Tokyo"), date_order=datetime(2026, 3, 10, 23, 30))
        workflow = self.flow(until_field="date_order", until_time="09:00", offset_days=1)
        run = workflow.enroll(order)
        self.run_engine()
        self.assertEqual(run.due_at, datetime(2026, 3, 12, 0), "the 12th, 09:00 in Tokyo")


@tagged("post_install", "-at_install", "mail_workflow")
class TestLateness(WorkflowCase):
    def test_late_by_whatever_is_skipped(self):
        workflow = self.workflow(
            [wait("day", days=1), mail("a"), wait("b", days=1), mail("c")], lateness_hours=2
        )
        run = workflow.enroll(self.person())
        self.run_engine()
        self.run_engine(days=1, hours=3)  # the server was down
        self.run_engine()
        self.assertEqual(self.path(run)[:2], [("day", "done"), ("a", "skipped")])
        self.assertEqual(self.reason(run, "a"), "too late")
        self.run_engine(days=1)
        self.run_engine()
        self.assertEqual(self.path(run)[-1], ("c", "queued"))

    def test_late_within_the_limit_is_sent_once(self):
        workflow = self.workflow([wait("day", days=1), mail("a")], lateness_hours=2)
        workflow.enroll(self.person())
        self.run_engine()
        self.run_engine(days=1, hours=2)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_marketing_has_a_limit_of_a_day_by_itself(self):
        workflow = self.workflow([wait("hour", hours=1), mail("a")])
        run = workflow.enroll(self.person())
        self.run_engine()
        self.run_engine(hours=26)
        self.assertEqual(self.reason(run, "a"), "too late")

    def test_event_served_late_makes_its_mail_late(self):
        workflow = self.workflow(
            [mail("welcome")], triggers=[{"kind": "custom", "name": "signed"}], lateness_hours=24
        )
        self.emit("custom", record=self.person(), data={"name": "signed"})
        self.run_engine(days=3)
        self.run_engine()
        self.assertFalse(self.mails(workflow))
        self.assertEqual(self.reason(self.runs(workflow), "welcome"), "too late")
