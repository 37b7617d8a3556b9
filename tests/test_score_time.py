"""Scores fade and end, profiles change, thresholds are crossed."""

from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import wait
from .score_common import ScoreCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreTime(ScoreCase):
    def setUp(self):
        super().setUp()
        self.ada = self.person()

    def test_points_fade_by_half_life_and_the_ledger_says_so(self):
        self.engagement.half_life_days = 10
        self.rule("page_viewed", 40)
        self.views(self.ada, "/a")
        self.job(days=10)
        self.assertScore(self.ada, 21)  # the last midnight is nine hours ago
        self.assertEqual(sum(self.points(self.ada, reason="decay")), -19)
        self.job()
        self.job(days=90)
        self.assertScore(self.ada, 0)

    def test_missed_days_leave_the_same_lines(self):
        self.engagement.half_life_days = 10
        self.rule("page_viewed", 40, repeat="each")
        bob = self.person("Bob")
        self.views(self.ada, "/a")
        self.views(bob, "/a")
        ada_key, bob_key = self.ada.email_normalized, bob.email_normalized
        entries = self.env["mail.workflow.score.entry"]

        def lines(key):
            found = entries.search([("person_key", "=", key)], order="occurred_at, id")
            return [(line.occurred_at, line.points, line.reason) for line in found]

        for _day in range(12):
            self.job(days=1)
            # Bob's job was down
            if _day < 11:
                self.env.cr.execute(
                    "UPDATE mail_workflow_score SET fade_at = %s WHERE person_key = %s"
                    " AND dimension_id IS NOT NULL",
                    [self.now + timedelta(days=1), bob_key],
                )
        self.assertGreater(len(lines(ada_key)), 8)
        self.assertEqual(lines(ada_key), lines(bob_key))
        self.assertRebuilt()

    def test_the_score_of_any_day_is_known(self):
        self.rule("page_viewed", 5)
        for url in ("/a", "/b", "/c"):
            self.views(self.ada, url)
            self.after(days=10)
        scores = self.env["mail.workflow.score"]
        key = self.ada.email_normalized
        days = (1, 11, 21)
        found = [
            scores._as_of([key], self.model, self.now - timedelta(days=30 - day))[key]
            for day in days
        ]
        self.assertEqual([one[None] for one in found], [5, 10, 15])
        self.assertEqual(found[0][self.engagement.id], 5)

    def test_a_changed_half_life_counts_from_now_on(self):
        self.rule("page_viewed", 40)
        self.views(self.ada, "/a")
        self.job(days=30)
        self.assertScore(self.ada, 40)
        self.engagement.half_life_days = 10
        self.job()
        self.assertScore(self.ada, 40)
        self.job(days=10)
        self.assertScore(self.ada, 21)

    def test_points_end_where_the_rule_says_so(self):
        rule = self.rule("page_viewed", 5, repeat="once", expires_days=7)
        self.views(self.ada, "/a")
        self.job(days=6)
        self.assertScore(self.ada, 5)
        self.job(days=1)
        self.job(days=1)
        self.assertScore(self.ada, 0)
        self.assertEqual(self.points(self.ada, rule_id=rule.id), [5, -5])
        self.views(self.ada, "/a")
        self.assertScore(self.ada, 0)

    def test_a_changed_by_hand_line_says_who_and_why(self):
        self.adjust(self.ada, 10)
        self.assertScore(self.ada, 10)
        line = self.env["mail.workflow.score.entry"].search([])
        self.assertEqual((line.user_id, line.note), (self.marketer, "Met at the fair"))
        lead = self.env["crm.lead"].create({"name": "Lamps", "email_from": self.ada.email})
        self.adjust(lead, -3, "Left the company")
        self.assertScore(self.ada, 7)
        for points in (0, 10**9):
            with self.assertRaisesRegex(ValidationError, "10000"):
                self.adjust(self.ada, points)
        with self.assertRaisesRegex(UserError, "Nobody"):
            self.adjust(self.env["crm.lead"].create({"name": "No address"}), 5)


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreProfiles(ScoreCase):
    def setUp(self):
        super().setUp()
        self.ada, self.bob = self.person("Ada", city="Ghent"), self.person("Bob", city="Lyon")

    def ghent(self, **values):
        return self.rule(points=20, domain="[('city', '=', 'Ghent')]", **values)

    def test_who_matches_has_the_points_as_long_as_they_match(self):
        rule = self.ghent()
        self.assertEqual(rule.dimension_id, self.fit)
        self.assertTrue(rule.is_at_work)
        self.assertScore(self.ada, 0)
        self.job()
        self.assertFalse(rule.is_at_work)
        self.assertScore(self.ada, 20, self.fit)
        self.assertScore(self.bob, 0)
        self.ada.city, self.bob.city = "Rome", "Ghent"
        self.env.flush_all()
        self.job()
        self.assertScore(self.bob, 0)
        self.job(hours=1)
        self.assertScore(self.ada, 0)
        self.assertScore(self.bob, 20)
        self.ada.city = "Ghent"
        self.job(hours=1)
        self.assertScore(self.ada, 20)
        self.assertEqual(self.points(self.ada), [20, -20, 20])

    def test_a_changed_rule_gives_its_points_anew(self):
        rule = self.ghent()
        self.job()
        rule.points = 5
        self.job()
        self.assertScore(self.ada, 5)
        rule.active = False
        self.job()
        self.assertScore(self.ada, 0)

    def test_a_lead_can_be_the_profile(self):
        self.rule(points=9, record_model="crm.lead", domain="[('priority', '=', '3')]")
        lead = self.env["crm.lead"].create({"name": "Chairs", "email_from": "eve@x.example.com"})
        self.job(hours=1)
        self.assertEqual(lead.lead_score, 0)
        lead.priority = "3"
        self.job(hours=1)
        self.assertEqual(lead.lead_score, 9)

    def test_a_limit_that_leaves_nothing_ends_the_look(self):
        self.fit.cap = 20
        self.ghent()
        self.rule(points=5, domain="[]")
        self.job()
        self.assertScore(self.ada, 20, self.fit)
        self.job(hours=1)
        self.assertScore(self.ada, 20, self.fit)

    def test_a_domain_looks_at_what_its_writer_may_see(self):
        company = self.env["res.company"].create({"name": "Other shop"})
        self.ada.company_id = company
        self.ghent()
        self.job()
        self.assertScore(self.ada, 0)

    def test_a_rule_for_a_great_many_goes_by_in_batches(self):
        self.people(2500)
        self.env.flush_all()
        rule = self.rule(points=3, domain="[('name', 'like', 'Person ')]")
        self.job()
        self.assertEqual(rule.entry_count, 2500)
        self.assertRebuilt()

    def test_a_field_that_vanished_is_said_and_the_ledger_is_intact(self):
        rule = self.ghent()
        self.job()
        self.env.cr.execute(
            "UPDATE mail_workflow_scoring_rule SET domain = %s WHERE id = %s",
            ["[('x_gone', '=', 1)]", rule.id],
        )
        self.env.invalidate_all()
        self.rule(points=1, domain="[]")
        logger = "odoo.addons.mail_workflow_automation.models.mail_workflow_score_job"
        with self.assertLogs(logger, "WARNING"):
            self.job(hours=1)
        self.assertIn("x_gone", rule.problem)
        self.assertScore(self.ada, 21)


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreCrossed(ScoreCase):
    def setUp(self):
        super().setUp()
        self.ada = self.person()
        self.rule("page_viewed", 20, repeat="each")

    def hot(self, model="res.partner", **filters):
        return self.workflow(
            [wait("w", days=30)],
            model=model,
            name=f"Hot {filters} {model}",
            triggers=[{"kind": "score_crossed", "filters": {"points": 50, **filters}}],
            reentry={"policy": "each_event", "per": "event"},
        )

    def test_it_fires_on_the_way_up_once_and_again_after_a_fall(self):
        workflow = self.hot()
        counts = []
        for step in (20, 20, 20, 20, -45, 20):
            if step > 0:
                self.views(self.ada, f"/{len(counts)}")
            else:
                self.adjust(self.ada, step)
            self.run_engine()
            counts.append(len(self.runs(workflow)))
        self.assertEqual(self.score(self.ada), 55)
        self.assertEqual(counts, [0, 0, 1, 1, 1, 2])

    def test_a_dimension_or_a_model_alone(self):
        fit, engagement = self.hot(dimension="Fit"), self.hot(dimension="Engagement")
        both = self.hot()
        self.adjust(self.ada, 40, dimension_id=self.fit.id)
        for number in range(2):
            self.views(self.ada, f"/{number}")
        self.run_engine()
        self.assertEqual([len(self.runs(w)) for w in (fit, engagement, both)], [0, 0, 1])
        self.views(self.ada, "/again")
        self.run_engine()
        self.assertEqual([len(self.runs(w)) for w in (fit, engagement, both)], [0, 1, 1])

    def test_what_a_new_rule_finds_starts_nothing(self):
        workflow = self.hot()
        self.rule(points=60, domain="[]")
        self.job()
        self.run_engine()
        self.assertScore(self.ada, 60)
        self.assertFalse(self.runs(workflow))

    def test_the_lead_of_a_hot_person_gives_its_owner_a_task(self):
        lead = self.env["crm.lead"].create(
            {"name": "Chairs", "partner_id": self.ada.id, "user_id": self.marketer.id}
        )
        workflow = self.workflow(
            [{"key": "call", "kind": "task", "user": "marketer", "summary": "Call now"}],
            model="crm.lead",
            triggers=[{"kind": "score_crossed", "filters": {"points": 50}}],
        )
        for number in range(3):
            self.views(self.ada, f"/{number}")
        self.run_engine()
        self.assertEqual(self.runs(workflow).mapped("res_id"), lead.ids)
        self.assertEqual(lead.activity_ids.summary, "Call now")

    def test_the_step_gives_points_once_for_each_visit(self):
        workflow = self.workflow([{"key": "give", "kind": "score", "points": 7}, wait("w", days=1)])
        workflow.enroll(self.ada)
        self.run_engine()
        self.run_engine()
        self.assertScore(self.ada, 7)
        self.assertEqual(self.points(self.ada, reason="step"), [7])
        line = self.env["mail.workflow.score.entry"].search([])
        self.assertEqual(line.note, workflow.name)

    def test_a_step_without_points_does_not_start(self):
        for points in (0, 10**6):
            with self.assertRaisesRegex(UserError, "points"):
                self.workflow([{"key": "give", "kind": "score", "points": points}])
