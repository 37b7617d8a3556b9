"""Whose turn it is: fair among workflows, held is not failed, what is late is skipped."""

from odoo.tests import tagged

from odoo.addons.mail_workflow_automation.models.mail_workflow_runner import BATCH

from .common import mail, wait
from .test_execution import DAY, ExecutionCase

HOLD = "mail_workflow_automation.hold_sending"


@tagged("post_install", "-at_install", "mail_workflow")
class TestFairness(ExecutionCase):
    def test_small_workflow_does_not_wait_for_a_large_one(self):
        large = self.workflow([DAY], name="Large")
        small = self.workflow([DAY], name="Small")
        large.enroll(self.person())
        self.seed(large, 4_999)
        small.enroll(self.people(5))
        self.run_batch()
        waiting = self.runs(small).filtered("waiting_since")
        self.assertEqual(len(waiting), 5)
        self.assertLess(len(self.runs(large).filtered("waiting_since")), BATCH)

    def test_idle_workflows_do_not_make_the_batches_of_a_busy_one_small(self):
        for number in range(10):
            self.workflow([DAY], name=f"Idle {number}")
        busy = self.workflow([DAY], name="Busy")
        busy.enroll(self.person())
        self.seed(busy, 499)
        self.assertGreaterEqual(self.run_batch(), 200)

    def test_fresh_run_does_not_queue_behind_the_backlog_of_its_workflow(self):
        workflow = self.workflow([mail("welcome"), DAY])
        self.workflow([DAY], name="Another")
        workflow.enroll(self.person("Old"))
        self.seed(workflow, 2_000)
        self.after(minutes=5)
        fresh = workflow.enroll(self.person("Fresh"))
        self.run_batch()
        self.assertPath(fresh, ("welcome", "queued"))

    def test_every_row_of_a_backlog_has_its_turn_once(self):
        workflow = self.workflow([DAY])
        workflow.enroll(self.person())
        self.seed(workflow, 1_499)
        self.assertEqual(self.env["mail.workflow.enrollment"]._cron_run(), 1_500)
        self.assertEqual(self.env["mail.workflow.enrollment"]._cron_run(), 0)


@tagged("post_install", "-at_install", "mail_workflow")
class TestHeldAndLate(ExecutionCase):
    def hold_all(self, value):
        self.env["ir.config_parameter"].sudo().set_param(HOLD, value)

    def test_hold_all_sending_holds_and_uses_no_attempt(self):
        workflow = self.workflow([mail("hello"), DAY])
        run = workflow.enroll(self.person())
        self.hold_all("True")
        self.run_engine()
        self.run_engine(hours=1)
        self.assertFalse(self.mails(workflow))
        self.assertPath(run, ("hello", "held"))
        self.assertEqual(self.reason(run, "hello"), "all sending is on hold")
        self.assertEqual((run.attempt, run.execution_ids.attempt), (0, 0))
        self.assertGreater(run.due_at, self.now)
        self.hold_all(False)
        self.run_engine(hours=1)
        self.assertEqual(len(self.mails(workflow)), 1)
        self.assertPath(run, ("hello", "queued"))
        self.assertEqual(run.execution_ids.attempt, 1)
        self.run_engine(hours=1)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_hold_all_sending_holds_messages_only(self):
        workflow = self.workflow([self.tag_step(), mail("hello"), DAY])
        ada = self.person()
        run = workflow.enroll(ada)
        self.hold_all("True")
        self.run_engine()
        self.assertTrue(ada.category_id)
        self.assertPath(run, ("known", "done"), ("hello", "held"))

    def paused_for_two_hours(self, **values):
        workflow = self.workflow([wait("hour", hours=1), mail("hello"), DAY], **values)
        workflow.enroll(self.people(10))
        self.run_engine()
        workflow.action_pause()
        self.run_engine(hours=3)
        self.assertFalse(self.mails(workflow))
        workflow.action_resume()
        self.run_engine()
        self.run_engine()
        return workflow

    def test_resume_sends_each_mail_once(self):
        workflow = self.paused_for_two_hours()
        self.assertEqual(len(self.mails(workflow)), 10)

    def test_resume_skips_what_is_too_late(self):
        workflow = self.paused_for_two_hours(lateness_hours=1)
        self.assertFalse(self.mails(workflow))
        for run in self.runs(workflow):
            self.assertPath(run, ("hour", "done"), ("hello", "skipped"))
            self.assertEqual(self.reason(run, "hello"), "too late")
            self.assertEqual(run.step_id.key, "day")

    def test_late_cron_skips_a_marketing_mail_after_a_day(self):
        workflow = self.workflow([mail("hello"), DAY])
        run = workflow.enroll(self.person())
        self.run_engine(hours=25)
        self.assertFalse(self.mails(workflow))
        self.assertEqual(self.reason(run, "hello"), "too late")
