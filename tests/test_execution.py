"""Each step once for each run: errors stay with their run, what is dead is visible."""

from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import MANAGER_GROUP, WorkflowCase, mail, wait

ADDON_LOGGER = "odoo.addons.mail_workflow_automation"
DAY = wait("day", days=1)


class ExecutionCase(WorkflowCase):
    def tag_step(self):
        self.env["res.partner.category"].create({"name": "Known"})
        return {"key": "known", "kind": "tag", "add": ["Known"]}

    def failing_tag(self, *people):
        """Let the step "tag" fail for these people, as a lost connection would."""
        ids = {person.id for person in people}
        return self.failing(
            "mail.workflow.step.tag",
            "_perform",
            lambda: ConnectionError("the line is dead"),
            when=lambda _self, _step, runs, *_rest: ids & set(runs.mapped("res_id")),
        )

    def execution(self, run, key):
        return run.execution_ids.filtered(lambda execution: execution.step_id.key == key)

    def kill(self, run):
        """Let a run fail until it is dead."""
        with self.failing_tag(self.env["res.partner"].browse(run.res_id)):
            for _attempt in range(5):
                self.run_engine(hours=1)
        self.assertState(run, "failed")

    def seed(self, workflow, count):
        """Bring so many people in, as copies of the run that is there."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO mail_workflow_enrollment (
                   workflow_id, company_id, res_model, res_id, partner_id, email_normalized,
                   entry_key, run_no, state, step_id, due_at, planned_at, visit_no, attempt,
                   entered_at)
            SELECT workflow_id, company_id, res_model, res_id, partner_id, email_normalized,
                   'seed' || n, 1, state, step_id, due_at, planned_at, 1, 0, entered_at
              FROM mail_workflow_enrollment, generate_series(1, %s) n WHERE workflow_id = %s
            """,
            [count, workflow.id],
        )
        self.env.invalidate_all()

    def run_batch(self):
        count = self.env["mail.workflow.runner"]._run_batch(fields.Datetime.now())
        self.env.invalidate_all()
        return count


