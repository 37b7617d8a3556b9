"""How a score adds up and fades: arithmetic without a database."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase, tagged

from odoo.addons.mail_workflow_automation.engine.score import (
    MOST_TOTAL,
    Memory,
    Move,
    Standing,
    rounded,
)

START = datetime(2026, 3, 2, 9, 0)
UTC = ZoneInfo("UTC")


def move(points, at=START, **values):
    return Move("ada@customer.example.com", 1, 1, points, at, **values)


def played(moves, looks, half_life_days, **values):
    """Return the lines ``[(when, change)]`` of moves, with looks of the job in between."""
    standing = Standing(half_life_days=half_life_days, **values)
    lines = []
    todo = [(one.occurred_at, 0, one) for one in moves] + [(at, 1, None) for at in looks]
    for at, _order, one in sorted(todo, key=lambda entry: entry[:2]):
        lines += standing.fade(at)
        if one:
            lines.append((at, standing.add(one)))
    return standing, lines


@tagged("post_install", "-at_install", "mail_workflow")
class TestStanding(BaseCase):
    def test_half_is_left_after_the_half_life(self):
        standing, lines = played([move(100)], [START + timedelta(days=10)], 10)
        self.assertEqual(standing.score, rounded(100 * 0.5 ** (9.625 / 10)))
        self.assertEqual(sum(change for _at, change in lines), standing.score)
        standing.fade(START + timedelta(days=5000))
        self.assertEqual(standing.score, 0)
        self.assertIsNone(standing.next_change())

    def test_there_is_an_end_to_points_and_the_lines_say_what_was_applied(self):
        standing = Standing(score=MOST_TOTAL - 5, exact=float(MOST_TOTAL - 5), at=START)
        self.assertEqual([standing.add(move(9)), standing.add(move(9))], [5, 0])
        self.assertEqual(standing.add(move(-4)), -4)
        self.assertEqual(standing.score, MOST_TOTAL - 4)

    def test_lines_are_the_same_however_often_the_job_looks(self):
        chance = random.Random(7)
        for case in range(60):
            moves = [
                move(
                    chance.choice((1, 3, 5, 10, 40, -7, -50)),
                    START + timedelta(hours=chance.uniform(0, 24 * 40)),
                )
                for _ in range(chance.randint(1, 12))
            ]
            end = START + timedelta(days=60)
            half_life, cap = chance.choice((1, 3, 10, 90)), chance.choice((0, 0, 30))
            late, seldom = played(moves, [end], half_life, cap=cap)
            looks = [START + timedelta(hours=hour) for hour in range(0, 24 * 60, 5)] + [end]
            often, frequent = played(moves, looks, half_life, cap=cap)
            with self.subTest(case=case):
                self.assertEqual(frequent, seldom)
                self.assertEqual(often.score, late.score)
                self.assertEqual(sum(change for _at, change in seldom), late.score)
                self.assertNotIn(0, [change for at, change in seldom if at.hour == 0])
                self.assertGreaterEqual(late.score, 0)

    def test_one_line_a_day_at_most_and_none_without_a_change(self):
        _standing, lines = played([move(10)], [START + timedelta(days=30)], 10)
        fades = lines[1:]
        days = [at for at, _change in fades]
        self.assertEqual(len(days), len(set(days)))
        self.assertTrue(all(change < 0 for _at, change in fades))
        self.assertLess(len(fades), 10)

    def test_floor_and_cap_apply_what_fits(self):
        standing = Standing()
        self.assertEqual([standing.add(move(p)) for p in (10, -50, 7)], [10, -10, 7])
        capped = Standing(cap=20)
        self.assertEqual([capped.add(move(p)) for p in (15, 15, 15, -5, 15)], [15, 5, 0, -5, 5])

    def test_a_lowered_cap_takes_nothing_away(self):
        standing = Standing(score=50, exact=50.0, at=START, cap=20)
        self.assertEqual(standing.add(move(5)), 0)
        self.assertEqual(standing.score, 50)

    def test_what_is_credited_late_counts_what_is_left_of_it(self):
        standing = Standing(score=20, exact=20.0, at=START, half_life_days=10)
        self.assertEqual(standing.add(move(8, START - timedelta(days=10))), 4)

    def test_what_is_taken_back_is_what_was_left(self):
        standing, _lines = played([move(40)], [START + timedelta(days=10)], 10)
        back = move(40, START + timedelta(days=10), since=START, reversed_id=1)
        standing.fade(back.occurred_at)
        standing.add(back)
        self.assertLessEqual(standing.score, 1)
        standing.fade(START + timedelta(days=11))
        self.assertEqual(standing.score, 0)


@tagged("post_install", "-at_install", "mail_workflow")
class TestMemory(BaseCase):
    def rule(self, **values):
        plain = {"id": 1, "points": 5, "repeat": "each", "window_days": 0, "cap": 0, "day_cap": 0}
        return {**plain, **values}

    def given(self, rule, happenings):
        """Return the points a rule gives for ``[(subject, when)]``."""
        memory, given = Memory(), []
        for number, (subject, at) in enumerate(happenings):
            points = memory.allowed(rule, "ada", number, subject, at, UTC)
            given.append(points)
            if points:
                memory.add(rule["id"], "ada", subject, at, points)
                memory.add_event(rule["id"], number)
        return given

    def test_once_by_subject_or_each_time(self):
        twice = [("/a", START), ("/a", START), ("/b", START)]
        self.assertEqual(self.given(self.rule(repeat="once"), twice), [5, 0, 0])
        self.assertEqual(self.given(self.rule(repeat="subject"), twice), [5, 0, 5])
        self.assertEqual(self.given(self.rule(), twice), [5, 5, 5])

    def test_a_window_begins_with_what_counted(self):
        times = [("/a", START + timedelta(hours=hour)) for hour in (0, 23, 24, 40, 48)]
        rule = self.rule(repeat="subject", window_days=1)
        self.assertEqual(self.given(rule, times), [5, 0, 5, 0, 5])
        before = [("/a", START), ("/a", START - timedelta(hours=3))]
        self.assertEqual(self.given(rule, before), [5, 0])

    def test_caps_by_day_and_in_all(self):
        times = [("/a", START + timedelta(minutes=minute)) for minute in range(10)]
        self.assertEqual(sum(self.given(self.rule(day_cap=20), times)), 20)
        self.assertEqual(self.given(self.rule(cap=12), times)[:4], [5, 5, 2, 0])
        days = [("/a", START + timedelta(days=day)) for day in range(3)]
        self.assertEqual(self.given(self.rule(day_cap=3), days), [3, 3, 3])
        self.assertEqual(self.given(self.rule(points=-5, cap=7), times)[:3], [-5, -2, 0])

    def test_an_event_gives_once(self):
        memory = Memory()
        memory.add_event(1, 7)
        self.assertEqual(memory.allowed(self.rule(), "ada", 7, None, START, UTC), 0)
