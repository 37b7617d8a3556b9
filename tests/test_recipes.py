"""Each recipe: made by who may, free of problems, played to its end, its mails fit to be read."""

import json
import re

from lxml import html

from odoo.tests import tagged

from odoo.addons.mail_workflow_automation.recipes import RECIPES

from .recipe_common import RecipeCase, play_each
from .recipe_scenes import SCENES


@tagged("post_install", "-at_install", "mail_workflow")
@play_each(SCENES)
class TestRecipesPlayed(RecipeCase):
    """Once for each scene: for an English and a French reader, their mails over real HTTP."""


@tagged("post_install", "-at_install", "mail_workflow")
class TestEachRecipe(RecipeCase):
    def test_each_is_played(self):
        """Those of a glue addon are played with it, in ``tests/glue``."""
        self.assertEqual(set(RECIPES), set(SCENES))

    def test_odoo_s_designer_takes_no_text_for_outdated(self):
        """It would offer to replace it by an example of its own."""
        snippet = str(self.env["ir.qweb"]._render("mass_mailing.s_text_block"))
        version = html.fromstring(snippet).get("data-vxml")
        user = self.maker(RECIPES["abandoned_cart"])
        workflow = self.make("abandoned_cart", RECIPES["abandoned_cart"], user)
        mails = json.dumps(workflow.export_definition()).replace('\\"', '"')
        blocks = re.findall('<section[^>]* data-snippet="s_text_block"[^>]*>', mails)
        self.assertTrue(blocks)
        for block in blocks:
            self.assertIn(f'data-vxml="{version}"', block)

    def test_export_and_import_again_give_the_same(self):
        for key in SCENES:
            with self.subTest(key):
                user = self.maker(RECIPES[key])
                first = self.make(key, RECIPES[key], user).export_definition()
                model = self.env["mail.workflow"].with_user(user)
                self.assertEqual(model.import_definition(first).export_definition(), first)
