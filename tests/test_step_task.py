"""Tasks: who gets them, who may take them, what waits for them, what happens when they are late."""

from datetime import date

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import WORKFLOW_GROUP, mail, wait
from .people_common import PeopleCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestWaiting(PeopleCase):
    def test_run_stands_until_the_salesperson_has_done_it(self):
        workflow = self.workflow([self.task(user="bert"), mail("after")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.run_engine(days=3)
        self.assertEqual(run.step_id.key, "call")
        task = self.todo(ada)
        self.assertEqual((task.user_id, task.summary), (self.bert, "call"))
        self.assertEqual(task.create_uid, self.marketer, "given as whom the workflow runs")
        self.do(task)
        self.assertPath(run, ("call", "done"), ("after", "queued"))
        self.assertEqual(self.reason(run, "call"), "done by Bert")
        self.assertEqual(run.execution_ids.sorted("id")[0].log[-1]["by"], "Bert")

    def test_without_waiting_the_run_goes_on_at_once(self):
        given = {"key": "call", "kind": "task", "user": "bert", "summary": "Call"}
        workflow = self.workflow([given, mail("after")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.assertPath(run, ("call", "done"), ("after", "queued"))
        self.do(self.todo(ada))
        self.assertState(run, "done")

    def test_next_persons_task_comes_when_one_is_done(self):
        """The process workflow: hand-over from one to the next."""
        lead = self.lead(user_id=self.bert.id)
        workflow = self.workflow(
            [
                self.task("measure", assignee="owner"),
                self.task("offer", user="cleo"),
                self.task("check", user="dora"),
            ],
            model="crm.lead",
        )
        run = workflow.enroll(lead)
        self.run_engine()
        seen = []
        while self.todo(lead):
            task = self.todo(lead)
            seen.append((task.user_id.name, task.summary))
            self.do(task)
        self.assertEqual(seen, [("Bert", "measure"), ("Cleo", "offer"), ("Dora", "check")])
        self.assertState(run, "done")

    def test_cancelled_task_counts_as_decided_and_says_so(self):
        workflow = self.workflow([self.task(user="bert"), mail("after")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.todo(ada).with_user(self.bert).action_cancel()
        self.env.cr.flush()
        self.run_engine()
        self.assertPath(run, ("call", "skipped"), ("after", "queued"))
        self.assertEqual(self.reason(run, "call"), "task cancelled")

    def test_cancelled_task_lets_the_person_leave_where_the_step_says_so(self):
        workflow = self.workflow([self.task(user="bert", on_skip="leave"), mail("after")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.todo(ada).unlink()
        self.env.cr.flush()
        self.run_engine()
        self.assertState(run, "exited", "task cancelled")

    def test_reassigned_by_hand_it_is_done_by_who_has_it(self):
        workflow = self.workflow([self.task(user="bert"), mail("after")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        task = self.todo(ada)
        task.with_user(self.bert).user_id = self.cleo
        self.do(task, self.cleo)
        self.assertEqual(self.reason(run, "call"), "done by Cleo")

    def test_person_who_reaches_the_goal_leaves_no_task_behind(self):
        workflow = self.workflow(
            [self.task(user="bert"), mail("after")], goal={"kind": "order_confirmed"}
        )
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.cart(ada).action_confirm()
        self.env.cr.flush()
        self.run_engine()
        self.assertState(run, "goal")
        self.assertFalse(self.todo(ada))

    def test_deleted_record_ends_the_run(self):
        lead = self.lead()
        workflow = self.workflow([self.task(user="bert"), wait("day", days=1)], model="crm.lead")
        run = workflow.enroll(lead)
        self.run_engine()
        lead.unlink()
        self.run_engine()
        self.assertState(run, "exited", "record deleted")

    def test_wait_skipped_by_hand_takes_the_task_back(self):
        workflow = self.workflow([self.task(user="bert"), mail("after")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        run.with_user(self.marketer).action_skip_wait()
        self.run_engine()
        self.assertFalse(self.todo(ada))
        self.assertEqual(self.path(run)[-1], ("after", "queued"))

    def test_task_done_while_paused_counts_at_the_resume(self):
        workflow = self.workflow([self.task(user="bert"), mail("after")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        workflow.action_pause()
        self.do(self.todo(ada))
        self.assertFalse(self.mails(workflow))
        workflow.action_resume()
        self.run_engine()
        self.assertPath(run, ("call", "done"), ("after", "queued"))

    def test_second_visit_gives_a_second_task(self):
        again = {"key": "again", "kind": "goto", "target": "call", "max_visits": 2}
        workflow = self.workflow([self.task(user="bert"), again])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        first = self.todo(ada)
        self.do(first)
        second = self.todo(ada)
        self.assertEqual(len(second - first), 1)
        self.assertState(run, "active")
        self.do(second)
        self.assertState(run, "exited", "loop limit")
        self.assertFalse(self.todo(ada))


@tagged("post_install", "-at_install", "mail_workflow")
class TestSeveral(PeopleCase):
    def test_one_of_a_group_takes_it_and_the_others_lists_are_clear(self):
        workflow = self.workflow(
            [self.task(assignee="anyone", users=["bert", "cleo"]), mail("after")]
        )
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(self.todo(ada).user_id, self.bert | self.cleo)
        self.todo(ada, user=self.cleo).with_user(self.cleo).action_feedback()
        self.assertFalse(self.todo(ada), "at once, not with the next pass")
        self.env.cr.flush()
        self.run_engine()
        self.assertEqual(self.reason(run, "call"), "done by Cleo")
        self.assertPath(run, ("call", "done"), ("after", "queued"))

    def test_group_of_whom_anyone_takes_it_is_a_role_too(self):
        role = self.env["res.groups"].create({"name": "Packers"})
        self.dora.group_ids += role
        workflow = self.workflow([self.task(assignee="anyone", group="Packers")])
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(self.todo(ada).user_id, self.dora)

    def new_employee(self, **values):
        also = [{"summary": "Contract", "user": "cleo"}]
        task = self.task("Laptop", user="bert", also=also, **values)
        return self.workflow([task, self.task("Welcome", user="dora")])

    def test_it_and_hr_at_once_wait_for_both(self):
        workflow = self.new_employee()
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(
            [(task.user_id.name, task.summary) for task in self.todo(ada)],
            [("Bert", "Laptop"), ("Cleo", "Contract")],
        )
        self.do(self.todo(ada, user=self.cleo))
        self.assertEqual(run.step_id.key, "Laptop")
        self.assertEqual(self.todo(ada).user_id, self.bert)
        self.do(self.todo(ada))
        self.assertEqual(self.todo(ada).user_id, self.dora)
        self.assertEqual(self.reason(run, "Laptop"), "done by Bert, Cleo")

    def test_waiting_for_the_first_leaves_the_other_its_own_work(self):
        workflow = self.new_employee(wait_for="first")
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.do(self.todo(ada, user=self.cleo))
        self.assertEqual(run.step_id.key, "Welcome")
        self.assertEqual(self.todo(ada).user_id, self.bert | self.dora)

    def test_one_of_two_cancelled_the_other_is_waited_for(self):
        workflow = self.new_employee()
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.todo(ada, user=self.cleo).unlink()
        self.env.cr.flush()
        self.run_engine()
        self.assertEqual(run.step_id.key, "Laptop")
        self.do(self.todo(ada))
        self.assertEqual(run.step_id.key, "Welcome")


@tagged("post_install", "-at_install", "mail_workflow")
class TestWho(PeopleCase):
    def given(self, *people, **values):
        """Start a workflow with a task, let people in, and return the users of their tasks."""
        workflow = self.workflow([self.task(**values)])
        for person in people:
            workflow.enroll(person)
        self.run_engine()
        return [self.todo(person).user_id for person in people]

    def test_owner_is_the_records_else_the_contacts_else_the_workflows(self):
        workflow = self.workflow([self.task(assignee="owner")], model="crm.lead")
        ada = self.person("Ada", user_id=self.cleo.id)
        own = self.lead(user_id=self.bert.id)
        contacts = self.lead(partner_id=ada.id, user_id=False)
        nobodys = self.lead(user_id=False)
        for lead in (own, contacts, nobodys):
            workflow.enroll(lead)
        self.run_engine()
        found = [self.todo(lead).user_id for lead in (own, contacts, nobodys)]
        self.assertEqual(found, [self.bert, self.cleo, self.marketer])

    def test_team_shares_by_load(self):
        people = self.people(9)
        workflow = self.workflow([self.task(assignee="team", team="Shop team")])
        for person in people[:3]:
            workflow.enroll(person)
        self.run_engine()
        self.assertEqual(len({self.todo(person).user_id for person in people[:3]}), 3)
        for task in self.todo(*people[:3]).filtered(lambda one: one.user_id != self.cleo):
            self.do(task)
        workflow.enroll(people[3:5])
        self.run_engine()
        found = self.todo(*people[3:5]).user_id
        self.assertEqual(found, self.bert | self.dora, "who has least to do is next")
        workflow.enroll(people[5:])
        self.run_engine()
        counts = [len(self.todo(*people, user=user)) for user in (self.bert, self.cleo, self.dora)]
        self.assertEqual(sorted(counts), [2, 2, 3])

    def test_archived_member_of_the_team_gets_nothing(self):
        self.cleo.active = False
        found = self.given(*self.people(4), assignee="team", team="Shop team")
        self.assertEqual(self.env["res.users"].union(*found), self.bert | self.dora)

    def test_substitute_takes_over_from_who_is_archived(self):
        workflow = self.workflow([self.task(user="bert", substitute="dora")])
        self.bert.active = False
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(self.todo(ada).user_id, self.dora)

    def test_nobody_there_is_told_and_the_run_goes_on(self):
        workflow = self.workflow([self.task(user="bert"), mail("after")])
        self.bert.active = False
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.assertPath(run, ("call", "skipped"), ("after", "queued"))
        self.assertEqual(self.reason(run, "call"), "nobody is there to do it")


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
            reentry={"policy": "never", "per": "record"},
        )
        run = workflow.enroll(self.env.company)

        def todo(user):
            return self.env["mail.activity"].search([("user_id", "in", user.ids)])

        self.run_engine()
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
            reentry={"policy": "after_exit", "per": "record"},
        )
        self.bert.partner_id.user_id = self.bert
        for _week in range(3):
            run = workflow.enroll(self.bert)
            self.run_engine()
            task = self.env["mail.activity"].search([("user_id", "=", self.bert.id)])
            self.assertEqual(task.summary, "plan: Bert")
            self.do(task)
            self.assertState(run, "done")
            self.after(days=7)
        self.assertEqual(len(self.runs(workflow)), 3)


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
