"""Recurrences and yearly dates without a database: zones, months, leap years."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase, tagged

from odoo.addons.mail_workflow_automation.engine.entry import entry_key, split_key
from odoo.addons.mail_workflow_automation.engine.recurrence import (
    anniversary,
    days_remembered,
    last_occurrence,
    rule,
)
from odoo.addons.mail_workflow_automation.engine.schedule import next_look, weekday_numbers

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2024, 1, 1)
NINE = time(9)


@tagged("post_install", "-at_install", "mail_workflow")
class TestRecurrence(BaseCase):
    def moments(self, dates, first, last, zone=BERLIN):
        """Return the moments of a rule between two days, found by looking each hour."""
        found = []
        for day in range((last - first).days):
            for hour in range(24):
                since = (
                    datetime.combine(first, time(0)).replace(hour=hour)
                    + (last - first) / (last - first).days * day
                )
                until = since.replace(minute=59, second=59, microsecond=999999)
                occurrence = last_occurrence(dates, since - (until - since) / 10**9, until, zone)
                if occurrence and occurrence[0] >= since:
                    found.append(occurrence[0])
        return found

    def test_each_monday_at_nine_on_both_sides_of_spring_and_autumn(self):
        mondays = rule("weeks", 1, MONDAY, NINE, weekdays=(0,))
        self.assertEqual(
            self.moments(mondays, date(2026, 3, 22), date(2026, 4, 1)),
            [datetime(2026, 3, 23, 8), datetime(2026, 3, 30, 7)],
        )
        self.assertEqual(
            self.moments(mondays, date(2026, 10, 18), date(2026, 10, 28)),
            [datetime(2026, 10, 19, 7), datetime(2026, 10, 26, 8)],
        )

    def test_time_in_the_gap_moves_forward_and_in_the_fold_comes_once(self):
        daily = rule("days", 1, MONDAY, time(2, 30))
        self.assertEqual(
            self.moments(daily, date(2026, 3, 28), date(2026, 3, 31)),
            [
                datetime(2026, 3, 28, 1, 30),
                datetime(2026, 3, 29, 1, 30),
                datetime(2026, 3, 30, 0, 30),
            ],
        )
        self.assertEqual(
            self.moments(daily, date(2026, 10, 24), date(2026, 10, 27)),
            [
                datetime(2026, 10, 24, 0, 30),
                datetime(2026, 10, 25, 0, 30),
                datetime(2026, 10, 26, 1, 30),
            ],
        )

    def days(self, dates, count):
        return [str(moment.date()) for moment in dates[:count]]

    def test_month_end_is_the_last_day_of_each_month(self):
        ends = rule("months", 1, MONDAY, NINE, month_day=-1)
        self.assertEqual(
            self.days(ends, 4), ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]
        )

    def test_day_that_a_month_does_not_have_is_its_last(self):
        for day, february in ((29, "2025-02-28"), (30, "2025-02-28"), (31, "2025-02-28")):
            dates = rule("months", 1, date(2025, 1, 1), NINE, month_day=day)
            self.assertEqual(self.days(dates, 2)[1], february)
            self.assertEqual(self.days(dates, 3)[2], f"2025-03-{day}")
        self.assertEqual(
            self.days(rule("months", 1, date(2025, 4, 1), NINE, month_day=31), 1), ["2025-04-30"]
        )

    def test_weekday_of_a_month(self):
        second = rule("months", 1, date(2026, 3, 1), NINE, weekdays=(1,), nth=2)
        self.assertEqual(self.days(second, 2), ["2026-03-10", "2026-04-14"])
        first_working = rule("months", 1, date(2026, 8, 1), NINE, weekdays=(0, 1, 2, 3, 4), nth=1)
        self.assertEqual(self.days(first_working, 2), ["2026-08-03", "2026-09-01"])
        last_working = rule("months", 1, date(2026, 5, 1), NINE, weekdays=(0, 1, 2, 3, 4), nth=-1)
        self.assertEqual(self.days(last_working, 1), ["2026-05-29"])

    def test_every_second_week_counts_from_its_start(self):
        dates = rule("weeks", 2, date(2026, 3, 2), NINE, weekdays=(0, 3))
        self.assertEqual(
            self.days(dates, 4), ["2026-03-02", "2026-03-05", "2026-03-16", "2026-03-19"]
        )

    def test_after_an_outage_only_the_last_date_is_found(self):
        daily = rule("days", 1, MONDAY, NINE)
        moment, day = last_occurrence(daily, datetime(2026, 3, 1), datetime(2026, 3, 8, 12), BERLIN)
        self.assertEqual((moment, day), (datetime(2026, 3, 8, 8), date(2026, 3, 8)))

    def test_date_is_found_once_whatever_moments_are_looked_at(self):
        daily = rule("days", 1, MONDAY, NINE)
        at = datetime(2026, 3, 2, 8)
        earlier, later = at.replace(hour=7), at.replace(hour=9)
        self.assertIsNone(last_occurrence(daily, at, later, BERLIN))
        self.assertEqual(last_occurrence(daily, earlier, at, BERLIN)[0], at)


@tagged("post_install", "-at_install", "mail_workflow")
class TestYearly(BaseCase):
    def test_leap_day_is_kept_on_28_february_in_common_years(self):
        born = date(2000, 2, 29)
        self.assertEqual(anniversary(born, 2026), date(2026, 2, 28))
        self.assertEqual(anniversary(born, 2028), date(2028, 2, 29))
        self.assertEqual(days_remembered([date(2026, 2, 28)]), [(2, 28), (2, 29)])
        self.assertEqual(days_remembered([date(2028, 2, 28)]), [(2, 28)])

    def test_key_of_an_entry_tells_its_occasion(self):
        for base in ("ada@x.example.com", "partner:7", "res.partner,7", "event:call 2026 x"):
            for occasion in ("", "2026", "2026-03-02"):
                self.assertEqual(split_key(entry_key(base, occasion)), (base, occasion))


@tagged("post_install", "-at_install", "mail_workflow")
class TestLooks(BaseCase):
    def test_looks_come_at_full_quarters_and_hours(self):
        now = datetime(2026, 3, 2, 9, 7, 30)
        self.assertEqual(next_look(now, 1), datetime(2026, 3, 2, 9, 8))
        self.assertEqual(next_look(now, 15), datetime(2026, 3, 2, 9, 15))
        self.assertEqual(next_look(now, 60), datetime(2026, 3, 2, 10))
        self.assertEqual(next_look(datetime(2026, 3, 2, 23, 50), 60), datetime(2026, 3, 3))

    def test_weekdays_of_a_text(self):
        self.assertEqual(weekday_numbers("mon, Fri,nope"), (0, 4, None))
        self.assertEqual(weekday_numbers(None), ())
