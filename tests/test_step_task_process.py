"""Tasks that are late, whole processes of tasks, and the rights to give them."""

from datetime import date, datetime

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import WORKFLOW_GROUP, mail, wait
from .people_common import PeopleCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestDeadline(PeopleCase):
    def test_working_days_pass_over_the_week_end_and_holidays(self):
        calendar = self.env.company.resource_calendar_id
        calendar.tz = "UTC"
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "date_from": "2026-03-09 00:00:00",
                "date_to": "2026-03-09 23:59:59",
            }
        )
        self.after(days=4)  # a Friday
        workflow = self.workflow([self.task(user="bert", deadline_days=1, working_days=True)])
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(self.todo(ada).date_deadline, date(2026, 3, 10))

    def test_overdue_task_goes_to_the_substitute_once(self):
        workflow = self.workflow(
            [
                self.task(
                    user="bert", deadline_days=2, on_deadline="substitute", substitute="cleo"
                ),
                mail("after"),
            ]
        )
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        task = self.todo(ada)
        self.run_engine(days=2)
        self.assertEqual(task.user_id, self.bert, "the last day is not over")
        self.run_engine(days=1)
        self.assertEqual(task.user_id, self.cleo)
        self.assertEqual(task.date_deadline, date(2026, 3, 7))
        self.run_engine(days=9)
        self.assertEqual((task.user_id, run.step_id.key), (self.cleo, "call"))
        self.do(task)
        self.assertEqual(self.reason(run, "call"), "done by Cleo")

    def late_workflow(self):
        late = {**self.task(user="bert", deadline_days=1, on_deadline="late")}
        late["branches"] = {
            "done": {"steps": [mail("thanks")]},
            "late": {"steps": [mail("sorry")]},
        }
        return self.workflow([late])

    def test_late_task_takes_its_branch_and_stays_to_be_done(self):
        ada = self.person()
        run = self.late_workflow().enroll(ada)
        self.run_engine()
        self.run_engine(days=2)
        self.assertPath(run, ("call", "done"), ("sorry", "queued"))
        self.assertEqual(self.reason(run, "call"), "not done in time")
        self.do(self.todo(ada))
        self.assertEqual(len(run.execution_ids), 2)

    def test_task_done_in_time_takes_the_other_branch(self):
        ada = self.person()
        run = self.late_workflow().enroll(ada)
        self.run_engine()
        self.do(self.todo(ada))
        self.run_engine(days=3)
        self.assertPath(run, ("call", "done"), ("thanks", "queued"))

    def test_deadline_moved_by_hand_is_the_deadline(self):
        ada = self.person()
        run = self.late_workflow().enroll(ada)
        self.run_engine()
        self.todo(ada).with_user(self.bert).date_deadline = date(2026, 3, 20)
        for _day in range(18):
            self.run_engine(days=1)
        self.assertEqual(run.step_id.key, "call", "its last day is the 20th")
        self.run_engine(days=1)
        self.assertEqual(self.path(run)[-1], ("sorry", "queued"))


@tagged("post_install", "-at_install", "mail_workflow")
class TestCases(PeopleCase):
    def test_month_end_goes_from_one_desk_to_the_next(self):
        """Month end: the bookkeeper closes, the manager signs; late, the owner is reminded."""
        close = self.task(
            "close",
            assignee="team",
            team="Shop team",
            deadline_days=2,
            on_deadline="late",
            branches={"late": {"steps": [self.task("remind", user="marketer")]}},
        )
        workflow = self.workflow(
            [close, self.task("sign", user="dora")],
            model="res.company",
            audience=[["id", "=", self.env.company.id]],
            triggers=[{"kind": "schedule", "unit": "months", "on": "last_day", "time": "17:00"}],
        )

        def todo(user):
            return self.env["mail.activity"].search([("user_id", "in", user.ids)])

        self.at(datetime(2026, 3, 31, 16, 59))
        self.run_engine()
        self.assertFalse(self.runs(workflow))
        self.run_engine(minutes=1)
        run = self.runs(workflow)
        self.assertEqual(run.res_id, self.env.company.id)
        self.assertEqual(todo(self.team.member_ids).summary, f"close: {self.env.company.name}")
        self.run_engine(days=3)
        self.assertEqual(run.step_id.key, "remind")
        self.do(todo(self.marketer))
        self.assertEqual(run.step_id.key, "sign")
        self.do(todo(self.dora).filtered(lambda task: "sign" in task.summary))
        self.assertState(run, "done")

    def test_weekly_task_is_a_new_one_each_time(self):
        workflow = self.workflow(
            [self.task("plan", assignee="owner", user="bert")],
            model="res.users",
            audience=[["login", "=", "bert"]],
            triggers=[{"kind": "schedule", "weekdays": ["mon"], "time": "10:00"}],
        )
        self.bert.partner_id.user_id = self.bert
        self.run_engine(hours=1)
        for week in range(3):
            run = self.runs(workflow)[-1]
            task = self.env["mail.activity"].search([("user_id", "=", self.bert.id)])
            self.assertEqual((task.summary, task.workflow_enrollment_id), ("plan: Bert", run), week)
            self.do(task)
            self.assertState(run, "done")
            self.run_engine(days=7)
        self.assertEqual(len(self.runs(workflow)), 4)


@tagged("post_install", "-at_install", "mail_workflow")
class TestRights(PeopleCase):
    def test_start_names_who_is_missing(self):
        workflow = self.workflow([self.task(assignee="team", team="Shop team")], start=False)
        self.team.member_ids = False
        with self.assertRaisesRegex(UserError, "has no members"):
            workflow.action_start()

    def test_publisher_who_may_not_post_on_the_records_is_refused(self):
        self.env["ir.model.access"].search(
            [("model_id.model", "=", "crm.lead"), ("group_id", "!=", False)]
        ).write({"perm_write": False})
        with self.assertRaisesRegex(UserError, "may not give tasks"):
            self.workflow([self.task(user="bert")], model="crm.lead")

    def test_lost_right_pauses_the_workflow_and_gives_nothing(self):
        clerk = new_test_user(
            self.env, login="clerk", groups=f"base.group_user,{WORKFLOW_GROUP}", tz="UTC"
        )
        workflow = self.workflow([wait("day", days=1), self.task(user="bert")], user=clerk)
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.env["ir.model.access"].search([("model_id.model", "=", "mail.activity")]).write(
            {"perm_create": False}
        )
        self.run_engine(days=2)
        self.assertEqual(workflow.state, "paused")
        self.assertFalse(self.todo(ada))
        self.assertEqual(run.step_id.key, "call")

    def test_who_gives_the_task_must_be_allowed_to_on_that_very_record(self):
        lead = self.lead()
        workflow = self.workflow([self.task(user="bert")], model="crm.lead")
        run = workflow.enroll(lead)
        self.env["ir.rule"].create(
            {
                "name": "Nobody writes it",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "domain_force": f"[('id', '!=', {lead.id})]",
                "perm_read": False,
            }
        )
        self.run_engine()
        self.assertFalse(self.todo(lead))
        self.assertState(run, "failed")
