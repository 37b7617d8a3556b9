from datetime import date, datetime

from odoo.tests import tagged

from .common import WorkflowCase, mail


@tagged("post_install", "-at_install", "mail_workflow")
class TestDateTrigger(WorkflowCase):
    """Quotations have a date of their own, here the one until which they are valid."""

    def dated(self, steps=None, values=None, **trigger):
        return self.workflow(
            steps or [mail("m")],
            model="sale.order",
            triggers=[{"kind": "date", "field": "validity_date", **trigger}],
            audience=[["client_order_ref", "=", "dated"]],
            **{"reentry": {"policy": "after_exit", "per": "record"}, **(values or {})},
        )

    def order(self, day, partner=None, **values):
        order = self.env["sale.order"].create(
            {
                "partner_id": (partner or self.person()).id,
                "client_order_ref": "dated",
                "validity_date": day,
                **values,
            }
        )
        self.env.flush_all()
        return order

    def test_days_before_a_date_at_a_time_once(self):
        workflow = self.dated(offset_days=-3, time="10:00")
        order = self.order("2026-03-12")
        for moment, count in (
            (datetime(2026, 3, 9, 9, 59), 0),
            (datetime(2026, 3, 9, 10), 1),
            (datetime(2026, 3, 9, 10, 15), 1),
            (datetime(2026, 3, 9, 23), 1),
            (datetime(2026, 3, 10, 10), 1),
        ):
            self.at(moment)
            self.run_engine()
            self.assertEqual(len(self.runs(workflow, order)), count, moment)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_date_that_is_moved_counts_again_where_the_workflow_lets_them_return(self):
        returning = self.dated(time="10:00")
        once = self.dated(time="10:00", values={"reentry": {"policy": "never"}, "name": "once"})
        order = self.order("2026-03-03")
        self.run_engine(days=1, hours=2)
        order.validity_date = date(2026, 3, 10)
        self.run_engine(days=1)
        self.at(datetime(2026, 3, 10, 10))
        self.run_engine()
        self.assertEqual(len(self.runs(returning, order)), 2)
        self.assertEqual(len(self.runs(once, order)), 1)

    def test_date_equal_to_today_is_not_missed(self):
        workflow = self.dated(time="10:00")
        self.order("2026-03-02")
        self.run_engine(hours=2)
        self.assertEqual(len(self.mails(workflow)), 1)
        whole_day = self.dated(time="", values={"name": "whole day"})
        self.run_engine()
        self.assertEqual(len(self.mails(whole_day)), 1, "the day is not over")

    def test_record_written_after_the_moment_is_taken_by_the_next_look_once(self):
        workflow = self.dated(time="10:00")
        self.run_engine(hours=1)
        order = self.order("2026-03-02")
        for _look in range(3):
            self.run_engine(minutes=15)
        self.assertEqual(len(self.runs(workflow, order)), 1)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_start_does_not_reach_back_to_the_morning(self):
        self.order("2026-03-02")
        workflow = self.dated(time="08:00")
        self.run_engine()
        self.run_engine(hours=1)
        self.assertFalse(self.runs(workflow))

    def test_what_is_too_late_for_its_mail_does_not_come_in(self):
        workflow = self.dated(time="10:00", values={"lateness_hours": 4})
        self.order("2026-03-03")
        self.at(datetime(2026, 3, 4, 9))  # the server was down for two days
        self.run_engine()
        self.assertFalse(self.runs(workflow))

    def test_day_and_time_are_those_where_the_person_lives(self):
        workflow = self.dated(time="09:00")
        tokyo = self.order("2026-03-04", self.person("Aki", tz="Asia/Tokyo"))
        honolulu = self.order("2026-03-04", self.person("Kai", tz="Pacific/Honolulu"))
        for moment, orders in (
            (datetime(2026, 3, 3, 23, 45), self.env["sale.order"]),
            (datetime(2026, 3, 4, 0), tokyo),
            (datetime(2026, 3, 4, 18, 45), tokyo),
            (datetime(2026, 3, 4, 19), tokyo + honolulu),
        ):
            self.at(moment)
            self.run_engine()
            self.assertEqual(self.runs(workflow).mapped("res_id"), orders.ids, moment)

    def test_moment_of_the_record_counts_to_the_minute_without_a_time(self):
        workflow = self.workflow(
            [mail("m")],
            model="sale.order",
            triggers=[{"kind": "date", "field": "date_order", "offset_days": 1, "time": ""}],
            audience=[["client_order_ref", "=", "dated"]],
        )
        order = self.order(False, date_order=datetime(2026, 3, 2, 9, 20))
        self.at(datetime(2026, 3, 3, 9, 15))
        self.run_engine()
        self.assertFalse(self.runs(workflow))
        self.at(datetime(2026, 3, 3, 9, 30))
        self.run_engine()
        self.assertEqual(self.runs(workflow, order).planned_at, datetime(2026, 3, 3, 9, 20))

    def test_field_that_is_no_date_is_named(self):
        workflow = self.workflow(
            [mail("m")], start=False, triggers=[{"kind": "date", "field": "name"}]
        )
        self.assertIn("no date field", str(workflow.lint()))
        self.assertIn("no date field", str(self.empty().lint()))

    def empty(self):
        return self.workflow([mail("m")], start=False, triggers=[{"kind": "date"}])
