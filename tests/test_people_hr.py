"""With Odoo's Employees and Time Off: who is on leave, and a new employee."""

from odoo.tests import new_test_user, tagged

from .common import WORKFLOW_GROUP
from .people_common import PeopleCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestTimeOff(PeopleCase):
    def on_leave(self, user):
        """Let a user be on leave this week, by a leave that was approved."""
        employee = self.env["hr.employee"].create({"name": user.name, "user_id": user.id})
        leave_type = self.env["hr.leave.type"].create(
            {"name": "Free", "requires_allocation": False, "leave_validation_type": "no_validation"}
        )
        leave = self.env["hr.leave"].create(
            {
                "holiday_status_id": leave_type.id,
                "employee_id": employee.id,
                "request_date_from": "2026-03-02",
                "request_date_to": "2026-03-06",
            }
        )
        self.assertEqual(leave.state, "validate")

    def test_team_in_turn_passes_over_who_is_on_leave(self):
        self.on_leave(self.cleo)
        workflow = self.workflow([self.task(assignee="team", team="Shop team")])
        people = self.people(4)
        workflow.enroll(people)
        self.run_engine()
        self.assertEqual(self.todo(*people).user_id, self.bert | self.dora)

    def test_substitute_takes_the_task_of_who_is_on_leave(self):
        self.on_leave(self.bert)
        workflow = self.workflow([self.task(user="bert", substitute="dora")])
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(self.todo(ada).user_id, self.dora)

    def test_without_a_substitute_it_waits_for_who_comes_back(self):
        self.on_leave(self.bert)
        workflow = self.workflow([self.task(user="bert")])
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(self.todo(ada).user_id, self.bert)

    def test_after_the_leave_it_is_their_turn_again(self):
        self.on_leave(self.cleo)
        workflow = self.workflow([self.task(assignee="team", team="Shop team")])
        people = self.people(3)
        workflow.enroll(people[:2])
        self.run_engine()
        self.run_engine(days=7)
        workflow.enroll(people[2])
        self.run_engine()
        self.assertEqual(self.todo(people[2]).user_id, self.cleo)


@tagged("post_install", "-at_install", "mail_workflow")
class TestNewEmployee(PeopleCase):
    def test_it_and_hr_get_their_tasks_at_once(self):
        officer = new_test_user(
            self.env,
            login="officer",
            groups=f"base.group_user,{WORKFLOW_GROUP},hr.group_hr_user",
            tz="UTC",
        )
        for user in (self.bert, self.cleo, self.dora):
            user.group_ids += self.env.ref("hr.group_hr_user")
        workflow = self.workflow(
            [
                self.task(
                    "Laptop",
                    assignee="anyone",
                    users=["bert", "dora"],
                    also=[{"summary": "Contract", "user": "cleo"}],
                ),
                self.task("Welcome", user="officer"),
            ],
            user=officer,
            model="hr.employee",
            triggers=[
                {"kind": "record_changed", "filters": {"model": "hr.employee", "on": "created"}}
            ],
        )
        employee = self.env["hr.employee"].with_user(officer).create({"name": "Eve"})
        self.env.cr.flush()
        self.run_engine()
        run = self.runs(workflow, employee)
        tasks = self.todo(employee).filtered("workflow_step_id")
        found = sorted((task.user_id.name, task.summary) for task in tasks)
        expected = [("Bert", "Laptop"), ("Cleo", "Contract"), ("Dora", "Laptop")]
        self.assertEqual(found, expected)
        self.do(tasks.filtered(lambda task: task.user_id == self.dora))
        self.assertEqual(run.step_id.key, "Laptop")
        self.do(tasks.exists().filtered(lambda task: task.user_id == self.cleo))
        welcome = self.todo(employee).filtered("workflow_step_id")
        self.assertEqual((welcome.user_id, welcome.summary), (officer, "Welcome"))
        self.do(welcome)
        self.assertState(run, "done")


@tagged("post_install", "-at_install", "mail_workflow")
class TestPartsAreTheirWorkflows(PeopleCase):
    def test_who_may_not_change_the_workflow_may_not_change_its_tasks(self):
        also = [{"summary": "Contract", "user": "cleo"}]
        workflow = self.workflow([self.task(user="bert", also=also)], start=False)
        part = workflow.step_ids.task_part_ids
        company = self.env["res.company"].create({"name": "Other shop"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="base.group_user,mail_workflow_automation.mail_workflow_group_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        colleague = new_test_user(
            self.env, login="colleague", groups=f"base.group_user,{WORKFLOW_GROUP}"
        )
        for user in (self.bert, colleague, stranger):
            for operation in ("read", "write", "unlink"):
                with self.subTest(user=user.login, operation=operation):
                    self.assertFalse(part.with_user(user).has_access(operation))
        self.assertTrue(part.with_user(self.marketer).has_access("write"))
