"""What the past says about a fact: arithmetic, held against scipy and scikit-learn."""

import math
import random

import numpy
from scipy import stats
from scipy.stats.contingency import relative_risk
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from odoo.tests import BaseCase, tagged

from benchmarks import past
from odoo.addons.mail_workflow_automation.engine import bayes, evidence, logistic, suggestion

TABLES = [
    *((15, 5, 20, 60), (0, 12, 40, 30), (7, 0, 1, 30), (3, 4, 30, 31), (1, 1, 1, 1)),
    *((400, 300, 700, 900), (30, 10, 2000, 1900), (5000, 4000, 20000, 22000)),
]


@tagged("post_install", "-at_install", "mail_workflow")
class TestEvidence(BaseCase):
    def test_what_chance_would_do_is_what_scipy_says(self):
        for cells in TABLES:
            table = numpy.array(cells).reshape(2, 2)
            if sum(cells) > evidence.EXACT and (stats.contingency.expected_freq(table) >= 5).all():
                expected = stats.chi2_contingency(table, correction=True).pvalue
            else:
                expected = stats.fisher_exact(table).pvalue
            with self.subTest(cells=cells):
                self.assertAlmostEqual(evidence.p_value(*cells), expected, places=9)
        self.assertEqual(evidence.p_value(0, 0, 10, 10), 1.0)

    def test_the_lift_is_the_relative_risk_with_its_interval(self):
        for won_with, lost_with, won_without, lost_without in TABLES:
            if not won_with or not lost_with:
                continue
            found = relative_risk(
                won_with, won_with + lost_with, won_without, won_without + lost_without
            )
            interval = found.confidence_interval(0.95)
            own = evidence.lift(won_with, lost_with, won_without, lost_without)
            expected = (found.relative_risk, interval.low, interval.high)
            for one, other in zip(own, expected, strict=True):
                self.assertAlmostEqual(one, other, places=9)
        for cells in ((0, 12, 40, 30), (12, 3, 0, 30), (0, 5, 0, 5)):
            low, high = evidence.lift(*cells)[1:]
            self.assertTrue(0 < low < high < math.inf)

    def test_log_odds_of_few_are_close_to_nothing_and_of_many_what_they_are(self):
        cells = (30, 10, 10, 30)
        many = evidence.log_odds(*(1000 * n for n in cells))
        self.assertAlmostEqual(many, math.log(9), places=2)
        sizes = [evidence.log_odds(*(n * more for n in cells)) for more in (0.1, 1, 10, 100)]
        self.assertEqual(sizes, sorted(sizes))
        self.assertLess(sizes[0], 0.5 * math.log(9))
        self.assertEqual(evidence.log_odds(0, 0, 50, 50), 0)
        self.assertTrue(0 < evidence.log_odds(3, 0, 50, 50) < 1)
        self.assertAlmostEqual(evidence.log_odds(9, 2, 5, 8), -evidence.log_odds(2, 9, 8, 5))

    def test_many_comparisons_are_corrected_as_scipy_does(self):
        chance = random.Random(1)
        for size in (1, 5, 100):
            values = [chance.random() ** 3 for _number in range(size)]
            adjusted = stats.false_discovery_control(values)
            expected = [place for place, value in enumerate(adjusted) if value <= 0.05]
            self.assertEqual(evidence.believable(values, 0.05), expected)
        self.assertEqual(evidence.believable([], 0.05), [])

    def test_the_area_under_the_curve_is_that_of_scikit_learn(self):
        chance = random.Random(2)
        for size, spread in ((20, 3), (300, 10), (300, 1000)):
            wins = [chance.random() < 0.4 for _number in range(size)]
            scores = [round(chance.gauss(win, 1) * spread) for win in wins]
            found = evidence.auc(scores, wins)
            self.assertAlmostEqual(found.value, roc_auc_score(wins, scores))
            self.assertTrue(0 < found.low < found.value < found.high < 1)
        self.assertIsNone(evidence.auc([1, 2], [True, True]))
        perfect = evidence.auc([3, 2, 1, 0], [True, True, False, False])
        self.assertEqual((perfect.value, perfect.high), (1, 1))
        self.assertLess(perfect.low, 0.5)

    def test_the_interval_of_the_area_holds_the_truth_19_times_of_20(self):
        chance, truth = random.Random(3), stats.norm.cdf(1 / math.sqrt(2))
        held = 0
        for _number in range(400):
            wins = [n % 3 == 0 for n in range(120)]
            found = evidence.auc([chance.gauss(win, 1) for win in wins], wins)
            held += found.low <= truth <= found.high
        self.assertTrue(0.92 <= held / 400 <= 0.98, held)

    def test_tenths_hold_everybody_once_and_the_same_score_together(self):
        scores = [*range(50), *[100] * 30, *[-5] * 20]
        groups = evidence.deciles(scores, [score > 40 for score in scores])
        self.assertEqual(sum(group.people for group in groups), 100)
        self.assertEqual(sum(group.won for group in groups), 39)
        self.assertEqual((groups[0].low, groups[0].high, groups[0].people), (100, 100, 30))
        self.assertEqual([g.low for g in groups], sorted((g.low for g in groups), reverse=True))
        self.assertLessEqual(len(groups), 10)

    def test_the_regression_is_that_of_scikit_learn(self):
        chance = random.Random(4)
        rows = [tuple(int(chance.random() < 0.3) for _n in range(4)) for _m in range(400)]
        wins = [chance.random() < 1 / (1 + math.exp(1 - 2 * a + b)) for a, b, *_rest in rows]
        found = logistic.fit([((1, *row), 1, win) for row, win in zip(rows, wins, strict=True)], 1)
        expected = LogisticRegression(C=1, tol=1e-9, max_iter=1000).fit(rows, wins)
        for own, other in zip(found.coefficients[1:], expected.coef_[0], strict=True):
            self.assertAlmostEqual(own, other, places=4)
        self.assertAlmostEqual(found.coefficients[0], expected.intercept_[0], places=4)

    def test_five_points_double_the_odds_and_none_are_worth_more_than_25(self):
        self.assertEqual(suggestion.points_of(math.log(2)), 5)
        self.assertEqual(suggestion.points_of(-math.log(4)), -10)
        self.assertEqual(suggestion.points_of(50), 25)

    def test_naive_bayes_learns_by_team_and_leaves_rare_tags_out(self):
        learned = [
            *[(1, [("country_id", 1), ("tag_id", 7)], True)] * 20,
            *[(1, [("country_id", 2)], False)] * 20,
            *[(2, [("country_id", 1)], False)] * 20,
        ]
        asked = [(1, [("country_id", 1)]), (1, [("tag_id", 7)]), (1, []), (2, []), (9, [])]
        found = bayes.chances(learned, asked)
        self.assertGreater(found[0], 0.98)
        self.assertAlmostEqual(found[1], found[2])
        self.assertLess(found[3], 0.01)
        self.assertAlmostEqual(found[4], 20.1 / 60.2)


