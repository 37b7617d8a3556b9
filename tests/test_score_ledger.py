"""Rules 39 to 44 where nothing else shows them: what the ledger takes once, limits, thresholds."""

import json
from datetime import datetime

from odoo.tests import tagged

from odoo.addons.mail_workflow_automation.engine.score import MANUAL, Move

from .common import wait
from .score_common import ScoreCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreLedger(ScoreCase):
    def setUp(self):
        super().setUp()
        self.ada = self.person()
        self.key = self.ada.email_normalized
        self.keeper = self.env["mail.workflow.score.keeper"]

    def move(self, points=5, dimension=None, **values):
        dimension = dimension or self.engagement
        return Move(self.key, self.model.id, dimension.id, points, self.now, **values)

    def apply(self, *moves):
        self.keeper._apply(list(moves), self.now)
        self.env.invalidate_all()

    def test_the_database_takes_a_line_of_one_event_and_rule_once(self):
        """As when two workers serve one event: neither knows of the other (rule 39)."""
        rule, other = self.rule("page_viewed"), self.rule("form_submitted")
        for _worker in range(2):
            self.apply(self.move(rule_id=rule.id, event_id=7))
        self.assertEqual(self.points(self.key), [5])
        self.assertScore(self.key, 5)
        self.apply(self.move(rule_id=other.id, event_id=7), self.move(rule_id=rule.id, event_id=8))
        self.assertScore(self.key, 15)

    def test_the_database_takes_what_is_given_once_for_a_person_once(self):
        rule = self.rule("page_viewed", repeat="once")
        for event_id in (7, 8):
            self.apply(self.move(rule_id=rule.id, event_id=event_id, once_key=self.key))
        self.assertEqual(self.points(self.key), [5])
        self.assertScore(self.key, 5)

    def test_a_line_is_taken_back_once(self):
        self.apply(self.move(rule_id=self.rule("page_viewed").id, event_id=7))
        self.apply(self.move(3, reason=MANUAL))
        line = self.env["mail.workflow.score.entry"].search([("event_id", "=", 7)])
        for _pass in range(2):
            self.keeper._take_back(line.ids, self.now)
        self.assertEqual(self.points(self.key), [5, 3, -5])
        self.assertScore(self.key, 3)
        self.assertTrue(line.is_void)
        self.assertEqual(line.points, 5, "the line itself is never changed")

    def test_a_rule_gives_a_person_no_more_than_its_limit_in_all(self):
        self.rule("page_viewed", 5, repeat="each", cap=12)
        bob = self.person("Bob")
        for number in range(4):
            self.views(self.ada, f"/{number}")
            self.after(days=2)
        self.views(bob, "/0")
        self.assertEqual(self.points(self.ada), [5, 5, 2])
        self.assertScore(bob, 5)

    def test_a_day_is_one_of_the_company_also_where_all_share_the_model(self):
        self.env.company.partner_id.tz = "Pacific/Auckland"
        self.rule("page_viewed", 5, repeat="each", day_cap=5)
        self.at(datetime(2026, 3, 2, 10, 30))  # 23:30 there
        self.views(self.ada, "/a")
        self.views(self.ada, "/b")
        self.assertScore(self.ada, 5)
        self.after(hours=1)
        self.views(self.ada, "/c")
        self.assertScore(self.ada, 10)

    def test_dimensions_fade_each_by_its_own_half_life(self):
        self.engagement.half_life_days = 10
        self.apply(self.move(40), self.move(40, dimension=self.fit))
        self.job(days=100)
        self.assertEqual(self.score(self.key, self.engagement), 0)
        self.assertScore(self.key, 40)


@tagged("post_install", "-at_install", "mail_workflow")
class TestThresholds(ScoreCase):
    def setUp(self):
        super().setUp()
        self.ada = self.person()

    def reached(self, points):
        return self.workflow(
            [wait("w", days=300)],
            name=f"From {points}",
            triggers=[{"kind": "score_crossed", "filters": {"points": points}}],
            reentry={"policy": "each_event", "per": "event"},
        )

    def counts(self, *workflows):
        self.run_engine()
        return [len(self.runs(workflow)) for workflow in workflows]

    def test_one_line_that_rises_over_two_fires_both_once(self):
        both = self.reached(20), self.reached(50)
        self.adjust(self.ada, 60)
        self.assertEqual(self.counts(*both), [1, 1])
        self.adjust(self.ada, -20)
        self.assertEqual(self.counts(*both), [1, 1])
        self.adjust(self.ada, 20)
        self.assertEqual(self.counts(*both), [1, 2])

    def test_the_number_itself_is_reached_and_one_less_is_not(self):
        workflow = self.reached(50)
        self.adjust(self.ada, 49)
        self.assertEqual(self.counts(workflow), [0])
        self.adjust(self.ada, 1)
        self.assertEqual(self.counts(workflow), [1])

    def test_what_faded_below_can_be_reached_again(self):
        self.engagement.half_life_days = 10
        workflow = self.reached(50)
        self.adjust(self.ada, 60)
        self.assertEqual(self.counts(workflow), [1])
        self.job(days=5)
        self.assertLess(self.score(self.ada), 50)
        self.assertEqual(self.counts(workflow), [1])
        self.adjust(self.ada, 20)
        self.assertEqual(self.counts(workflow), [2])


@tagged("post_install", "-at_install", "mail_workflow")
class TestNewRules(ScoreCase):
    def test_saving_a_rule_costs_the_same_however_many_it_concerns(self):
        def queries(domain):
            before = self.env.cr.sql_log_count
            self.rule(points=3, domain=domain)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self.people(1500)
        self.env.flush_all()
        queries("[('name', '=', 'Nobody')]")
        few = queries("[('name', '=', 'Person 1')]")
        self.assertEqual(queries("[('name', '=like', 'Person %')]"), few)
        self.assertFalse(self.env["mail.workflow.score.entry"].search_count([]))

    def test_a_long_past_is_counted_in_batches_each_event_once(self):
        ada = self.person()
        rule = self.rule("page_viewed", 1, repeat="each")
        self.env.cr.execute(
            """
            INSERT INTO mail_workflow_event (
                   kind, occurred_at, dispatched_at, partner_id, email_normalized, data, verdict)
            SELECT 'page_viewed', %s::timestamp - n * interval '1 minute', %s, %s, %s, %s, 'human'
              FROM generate_series(1, 2300) n
            """,
            [self.now, self.now, ada.id, ada.email_normalized, json.dumps({"url": "/a"})],
        )
        rule.action_apply_to_past()
        job, batches = self.env["mail.workflow.score.job"], []
        while rule.is_at_work:
            batches.append(job._count_past(self.now))
            self.env.invalidate_all()
        self.assertEqual(batches, [1000, 1000, 300])
        self.assertScore(ada, 2300)
        rule.action_apply_to_past()
        self.job()
        self.assertScore(ada, 2300)
