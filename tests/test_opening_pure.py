"""Working time, quiet hours and sending days on the wall clock, without a database."""

from datetime import datetime, time, timedelta

from odoo.tests import BaseCase, tagged

from odoo.addons.mail_workflow_automation.engine.opening import (
    add_days,
    add_time,
    next_day_among,
    next_open,
    quiet_end,
)

FRIDAY, MONDAY = datetime(2026, 3, 6), datetime(2026, 3, 9)


def hours(day, *spans):
    return [(day.replace(hour=start), day.replace(hour=end)) for start, end in spans]


OFFICE = hours(FRIDAY, (8, 12), (13, 17)) + hours(MONDAY, (8, 12), (13, 17))


@tagged("post_install", "-at_install", "mail_workflow")
class TestWorkingTime(BaseCase):
    def test_working_hours_pass_over_noon_and_weekend(self):
        at = FRIDAY.replace(hour=11)
        for length, expected in (
            (1, FRIDAY.replace(hour=12)),
            (2, FRIDAY.replace(hour=14)),
            (5, FRIDAY.replace(hour=17)),
            (6, MONDAY.replace(hour=9)),
        ):
            self.assertEqual(add_time(OFFICE, at, timedelta(hours=length)), expected)
        self.assertIsNone(add_time(OFFICE, at, timedelta(hours=14)), "further than was looked")

    def test_working_days_keep_the_time_of_day(self):
        self.assertEqual(add_days(OFFICE, FRIDAY.replace(hour=18), 1), MONDAY.replace(hour=18))
        saturday = FRIDAY + timedelta(days=1, hours=10)
        self.assertEqual(add_days(OFFICE, saturday, 1), MONDAY.replace(hour=10))
        self.assertIsNone(add_days(OFFICE, FRIDAY, 2))

    def test_shift_over_midnight_works_on_both_days(self):
        night = [(FRIDAY.replace(hour=22), FRIDAY + timedelta(days=1, hours=6))]
        self.assertEqual(add_days(night, FRIDAY, 1), FRIDAY + timedelta(days=1))

    def test_opening_is_now_or_the_next_one(self):
        self.assertEqual(next_open(OFFICE, FRIDAY.replace(hour=9)), FRIDAY.replace(hour=9))
        self.assertEqual(next_open(OFFICE, FRIDAY.replace(hour=12)), FRIDAY.replace(hour=13))
        self.assertEqual(next_open(OFFICE, FRIDAY.replace(hour=17)), MONDAY.replace(hour=8))
        self.assertIsNone(next_open(OFFICE, MONDAY.replace(hour=17)))


@tagged("post_install", "-at_install", "mail_workflow")
class TestQuietHours(BaseCase):
    def test_over_midnight(self):
        night = time(22), time(8)
        morning = MONDAY.replace(hour=8)
        for at, expected in (
            (MONDAY - timedelta(hours=2, seconds=1), None),
            (MONDAY - timedelta(hours=2), morning),
            (MONDAY, morning),
            (MONDAY.replace(hour=7, minute=59), morning),
            (morning, None),
        ):
            self.assertEqual(quiet_end(at, *night), expected, at)

    def test_within_a_day(self):
        noon = time(12), time(14)
        self.assertEqual(quiet_end(MONDAY.replace(hour=13), *noon), MONDAY.replace(hour=14))
        self.assertIsNone(quiet_end(MONDAY.replace(hour=14), *noon))
        self.assertIsNone(quiet_end(MONDAY, time(9), time(9)), "from nine until nine is none")

    def test_day_that_is_not_among_them_waits_for_the_next(self):
        self.assertEqual(next_day_among(FRIDAY + timedelta(days=1, hours=9), (0, 4)), MONDAY)
        self.assertEqual(next_day_among(FRIDAY.replace(hour=9), (4,)), FRIDAY.replace(hour=9))
        self.assertEqual(next_day_among(MONDAY, ()), MONDAY)
