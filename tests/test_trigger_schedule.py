from datetime import datetime
from unittest.mock import patch

from odoo.tests import Form, tagged

from odoo.addons.mail_workflow_automation.models.triggers import clock

from .common import WorkflowCase, mail, wait


@tagged("post_install", "-at_install", "mail_workflow")
class TestScheduleTrigger(WorkflowCase):
    def scheduled(self, steps=None, user=None, start=True, values=None, **trigger):
        """Start a workflow that comes round at regular times."""
        return self.workflow(
            steps or [mail("m")],
            user=user,
            start=start,
            triggers=[{"kind": "schedule", **trigger}],
            **{"audience": [["name", "like", "Sched"]], **(values or {})},
        )

    def test_each_monday_at_nine_once_for_each_person_and_week(self):
        self.env.company.partner_id.tz = "Europe/Berlin"
        ada, grace = self.person("Sched Ada"), self.person("Sched Grace")
        workflow = self.scheduled(weekdays=["mon"], time="09:00")
        expected = 0
        for moment, new in (
            (datetime(2026, 3, 3, 9), 0),
            (datetime(2026, 3, 9, 7, 59), 0),
            (datetime(2026, 3, 9, 8), 2),
            (datetime(2026, 3, 9, 8, 1), 0),
            (datetime(2026, 3, 30, 6, 59), 2),  # those of the 16th and 23rd came too late
            (datetime(2026, 3, 30, 7), 2),
        ):
            if moment == datetime(2026, 3, 30, 6, 59):
                self.at(datetime(2026, 3, 23, 8, 30))
                self.run_engine()
                self.at(moment)
            else:
                self.at(moment)
            for _twice in range(2):
                self.run_engine()
            expected += new
            self.assertEqual(len(self.runs(workflow)), expected, moment)
        self.assertEqual(len(self.mails(workflow)), 6)
        self.assertEqual(len(self.runs(workflow, ada)), 3)
        keys = self.runs(workflow, grace).mapped("entry_key")
        email = grace.email_normalized
        self.assertEqual(keys, [f"{email} 2026-03-{day}" for day in ("09", "23", "30")])

    def test_who_was_taken_out_by_hand_stays_out(self):
        ada, grace = self.person("Sched Ada"), self.person("Sched Grace")
        workflow = self.scheduled(weekdays=["mon"], time="09:00", steps=[wait("day", days=1)])
        self.run_engine(days=7)
        self.runs(workflow, ada).with_user(self.marketer).action_take_out()
        self.run_engine(days=7)
        self.assertEqual(len(self.runs(workflow, ada)), 1)
        self.assertEqual(len(self.runs(workflow, grace)), 2)

    def test_month_end_comes_on_the_last_day(self):
        ada = self.person("Sched Ada")
        workflow = self.scheduled(unit="months", on="last_day", time="18:00")
        for day, count in ((30, 0), (31, 1)):
            self.at(datetime(2026, 3, day, 18))
            self.run_engine()
            self.assertEqual(len(self.runs(workflow, ada)), count)
        self.at(datetime(2026, 4, 30, 18))
        self.run_engine()
        self.assertEqual(len(self.runs(workflow, ada)), 2)

    def test_after_an_outage_the_last_date_comes_if_it_is_not_too_late(self):
        self.person("Sched Ada")
        late = self.scheduled(unit="days", time="10:00", values={"lateness_hours": 4})
        later = self.scheduled(unit="days", time="10:00", values={"lateness_hours": 0, "name": "b"})
        self.at(datetime(2026, 3, 7, 15))
        self.run_engine()
        self.assertFalse(self.runs(late))
        self.assertEqual(len(self.runs(later)), 1, "the last one only")
        self.at(datetime(2026, 3, 8, 13, 59))
        self.run_engine()
        self.assertEqual(len(self.mails(late)), 1)

    def test_segment_is_who_matches_at_that_moment(self):
        ada = self.person("Sched Ada", city="Paris")
        grace = self.person("Sched Grace", city="Rome")
        workflow = self.scheduled(unit="days", time="10:00", domain=[["city", "=", "Paris"]])
        grace.city = "Paris"
        ada.city = "Rome"
        self.run_engine(hours=1)
        self.assertEqual(self.runs(workflow).mapped("res_id"), grace.ids)

    def test_who_comes_after_the_date_waits_for_the_next(self):
        workflow = self.scheduled(unit="days", time="10:00")
        self.run_engine(hours=1)
        ada = self.person("Sched Ada")
        self.run_engine(hours=1)
        self.assertFalse(self.runs(workflow))
        self.run_engine(days=1)
        self.assertEqual(len(self.runs(workflow, ada)), 1)

    def test_start_does_not_reach_back_and_asks_about_nobody(self):
        self.person("Sched Ada")
        workflow = self.scheduled(unit="days", time="08:00", start=False)
        self.assertEqual(workflow._count_existing(), 0)
        workflow.action_start(include_existing=True)
        self.run_engine()
        self.assertFalse(self.runs(workflow))

    def test_many_come_in_by_portions_all_of_the_same_date(self):
        people = self.people(7)
        people.city = "Sched"
        workflow = self.scheduled(
            unit="days", time="10:00", values={"audience": [["city", "=", "Sched"]]}
        )
        triggers = self.env["mail.workflow.trigger"]
        self.after(hours=1, minutes=1)
        with patch.object(clock, "PORTION", 3):
            made = []
            while not made or made[-1]:
                made.append(triggers._poll_due(self.now))
                self.after(minutes=20)
        self.assertEqual(made, [3, 3, 1, 0])
        runs = self.runs(workflow)
        self.assertEqual(len(runs), 7)
        self.assertEqual(set(runs.mapped("planned_at")), {datetime(2026, 3, 2, 10)})
        self.run_engine(days=1)
        self.assertEqual(len(self.runs(workflow)), 14)

    def test_company_team_and_user_have_one_run_for_each_date(self):
        second = self.env["res.company"].create({"name": "Second shop"})
        self.marketer.company_ids |= second
        team = self.env["crm.team"].create({"name": "Sched team"})
        for model, audience, expected in (
            ("res.company", [], (self.env.company | second).ids),
            ("crm.team", [["name", "=", "Sched team"]], team.ids),
            ("res.users", [["login", "=", "marketer"]], self.marketer.ids),
        ):
            workflow = self.workflow(
                [{"key": "stop", "kind": "end"}],
                name=model,
                model=model,
                audience=audience,
                triggers=[{"kind": "schedule", "unit": "days", "time": "10:00"}],
            )
            self.at(datetime(2026, 3, 2, 9, 30))
            workflow.trigger_ids.sudo().polled_at = self.now
            for _day in range(2):
                self.run_engine(hours=1)
                self.run_engine(hours=23)
            for record_id in expected:
                runs = self.runs(workflow).filtered(lambda run, i=record_id: run.res_id == i)
                self.assertEqual(len(runs), 2, (model, record_id))
            self.assertEqual(set(self.runs(workflow).mapped("res_id")), set(expected))

    def test_problems_are_named(self):
        for values, fragment in (
            ({"every": 0}, "every 1 to"),
            ({"weekdays": []}, "choose weekdays"),
            ({"unit": "months", "day": 32}, "from 1 to 31"),
        ):
            workflow = self.scheduled(start=False, **values)
            self.assertIn(fragment, str(workflow.lint()))

    def test_recurrence_reads_as_words(self):
        for values, words in (
            ({"unit": "days"}, "every day at 09:00"),
            ({"weekdays": ["mon", "thu"]}, "each Mon, Thu at 09:00"),
            ({"every": 2}, "every 2 weeks on Mon at 09:00"),
            ({"unit": "months", "on": "last_day"}, "the last day of each month at 09:00"),
            (
                {"unit": "months", "on": "weekday", "nth": "2", "every": 3},
                "Second of Mon of every 3 months at 09:00",
            ),
        ):
            workflow = self.scheduled(start=False, **values)
            self.assertEqual(workflow.trigger_ids.summary, words)

    def test_form_makes_a_weekly_recurrence(self):
        with Form(self.env["mail.workflow"].with_user(self.marketer)) as form:
            form.name = "Weekly"
            with form.trigger_ids.new() as trigger:
                trigger.kind = "schedule"
                trigger.schedule_every = 2
                trigger.schedule_weekdays = "fri"
        self.assertEqual(form.record.trigger_ids.summary, "every 2 weeks on Fri at 09:00")
