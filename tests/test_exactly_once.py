"""Twice asked is once done: what the database itself guards, with real processes side by side."""

import tempfile
from unittest.mock import patch

import pytest
from psycopg2 import errors as pg_errors

from odoo.tests import tagged

from tests import jobs
from tests.workers import Workers

from .common import mail, wait
from .test_execution import DAY, ExecutionCase

WAIT = {"key": "later", "kind": "wait", "days": 1}
RUNS = """
    SELECT count(*), count(DISTINCT entry_key), count(*) FILTER (WHERE state = 'active')
      FROM mail_workflow_enrollment WHERE workflow_id = %s
"""


@pytest.fixture(scope="module")
def workers():
    with Workers("once") as running:
        yield running


def contacts(workers, count):
    """Make contacts who are in no workflow yet."""
    workers.query("DELETE FROM res_partner WHERE email LIKE 'together%%'")
    for number in range(count):
        values = {"name": f"Person {number}", "email": f"together{number}@customer.example.com"}
        workers.run(jobs.create, model="res.partner", values=values)


def test_two_who_enroll_the_same_people_at_once_bring_each_in_once(workers):
    contacts(workers, 30)
    workflow = workers.run(jobs.arrange, steps=[WAIT], people=0)
    with tempfile.TemporaryDirectory() as folder:
        names = ["one", "other"]
        both = [
            workers.start(
                jobs.enroll_again, workflow_id=workflow, folder=folder, name=name, others=names
            )
            for name in names
        ]
        made = [job.result() for job in both]
    assert sum(made) == 30
    assert workers.query(RUNS, workflow) == [(30, 30, 30)]


def test_two_dispatchers_bring_a_person_of_two_events_in_once(workers):
    contacts(workers, 30)
    workflow = workers.run(
        jobs.arrange,
        steps=[WAIT],
        triggers=[{"kind": "custom", "name": "left"}, {"kind": "custom", "name": "right"}],
    )
    workers.run(jobs.emit_for_all, names=["left", "right"])
    with tempfile.TemporaryDirectory() as folder:
        names = ["one", "other"]
        both = [
            workers.start(jobs.pass_of, lane="dispatcher", folder=folder, name=name, others=names)
            for name in names
        ]
        for job in both:
            job.result()
    workers.run(jobs.pass_of, lane="dispatcher")
    assert workers.query(RUNS, workflow) == [(30, 30, 30)]
    open_events = "SELECT count(*) FROM mail_workflow_event WHERE dispatched_at IS NULL"
    assert workers.count(open_events) == 0


def test_a_claim_is_the_first_statement_of_its_transaction(workers):
    workers.run(jobs.arrange, steps=[WAIT], people=5, prefix="claimed")
    workers.run(jobs.emit_for_all, names=["left"])
    for lane in ("runner", "dispatcher", "mail"):
        transactions = workers.run(jobs.transactions_of_pass, lane=lane)
        assert transactions, f"the {lane} claims"
        for statements in transactions:
            assert statements[0], f"the {lane} looks around before it claims"


