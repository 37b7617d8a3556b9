from datetime import datetime, timedelta

from odoo.tests import Form, tagged

from .common import WorkflowCase, mail, wait


@tagged("post_install", "-at_install", "mail_workflow")
class TestWorkingTime(WorkflowCase):
    """The company works on Monday to Friday, 8 to 12 and 13 to 17, by its own clock."""

    def setUp(self):
        super().setUp()
        self.office = self.env["resource.calendar"].create(
            {"name": "Office", "tz": "Europe/Brussels", "company_id": self.env.company.id}
        )
        self.env.company.resource_calendar_id = self.office

    def due(self, start, partner=None, calendar=None, **values):
        """Return when who comes to a wait at a moment goes on."""
        self.at(start)
        header = {"calendar": calendar} if calendar else {}
        workflow = self.workflow([wait("w", business=True, **values), mail("m")], **header)
        run = workflow.enroll(partner or self.person())
        self.run_engine()
        return run.due_at

    def test_working_hours_pass_over_noon_night_and_weekend(self):
        friday = datetime(2026, 3, 6, 11)
        self.assertEqual(self.due(friday, hours=2), datetime(2026, 3, 6, 14))
        self.assertEqual(self.due(friday, hours=6), datetime(2026, 3, 9, 9))
        self.assertEqual(self.due(friday, minutes=90), datetime(2026, 3, 6, 13, 30))

    def test_working_days_pass_over_weekend_and_holidays(self):
        friday = datetime(2026, 3, 6, 18)
        self.assertEqual(self.due(friday, days=1), datetime(2026, 3, 9, 18))
        self.holiday(datetime(2026, 3, 8, 23), datetime(2026, 3, 9, 22, 59, 59))
        self.assertEqual(self.due(friday, days=1), datetime(2026, 3, 10, 18))
        self.assertEqual(self.due(friday, days=5), datetime(2026, 3, 16, 18))

    def holiday(self, first, last):
        self.env["resource.calendar.leaves"].create(
            {"name": "Holiday", "calendar_id": self.office.id, "date_from": first, "date_to": last}
        )

    def test_office_opens_where_the_person_lives_and_holidays_are_their_day(self):
        tokyo = self.person("Aki", tz="Asia/Tokyo")
        self.holiday(datetime(2026, 3, 8, 23), datetime(2026, 3, 9, 22, 59, 59))
        saturday = datetime(2026, 3, 7, 12)
        due = self.due(saturday, tokyo, hours=1)
        self.assertEqual(due, datetime(2026, 3, 10, 0), "Tuesday, 9:00 in Tokyo")

    def test_working_hours_across_the_change_of_time_end_on_the_wall_clock(self):
        berlin = self.person("Ben", tz="Europe/Berlin")
        friday = datetime(2026, 3, 27, 15)  # 16:00 there
        self.assertEqual(self.due(friday, berlin, hours=2), datetime(2026, 3, 30, 7))

    def test_calendar_of_the_workflow_goes_before_the_company_s(self):
        night = self.env["resource.calendar"].create({"name": "Night", "tz": "UTC"})
        night.attendance_ids.unlink()
        night.attendance_ids = [
            (0, 0, {"name": "n", "dayofweek": "5", "hour_from": 20, "hour_to": 23})
        ]
        due = self.due(datetime(2026, 3, 6, 11), calendar="Night", hours=1)
        self.assertEqual(due, datetime(2026, 3, 7, 21))

    def test_due_date_is_the_same_whenever_it_is_reckoned(self):
        workflow = self.workflow([wait("w", business=True, hours=6), mail("m")])
        run = workflow.enroll(self.person())
        self.run_engine()
        step, due = workflow.sudo().step_ids.filtered(lambda s: s.key == "w"), run.due_at
        for hours in (1, 5, 100):
            later = self.now + timedelta(hours=hours)
            self.assertEqual(step._handler()._limits(step, run.sudo(), later)[run.id], due)

    def test_what_cannot_be_counted_in_working_time_is_named(self):
        for values in ({"weeks": 1}, {"days": 1.5}, {"days": 300}, {"hours": 3000}):
            draft = self.workflow([wait("w", business=True, **values)], start=False)
            self.assertTrue(draft.lint(), values)
        self.env.company.resource_calendar_id = False
        self.assertIn(
            "no working hours",
            str(self.workflow([wait("w", business=True, days=1)], start=False).lint()),
        )

    def test_wait_in_working_time_costs_the_same_for_many(self):
        workflow = self.workflow([wait("w", business=True, days=2), mail("m")])
        people = self.people(120)
        costs = []
        for some in (people[:10], people[10:20], people[20:]):
            workflow.enroll(some)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["mail.workflow.runner"]._run_batch(self.now)
            costs.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(costs[2], costs[1] + 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestCondition(WorkflowCase):
    def flow(self, **values):
        branches = {"yes": {"steps": [mail("paris")]}, "timeout": {"steps": [mail("late")]}}
        step = wait("w", domain=[["city", "=", "Paris"]], branches=branches, **values)
        return self.workflow([step])

    def test_record_that_matches_goes_on_at_once(self):
        workflow = self.flow(days=1)
        run = workflow.enroll(self.person(city="Paris"))
        self.run_engine()
        self.assertPath(run, ("w", "done"), ("paris", "queued"))

    def test_record_that_comes_to_match_goes_on_at_once(self):
        workflow = self.flow(days=1)
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        ada.city = "Rome"
        self.run_engine(minutes=1)
        self.assertPath(run)
        ada.city = "Paris"
        self.run_engine(minutes=1)
        self.assertPath(run, ("w", "done"), ("paris", "queued"))

    def test_what_changes_elsewhere_is_found_at_the_next_look(self):
        country = self.env["res.country"].create({"name": "Utopia", "code": "UQ"})
        branches = {"yes": {"steps": [mail("paris")]}}
        domain = [["country_id.name", "=", "Elsewhere"]]
        workflow = self.workflow([wait("w", domain=domain, branches=branches, days=1)])
        run = workflow.enroll(self.person(country_id=country.id))
        self.run_engine()
        self.assertEqual(run.due_at, datetime(2026, 3, 2, 9, 15))
        self.run_engine(minutes=15)
        country.name = "Elsewhere"
        self.run_engine(minutes=14)
        self.assertFalse(self.mails(workflow))
        self.run_engine(minutes=1)
        self.run_engine(minutes=1)
        self.assertPath(run, ("w", "done"), ("paris", "queued"))

    def test_limit_counts_from_the_first_look_and_comes_once(self):
        workflow = self.flow(hours=1)
        run = workflow.enroll(self.person())
        for _look in range(4):
            self.run_engine()
            self.assertFalse(self.mails(workflow))
            self.after(minutes=15)
        self.run_engine()
        self.assertPath(run, ("w", "done"), ("late", "queued"))
        self.run_engine(days=1)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_looks_become_rarer_with_the_time_waited(self):
        run = self.flow(days=30).enroll(self.person())
        self.run_engine()
        for waited, pause in (
            (timedelta(days=1), timedelta(hours=3)),
            (timedelta(days=20), timedelta(hours=6)),
        ):
            self.at(datetime(2026, 3, 2, 9) + waited)
            self.run_engine()
            self.assertEqual(run.due_at, self.now + pause)

    def test_many_are_looked_at_by_one_query(self):
        workflow = self.flow(days=1)
        people = self.people(60)
        costs = []
        for some in (people[:5], people[5:10], people[10:]):
            workflow.enroll(some)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["mail.workflow.runner"]._run_batch(self.now)
            costs.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(costs[2], costs[1] + 1)

    def test_wait_skipped_by_hand_takes_the_limit(self):
        workflow = self.flow(days=1)
        run = workflow.enroll(self.person())
        self.run_engine()
        run.with_user(self.marketer).action_skip_wait()
        self.run_engine()
        self.assertPath(run, ("w", "done"), ("late", "queued"))

    def test_loop_around_a_condition_needs_another_wait(self):
        again = {"key": "again", "kind": "goto", "target": "w", "max_visits": 3}
        step = wait("w", domain=[["city", "=", "Paris"]], days=1)
        draft = self.workflow([step, again], start=False)
        self.assertIn("without a wait", str(draft.lint()))

    def test_form_asks_for_the_condition_and_its_limit(self):
        draft = self.workflow([mail("m")], start=False)
        steps = self.env["mail.workflow.step"].with_user(self.marketer)
        with Form(steps.with_context(default_workflow_id=draft.id)) as form:
            form.kind = "wait"
            form.wait_mode = "condition"
            form.wait_domain = "[('city', '=', 'Paris')]"
            form.wait_count = 2
            form.wait_business = True
        self.assertEqual(form.record.summary, "City = Paris, 2 days of working time at most")
        self.assertEqual(form.record._handler()._outcomes(form.record), ("yes", "timeout"))
