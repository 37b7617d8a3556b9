"""make bench: what the engine costs beside the same work done bare, one JSON line per figure.

Every figure is a ratio of two times taken in one run on one database: absolute seconds say more
about the machine than about the engine.

usage: python benchmarks/bench.py [--size N]
"""

import argparse
import subprocess

from dev import databases
from dev.environment import odoo_command
from dev.paths import ROOT, one_line_errors

DATABASE = "mwa_bench"


def main():
    """Make a database and measure on it."""
    parser = argparse.ArgumentParser(description="Measure the engine.")
    parser.add_argument("--size", type=int, default=5000, help="people in each measurement")
    options = parser.parse_args()
    with one_line_errors():
        databases.fresh(DATABASE)
        arguments = ["shell", "-d", DATABASE, "--no-http", "--log-level", "critical"]
        code = f"SIZE = {options.size}\n" + (ROOT / "benchmarks" / "measures.py").read_text()
        command, environment = odoo_command(arguments)
        done = subprocess.run(command, env=environment, input=code, text=True, check=False)
        raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
