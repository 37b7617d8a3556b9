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
