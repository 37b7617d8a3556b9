"""The screens of scoring in a browser, as a Workflow user."""

from odoo import fields
from odoo.tests import tagged

from benchmarks import past

from .common import new_marketer
from .page_common import TourCase
from .score_common import ScoreHands

RULES = "/odoo/action-mail_workflow_automation.mail_workflow_scoring_rule_action"
MODELS = "/odoo/action-mail_workflow_automation.mail_workflow_score_model_action"


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreScreens(ScoreHands, TourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = new_marketer(cls.env)
        cls.model = cls.env.ref("mail_workflow_automation.mail_workflow_score_model")
        cls.rules = cls.env["mail.workflow.scoring.rule"]

    def give(self, name, points):
        partner = self.env["res.partner"].create({"name": name, "email": f"{name}@x.example.com"})
        self.adjust(partner, points)

    def test_a_threshold_is_tried_before_it_is_saved(self):
        self.give("Ada", 60)
        self.give("Bob", 30)
        self.tour(f"{MODELS}/{self.model.id}", "mail_workflow_score_preview")
        self.assertEqual(self.model.hot_from, 50)

    def test_rules_are_suggested_with_evidence_and_added_by_a_click(self):
        past.write(self.env, past.people(6, 1500), fields.Datetime.now())
        self.tour(RULES, "mail_workflow_suggest_rules")
        rule = self.rules.search([])
        self.assertEqual(rule.event, {"kind": "page_viewed", "filters": {"url": "/pricing"}})
        self.assertEqual(rule.create_uid.login, "marketer")

    def test_rules_are_tested_beside_odoo_s_forecast(self):
        past.write(self.env, past.people(6, 600), fields.Datetime.now())
        self.rules.create(
            [
                {"points": 12, "event": {"kind": "page_viewed", "filters": {"url": "/pricing"}}},
                {"points": 9, "event": {"kind": "form_submitted"}},
            ]
        )
        self.tour(RULES, "mail_workflow_test_rules")
