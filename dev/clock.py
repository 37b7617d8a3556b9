"""A moved clock: CLOCK=+24h runs Odoo a day ahead, in Python and in the database's now().

Python's clock moves by libfaketime; PostgreSQL itself keeps the real time, and Odoo's own mode
for such runs (ODOO_FAKETIME_TEST_MODE) prefers a function public.now() of the database. All
processes that work on a database with a moved clock at one time must have the same CLOCK.
"""

from __future__ import annotations

import os
import re
import select
import time
from pathlib import Path

from dev import apt
from dev.paths import BUILD, MissingError, digest, locked, say, stamped

FOLDER = BUILD / "faketime"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SESSION = "odoo-clock"  # begins the name of each database session with a moved clock
LOCK = 7305190  # any number of our own, for PostgreSQL's advisory lock


def seconds(text: str) -> int:
    """Return the offset that a text such as "+24h" or "+3d" means."""
    found = re.fullmatch(r"([+-]?)(\d+)([smhd])", text.strip())
    if not found:
        raise MissingError(f"CLOCK={text} is not understood: write +90m, +24h or +3d")
    sign, number, unit = found.groups()
    return int(f"{sign}{number}") * UNITS[unit]


def environ(text: str) -> dict:
    """Return the environment that moves the clock of one process and its children."""
    return {
        "CLOCK": text,
        "LD_PRELOAD": str(library()),
        "FAKETIME": f"{seconds(text):+d}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # waiting takes as long as ever
        "DONT_FAKE_MONOTONIC": "1",  # the same for older versions
        # its mend for an old C library lets each thread that waits for its turn in Python spin:
        # with two of them some forty times slower
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        "NO_FAKE_STAT": "1",
        "ODOO_FAKETIME_TEST_MODE": "1",
        "PGAPPNAME": f"{SESSION}-{{pid}}",
    }


def library() -> Path:
    """Return the path of libfaketime, fetched from Debian if it is not on the machine."""
    found = _library(Path("/")) or _library(FOLDER)
    if not found:
        ensure()
        found = _library(FOLDER)
    if not found:
        raise MissingError("CLOCK needs libfaketime: install the package libfaketime")
    return found


def ensure() -> None:
    """Fetch libfaketime of the machine's own release: it must fit the C library."""
    if _library(Path("/")):
        return
    packages = [f"libfaketime/{apt.codename()}"]
    with locked("faketime"):
        stamped("faketime", digest(*packages), lambda: _fetch(packages), FOLDER)


def _fetch(packages: list) -> None:
    say("fetching libfaketime from Debian")
    apt.unpack(packages, FOLDER)


def _library(root: Path):
    return next(root.glob("usr/lib/*/faketime/libfaketimeMT.so.1"), None)


def repair_sleep() -> None:
    """Let time.sleep work again: libfaketime fails at the system call it uses since 3.11."""
    if os.environ.get("CLOCK"):
        time.sleep = lambda duration: select.select([], [], [], duration) and None


def set_database(cursor) -> None:
    """Give the database of this cursor the clock of this process: moved, or the real one."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    moved = os.environ.get("CLOCK")
    if moved:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS"
            f" $$ SELECT pg_catalog.now() + {seconds(moved)} * interval '1 second' $$"
        )
    elif not _moved_elsewhere(cursor):
        cursor.execute("DROP FUNCTION IF EXISTS public.now()")


def _moved_elsewhere(cursor) -> bool:
    """Tell whether a running Odoo with a moved clock still needs public.now()."""
    cursor.execute(
        "SELECT FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE %s",
        [f"{SESSION}%"],
    )
    return bool(cursor.rowcount)
