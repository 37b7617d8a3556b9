"""All static checks; exit code 1 if one of them finds something."""

import ast
import os
import subprocess
import sys

from lxml import etree

from dev import odoo_source
from dev.paths import ROOT

DATA_FOLDERS = ("views", "data", "security", "wizard", "report", "templates")
ODOO_CHECKERS = [
    "_odoo_checker_sql_injection",
    "_odoo_checker_gettext",
    "_odoo_checker_unlink_override",
]
ODOO_MESSAGES = [
    *("sql-injection", "gettext-variable", "gettext-placeholders", "gettext-repr"),
    *("missing-gettext", "raise-unlink-override"),
]
# one file per kind of step extends the same model each time; the others are for OCA's addons
NOT_OURS = ["consider-merging-classes-inherited", "manifest-required-author", "missing-readme"]


def main():
    """Run every check, also after one has failed."""
    addons = sorted(path.parent for path in ROOT.glob("mail_workflow_automation*/__manifest__.py"))
    results = {
        "ruff check": _call("ruff", "check", "--quiet", "."),
        "ruff format": _call("ruff", "format", "--check", "--quiet", "."),
        "pylint-odoo": _pylint(addons),
        "Odoo's checkers": _odoo_checkers(addons),
        "XML": _report(xml_problems()),
        "manifests": _report(problem for addon in addons for problem in manifest_problems(addon)),
    }
    failed = [name for name, passed in results.items() if not passed]
    print(f"lint: {len(results) - len(failed)} checks passed", end="")
    print(f", failed: {', '.join(failed)}" if failed else "")
    sys.exit(bool(failed))


def xml_problems():
    """Yield a line for each XML file of ours that is not well formed."""
    for path in _tracked("*.xml"):
        try:
            etree.parse(str(path))
        except etree.XMLSyntaxError as error:
            yield f"{path.relative_to(ROOT)}: {error}"


def manifest_problems(addon):
    """Yield a line for each file a manifest names and lacks, or has and does not name."""
    manifest = ast.literal_eval((addon / "__manifest__.py").read_text())
    named = {*manifest.get("data", []), *manifest.get("demo", [])}
    there = {
        path.relative_to(addon).as_posix()
        for folder in DATA_FOLDERS
        for path in (addon / folder).rglob("*")
        if path.suffix in (".xml", ".csv")
    }
    for name in sorted(named):
        if not (addon / name).is_file():
            yield f"{addon.name}/__manifest__.py: no file {name}"
    for name in sorted(there - named):
        yield f"{addon.name}/{name}: not in the manifest"
    yield from _asset_problems(addon, manifest)


def _asset_problems(addon, manifest):
    for bundle, entries in manifest.get("assets", {}).items():
        for entry in entries:
            path = entry if isinstance(entry, str) else entry[-1]
            if path.startswith(f"{addon.name}/") and not list(ROOT.glob(path)):
                yield f"{addon.name}/__manifest__.py: bundle {bundle}: no file {path}"


def _pylint(addons):
    options = ["--rcfile=/dev/null", "-j", "2", "--load-plugins=pylint_odoo", "--score=n"]
    options += ["--disable=all", "--enable=odoolint", f"--disable={','.join(NOT_OURS)}"]
    return not addons or _call("pylint", *options, "--valid-odoo-versions=19.0", *addons)


def _odoo_checkers(addons):
    """Run the checkers that Odoo's own test suite runs over Odoo."""
    tests = odoo_source.root() / "odoo/addons/test_lint/tests"
    if not tests.is_dir() or not addons:
        return True
    path = os.pathsep.join([str(tests), os.environ["PYTHONPATH"]])
    options = ["--rcfile=/dev/null", "-j", "2", f"--load-plugins={','.join(ODOO_CHECKERS)}"]
    options += ["--disable=all", f"--enable={','.join(ODOO_MESSAGES)}", "--score=n"]
    return _call("pylint", *options, *addons, PYTHONPATH=path)


def _tracked(pattern):
    """Return our files that git knows or would know."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", pattern]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in result.stdout.splitlines()]
    return [path for path in paths if path.is_file()]


def _call(*command, **environment):
    return not subprocess.call(
        [str(word) for word in command], cwd=ROOT, env={**os.environ, **environment}
    )


def _report(problems):
    found = list(problems)
    for problem in found:
        print(problem)
    return not found


if __name__ == "__main__":
    main()
