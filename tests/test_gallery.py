"""New workflows: from a recipe, from nothing, from a file that was dropped on the screen."""

import json
from types import SimpleNamespace
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.mail_workflow_automation.recipes import RECIPES, goals

from .common import WorkflowCase, mail, wait
from .definition_common import DefinitionCase
from .test_step_coupon import CouponCase

NEEDS = {"module": 2, "group": 2, "list": 1, "program": 1}
ASKS = {"sender", "list", "delay", "program", "newsletter"}


@tagged("post_install", "-at_install", "mail_workflow")
class TestRecipes(CouponCase):
    def test_each_recipe_says_what_the_gallery_shows(self):
        for key, recipe in RECIPES.items():
            with self.subTest(key):
                self.assertIn(recipe.GOAL, goals(self.env))
                for words in (recipe.label, recipe.description, recipe.effect):
                    self.assertTrue(words(self.env).strip())
                self.assertLessEqual(set(recipe.ASKS), ASKS)
                for need in recipe.NEEDS:
                    self.assertEqual(len(need), NEEDS[need[0]])

    def test_each_recipe_makes_a_draft_with_what_was_answered(self):
        topic = self.env["mailing.list"].create({"name": "Carts"})
        program = self.program
        for key, recipe in RECIPES.items():
            for sort, *names in recipe.NEEDS:
                if sort == "group":
                    self.marketer.group_ids += self.env.ref(names[0])
            asks = recipe.ASKS
            with self.subTest(key), Form(self._new(key)) as form:
                self.assertEqual(form.name, recipe.label(self.env))
                form.name = f"My {key}"
                if "sender" in asks:
                    self.assertIn("@", form.email_from)
                    form.email_from = "Ann <ann@shop.example.com>"
                if "list" in asks:
                    form.list_id = topic
                if "newsletter" in asks:
                    form.newsletter_id = topic
                if "program" in asks:
                    form.program_id = program
                if "delay" in asks:
                    self.assertEqual(form.delay, recipe.delay(self.env)[1])
                    form.delay = 5
                workflow = self._make(form)
                self.assertEqual((workflow.name, workflow.state), (f"My {key}", "draft"))
                if "sender" in asks:
                    self.assertEqual(workflow.email_from, "Ann <ann@shop.example.com>")
                self.assertEqual(workflow.list_id, topic if "list" in asks else topic[:0])
                given = workflow.step_ids.coupon_program_id
                self.assertEqual(given, program if "program" in asks else program[:0])
                self.assertEqual(workflow.lint(), [])

    def test_the_delay_that_was_answered_is_that_of_the_cart(self):
        with Form(self._new("abandoned_cart")) as form:
            form.delay = 5
            workflow = self._make(form)
        self.assertEqual(workflow.trigger_ids.cart_hours, 5)

    def test_a_blank_workflow_applies_to_what_was_chosen(self):
        with Form(self._new("blank")) as form:
            form.name = "From nothing"
            form.model_id = self.env["ir.model"]._get("crm.lead")
            workflow = self._make(form)
        self.assertEqual((workflow.name, workflow.model_name), ("From nothing", "crm.lead"))
        self.assertFalse(workflow.step_ids)

    def _new(self, key):
        return (
            self.env["mail.workflow.new"].with_user(self.marketer).with_context(default_recipe=key)
        )

    def _make(self, form):
        action = form.save().action_make()
        workflow_id = action["params"]["workflow_id"]
        return self.env["mail.workflow"].browse(workflow_id)


