"""The figures of `make bench` as the table of REPORT.md: the last of each.

usage: dev/run python benchmarks/report.py [--write]

Prints the table; with --write it takes its place in REPORT.md. The column "before" is from
before.jsonl, taken before anything was made faster.
"""

import argparse
import json

from benchmarks.bench import FIGURES, RESULTS
from dev.paths import ROOT

REPORT = ROOT / "benchmarks" / "REPORT.md"
BEFORE = ROOT / "benchmarks" / "before.jsonl"
MARK = "<!-- table -->\n"
HEAD = "| figure | rows | ours reads | target | before | measured | low, high | met | commit |"


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Print the table of the report.")
    parser.add_argument("--write", action="store_true", help="put it into REPORT.md")
    options = parser.parse_args()
    text = table(_last(RESULTS), _last(BEFORE))
    print(text)
    if options.write:
        start, _old, end = REPORT.read_text().split(MARK)
        REPORT.write_text(f"{start}{MARK}{text}\n{MARK}{end}")


def _last(path):
    """Return the last line of each figure in a file."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {line["figure"]: line for line in map(json.loads, lines)}


def table(now, before):
    """Return the table of the figures in the order in which they are taken."""
    rows = [HEAD, "|---" * (HEAD.count("|") - 1) + "|"]
    for name in sorted({*now, *before}, key=_place):
        found, earlier = now.get(name), before.get(name)
        line = found or earlier
        cells = [f"`{name}`", _rows(line), _reading(line), line["target"] or "-"]
        cells += [one["ratio"] if one else "-" for one in (earlier, found)]
        cells += [_spread(found), _met(found), _commit(found)]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows)


def _commit(line):
    quick = " (quick)" if line and line["quick"] else ""
    return f"{line['commit']}{quick}" if line else "-"


def _rows(line):
    return line.get("rows") or line.get("runs_in_table") or "-"


def _place(name):
    places = [place for place, figure in enumerate(FIGURES) if name.startswith(figure)]
    return (places[-1] if places else len(FIGURES), name)


def _reading(line):
    return f"{line['reads']} {line['than']}" if "than" in line else line["reads"]


def _spread(line):
    return "{} to {}".format(*line["spread"]) if line and "spread" in line else "-"


def _met(line):
    if not line or line["met"] is None:
        return "-"
    return "yes" if line["met"] else "**no**"


if __name__ == "__main__":
    main()
