"""Programs from npm: axe-core, which finds screens that some people cannot use, and rtlcss, with
which Odoo turns its styles for languages that run from right to left."""

from __future__ import annotations

import shutil

from dev.paths import BUILD, MissingError, digest, locked, run_logged, say, stamped

PACKAGES = ["axe-core@4.14.1", "rtlcss@4.3.0"]
FOLDER = BUILD / "node"
PROGRAMS = FOLDER / "node_modules/.bin"
AXE = FOLDER / "node_modules/axe-core/axe.min.js"
RTLCSS = PROGRAMS / "rtlcss"
OPTIONS = ["--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0"]


def ensure() -> None:
    """Fetch the programs if they are not there."""
    with locked("node"):
        stamped("node", digest(*PACKAGES), _fetch, AXE, RTLCSS)


def _fetch() -> None:
    npm = shutil.which("npm")
    if not npm:
        raise MissingError("axe-core and rtlcss cannot be fetched: install npm (Debian's package)")
    say("fetching axe-core and rtlcss from npm")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    failure = "axe-core and rtlcss cannot be fetched from npm: check the network"
    run_logged([npm, "install", "--prefix", FOLDER, *OPTIONS, *PACKAGES], "npm", failure)
