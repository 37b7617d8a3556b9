"""What other thresholds or rules would make of the scores, before anything is saved."""

from collections import Counter

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.mail_workflow_automation.engine import preview
from odoo.addons.mail_workflow_automation.models.mail_workflow_score_model import THRESHOLDS

from .score_common import ScoreCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestScorePreview(ScoreCase):
    def setUp(self):
        super().setUp()
        self.ada, self.bob, self.eve = self.person(), self.person("Bob"), self.person("Eve")
        self.adjust(self.ada, 60)
        self.adjust(self.ada, 45, dimension_id=self.fit.id)
        self.adjust(self.bob, 30)
        self.adjust(self.eve, 5)

    def preview(self, user=None, **values):
        previews = self.env["mail.workflow.score.model"].with_user(user or self.marketer)
        ledger = self.env["mail.workflow.score.entry"].search_count([])
        found = previews.get_preview(self.model.id, **values)
        self.assertEqual(self.env["mail.workflow.score.entry"].search_count([]), ledger)
        self.assertRebuilt()
        return found

    def grades(self, found, place):
        return {grade: cell[place] for grade, cell in found["table"].items() if cell[place]}

    def test_thresholds_move_people_before_they_are_saved(self):
        found = self.preview(thresholds={"hot_from": 25, "warm_from": 10, "grade_a": 50})
        self.assertEqual(found["people"], 3)
        self.assertEqual(self.grades(found, 0), {"a1": 1, "d2": 1, "d3": 1})
        self.assertEqual(self.grades(found, 1), {"b1": 1, "d1": 1, "d3": 1})
        hot = next(one for one in found["crossings"] if one["name"] == "hot_from")
        self.assertEqual((hot["now"], hot["then"], hot["up"], hot["down"]), (1, 2, 1, 0))
        moved = [(one["name"], one["grade"], one["grade_then"]) for one in found["movers"]]
        self.assertEqual(moved, [("Ada", "A, hot", "B, hot"), ("Bob", "D, warm", "D, hot")])
        self.assertEqual(self.model.hot_from, 50)
        self.assertEqual(self.grades(self.preview(), 1), {"a1": 1, "d2": 1, "d3": 1})

    def test_what_is_foreseen_is_what_comes(self):
        asked = {"grade_a": 46, "grade_b": 45, "grade_c": 2, "warm_from": 5, "hot_from": 31}
        foreseen = self.grades(self.preview(thresholds=asked), 1)
        self.model.write(asked)
        self.env.invalidate_all()
        people = self.ada | self.bob | self.eve
        self.assertEqual(foreseen, Counter(people.mapped("lead_grade")))

    def test_histogram_counts_everybody_once(self):
        found = self.preview(thresholds={"hot_from": 25})
        fit, engagement = found["charts"]
        self.assertEqual(fit["none"], [2, 2])
        self.assertEqual(sum(bar[0] for bar in engagement["bars"]), 3)
        self.assertEqual([mark["then"] for mark in engagement["marks"]], [20, 25])

    def test_a_new_rule_for_a_profile_gives_its_points_in_the_preview_only(self):
        self.bob.city = "Ghent"
        grace = self.person("Grace", city="Ghent")
        rule = {"basis": "profile", "points": 20, "domain": "[('city', '=', 'Ghent')]"}
        rule |= {"record_model": "res.partner", "dimension_id": self.fit.id}
        found = self.preview(rule=rule)
        self.assertEqual(found["people"], 4)
        self.assertEqual(self.grades(found, 1), {"a1": 1, "b2": 1, "b3": 1, "d3": 1})
        self.rule(**rule)
        self.job()
        self.assertEqual((self.bob.lead_grade, grace.lead_grade), ("b2", "b3"))

    def test_a_changed_rule_is_seen_without_what_it_gave_so_far(self):
        self.bob.city = "Ghent"
        rule = self.rule(points=20, domain="[('city', '=', 'Ghent')]")
        self.job()
        found = self.preview(rule_id=rule.id, rule={"points": 45})
        self.assertEqual(self.grades(found, 0), {"a1": 1, "b2": 1, "d3": 1})
        self.assertEqual(self.grades(found, 1), {"a1": 1, "a2": 1, "d3": 1})
        found = self.preview(rule_id=rule.id, rule={"active": False})
        self.assertEqual(self.grades(found, 1), {"a1": 1, "d2": 1, "d3": 1})

    def test_a_rule_for_what_people_do_is_tried_on_what_they_did(self):
        self.rule("page_viewed", 1, filters={"url": "/somewhere"})
        for url in ("/pricing", "/pricing", "/blog"):
            self.views(self.bob, url)
        rule = {"basis": "event", "event": {"kind": "page_viewed", "filters": {"url": "/pricing"}}}
        rule |= {"repeat": "subject", "window_days": 0, "dimension_id": self.engagement.id}
        found = self.preview(rule={**rule, "points": 25})
        self.assertEqual(self.grades(found, 1), {"a1": 1, "d1": 1, "d3": 1})
        self.assertFalse(found["is_cut"])
        each = self.preview(rule={**rule, "points": 10, "repeat": "each"})
        self.assertEqual(self.grades(each, 1), {"a1": 1, "d1": 1, "d3": 1})
        once = self.preview(rule={**rule, "points": 10, "repeat": "once"})
        self.assertEqual(self.grades(once, 1), {"a1": 1, "d2": 1, "d3": 1})

    def test_what_makes_no_sense_is_said_and_nothing_shown(self):
        for wrong in ({"hot_from": 20}, {"warm_from": 80}, {"grade_c": 0}, {"grade_a": False}):
            with self.subTest(wrong):
                self.assertIn("above", self.preview(thresholds=wrong)["problem"])
        wrong = {"basis": "profile", "points": 5, "domain": "[('x_gone', '=', 1)]"}
        self.assertIn("x_gone", self.preview(rule=wrong)["problem"])
        self.assertIn("10000", self.preview(rule={**wrong, "points": 10**9})["problem"])
        self.assertIn("choose", self.preview(rule={"basis": "event", "points": 5})["problem"])
        self.assertIn("so many", self.preview(thresholds={"hot_from": 10**9})["problem"])

    def test_whoever_may_not_see_the_model_sees_no_preview(self):
        seller = new_test_user(
            self.env, "seller", groups="base.group_user,sales_team.group_sale_salesman"
        )
        with self.assertRaises(AccessError):
            self.preview(user=seller)
        company = self.env["res.company"].create({"name": "Other shop"})
        self.model = self.env["mail.workflow.score.model"].create(
            {"name": "Other", "company_id": company.id}
        )
        with self.assertRaises(AccessError):
            self.preview()

    def test_a_contact_that_is_hidden_shows_the_address_only(self):
        company = self.env["res.company"].create({"name": "Other shop"})
        self.bob.company_id = company
        found = self.preview(thresholds={"hot_from": 25})
        (mover,) = found["movers"]
        self.assertEqual((mover["name"], mover["partner_id"]), (self.bob.email_normalized, False))

    def test_everybody_is_asked_for_in_two_queries_however_many(self):
        self.env.cr.execute(
            """
            INSERT INTO mail_workflow_score (
                   person_key, score_model_id, dimension_id, score, exact)
            SELECT 'many' || n || '@customer.example.com', %s, d, n %% 90, 0
              FROM generate_series(1, 20000) n, unnest(%s) d
            """,
            [self.model.id, [self.fit.id, self.engagement.id]],
        )
        previews = self.env["mail.workflow.score.model"]
        previews.get_preview(self.model.id)
        before = self.env.cr.sql_log_count
        found = previews.get_preview(self.model.id, thresholds={"hot_from": 60})
        self.assertLessEqual(self.env.cr.sql_log_count - before, 5)
        self.assertEqual(found["people"], 20_003)
        self.assertGreater(found["crossings"][0]["down"], 2000)

    def test_bars_are_of_readable_width_and_hold_everybody(self):
        marks = [("warm_from", 20, 20), ("hot_from", 50, 70)]
        found = preview.histogram([(0, 4, 2), (3, 3, 5), (10**6, 10**6, 1)], marks)
        self.assertEqual(found["none"], [2, 0])
        for place in (0, 1):
            everybody = sum(bar[place] for bar in found["bars"]) + found["none"][place]
            self.assertEqual(everybody, 8)
        self.assertEqual(found["bars"][-1], [1, 1])
        self.assertEqual(str(found["width"]).strip("0"), "2")


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreSettings(ScoreCase):
    def settings(self, **values):
        settings = self.env["res.config.settings"].create(values)
        settings.execute()
        self.env.invalidate_all()

    def test_thresholds_and_half_lives_are_set_in_the_settings(self):
        fields_ = {f"mail_workflow_score_{name}": self.model[name] for name in THRESHOLDS}
        shown = self.env["res.config.settings"].get_values()
        self.assertEqual({name: shown[name] for name in fields_}, fields_)
        # each alone would contradict the others
        self.settings(
            mail_workflow_score_grade_a=9,
            mail_workflow_score_grade_b=6,
            mail_workflow_score_grade_c=3,
            mail_workflow_score_engagement_half_life=30,
        )
        self.assertEqual([self.model.grade_a, self.model.grade_b, self.model.grade_c], [9, 6, 3])
        self.assertEqual(self.model.hot_from, 50)
        self.assertEqual(self.engagement.half_life_days, 30)
        self.assertEqual(self.fit.half_life_days, 0)

    def test_thresholds_that_contradict_each_other_change_nothing(self):
        with self.assertRaisesRegex(ValidationError, "hot begins"), self.env.cr.savepoint():
            self.settings(mail_workflow_score_warm_from=60)
        self.env.invalidate_all()
        self.assertEqual(self.model.warm_from, 20)

    def test_a_company_sets_the_model_that_it_shows(self):
        company = self.env["res.company"].create({"name": "Other shop"})
        own = self.env["mail.workflow.score.model"].create(
            {"name": "Own", "company_id": company.id, "is_default": True}
        )
        settings = self.env["res.config.settings"].with_company(company)
        settings.create({"mail_workflow_score_hot_from": 99}).execute()
        self.env.invalidate_all()
        self.assertEqual((own.hot_from, self.model.hot_from), (99, 50))

    def test_without_a_model_that_is_shown_nothing_is_asked(self):
        self.model.is_default = False
        with Form(self.env["res.config.settings"]) as form:
            self.assertFalse(form.mail_workflow_score_model_id)
        self.settings(mail_workflow_score_fit_half_life=10)
        self.assertEqual(self.fit.half_life_days, 10)
