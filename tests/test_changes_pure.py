"""How two trees of steps differ."""

from odoo.tests import BaseCase, tagged

from odoo.addons.mail_workflow_automation.engine.changes import changed_steps, flatten, is_same


def step(key, kind="tag", **values):
    return {"key": key, "kind": kind, **values}


def choice(key, **branches):
    steps = {name: {"steps": list(found)} for name, found in branches.items()}
    return step(key, "condition", branches=steps)


@tagged("post_install", "-at_install", "mail_workflow")
class TestChanges(BaseCase):
    def test_a_flat_list_says_who_comes_after_whom(self):
        found = flatten([step("a"), choice("b", yes=[step("c"), step("d")], no=[]), step("e")])
        self.assertEqual(
            {key: (one.parent, one.branch) for key, one in found.items()},
            {
                "a": (None, "then"),
                "b": ("a", "then"),
                "c": ("b", "yes"),
                "d": ("c", "then"),
                "e": ("b", "then"),
            },
        )
        keys = list(found)
        for key, one in found.items():
            self.assertTrue(one.parent is None or keys.index(one.parent) < keys.index(key))
        self.assertEqual(found["d"].path, "steps[1].branches.yes.steps[1]")

    def test_a_step_without_a_key_is_given_one(self):
        (key,) = flatten([{"kind": "tag"}])
        self.assertTrue(key)

    def test_nothing_changed(self):
        tree = [step("a"), choice("b", yes=[step("c")], no=[])]
        self.assertEqual(changed_steps(tree, tree), {})

    def test_who_makes_room_has_not_moved(self):
        before = [step("a"), step("b"), step("c")]
        after = [step("new"), step("a"), step("b"), step("more"), step("c")]
        self.assertEqual(changed_steps(before, after), {"new": "added", "more": "added"})
        self.assertEqual(changed_steps(after, before), {"new": "removed", "more": "removed"})

    def test_who_is_dragged_has_moved_and_nobody_else(self):
        before = [step("a"), step("b"), step("c"), choice("d", yes=[], no=[])]
        after = [step("b"), step("c"), step("a"), choice("d", yes=[], no=[])]
        self.assertEqual(changed_steps(before, after), {"a": "moved"})
        into = [step("b"), step("c"), choice("d", yes=[step("a")], no=[])]
        self.assertEqual(changed_steps(before, into), {"a": "moved"})

    def test_a_changed_step_is_told_from_what_happens_in_its_branches(self):
        before = [choice("b", yes=[step("c", add=["x"])], no=[])]
        after = [choice("b", yes=[step("c", add=["y"])], no=[step("d")])]
        self.assertEqual(changed_steps(before, after), {"c": "changed", "d": "added"})

    def test_another_kind_is_another_step(self):
        self.assertEqual(changed_steps([step("a")], [step("a", "end")]), {"a": "added"})

    def test_branches_that_say_nothing_can_be_left_out(self):
        bare = step("b", "condition", domain=[])
        self.assertTrue(is_same(bare, {**bare, "branches": {"yes": {"steps": [step("c")]}}}))
        shares = {**bare, "branches": {"yes": {"weight": 3, "steps": []}}}
        self.assertFalse(is_same(bare, shares))
        other = {**bare, "branches": {"yes": {"weight": 4, "steps": []}}}
        self.assertFalse(is_same(shares, other))
