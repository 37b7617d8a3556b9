"""The addon's terms: export them anew, and merge them into the translations.

usage: python dev/i18n.py [--check]

Writes i18n/mail_workflow_automation.pot from a fresh database and brings i18n/*.po up to it: new
terms are empty, those that are gone are dropped. Prints what is left to translate.
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
FOLDER = ROOT / databases.ADDON / "i18n"
TEMPLATE = FOLDER / f"{databases.ADDON}.pot"
DATES = ("POT-Creation-Date", "PO-Revision-Date")


def export(database):
    """Return the terms of the addon as a database has them, a `polib.POFile`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "terms.pot")
        arguments = ["i18n", "export", "-d", database, "-o", path, databases.ADDON]
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
    parser = argparse.ArgumentParser(description="Export and merge the addon's terms.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail if outdated")
    options = parser.parse_args()
    with one_line_errors():
        databases.fresh(DATABASE)
        terms = export(DATABASE)
        database_server.drop(DATABASE)
    if options.check:
        current = polib.pofile(str(TEMPLATE))
        outdated = {entry.msgid for entry in terms} ^ {entry.msgid for entry in current}
        for term in sorted(outdated):
            print(term)
        sys.exit(bool(outdated))
    FOLDER.mkdir(exist_ok=True)
    terms.save(str(TEMPLATE))
    for path in sorted(FOLDER.glob("*.po")):
        missing = merge(path, terms)
        say(f"{path.name}: {len(terms)} terms, {len(missing)} to translate")


if __name__ == "__main__":
    main()
