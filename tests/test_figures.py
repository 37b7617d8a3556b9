"""What a list of workflows and a form of steps shows of many people."""

from odoo.tests import tagged

from .common import mail, wait
from .plans import PlanCase

MANY = 100_000


@tagged("post_install", "-at_install", "mail_workflow")
class TestFigures(PlanCase):
    def setUp(self):
        super().setUp()
        self.made = self.workflow([mail("hello"), wait("day", days=1)])
        self.made.enroll(self.person())
        self.seed_runs(self.made, MANY - 1, "2027-01-01 09:00:00")
        self.hello = self.made.step_ids.filtered(lambda step: step.key == "hello")
        self.env.cr.execute(
            """
            INSERT INTO mail_workflow_execution (enrollment_id, step_id, visit_no, state, attempt)
            SELECT id, %s, 1, CASE WHEN id %% 10 = 0 THEN 'skipped' ELSE 'done' END, 1
              FROM mail_workflow_enrollment WHERE workflow_id = %s
            """,
            [self.hello.id, self.made.id],
        )
        day = self.made.step_ids - self.hello
        self.env.cr.execute(
            "UPDATE mail_workflow_enrollment SET step_id = %s"
            " WHERE workflow_id = %s AND id %% 2 = 0",
            [day.id, self.made.id],
        )
        self.analyze("mail_workflow_enrollment", "mail_workflow_execution")
        self.env.invalidate_all()

    def assertCountedByIndex(self, record, field, of, index):
        """Assert that figures need nothing but an index.

        Whether PostgreSQL takes the index alone depends on when the table was last vacuumed, which
        a test's transaction cannot do: the other ways are closed to it.
        """
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute("SET LOCAL enable_bitmapscan = off")
        for plan in self.plans_of(lambda: record[field], of=f'FROM "{of}"'):
            scans = [node for node in plan if "Scan" in node["Node Type"]]
            self.assertEqual([node["Node Type"] for node in scans], ["Index Only Scan"], scans)
            self.assertIn(scans[0]["Index Name"], index)

    def test_counts_of_a_workflow_are_read_from_an_index_alone(self):
        made = self.made.with_user(self.marketer)
        self.assertEqual((made.active_count, made.entered_count), (MANY, MANY))
        made.invalidate_recordset()
        runs = "mail_workflow_enrollment"
        self.assertCountedByIndex(made, "active_count", runs, [f"{runs}_by_state"])

    def test_figures_of_a_step_are_read_from_an_index_alone(self):
        hello = self.hello.with_user(self.marketer)
        self.assertEqual(hello.waiting_count, MANY // 2)
        self.assertEqual(hello.done_count + hello.skipped_count, MANY)
        for table in "mail_workflow_enrollment", "mail_workflow_execution":
            hello.invalidate_recordset()
            self.assertCountedByIndex(hello, "waiting_count", table, [f"{table}_by_step"])
