"""What makes no sense is refused where it is typed, with a sentence; the ledger stays as it is."""

from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import wait
from .score_common import ScoreCase

EACH = {"policy": "each_event", "per": "event"}
HOT = [{"kind": "score_crossed", "filters": {"points": 50}}]


@tagged("post_install", "-at_install", "mail_workflow")
class TestBadInput(ScoreCase):
    def setUp(self):
        super().setUp()
        self.ada = self.person()
        self.adjust(self.ada, 30)
        self.addCleanup(self.check_ledger)

    def check_ledger(self):
        self.assertEqual(self.points(self.ada)[0], 30)
        self.assertRebuilt()

    def form(self, record, **values):
        """Fill in a form as a Workflow user and save it."""
        with Form(record.with_user(self.marketer)) as form:
            for name, value in values.items():
                form[name] = value

    def refused(self, words, record, error=ValidationError, **values):
        with self.assertRaisesRegex(error, words), self.env.cr.savepoint():
            self.form(record, **values)

    def test_thresholds_that_contradict_each_other(self):
        for words, values in (
            ("hot begins above warm", {"warm_from": 50}),
            ("hot begins above warm", {"warm_from": 0}),
            ("A begins above B", {"grade_b": 40}),
            ("C above 0", {"grade_c": -5}),
            ("nobody has so many points", {"hot_from": 10**9}),
        ):
            with self.subTest(values):
                self.refused(words, self.model, **values)
        self.assertEqual((self.model.warm_from, self.ada.lead_grade), (20, "d2"))

    def test_points_of_a_thousand_million(self):
        rules = self.env["mail.workflow.scoring.rule"]
        for points in (10**9, -(10**9)):
            event = {"kind": "page_viewed", "filters": {}}
            self.refused("from 1 to 10000 points", rules, points=points, event=event)
            self.refused("from 1 to 10000 points", self.rule("page_viewed"), points=points)
            with self.assertRaisesRegex(ValidationError, "from 1 to 10000"):
                self.adjust(self.ada, points)
        self.refused("limits and days", self.rule("page_viewed"), window_days=10**9)
        with self.assertRaisesRegex(UserError, r"steps\[0\].points: must be a number"):
            self.workflow([{"key": "give", "kind": "score", "points": 10**9}], start=False)
        workflow = self.workflow([{"key": "give", "kind": "score", "points": -9}], start=False)
        self.form(workflow.step_ids, score_points=10**9)
        self.assertIn("from 1 to 10000 points", workflow.problems)
        with self.assertRaisesRegex(UserError, "from 1 to 10000 points"):
            workflow.action_start()

    def test_the_highest_rules_together_fit_into_the_database(self):
        self.rule("page_viewed", 10_000, repeat="each")
        for number in range(12):
            self.views(self.ada, f"/{number}")
        self.assertScore(self.ada, 120_030)

    def test_a_field_that_was_deleted_is_said_and_every_screen_goes_on(self):
        field = self.env["ir.model.fields"].create(
            {
                "name": "x_shoe_size",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "ttype": "integer",
                "state": "manual",
            }
        )
        self.ada.x_shoe_size = 47
        rule = self.rule(points=9, domain="[('x_shoe_size', '>', 45)]")
        self.job()
        self.assertScore(self.ada, 39)
        field.unlink()
        self.env.invalidate_all()
        self.assertIn("x_shoe_size", rule.with_user(self.marketer).problem)
        self.ada.city = "Ghent"
        self.env.cr.flush()
        self.serve()
        with self.assertLogs("odoo.addons.mail_workflow_automation", "WARNING"):
            self.job(hours=1)
        self.assertScore(self.ada, 39)
        self.assertIn("Profile: Contacts", self.ada.lead_score_story)
        preview = self.env["mail.workflow.score.model"].with_user(self.marketer)
        found = preview.get_preview(self.model.id, rule_id=rule.id, rule={"points": 4})
        self.assertIn("x_shoe_size", found["problem"])
        self.refused("x_shoe_size", rule, domain="[('x_shoe_size', '>', 44)]")
        self.form(rule, domain="[('name', '=', 'Ada')]")
        self.job()
        self.assertScore(self.ada, 39)

    def test_an_event_of_the_future_gives_nothing_and_later_ones_do(self):
        self.rule("custom", 5, event_name="trial_started", repeat="once")
        soon = self.now + timedelta(days=400)
        for at in (soon, None):
            self.env["mail.workflow.event"].emit(
                "custom", record=self.ada, data={"name": "trial_started"}, occurred_at=at
            )
        self.env.cr.flush()
        with self.assertLogs("odoo.addons.mail_workflow_automation", "WARNING"):
            self.serve()
        self.assertScore(self.ada, 35)

    def test_a_hot_lead_workflow_that_makes_the_lead_hot_again_ends(self):
        """Its step lets the score fall below the threshold and rise over it."""
        steps = [
            {"key": "down", "kind": "score", "points": -60},
            {"key": "up", "kind": "score", "points": 60},
        ]
        for number, pause in enumerate(([], [wait("w", hours=1)])):
            workflow = self.workflow(
                [steps[0], *pause, steps[1]], name=f"N {number}", triggers=HOT, reentry=EACH
            )
            self.adjust(self.ada, 60)
            for _pass in range(8):
                self.run_engine(hours=1)
            self.assertEqual(len(self.runs(workflow)), 1)
            self.assertScore(self.ada, 90)
            workflow.action_stop()
            self.adjust(self.ada, -60)

    def test_a_rule_that_counts_what_the_hot_lead_workflow_does_ends(self):
        """The workflow takes points and sets a tag, for which a rule gives them back."""
        tag = self.env["res.partner.category"].create({"name": "Called"})
        self.rule("tag_added", 60, repeat="each", filters={"tag": tag.id})
        workflow = self.workflow(
            [
                {"key": "down", "kind": "score", "points": -60},
                {"key": "off", "kind": "tag", "remove": ["Called"]},
                {"key": "on", "kind": "tag", "add": ["Called"]},
            ],
            triggers=HOT,
            reentry=EACH,
        )
        self.adjust(self.ada, 40)
        for _pass in range(8):
            self.run_engine(hours=1)
        self.assertEqual(len(self.runs(workflow)), 1)
        self.assertScore(self.ada, 70)

    def test_two_workflows_that_heat_and_cool_in_turn_are_bounded(self):
        flows = [
            self.workflow(
                [
                    {"key": "down", "kind": "score", "points": -60},
                    {"key": "up", "kind": "score", "points": 60},
                ],
                name=name,
                triggers=HOT,
                reentry=EACH,
            )
            for name in ("First", "Second")
        ]
        self.adjust(self.ada, 40)
        for _pass in range(30):
            self.run_engine(minutes=1)
        for workflow in flows:
            self.assertLessEqual(len(self.runs(workflow)), 12)
        self.assertRebuilt()
