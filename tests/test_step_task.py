"""Tasks: who gets them, who may take them, and what waits for them."""

from odoo.tests import tagged
from odoo.tools.mail import html2plaintext

from .common import mail, wait
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

    def test_the_lines_of_the_details_stay_lines(self):
        note = "First <call>,\nthen write.\n\nThen wait."
        workflow = self.workflow([self.task(user="bert", note=note)])
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        shown = self.todo(ada).note
        lines = html2plaintext(shown).split("\n")
        self.assertEqual(lines, [line for line in note.split("\n") if line])

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