@tagged("post_install", "-at_install", "mail_workflow")
class TestOnce(ExecutionCase):
    def test_delay_of_a_day_is_a_day(self):
        workflow = self.workflow([DAY, mail("hello")])
        workflow.enroll(self.person())
        self.run_engine()
        self.run_engine(hours=23, minutes=59)
        self.assertFalse(self.mails(workflow))
        self.run_engine(minutes=1)
        self.assertEqual(len(self.mails(workflow)), 1)
        self.run_engine()
        self.run_engine(days=2)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_visit_that_another_worker_carried_out_is_not_done_again(self):
        workflow = self.workflow([mail("hello"), DAY])
        runs = workflow.enroll(self.people(3))
        step = workflow.step_ids.filtered(lambda one: one.key == "hello")
        self.env["mail.workflow.execution"].sudo()._reserve(
            [(runs[1].id, step.id, 1, "done", "then")], fields.Datetime.now()
        )
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 2)
        for run in runs:
            self.assertEqual(run.step_id.key, "day")
            self.assertEqual(len(self.execution(run, "hello")), 1)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 2)

    def test_reserving_a_visit_twice_gives_it_to_the_first(self):
        workflow = self.workflow([mail("hello"), DAY])
        run = workflow.enroll(self.person())
        rows = [(run.id, run.step_id.id, 1, "queued", "then")]
        executions = self.env["mail.workflow.execution"].sudo()
        self.assertEqual(set(executions._reserve(rows, fields.Datetime.now())), {run.id})
        self.assertEqual(executions._reserve(rows, fields.Datetime.now()), {})

    def test_second_entry_gets_its_mails_again(self):
        again = {"policy": "after_exit", "per": "person"}
        workflow = self.workflow([mail("hello"), wait("hour", hours=1)], reentry=again)
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        self.run_engine(hours=1)
        workflow.enroll(ada)
        self.run_engine()
        self.run_engine(hours=1)
        first, second = self.mails(workflow)
        self.assertEqual(first.mailing_id, second.mailing_id)
        self.assertNotEqual(first.message_id, second.message_id)
        self.assertEqual(self.runs(workflow).mapped("state"), ["done", "done"])
        self.assertEqual((first | second).mapped("state"), ["outgoing", "outgoing"])

    def test_one_mail_per_address(self):
        workflow = self.workflow([mail("hello"), DAY], reentry={"per": "record"})
        twins = self.person("Ada") | self.person("Ada's phone", email="ada@customer.example.com")
        runs = workflow.enroll(twins)
        self.run_engine()
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 1)
        self.assertPath(runs[0], ("hello", "queued"))
        self.assertPath(runs[1], ("hello", "skipped"))
        self.assertEqual(self.reason(runs[1], "hello"), "duplicate address")

    def test_executions_and_people_explain_each_other(self):
        workflow = self.workflow([mail("hello"), DAY, mail("last")])
        workflow.enroll(self.people(5))
        workflow.enroll(self.person("Nobody", email=""))
        self.run_engine()
        self.run_engine(days=1)
        for key in ("hello", "day", "last"):
            states = self.runs(workflow).execution_ids.filtered(lambda x, k=key: x.step_id.key == k)
            self.assertEqual(len(states), 6, key)

    def test_what_a_step_changes_is_seen_by_the_next(self):
        """Even without a wait between them: the tag takes the person out of the audience."""
        self.env["res.partner.category"].create({"name": "Served"})
        serve = {"key": "serve", "kind": "tag", "add": ["Served"]}
        asked = {"key": "asked", "kind": "condition", "domain": [["name", "=", "Ada"]]}
        workflow = self.workflow(
            [asked, serve, mail("hello")],
            audience=[["category_id", "=", False]],
            recheck_audience=True,
        )
        run = workflow.enroll(self.person())
        self.run_engine()
        self.assertPath(run, ("asked", "done"), ("serve", "done"), ("hello", "skipped"))
        self.assertState(run, "exited", "left the audience")


