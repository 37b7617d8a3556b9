from datetime import datetime, timedelta

from odoo.tests import tagged

from .common import mail, wait
from .test_sending_window import GateCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestFrequencyCap(GateCase):
    def test_one_a_day_holds_the_second_workflow_until_tomorrow(self):
        self.settings(cap_mails=1, cap_days=1)
        ada = self.person()
        first = self.workflow([mail("m")], name="first")
        second = self.workflow([mail("m"), mail("n")], name="second")
        runs = [workflow.enroll(ada) for workflow in (first, second)]
        self.run_engine()
        self.run_engine()
        self.assertEqual((len(self.mails(first)), len(self.mails(second))), (1, 0))
        self.assertEqual(self.held(runs[1]), ("frequency cap", self.now + timedelta(days=1)))
        self.assertFalse(runs[1].execution_ids.filtered(lambda x: x.step_id.key == "n"))
        self.run_engine(days=1)
        self.run_engine()
        self.assertEqual(self.path(runs[1]), [("m", "queued"), ("n", "held")])

    def test_no_limit_where_it_is_0_or_empty(self):
        for cap in (0, False):
            self.settings(cap_mails=cap)
            workflow = self.workflow([mail(str(i)) for i in range(4)])
            workflow.enroll(self.person(f"Ada {cap}"))
            self.run_engine()
            self.assertEqual(len(self.mails(workflow)), 4)

    def test_higher_priority_goes_first_whichever_was_due_before(self):
        self.settings(cap_mails=1)
        ada = self.person()
        low = self.workflow([mail("m")], name="low", priority=1)
        high = self.workflow([mail("m")], name="high", priority=20)
        runs = [workflow.enroll(ada) for workflow in (low, high)]
        self.run_engine(minutes=5)
        self.assertEqual((len(self.mails(low)), len(self.mails(high))), (0, 1))
        self.assertEqual(self.held(runs[0])[0], "frequency cap")

    def test_higher_priority_that_is_due_goes_first_from_a_later_batch(self):
        self.settings(cap_mails=1)
        ada = self.person()
        low = self.workflow([mail("m")], name="low", priority=1)
        high = self.workflow([mail("m")], name="high", priority=20)
        low_run, high_run = low.enroll(ada), high.enroll(ada)
        low_step = low.sudo().step_ids
        gate = self.env["mail.workflow.gate"]
        held = gate._holds(low_step, low_run.sudo(), self.now)
        self.assertEqual(held[low_run.id].due_at, self.now + timedelta(minutes=1))
        high_run.sudo().due_at = self.now + timedelta(hours=1)
        self.assertFalse(gate._holds(low_step, low_run.sudo(), self.now), "nobody comes before")

    def test_window_frees_when_the_oldest_mail_leaves_it(self):
        self.settings(cap_mails=2, cap_days=7)
        workflow = self.workflow(
            [mail("a"), wait("w", days=2), mail("b"), wait("x", days=1), mail("m")],
            lateness_hours=0,
        )
        run = workflow.enroll(self.person())
        self.run_engine()
        self.run_engine(days=2)
        self.run_engine(days=1)
        self.assertEqual(self.held(run), ("frequency cap", datetime(2026, 3, 9, 9)))

    def test_freed_in_the_night_it_waits_for_the_morning(self):
        self.settings(cap_mails=1, quiet_from="08:00", quiet_to="08:30")
        ada = self.person()
        self.at(datetime(2026, 3, 2, 7, 59))
        self.workflow([mail("m")], name="first").enroll(ada)
        self.run_engine()
        self.settings(quiet_from="07:00")
        self.at(datetime(2026, 3, 2, 12))
        run = self.workflow([mail("m")], name="second").enroll(ada)
        self.run_engine()
        self.assertEqual(self.held(run)[1], datetime(2026, 3, 3, 8, 30))

    def test_held_mail_goes_out_when_the_window_frees_however_long_that_took(self):
        self.settings(cap_mails=1, cap_days=3)
        ada = self.person()
        self.workflow([mail("m")], name="first").enroll(ada)
        run = self.workflow([mail("m")], name="second").enroll(ada)
        self.run_engine()
        self.assertEqual(self.held(run)[1], self.now + timedelta(days=3))
        # the next pass comes a little later than that
        self.run_engine(days=3, minutes=2)
        self.assertPath(run, ("m", "queued"))

    def test_mail_that_is_held_again_and_again_becomes_too_late(self):
        self.settings(cap_mails=1, cap_days=1)
        ada = self.person()
        often = self.workflow(
            [mail("m"), wait("w", days=1), mail("n"), wait("x", days=1), mail("o")],
            name="often",
            priority=20,
        )
        often.enroll(ada)
        run = self.workflow([mail("m")], name="seldom").enroll(ada)
        for _day in range(2):
            self.run_engine()
            self.assertEqual(self.held(run)[0], "frequency cap")
            self.after(days=1, minutes=1)
        self.run_engine()
        self.run_engine(days=1, minutes=1)
        self.assertPath(run, ("m", "skipped"))
        self.assertEqual(self.reason(run, "m"), "too late")

    def test_one_person_is_one_address_whatever_contact_or_record(self):
        self.settings(cap_mails=1)
        ada, guest = self.person(), self.person("Guest", email="ADA@customer.example.com")
        carts = self.workflow([mail("m")], name="carts", model="sale.order")
        self.workflow([mail("m")], name="first").enroll(ada)
        self.run_engine()
        run = carts.enroll(self.cart(guest))
        self.run_engine()
        self.assertEqual(self.held(run)[0], "frequency cap")

    def test_a_new_address_is_no_new_person(self):
        self.settings(cap_mails=1, cap_days=7)
        ada = self.person()
        self.workflow([mail("m")], name="first").enroll(ada)
        self.run_engine()
        ada.email = "ada.new@customer.example.com"
        run = self.workflow([mail("m")], name="second").enroll(ada)
        self.run_engine(hours=1)
        self.assertEqual(self.held(run)[0], "frequency cap")

    def test_runs_per_event_of_one_person_share_the_cap(self):
        self.settings(cap_mails=1)
        workflow = self.workflow(
            [mail("m")],
            triggers=[{"kind": "custom", "name": "x"}],
            reentry={"policy": "each_event", "per": "event"},
        )
        ada = self.person()
        for key in "ab":
            self.emit("custom", partner=ada, data={"name": "x"}, key=key)
        self.run_engine()
        self.assertEqual(len(self.runs(workflow)), 2)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_operational_mail_does_not_count(self):
        self.settings(cap_mails=1)
        ada = self.person()
        admin = self.env.ref("base.user_admin")
        self.workflow([mail("m")], name="o", user=admin, purpose="operational").enroll(ada)
        workflow = self.workflow([mail("m")])
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_skipped_mail_does_not_count(self):
        self.settings(cap_mails=1)
        ada = self.person()
        topic = self.env["mailing.list"].create({"name": "Topic"})
        contact = self.env["mailing.contact"].create({"name": "Ada", "email": ada.email})
        self.env["mailing.subscription"].create(
            {"contact_id": contact.id, "list_id": topic.id, "opt_out": True}
        )
        self.workflow([mail("m")], name="a", list="Topic").enroll(ada)
        workflow = self.workflow([mail("m")], name="b")
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 1)
