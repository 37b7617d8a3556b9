"""A long ledger: totals stay its sums, and one person's score touches only that person's rows."""

from odoo.tests import tagged

from benchmarks import plans

from .plans import PlanCase
from .score_common import ScoreCase

LINES, PEOPLE = 100_000, 10_000


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreScale(ScoreCase, PlanCase):
    def seed(self):
        """Write a ledger of 100,000 lines of 10,000 people, with its totals."""
        self.env.cr.execute(
            """
            INSERT INTO mail_workflow_score_entry (
                   person_key, score_model_id, dimension_id, reason, points, occurred_at,
                   counted_at, is_void)
            SELECT 'seed' || n %% %(people)s || '@customer.example.com', %(model)s,
                   CASE WHEN n %% 3 = 0 THEN %(fit)s ELSE %(engagement)s END, 'manual', n %% 9 + 1,
                   %(now)s::timestamp - n * interval '1 minute', %(now)s, FALSE
              FROM generate_series(1, %(lines)s) n
            """,
            {
                "people": PEOPLE,
                "lines": LINES,
                "model": self.model.id,
                "fit": self.fit.id,
                "engagement": self.engagement.id,
                "now": self.now,
            },
        )
        self.env["mail.workflow.score"]._rebuild()
        # most people belong to a few large companies: of any contact it seems that it has thousands
        company = self.env["res.partner"].create({"name": "Large", "is_company": True})
        employee = self.person("Employee", email="employee@customer.example.com")
        employee.parent_id = company
        self.seed_copies(
            employee,
            PEOPLE,
            email_normalized="'seed' || n || '@customer.example.com'",
            is_company="n %% 2 = 0",
        )
        self.analyze("mail_workflow_score_entry", "mail_workflow_score", "res_partner")

    def test_rebuilt_totals_are_the_same_and_what_was_spoiled_is_mended(self):
        self.seed()
        scores = self.env["mail.workflow.score"]
        query = "SELECT count(*), sum(score), min(score) FROM mail_workflow_score"
        self.env.cr.execute(query)
        before = self.env.cr.fetchone()
        self.assertEqual(scores._rebuild(), 0)
        self.env.cr.execute("UPDATE mail_workflow_score SET score = score + 1 WHERE id % 100 = 0")
        self.env.cr.execute("DELETE FROM mail_workflow_score WHERE id % 1000 = 1")
        self.assertGreater(scores._rebuild(), 100)
        self.env.cr.execute(query)
        self.assertEqual(self.env.cr.fetchone(), before)

    def test_score_and_story_touch_only_the_rows_of_the_person(self):
        self.seed()
        ada = self.env["res.partner"].search(
            [("email_normalized", "=", "seed7@customer.example.com")]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        with plans.recorded(self.env) as queries:
            self.assertEqual(ada.lead_score, self.score(ada))
            self.assertTrue(ada.lead_score_story)
        found = [query for query in queries if "mail_workflow_score" in query]
        self.assertTrue(found)
        for query in found:
            if "EXPLAIN" in query or not query.lstrip().startswith(("SELECT", "WITH")):
                continue
            nodes = plans.explain(self.env, query)
            for table in ("mail_workflow_score_entry", "mail_workflow_score"):
                with self.subTest(query=query, table=table):
                    self.assertByIndex(nodes, table, 4 * LINES // PEOPLE * 13)

    def queries(self, events):
        """Return how many queries it takes to score so many events of as many people."""
        people = self.people(events)
        self.env["mail.workflow.event"].search([]).unlink()
        for partner in people:
            self.env["mail.workflow.event"]._emit(
                "page_viewed", partner=partner, data={"url": f"/{partner.id}"}
            )
        self.env.cr.flush()
        dispatcher = self.env["mail.workflow.dispatcher"]
        dispatcher._dispatch_batch(self.now, 1)
        before = self.env.cr.sql_log_count
        dispatcher._dispatch_batch(self.now, events)
        return self.env.cr.sql_log_count - before

    def test_a_batch_takes_as_many_queries_however_many_events_and_rules(self):
        for number in range(5):
            self.rule("page_viewed", number + 1, filters={"url": "/*"}, cap=100)
        few = self.queries(10)
        for number in range(15):
            self.rule("page_viewed", number + 1)
        self.assertEqual(self.queries(10), few)
        self.assertEqual(self.queries(1000), few)
