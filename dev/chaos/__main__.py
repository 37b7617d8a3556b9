"""Break the engine on purpose, and see whether everybody still gets what they should.

usage: python -m dev.chaos [--runs N] [--people N] [--kills N] [--seed N] [--log FILE]

Each run has a database of its own on a PostgreSQL server of its own (fsync on). Five worker
processes are killed with -9 at random moments, the server is stopped hard and started again, a
backend is killed, the mail server refuses, stalls, drops connections before and after it has taken
a mail, the clock jumps forward, two administrators pause, edit and resume. Then all is let run
out. One JSON line for each run; the exit code is 1 when anything was wrong.

A seed repeats the decisions of a run, not the instant at which each hits.
"""

import argparse
import json
import sys
from pathlib import Path

from dev.chaos.database import Server
from dev.chaos.run import Plan, Run
from dev.paths import one_line_errors


def main():
    """Run the chaos as often as asked."""
    parser = argparse.ArgumentParser(description="Break the engine on purpose.")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=75, help="how long the chaos lasts")
    parser.add_argument("--restarts", type=int, default=2, help="of PostgreSQL")
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--log", type=Path, help="append the lines to this file, too")
    options = parser.parse_args()
    with one_line_errors():
        server = Server().start()
        source = server.template()
    good = True
    for number in range(options.runs):
        plan = Plan(
            people=options.people,
            kills=options.kills,
            seconds=options.seconds,
            restarts=options.restarts,
            seed=options.seed + number,
        )
        figures = Run(plan, server, source).play()
        good = good and figures["ok"]
        line = json.dumps(figures)
        print(line, flush=True)
        if options.log:
            with options.log.open("a") as log:
                log.write(line + "\n")
    server.stop()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