@tagged("post_install", "-at_install", "mail_workflow")
class TestGallery(WorkflowCase):
    def gallery(self, user=None):
        return self.env["mail.workflow"].with_user(user or self.marketer).get_gallery()["goals"]

    def shown(self, key):
        recipes = [recipe for goal in self.gallery() for recipe in goal["recipes"]]
        return next(recipe for recipe in recipes if recipe["key"] == key)

    def fake(self, *needs):
        """Put a recipe into the gallery for the time of a test."""
        steps = [
            mail("one"),
            wait("day", days=1),
            {
                "kind": "condition",
                "branches": {"yes": {"steps": [{"kind": "gone"}]}, "no": {"steps": []}},
            },
        ]

        def text(_env):
            return "Fake"

        recipe = SimpleNamespace(
            GOAL="sell",
            NEEDS=needs,
            ASKS=(),
            label=text,
            description=text,
            effect=text,
            definition=lambda _env: {"format": 1, "name": "Fake", "steps": steps[:2]},
        )
        if not needs:
            recipe.definition = lambda _env: {"format": 1, "name": "Fake", "steps": steps}
        return patch.dict(RECIPES, fake=recipe)

    def test_recipes_stand_at_their_goals(self):
        found = {goal["goal"]: [one["key"] for one in goal["recipes"]] for goal in self.gallery()}
        self.assertIn("abandoned_cart", found["cart"])
        self.assertIn("welcome", found["welcome"])
        self.assertEqual(sum(map(len, found.values())), len(RECIPES))
        json.dumps(self.gallery())

    def test_a_recipe_is_drawn_with_its_branches_whatever_is_installed(self):
        with self.fake():
            recipe = self.shown("fake")
        shapes = [(one["category"], one["shape"]) for one in recipe["outline"]]
        self.assertEqual(shapes, [("message", "card"), ("flow", "pill"), ("flow", "card")])
        branches = recipe["outline"][2]["branches"]
        categories = [[one["category"] for one in steps] for steps in branches]
        self.assertEqual(categories, [["missing"], []])

    def test_what_is_missing_is_said_and_an_application_is_asked_for(self):
        needs = (("module", "no_such_module"), ("program",), ("list",))
        self.env["loyalty.program"].search([]).write({"is_released_for_workflows": False})
        self.env["mailing.list"].create({"name": "News"})
        with self.fake(*needs):
            recipe = self.shown("fake")
            self.assertEqual(
                [(one["is_met"], one["is_blocking"]) for one in recipe["needs"]],
                [(False, True), (False, False), (True, False)],
            )
            with self.assertRaisesRegex(UserError, "no_such_module"):
                self.env["mail.workflow"].with_user(self.marketer).create_from_recipe("fake")

    def test_the_gallery_renders_no_mail(self):
        with self.failing("ir.qweb", "_render", AssertionError):
            self.gallery()

    def test_who_makes_no_workflows_sees_no_gallery(self):
        seller = new_test_user(
            self.env, login="seller", groups="base.group_user,sales_team.group_sale_salesman"
        )
        for call in (
            lambda workflows: workflows.get_gallery(),
            lambda workflows: workflows.create_from_recipe("welcome"),
            lambda workflows: workflows.import_file('{"format": 1, "name": "W", "steps": []}'),
        ):
            with self.assertRaisesRegex(UserError, "not allowed to create"):
                call(self.env["mail.workflow"].with_user(seller))


@tagged("post_install", "-at_install", "mail_workflow")
class TestDroppedFiles(DefinitionCase):
    def one(self, **values):
        return {"format": 1, "name": "W", "steps": [], **values}

    def drop(self, text):
        return self.env["mail.workflow"].with_user(self.marketer).import_file(text)

    def test_a_file_becomes_a_draft_that_is_opened(self):
        exported = self.workflow([mail("one"), wait("day", days=1)]).export_definition()
        action = self.drop(json.dumps(exported))
        workflow_id = action["params"]["workflow_id"]
        workflow = self.env["mail.workflow"].browse(workflow_id)
        self.assertEqual(workflow.state, "draft")
        self.assertEqual(workflow.export_definition(), exported)

    def test_a_refused_file_names_the_entry_and_writes_nothing(self):
        before = self.counts()
        attachments = self.env["ir.attachment"].search_count([])
        for text, said in (
            (json.dumps(self.one(steps=[{"kind": "emial"}])), r"steps\[0\]\.kind"),
            (json.dumps(self.one(steps=[mail("a"), mail("a")])), r"steps\[1\]\.key"),
            ("{", "no JSON"),
            ("[]", "a workflow is a JSON object"),
            (b"\x89PNG\r\n\x1a\n\x00\x00".decode("utf-8", "replace"), "no JSON"),
            ("\x00" * 100, "no JSON"),
            ("", "no JSON"),
            (" " * 50 * 1024 * 1024, "5 MB"),
        ):
            with self.subTest(text[:40]), self.assertRaisesRegex(UserError, said):
                self.drop(text)
        self.assertEqual(self.counts(), before)
        self.assertEqual(self.env["ir.attachment"].search_count([]), attachments)
