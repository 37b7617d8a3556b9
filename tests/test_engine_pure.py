from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase, tagged

from odoo.addons.mail_workflow_automation.engine.schedule import (
    backoff,
    local_to_utc,
    next_local_time,
    to_local,
    valid_zone,
)
from odoo.addons.mail_workflow_automation.engine.shares import share
from odoo.addons.mail_workflow_automation.engine.tree import Node, Tree

BERLIN = ZoneInfo("Europe/Berlin")


def tree(*rows):
    """Make a tree of ``(id, parent, branch, kind[, target])``."""
    return Tree(
        [
            Node(row[0], row[1], row[2], row[3], f"k{row[0]}", row[4] if len(row) > 4 else None)
            for row in rows
        ]
    )


@tagged("post_install", "-at_install", "mail_workflow")
class TestTree(BaseCase):
    def test_empty_tree_has_no_first_step(self):
        self.assertIsNone(tree().first())
        self.assertEqual(tree().ordered(), [])

    def test_list_runs_in_order_and_ends(self):
        steps = tree((1, None, "then", "email"), (2, 1, "then", "wait"))
        self.assertEqual((steps.first(), steps.following(1), steps.following(2)), (1, 2, None))

    def test_branches_come_together_after_the_branching_step(self):
        steps = tree(
            (1, None, "then", "condition"),
            (2, 1, "yes", "email"),
            (3, 2, "then", "email"),
            (4, 1, "then", "tag"),
        )
        self.assertEqual(steps.following(1, "yes"), 2)
        self.assertEqual(steps.following(1, "no"), 4, "an empty branch goes on where they meet")
        self.assertEqual(steps.following(3), 4, "the end of a branch goes on where they meet")

    def test_nested_branches_close_up_to_the_outermost_next_step(self):
        steps = tree(
            (1, None, "then", "condition"),
            (2, 1, "yes", "condition"),
            (3, 2, "yes", "condition"),
            (4, 3, "no", "email"),
            (5, 1, "then", "tag"),
        )
        self.assertEqual(steps.following(4), 5)
        self.assertEqual(steps.following(3, "yes"), 5)
        self.assertIsNone(steps.following(5))

    def test_reading_order_is_depth_first_with_depths(self):
        steps = tree(
            (1, None, "then", "condition"),
            (2, 1, "yes", "email"),
            (3, 1, "no", "email"),
            (4, 1, "then", "tag"),
            (5, 2, "then", "tag"),
        )
        self.assertEqual(steps.ordered(), [(1, 0), (2, 1), (5, 1), (3, 1), (4, 0)])

    def test_ten_thousand_levels_need_no_recursion(self):
        rows = [(1, None, "then", "condition")]
        rows += [(i, i - 1, "yes", "condition") for i in range(2, 10_001)]
        steps = tree(*rows)
        self.assertEqual(len(steps.ordered()), 10_000)
        self.assertIsNone(steps.following(10_000))

    def test_jump_back_without_a_wait_is_a_loop(self):
        steps = tree((1, None, "then", "email"), (2, 1, "then", "goto", 1))
        self.assertEqual(steps.loops_without(set()), [2])

    def test_jump_to_itself_is_a_loop(self):
        self.assertEqual(tree((1, None, "then", "goto", 1)).loops_without(set()), [1])

    def test_wait_in_every_way_through_makes_a_loop_safe(self):
        rows = [
            (1, None, "then", "email"),
            (2, 1, "then", "condition"),
            (3, 2, "yes", "wait"),
            (4, 2, "then", "goto", 1),
        ]
        self.assertEqual(tree(*rows).loops_without({3}), [4], "the way “no” meets no wait")
        otherwise = [*rows[:3], (5, 2, "else", "wait"), rows[3]]
        self.assertEqual(tree(*otherwise).loops_without({3, 5}), [4], "some may match neither")
        self.assertEqual(tree(*otherwise).loops_without({3, 5}, {2: ("yes", "else")}), [])
        rows[1] = (2, 1, "then", "wait")
        rows[2] = (3, 2, "then", "email")
        rows[3] = (4, 3, "then", "goto", 1)
        self.assertEqual(tree(*rows).loops_without({2}), [])

    def test_two_gotos_can_make_one_loop(self):
        steps = tree(
            (1, None, "then", "condition"),
            (2, 1, "yes", "goto", 3),
            (3, 1, "then", "email"),
            (4, 3, "then", "goto", 1),
        )
        self.assertEqual(steps.loops_without(set()), [2, 4])
        self.assertEqual(steps.loops_without({3}), [])

    def test_jump_forward_is_no_loop(self):
        steps = tree((1, None, "then", "goto", 3), (2, 1, "then", "email"), (3, 2, "then", "email"))
        self.assertEqual(steps.loops_without(set()), [])

    def test_end_closes_a_way(self):
        steps = tree(
            (1, None, "then", "email"),
            (2, 1, "then", "end"),
            (3, 2, "then", "goto", 1),
        )
        self.assertEqual(steps.loops_without(set()), [])


