from datetime import datetime, timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import WorkflowCase, mail, wait

PARAMETER = "mail_workflow_automation."


class GateCase(WorkflowCase):
    def settings(self, **values):
        """Choose settings as a manager does on their page."""
        names = {f"mail_workflow_{key}": value for key, value in values.items()}
        self.env["res.config.settings"].create(names).execute()

    def held(self, run, key="m"):
        """Return the reason and the moment of a mail that is held."""
        execution = run.execution_ids.filtered(lambda x: x.step_id.key == key).sorted("id")[-1:]
        self.assertEqual(execution.state, "held")
        self.assertEqual((run.state, run.attempt, execution.attempt), ("active", 0, 0))
        return execution.reason, run.due_at


@tagged("post_install", "-at_install", "mail_workflow")
class TestQuietHours(GateCase):
    def test_mail_waits_for_the_end_of_the_night_where_its_reader_lives(self):
        self.settings(quiet_from="22:00", quiet_to="08:00")
        self.at(datetime(2026, 3, 2, 23))
        workflow = self.workflow([mail("m")])
        here = workflow.enroll(self.person())
        tokyo = workflow.enroll(self.person("Aki", tz="Asia/Tokyo"))
        york = workflow.enroll(self.person("Bea", tz="America/New_York"))
        self.run_engine()
        self.assertEqual(self.held(here), ("quiet hours", datetime(2026, 3, 3, 8)))
        self.assertState(tokyo, "done")
        self.assertState(york, "done")
        self.at(datetime(2026, 3, 3, 7, 59))
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 2)
        self.run_engine(minutes=1)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 3)
        self.assertPath(here, ("m", "queued"))

    def test_night_across_the_change_of_time(self):
        self.settings(quiet_from="22:00", quiet_to="08:00")
        self.at(datetime(2026, 3, 28, 22))
        run = self.workflow([mail("m")]).enroll(self.person(tz="Europe/Berlin"))
        self.run_engine()
        self.assertEqual(self.held(run), ("quiet hours", datetime(2026, 3, 29, 6)))

    def test_who_gets_no_mail_is_not_held(self):
        self.settings(quiet_from="00:00", quiet_to="23:59")
        ada = self.person()
        self.env["mail.blacklist"].create({"email": ada.email})
        run = self.workflow([mail("m")]).enroll(ada)
        self.run_engine()
        self.assertPath(run, ("m", "skipped"))

    def test_operational_mail_goes_at_any_time(self):
        self.settings(quiet_from="00:00", quiet_to="23:59", cap_mails=1, sending_weekdays="sun")
        workflow = self.workflow(
            [mail("m"), mail("n")], user=self.env.ref("base.user_admin"), purpose="operational"
        )
        workflow.enroll(self.person())
        nobody = workflow.enroll(self.person("Eve", email="", phone="1"))
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 2)
        self.assertPath(nobody, ("m", "skipped"), ("n", "skipped"))
        self.assertEqual(self.reason(nobody, "m"), "no address")

    def test_mail_that_was_queued_before_the_night_waits_in_the_queue(self):
        self.at(datetime(2026, 3, 2, 21, 59))
        workflow = self.workflow([mail("m")])
        workflow.enroll(self.person())
        self.run_engine()
        self.settings(quiet_from="22:00", quiet_to="08:00")
        self.after(minutes=5)
        post = self.env["mail.mail"]
        post._cron_send_workflow_mail()
        found = self.mails(workflow)
        self.assertEqual((found.state, found.scheduled_date), ("outgoing", datetime(2026, 3, 3, 8)))
        self.at(datetime(2026, 3, 3, 8))
        post._cron_send_workflow_mail()
        self.assertEqual(found.state, "sent")

    def test_mail_that_waits_in_the_queue_over_the_weekend_is_not_late(self):
        self.at(datetime(2026, 3, 6, 17, 59))
        workflow = self.workflow([mail("m")])
        workflow.enroll(self.person())
        self.run_engine()
        self.settings(sending_weekdays="mon,tue,wed,thu,fri", quiet_from="18:00", quiet_to="08:00")
        self.after(minutes=2)
        post = self.env["mail.mail"]
        post._cron_send_workflow_mail()
        found = self.mails(workflow)
        self.assertEqual(found.scheduled_date, datetime(2026, 3, 9, 8))
        self.at(datetime(2026, 3, 9, 8, 1))
        post._cron_send_workflow_mail()
        self.assertEqual(found.state, "sent")

    def test_half_a_window_is_refused(self):
        for values in ({"quiet_from": "22:00"}, {"quiet_from": "10 pm", "quiet_to": "08:00"}):
            with self.assertRaises(ValidationError):
                self.settings(**values)


@tagged("post_install", "-at_install", "mail_workflow")
class TestSendingDays(GateCase):
    def test_mail_waits_for_a_day_of_the_settings(self):
        self.settings(sending_weekdays="mon,tue", quiet_from="20:00", quiet_to="09:30")
        self.at(datetime(2026, 3, 4, 12))
        run = self.workflow([mail("m")], lateness_hours=0).enroll(self.person())
        self.run_engine()
        self.assertEqual(self.held(run), ("sending calendar", datetime(2026, 3, 9, 9, 30)))

    def test_mail_waits_for_working_hours_and_holidays_of_the_workflow(self):
        calendar = self.env["resource.calendar"].create(
            {"name": "Office", "tz": "Europe/Brussels", "company_id": self.env.company.id}
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "date_from": datetime(2026, 3, 8, 23),
                "date_to": datetime(2026, 3, 9, 22, 59, 59),
            }
        )
        self.settings(sending_weekdays="sun")  # those of the workflow go before
        workflow = self.workflow([mail("m")], calendar="Office", lateness_hours=0)
        self.at(datetime(2026, 3, 6, 22, 30))
        here = workflow.enroll(self.person(tz="Europe/Brussels"))
        tokyo = workflow.enroll(self.person("Aki", tz="Asia/Tokyo"))
        self.run_engine()
        self.assertEqual(self.held(here), ("sending calendar", datetime(2026, 3, 10, 7)))
        self.assertEqual(self.held(tokyo)[1], datetime(2026, 3, 9, 23), "Tuesday, 8:00 in Tokyo")
        self.assertEqual(workflow.export_definition()["calendar"], "Office")

    def test_calendar_that_is_never_open_is_looked_at_again_later(self):
        calendar = self.env["resource.calendar"].create(
            {"name": "Closed", "attendance_ids": [(5,)]}
        )
        calendar.attendance_ids.unlink()
        run = self.workflow([mail("m")], calendar="Closed", lateness_hours=0).enroll(self.person())
        self.run_engine()
        self.assertGreater(self.held(run)[1], self.now + timedelta(days=30))

    def test_children_of_a_held_mail_wait_too(self):
        self.settings(sending_weekdays="tue")
        workflow = self.workflow([mail("m"), wait("day", days=1), mail("n")])
        run = workflow.enroll(self.person())
        self.run_engine()
        self.run_engine(days=1)
        self.run_engine()
        self.assertEqual(self.path(run)[:1], [("m", "queued")])
        self.assertEqual(run.step_id.key, "day")
