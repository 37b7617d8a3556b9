"""The terms of the addon are exported, and all of them speak French."""

import re
from io import BytesIO

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import trans_export

ADDON = "mail_workflow_automation"
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sdgi]|data-[\w-]+=\"\w+\"|</?\w+(?=[\s>/])")


@tagged("post_install", "-at_install", "mail_workflow")
class TestTerms(TransactionCase):
    addons = [ADDON]

    def _file(self, addon, name):
        return polib.pofile(file_path(f"{addon}/i18n/{name}"))

    def _french(self):
        return [entry for addon in self.addons for entry in self._file(addon, "fr.po")]

    def test_template_is_what_odoo_exports(self):
        for addon in self.addons:
            with self.subTest(addon=addon):
                buffer = BytesIO()
                self.assertTrue(trans_export(False, [addon], buffer, "po", self.env))
                exported = {entry.msgid for entry in polib.pofile(buffer.getvalue().decode())}
                current = {entry.msgid for entry in self._file(addon, f"{addon}.pot")}
                self.assertEqual(exported ^ current, set(), "run: dev/run python dev/i18n.py")

    def test_french_has_every_term(self):
        for addon in self.addons:
            with self.subTest(addon=addon):
                french = self._file(addon, "fr.po")
                terms = {entry.msgid for entry in self._file(addon, f"{addon}.pot")}
                self.assertEqual({entry.msgid for entry in french}, terms)
                self.assertEqual([entry.msgid for entry in french if not entry.msgstr], [])
                self.assertEqual([entry.msgid for entry in french if entry.fuzzy], [])

    def test_french_keeps_placeholders_and_tags(self):
        wrong = [
            entry.msgid
            for entry in self._french()
            if sorted(PLACEHOLDER.findall(entry.msgid)) != sorted(PLACEHOLDER.findall(entry.msgstr))
        ]
        self.assertEqual(wrong, [])

    def test_french_spaces_are_those_of_a_good_typesetter(self):
        """No break before : ; ! ? and inside « », no straight spaces there."""
        loose = re.compile(r" [:;!?»](?=\s|$|[.<])|« ")
        wrong = [entry.msgstr for entry in self._french() if loose.search(entry.msgstr)]
        self.assertEqual(wrong, [])

    def test_french_mails_of_recipes_are_no_copies(self):
        """Subject, preview and body of each mail are another text in French."""
        mails = [
            (key, step["key"], step["texts"])
            for key, recipe in self.env["mail.workflow"]._recipes().items()
            if all(need["is_met"] for need in self._modules(recipe))
            for step in steps_of(recipe.definition(self.env))
            if step["kind"] == "email"
        ]
        self.assertGreater(len(mails), 40)
        for key, step, texts in mails:
            english, french = texts["en_US"], texts["fr_FR"]
            same = [part for part in english if english[part] == french[part]]
            self.assertEqual(same, [], f"{key}, {step}")

    def _modules(self, recipe):
        names = [need[1] for need in recipe.NEEDS if need[0] == "module"]
        return self.env["mail.workflow"]._needed_modules(names).values()


def steps_of(definition):
    """Yield all steps of a file."""
    for step in definition["steps"]:
        yield step
        for branch in step.get("branches", {}).values():
            yield from steps_of(branch)