@tagged("post_install", "-at_install", "mail_workflow")
class TestErrors(ExecutionCase):
    def test_error_of_one_of_many_lets_few_be_done_again(self):
        workflow = self.workflow([mail("hello"), DAY])
        people = self.people(200)
        runs = workflow.enroll(people)
        bad = runs.filtered(lambda run: run.res_id == people[77].id)
        tried = []

        def is_bad(mailer, step, some, *args):
            tried.append(len(some))
            return bad in some

        with self.failing("mail.workflow.mailer", "_queue", ValueError, is_bad):
            self.run_batch()
        self.assertEqual(len(self.mails(workflow)), 199)
        self.assertState(bad, "active")
        self.assertLessEqual(len(tried), 20, "halves of halves, not one by one")

    def test_template_error_of_number_25_stays_with_number_25(self):
        manager = new_test_user(
            self.env,
            login="manager",
            groups=f"base.group_user,{MANAGER_GROUP},mail.group_mail_template_editor",
            email="manager@shop.example.com",
        )
        body = '<p>Share: <t t-out="100 / object.color"/></p>'
        workflow = self.workflow([mail("hello", body=body), DAY], user=manager)
        people = self.people(50)
        people.color = 4
        people[24].color = 0
        runs = workflow.enroll(people)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 49)
        bad = runs.filtered(lambda run: run.res_id == people[24].id)
        self.assertEqual((runs - bad).step_id.mapped("key"), ["day"])
        self.assertState(bad, "failed")
        self.assertPath(bad, ("hello", "dead"))
        self.assertIn("Traceback", self.execution(bad, "hello").error)
        self.assertIn("division by zero", self.execution(bad, "hello").error)
        logs = {run.id: run.execution_ids.log for run in runs}
        self.run_engine(hours=1)
        self.assertEqual(len(self.mails(workflow)), 49)
        self.assertEqual({run.id: run.execution_ids.log for run in runs}, logs)

    def test_row_that_always_fails_is_tried_at_growing_intervals_then_dead(self):
        workflow = self.workflow([self.tag_step(), DAY])
        ada = self.person()
        run = workflow.enroll(ada)
        due = [self.now]
        with self.failing_tag(ada):
            while True:
                self.at(due[-1])
                self.run_engine()
                if run.state != "active":
                    break
                self.assertEqual(run.attempt, len(due))
                self.assertPath(run, ("known", "failed"))
                due.append(run.due_at + timedelta(seconds=1))
                self.assertLess(len(due), 20)
            pauses = [later - earlier for earlier, later in zip(due, due[1:], strict=False)]
            self.assertEqual(len(due), 5, "attempts")
            self.assertEqual(pauses, sorted(pauses))
            self.assertGreater(pauses[-1], 3 * pauses[0])
            self.assertState(run, "failed")
            self.assertFalse(run.due_at)
            self.assertPath(run, ("known", "dead"))
            self.assertIn("the line is dead", self.execution(run, "known").error)
            self.run_engine(days=2)
        self.assertEqual(self.execution(run, "known").attempt, 5)

    def test_error_costs_nobody_else_an_attempt(self):
        workflow = self.workflow([self.tag_step(), DAY])
        people = self.people(20)
        runs = workflow.enroll(people)
        with self.failing_tag(people[7]):
            self.run_engine()
        self.assertEqual(len(people.filtered("category_id")), 19)
        failed = runs.filtered(lambda run: run.execution_ids.state == "failed")
        self.assertEqual(failed.res_id, people[7].id)
        self.assertEqual(set((runs - failed).mapped("attempt")), {0})

    def test_success_after_a_failed_attempt_goes_on(self):
        workflow = self.workflow([self.tag_step(), DAY])
        ada = self.person()
        run = workflow.enroll(ada)
        with self.failing_tag(ada):
            self.run_engine()
        self.run_engine(minutes=2)
        self.assertPath(run, ("known", "done"))
        self.assertEqual(self.execution(run, "known").attempt, 2)
        self.assertEqual(run.step_id.key, "day")
        self.assertEqual(run.attempt, 0)
        self.assertTrue(ada.category_id)

    def test_retry_runs_the_dead_step_once_from_the_first_attempt(self):
        workflow = self.workflow([self.tag_step(), DAY])
        ada = self.person()
        run = workflow.enroll(ada)
        self.kill(run)
        run.with_user(self.marketer).action_retry()
        with self.failing_tag(ada):
            self.run_engine()
        self.assertState(run, "active")
        self.assertEqual(run.attempt, 1)
        self.assertEqual(self.execution(run, "known").attempt, 1)
        self.run_engine(hours=1)
        self.assertPath(run, ("known", "done"))
        self.assertEqual(run.step_id.key, "day")
        self.run_engine()
        self.assertPath(run, ("known", "done"))

    def test_retry_of_the_execution_does_the_same(self):
        workflow = self.workflow([self.tag_step(), DAY])
        run = workflow.enroll(self.person())
        self.kill(run)
        self.execution(run, "known").with_user(self.marketer).action_retry()
        self.run_engine()
        self.assertPath(run, ("known", "done"))

    def test_retry_of_what_failed_does_not_wait_for_the_next_attempt(self):
        workflow = self.workflow([self.tag_step(), DAY])
        ada = self.person()
        run = workflow.enroll(ada)
        with self.failing_tag(ada):
            self.run_engine()
        self.assertPath(run, ("known", "failed"))
        self.run_engine()
        self.assertPath(run, ("known", "failed"))
        self.execution(run, "known").with_user(self.marketer).action_retry()
        self.run_engine()
        self.assertPath(run, ("known", "done"))
        self.assertIn(self.marketer.name, str(run.log))

    def test_trouble_with_the_mail_server_is_told_as_such(self):
        run = self.workflow([mail("hello")]).enroll(self.person())
        self.run_engine()
        execution = self.execution(run, "hello")
        refused = "[Errno 111] Connection refused"
        execution.sudo()._note_mail_fate("mail_smtp", refused, fields.Datetime.now())
        self.assertEqual(execution.state, "failed")
        self.assertIn("outgoing mail server", execution.reason)
        self.assertIn(refused, execution.reason)

    def test_execution_is_known_by_its_step_and_its_record(self):
        run = self.workflow([mail("hello")]).enroll(self.person(name="Ada"))
        self.run_engine()
        known = self.execution(run, "hello").with_user(self.marketer).display_name
        self.assertEqual(known, "E-mail · Ada")

    def test_skip_leaves_the_dead_step_out(self):
        workflow = self.workflow([self.tag_step(), DAY, mail("last")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.kill(run)
        run.with_user(self.marketer).action_skip_step()
        self.run_engine()
        self.assertPath(run, ("known", "skipped"))
        self.assertFalse(ada.category_id)
        self.run_engine(days=1)
        self.assertPath(run, ("known", "skipped"), ("day", "done"), ("last", "queued"))

    def test_what_is_done_cannot_be_retried(self):
        workflow = self.workflow([self.tag_step(), DAY])
        run = workflow.enroll(self.person()).with_user(self.marketer)
        self.run_engine()
        with self.assertRaises(UserError):
            run.action_retry()
        with self.assertRaises(UserError):
            run.action_skip_step()
        with self.assertRaises(UserError):
            self.execution(run, "known").with_user(self.marketer).action_retry()
        self.assertPath(run, ("known", "done"))

    def test_owner_is_told_once_of_many_dead_runs(self):
        workflow = self.workflow([self.tag_step(), DAY])
        people = self.people(3)
        workflow.enroll(people)
        with self.failing_tag(*people):
            for _attempt in range(5):
                self.run_engine(hours=1)
        self.assertEqual(self.runs(workflow).mapped("state"), ["failed"] * 3)
        notes = (
            self.env["mail.message"]
            .search([("model", "=", "mail.workflow"), ("res_id", "=", workflow.id)])
            .filtered(lambda note: self.marketer.partner_id in note.notified_partner_ids)
        )
        self.assertEqual(len(notes), 1)
        self.assertIn("the line is dead", notes.body)

    def test_owner_who_cannot_be_told_costs_nobody_their_step(self):
        workflow = self.workflow([self.tag_step(), DAY])
        people = self.people(5)
        runs = workflow.enroll(people)
        broken = self.failing(
            "mail.workflow", "message_notify", lambda: ValueError("no way to tell")
        )
        with broken, self.failing_tag(people[0]), self.assertLogs(ADDON_LOGGER, level="ERROR"):
            for _attempt in range(5):
                self.run_engine(hours=1)
        self.assertEqual(len(people.filtered("category_id")), 4)
        self.assertState(runs.filtered(lambda run: run.res_id == people[0].id), "failed")

    def test_conflict_with_others_is_no_failed_attempt_even_inside_another_error(self):
        workflow = self.workflow([self.tag_step(), DAY])
        run = workflow.enroll(self.person())

        def conflict():
            error = UserError("the page could not be made")
            error.__cause__ = pg_errors.SerializationFailure("changed meanwhile")
            return error

        # in a transaction of its own the engine would do the batch again
        with (
            self.failing("mail.workflow.step.tag", "_perform", conflict),
            self.assertRaises(pg_errors.SerializationFailure),
        ):
            self.run_engine()
        self.run_engine()
        self.assertPath(run, ("known", "done"))
        self.assertEqual(self.execution(run, "known").attempt, 1)
