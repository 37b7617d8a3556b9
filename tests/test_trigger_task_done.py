"""The event of a task that was done: any activity, of a workflow or not, on any record."""

from odoo.tests import tagged

from .common import mail, wait
from .people_common import PeopleCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestTaskDone(PeopleCase):
    def call(self, record, kind="call"):
        return record.activity_schedule(f"mail.mail_activity_data_{kind}", user_id=self.bert.id)

    def events(self):
        return self.env["mail.workflow.event"].search([("kind", "=", "task_done")], order="id")

    def follow_up(self, **values):
        return self.workflow([mail("thanks")], triggers=[{"kind": "task_done", **values}])

    def test_any_activity_that_is_done_brings_its_contact_in(self):
        workflow = self.follow_up()
        ada, lead = self.person(), self.lead()
        for record in (ada, lead):
            self.do(self.call(record))
        self.assertEqual(self.runs(workflow).partner_id, ada | lead.partner_id)
        self.assertEqual(len(self.mails(workflow)), 2)

    def test_activities_of_a_type_only(self):
        workflow = self.follow_up(filters={"type": "mail.mail_activity_data_call"})
        ada, grace = self.person("Ada"), self.person("Grace")
        self.do(self.call(ada))
        self.do(self.call(grace, "email"))
        self.assertEqual(self.runs(workflow).partner_id, ada)

    def test_cancelled_activity_is_no_event(self):
        workflow = self.follow_up()
        self.call(self.person()).with_user(self.bert).action_cancel()
        self.env.cr.flush()
        self.run_engine()
        self.assertFalse(self.events())
        self.assertFalse(self.runs(workflow))

    def test_nothing_is_written_when_nobody_listens(self):
        self.do(self.call(self.person()))
        self.assertFalse(self.events())

    def test_activities_done_at_once_are_one_insert(self):
        self.follow_up()
        records = self.people(5)
        activities = self.env["mail.activity"].union(*(self.call(record) for record in records))
        activities.with_user(self.bert).action_feedback()
        with self.assertQueryCount(2):  # the events, and whether the dispatcher is woken
            self.env["mail.workflow.event"]._write_pending()
        self.assertEqual(len(self.events()), 5)

    def test_task_of_another_run_of_the_person_resumes_nobody(self):
        task = self.task(user="bert")
        one, two = (self.workflow([task, wait("day", days=1)], name=name) for name in "ab")
        ada = self.person()
        first, second = one.enroll(ada), two.enroll(ada)
        self.run_engine()
        self.do(self.todo(ada)[0])
        keys = {first.step_id.key, second.step_id.key}
        self.assertEqual(keys, {"day", "call"})

    def test_goal_is_a_task_done_for_the_person(self):
        workflow = self.workflow(
            [wait("week", days=7)],
            goal={"kind": "task_done", "filters": {"type": "mail.mail_activity_data_call"}},
        )
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.do(self.call(ada))
        self.assertState(run, "goal")
