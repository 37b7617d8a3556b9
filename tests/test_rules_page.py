"""The page that says which tests hold the engine's rules names tests there are."""

import re

from dev.paths import ROOT

ROW = re.compile(r"^\| (\d+) \|.*$", re.M)
NAMED = re.compile(r"`(test_\w+)::(test_\w+)`")


def test_each_test_the_page_names_is_there_and_no_rule_is_without():
    page = (ROOT / "docs" / "rules.md").read_text()
    rules = {int(row[1]): NAMED.findall(row[0]) for row in ROW.finditer(page)}
    assert set(rules) >= {*range(1, 12), *range(13, 19), 31, *range(39, 45)}
    for rule, named in rules.items():
        assert named, f"rule {rule} has no test"
        for file, name in named:
            source = (ROOT / "tests" / f"{file}.py").read_text()
            assert f"def {name}(" in source, f"rule {rule}: {file}::{name}"
