"""The terms of our addons: export them anew, and merge them into the translations.

usage: python dev/i18n.py [--check]

Writes i18n/<addon>.pot of our addon and of the glue addons, from fresh databases, and brings
i18n/*.po up to it: new terms are empty, those that are gone are dropped. Prints what is left to
translate.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

from dev import database_server, databases
from dev.environment import odoo_command
from dev.paths import ROOT, MissingError, one_line_errors, say

DATABASE = "mwa_i18n"
DATES = ("POT-Creation-Date", "PO-Revision-Date")


def export_all():
    """Return `{addon: its terms}`; those of the core from a database without the others."""
    glue = databases.glue_addons()
    terms = {}
    for others, addons in (([], [databases.ADDON]), (glue, glue)):
        if addons:
            databases.fresh(DATABASE, addons=others)
            terms.update({addon: export(DATABASE, addon) for addon in addons})
            database_server.drop(DATABASE)
    return terms


def export(database, addon):
    """Return the terms of an addon as a database has them, a `polib.POFile`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "terms.pot")
        arguments = ["i18n", "export", "-d", database, "-o", path, addon]
        command, environment = odoo_command(arguments)
        result = subprocess.run(command, env=environment, capture_output=True, text=True)
        if result.returncode or not path.exists():
            raise MissingError(f"Odoo cannot export the terms: {result.stderr[-500:]}")
        terms = polib.pofile(str(path), wrapwidth=78)
    for name in DATES:  # a file that says the same is the same
        terms.metadata.pop(name, None)
    return terms


def merge(path, template):
    """Bring a translation up to the template; return the terms it lacks."""
    if path.exists():
        translation = polib.pofile(str(path), wrapwidth=78)
    else:
        translation = polib.POFile(wrapwidth=78)
    translation.metadata = {**template.metadata, "Language": path.stem}
    known = {entry.msgid: entry.msgstr for entry in translation}
    translation[:] = []
    for entry in template:
        translation.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgstr=known.get(entry.msgid, ""),
                occurrences=entry.occurrences,
                comment=entry.comment,
                flags=list(entry.flags),
            )
        )
    translation.save(str(path))
    return [entry.msgid for entry in translation if not entry.msgstr]


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Export and merge our addons' terms.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail if outdated")
    options = parser.parse_args()
    with one_line_errors():
        exported = export_all()
    if options.check:
        outdated = [line for addon, terms in exported.items() for line in _outdated(addon, terms)]
        print("\n".join(outdated))
        sys.exit(bool(outdated))
    for addon, terms in exported.items():
        _template(addon).parent.mkdir(exist_ok=True)
        terms.save(str(_template(addon)))
        for path in sorted({*_template(addon).parent.glob("*.po"), _template(addon, "fr.po")}):
            missing = merge(path, terms)
            say(f"{addon}/{path.name}: {len(terms)} terms, {len(missing)} to translate")


def _template(addon, name=None):
    return ROOT / addon / "i18n" / (name or f"{addon}.pot")


def _outdated(addon, terms):
    path = _template(addon)
    current = polib.pofile(str(path)) if path.exists() else []
    found = {entry.msgid for entry in terms} ^ {entry.msgid for entry in current}
    return [f"{addon}: {term}" for term in sorted(found)]


if __name__ == "__main__":
    main()