@tagged("post_install", "-at_install", "mail_workflow")
class TestSuggestions(BaseCase):
    def test_pure_noise_is_worth_nothing(self):
        for count in (70, 200):
            self.assertGreaterEqual(past.silent(100, count), 95)

    def test_causes_are_found_and_what_goes_along_with_them_is_not(self):
        found = past.tried(10, 1000)
        self.assertGreater(found["all"], 40)
        self.assertLessEqual(found["false"], found["all"] / 20)
        self.assertGreater(found["found"], 0.8)
        self.assertLessEqual(sum(found["behind"]) / 10, 0.02)

    def test_a_cause_that_few_show_is_worth_less_than_one_that_many_show(self):
        def points(count):
            found = past.suggested(past.people(5, count))
            return {one.key: one.points for one in found}.get(("custom", "trial_started"), 0)

        self.assertTrue(0 <= points(100) <= points(4000))
        self.assertIn(points(4000), range(12, 17))

    def test_too_few_say_nothing(self):
        made = past.people(1, 40)
        self.assertEqual(past.suggested(made), [])

    def test_what_is_not_known_is_no_evidence(self):
        everybody = suggestion.mask(range(400))
        won = suggestion.mask(range(0, 400, 2))
        # noted only of the won, and of them half had it
        known = suggestion.mask(range(0, 400, 2))
        fact = suggestion.Fact("later", known, suggestion.mask(range(0, 400, 4)))
        self.assertEqual(suggestion.suggest(everybody, won, [fact]), [])
        fact = suggestion.Fact("known", everybody, suggestion.mask(range(0, 400, 4)))
        self.assertEqual(len(suggestion.suggest(everybody, won, [fact])), 1)