@tagged("post_install", "-at_install", "mail_workflow")
class TestGuards(ExecutionCase):
    """Rule 8: the keys are unique in the database, and none of their columns can be empty."""

    def copy_row(self, table, row_id, **changes):
        """Insert a row a second time, with some columns changed."""
        self.env.cr.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attname != 'id'",
            [table],
        )
        columns = [row[0] for row in self.env.cr.fetchall()]
        values = ", ".join("%s" if column in changes else column for column in columns)
        parameters = [changes[column] for column in columns if column in changes]
        with self.env.cr.savepoint(flush=False):
            self.env.cr.execute(
                f"INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608 names of this file
                f" SELECT {values} FROM {table} WHERE id = %s",
                [*parameters, row_id],
            )

    def test_no_second_open_run_no_second_number_no_second_visit(self):
        workflow = self.workflow([mail("hello"), DAY])
        run = workflow.enroll(self.person())
        self.run_engine()
        self.env.flush_all()
        execution = run.execution_ids[:1]
        refused = [
            ("mail_workflow_enrollment", run.id, {"run_no": 2}),
            ("mail_workflow_enrollment", run.id, {"state": "done"}),
            ("mail_workflow_execution", execution.id, {"state": "done"}),
        ]
        for table, row_id, changes in refused:
            with (
                self.subTest(table=table, **changes),
                self.assertLogs("odoo.sql_db", "ERROR"),
                self.assertRaises(pg_errors.UniqueViolation),
            ):
                self.copy_row(table, row_id, **changes)
        self.copy_row("mail_workflow_enrollment", run.id, run_no=2, state="done")
        self.copy_row("mail_workflow_execution", execution.id, visit_no=2)

    def test_no_column_of_a_key_can_be_empty(self):
        self.env.cr.execute(
            """
            SELECT a.attname
              FROM pg_index i
              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
             WHERE i.indisunique AND NOT a.attnotnull
               AND i.indrelid IN ('mail_workflow_enrollment'::regclass,
                                  'mail_workflow_execution'::regclass)
            """
        )
        self.assertEqual(self.env.cr.fetchall(), [])

    def test_unique_violation_of_one_record_keeps_nobody_else(self):
        """A real error of the database, after which no statement works until a savepoint."""
        workflow = self.workflow([self.tag_step(), mail("hello"), wait("day", days=1)])
        people = self.people(100)
        runs = workflow.enroll(people)
        bad = runs[42]
        blacklist = self.env["mail.blacklist"].create({"email": "taken@customer.example.com"})

        def violates(kind, step, some, *args):
            if bad in some:
                kind.env.cr.execute("INSERT INTO mail_blacklist (email) VALUES (%s)", [taken])
            return False

        taken = blacklist.email
        with (
            self.failing("mail.workflow.step.tag", "_perform", Exception, violates),
            self.assertLogs("odoo.sql_db", "ERROR"),
        ):
            self.run_engine()
            self.run_engine(minutes=1)
        self.assertEqual(len(self.mails(workflow)), 99)
        self.assertEqual((runs - bad).step_id.mapped("key"), ["day"])
        self.assertPath(bad, ("known", "failed"))
        self.assertEqual(bad.attempt, 1)
        self.run_engine(hours=1)
        self.assertEqual(len(self.mails(workflow)), 100)


@tagged("post_install", "-at_install", "mail_workflow")
class TestSideBySide(ExecutionCase):
    """What two workers did at the same time, unseen by each other."""

    def test_of_two_mails_queued_side_by_side_for_one_address_the_first_goes_out(self):
        workflow = self.workflow([mail("hello"), DAY], reentry={"per": "record"})
        ada, also_ada = self.person("Ada"), self.person("Also", email="ada@customer.example.com")
        runs = workflow.enroll(ada | also_ada)
        # the second worker's snapshot has no execution of the first one's
        with patch.object(type(self.env["mail.workflow.gate"]), "_duplicates", lambda *args: {}):
            self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 2)
        self.env["mail.mail"]._cron_send_workflow_mail()
        first, second = runs.sorted("id")
        self.assertNotEqual(self.path(first), [("hello", "skipped")])
        self.assertPath(second, ("hello", "skipped"))
        self.assertEqual(self.reason(second, "hello"), "duplicate address")

    def test_a_mail_that_was_opened_before_its_batch_was_written_stays_opened(self):
        workflow = self.workflow([mail("hello"), DAY])
        run = workflow.enroll(self.person())
        self.run_engine()
        trace = run.execution_ids.mailing_trace_id
        trace.set_opened()
        self.mails(workflow)._note_fates({self.mails(workflow).id: None})
        self.assertEqual(trace.trace_status, "open")
        self.assertTrue(trace.sent_datetime)
        self.assertPath(run, ("hello", "done"))