@tagged("post_install", "-at_install", "mail_workflow")
class TestShares(BaseCase):
    def test_share_is_stable_and_even(self):
        shares = [share("salt", f"person{i}@x.example") for i in range(4000)]
        self.assertEqual(shares[0], share("salt", "person0@x.example"))
        self.assertTrue(all(0 <= one < 1 for one in shares))
        self.assertAlmostEqual(sum(one < 0.2 for one in shares) / 4000, 0.2, delta=0.03)

    def test_another_salt_draws_anew(self):
        first = [share("a", str(i)) < 0.5 for i in range(200)]
        second = [share("b", str(i)) < 0.5 for i in range(200)]
        self.assertNotEqual(first, second)


@tagged("post_install", "-at_install", "mail_workflow")
class TestSchedule(BaseCase):
    def test_first_zone_that_exists_counts_else_utc(self):
        self.assertEqual(valid_zone("Mars/Olympus", None, "", "Europe/Paris").key, "Europe/Paris")
        self.assertEqual(valid_zone("../etc/passwd", "Europe", None).key, "UTC")

    def test_nine_local_on_both_sides_of_the_changes(self):
        for day, utc_hour in (
            (date(2026, 3, 28), 8),
            (date(2026, 3, 29), 7),
            (date(2026, 10, 24), 7),
            (date(2026, 10, 25), 8),
        ):
            found = local_to_utc(day, time(9), BERLIN)
            self.assertEqual(found, datetime.combine(day, time(utc_hour)))

    def test_gap_moves_forward_and_fold_takes_the_first(self):
        self.assertEqual(
            to_local(local_to_utc(date(2026, 3, 29), time(2, 30), BERLIN), BERLIN).time(),
            time(3, 30),
        )
        self.assertEqual(
            local_to_utc(date(2026, 10, 25), time(2, 30), BERLIN), datetime(2026, 10, 25, 0, 30)
        )

    def test_time_in_the_fold_comes_once(self):
        first = local_to_utc(date(2026, 10, 25), time(2, 30), BERLIN)
        again = next_local_time(first + timedelta(seconds=1), BERLIN, time(2, 30))
        self.assertEqual(to_local(again, BERLIN).date(), date(2026, 10, 26))

    def test_weekday_counts_in_the_local_zone(self):
        auckland = ZoneInfo("Pacific/Auckland")
        # Sunday 20:00 UTC is Monday morning there
        moment = datetime(2026, 3, 1, 20, 0)
        self.assertEqual(next_local_time(moment, auckland, None, (0,)), moment)
        self.assertEqual(
            next_local_time(moment, ZoneInfo("UTC"), None, (0,)), datetime(2026, 3, 2, 0, 0)
        )

    def test_recomputing_gives_the_same_moment(self):
        due = next_local_time(datetime(2026, 3, 6, 18, 1), BERLIN, time(9), (0,))
        self.assertEqual(due, datetime(2026, 3, 9, 8, 0))
        self.assertEqual(next_local_time(due, BERLIN, time(9), (0,)), due)

    def test_backoff_grows_with_a_stable_jitter(self):
        waits = [backoff(attempt, "run") for attempt in range(1, 6)]
        self.assertEqual(waits, [backoff(attempt, "run") for attempt in range(1, 6)])
        self.assertEqual(waits, sorted(waits))
        self.assertTrue(
            all(
                timedelta(minutes=2**i) <= one <= timedelta(minutes=2**i * 1.25)
                for i, one in enumerate(waits)
            )
        )
