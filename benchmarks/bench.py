"""make bench: what the engine costs beside the same work done bare, one JSON line per figure.

Each figure is in the file of its name and is a ratio taken in one run (figure.py says how). The
lines are printed and kept in benchmarks/results.jsonl, from which report.py makes its table.

usage: python benchmarks/bench.py [--only enroll,tag] [--size N] [--rounds N] [--quick]
"""

import argparse
import importlib
import json
import os
import subprocess
import time
from contextlib import ExitStack
from datetime import date

from dev import database_server
from dev.paths import ROOT, one_line_errors
from tests.workers import Workers

FIGURES = (
    "enroll",
    "tag",
    "flow",
    "make_mail",
    "mail_lane",
    "dispatch",
    "score",
    "claim",
    "memory",
    "latency",
    "shop",
    "drawing",
    "past",
)
RESULTS = ROOT / "benchmarks" / "results.jsonl"
LIMIT = 3600  # seconds that one piece of a figure may take
QUICKER = 50  # `--quick` takes so many times fewer rows


class Database(Workers):
    """A database and Odoo processes for a figure, which may take long."""

    def run(self, function, **values):
        return self.start(function, **values).result(LIMIT)


class Bench:
    """What a figure is given: how much of everything, and databases to work on."""

    def __init__(self, options, stack):
        self.options = options
        self.rounds = options.rounds
        self._stack = stack
        self._shop = None

    def size(self, usual, least=100):
        """Return how many rows to take where a full run takes `usual`."""
        if self.options.size:
            return self.options.size
        return max(usual // QUICKER, least) if self.options.quick else usual

    @property
    def shop(self):
        """The database of all figures that need no large one; each clears up behind itself."""
        if not self._shop:
            self._shop = self._stack.enter_context(self.database("shop"))
        return self._shop

    def database(self, name):
        """Return a database of its own, to be used in a `with`."""
        return Database(f"bench_{name}")


def main():
    """Measure the figures asked for."""
    parser = argparse.ArgumentParser(description="Measure the engine.")
    parser.add_argument("--only", help=f"some of {','.join(FIGURES)}")
    parser.add_argument("--size", type=int, help="rows of each measurement, instead of the usual")
    parser.add_argument("--rounds", type=int, default=3, help="how often both ways are timed")
    parser.add_argument("--quick", action="store_true", help="few rows: for a first look")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else FIGURES
    for name in set(names) - set(FIGURES):
        parser.error(f"there is no figure {name}")
    with one_line_errors(), ExitStack() as stack:
        bench = Bench(options, stack)
        about = _about(options)
        for name in names:
            started = time.monotonic()
            for line in importlib.import_module(f"benchmarks.{name}").measure(bench):
                _keep({**line, **about, "took_seconds": round(time.monotonic() - started)})


def _about(options):
    """Return what a figure was taken with."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    with database_server.cursor() as cursor:
        found = {}
        for setting in ("fsync", "synchronous_commit", "server_version"):
            cursor.execute(f"SHOW {setting}")
            found[setting] = cursor.fetchone()[0]
    return {
        "date": str(date.today()),
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "quick": options.quick,
        **found,
    }


def _keep(line):
    text = json.dumps(line)
    print(text, flush=True)
    with RESULTS.open("a") as results:
        results.write(text + "\n")


if __name__ == "__main__":
    main()
