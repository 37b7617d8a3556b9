"""Databases for tests and the demo, copied from templates so that they are there in seconds.

usage: python dev/databases.py fresh NAME [--demo] [--addons a,b] [--assets]

`--addons tests` adds the tests' own addons, `--addons glue` the applications of the glue addons,
which then install themselves. Without it none of them is there.

Two layers of templates: mwa_apps_* holds Odoo's own apps, mwa_addon_* this repository's addons
on top. Both names end in a hash of what went in, so a template is built once for each state of
the code; `fresh` then copies it.
"""

import argparse
import ast
import re
import subprocess
from pathlib import Path

from dev import database_server, odoo_source
from dev.environment import odoo_command
from dev.paths import LOGS, ROOT, MissingError, digest, locked, one_line_errors, say
from dev.server import shell

ADDON = "mail_workflow_automation"
APPS = [
    *("contacts", "crm", "website_crm", "website_sale", "website_sale_loyalty", "mass_mailing"),
    *("mass_mailing_sale", "mass_mailing_crm", "website_mass_mailing"),
    *("website_sale_mass_mailing", "payment_demo"),
]
# in which the glue addons are played; what they depend on comes with them
GLUE_APPS = ["website_event_sale", "website_sale_stock", "mass_mailing_sms"]
LANGUAGES = "en_US,fr_FR"  # the first is the default; Odoo installs no other
PROBLEM = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) \S+ (.*)")
# warnings of Odoo itself that say nothing about our addons, as regular expressions
ALLOWED = re.compile("|".join(["(?!)"]))
# what browser tests load: made in a test it would be rolled back with it, each time
ASSETS = """
bundles = env["ir.qweb"]
for name in (
    "web.assets_web", "web.assets_tests", "web.assets_frontend", "web.assets_frontend_minimal",
    "web.assets_frontend_lazy", "web.assets_unit_tests_setup", "web.assets_unit_tests",
):
    bundles._get_asset_bundle(name, css=False, js=True).js()
    bundles._get_asset_bundle(name, css=True, js=False).css()
env.cr.commit()
"""


def fresh(name, demo=False, addons=()):
    """Make database `name` anew, with our addon and the given other addons installed."""
    source = addon_template(demo, addons)
    database_server.copy(source, name)
    return name


def make_assets(name):
    """Make the bundles of the web client, as Odoo does before its own browser tests.

    A request of a browser test waits 20 seconds at most for the one before it; on a busy machine
    making a bundle takes longer.
    """
    say("making the bundles of the web client")
    shell(name, ASSETS)


def apps_template(demo=False, addons=()):
    """Return the template database with Odoo's apps alone, those that our addon and the given
    other addons need; build it if it is not there."""
    apps = sorted({*APPS, *_dependencies([ADDON, *addons])})
    prefix = "mwa_apps_" + ("demo_" if demo else "") + _purpose(addons)
    base = None
    if set(addons) & set(glue_addons()):
        base, apps = apps_template(demo), sorted({*apps, *GLUE_APPS})
    name = prefix + digest(odoo_source.version(), apps, demo, LANGUAGES)
    what = f"installing Odoo's apps into a template{_with_demo(demo)} (up to 3 minutes, once)"
    return _template(name, prefix, what, lambda work: _install_apps(work, base, apps, demo))


def addon_template(demo=False, addons=()):
    """Return the template database that has our addons, too; build it if it is not there."""
    base = apps_template(demo, addons)
    modules = [ADDON, *sorted(addons)]
    prefix = "mwa_addon_" + ("demo_" if demo else "") + _purpose(addons)
    name = prefix + digest(base, modules, *_files(modules))
    what = f"installing {', '.join(modules)}{_with_demo(demo)} (less than a minute)"
    # glue comes by itself
    asked = [module for module in modules if module not in glue_addons()]
    return _template(name, prefix, what, lambda work: _install_addons(work, base, asked, demo))


def run_odoo(log_name, arguments, strict=False):
    """Run Odoo until its work is done; a failure, or a warning if `strict`, is one line."""
    log = LOGS / f"{log_name}.log"
    LOGS.mkdir(parents=True, exist_ok=True)
    options = ["--stop-after-init", "--no-http", "--max-cron-threads", 0]
    command, environment = odoo_command([*arguments, *options])
    with log.open("w") as output:
        code = subprocess.call(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    problems = _problems(log)
    if code:
        raise MissingError(f"Odoo: {_failure(log)} (whole log: {log})")
    if strict and problems:
        raise MissingError(f"Odoo: {problems[0]} (whole log: {log})")


def test_addons():
    """Return the names of the addons under tests/addons."""
    return sorted(path.parent.name for path in ROOT.glob("tests/addons/*/__manifest__.py"))


def glue_addons():
    """Return the names of our addons that install themselves with the application they serve."""
    manifests = ROOT.glob(f"{ADDON}_*/__manifest__.py")
    return sorted(path.parent.name for path in manifests if _manifest(path).get("auto_install"))


def _template(name, prefix, what, build):
    """Build a template under another name first: what has its name is complete."""
    with locked("databases"):
        if database_server.exists(name):
            return name
        say(what)
        work = f"{name}_building"
        _drop_older(prefix, "_building")
        build(work)
        _drop_older(prefix)
        database_server.rename(work, name)
    return name


def _drop_older(prefix, suffix=""):
    """Drop the templates of the same kind for earlier states of the code."""
    pattern = re.compile(f"{prefix}[0-9a-f]{{16}}{suffix}")
    for name in database_server.names(f"{prefix}%"):
        if pattern.fullmatch(name):
            database_server.drop(name)


def _install_apps(work, base, apps, demo):
    if base:
        database_server.copy(base, work)
    else:
        database_server.create(work)
    language = f"--load-language={LANGUAGES}"
    run_odoo(work, ["-d", work, "-i", ",".join(["base", *apps]), language, _demo_option(demo)])


def _install_addons(work, base, modules, demo):
    database_server.copy(base, work)
    run_odoo(work, ["-d", work, "-i", ",".join(modules), _demo_option(demo)], strict=True)


def _demo_option(demo):
    return "--with-demo" if demo else "--without-demo=True"


def _with_demo(demo):
    return " with demo data" if demo else ""


def _purpose(addons):
    """Return what tells the templates for different addons apart: each purpose keeps one."""
    if set(addons) & set(glue_addons()):
        return "glue_"
    return "test_" if addons else ""


def _folder(module):
    return ROOT / module if (ROOT / module).is_dir() else ROOT / "tests/addons" / module


def _manifest(path):
    return ast.literal_eval(path.read_text())


def _dependencies(modules):
    """Return the apps of Odoo that the manifests of our addons ask for."""
    manifests = [_folder(module) / "__manifest__.py" for module in modules]
    found = [app for path in manifests if path.exists() for app in _manifest(path)["depends"]]
    return [app for app in found if not (ROOT / app / "__manifest__.py").exists()]


def _files(modules):
    """Return names and contents of all files that make up our addons."""
    for module in modules:
        for path in sorted(_folder(module).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix()
                yield path


def _problems(log: Path):
    lines = log.read_text(errors="replace").splitlines()
    found = [line for line in lines if PROBLEM.match(line) and not ALLOWED.search(line)]
    return [PROBLEM.match(line).expand(r"\1 \2") for line in found]


def _failure(log: Path):
    """Return what the last traceback says, else the last line."""
    text = log.read_text(errors="replace").strip() or "no output"
    traceback = text.rpartition("Traceback (most recent call last):\n")[2]
    lines = [line for line in traceback.splitlines() if not line.startswith(" ")]
    return lines[0] if "Traceback" in text else lines[-1]


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Make databases from templates.")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("fresh", help="make a database anew")
    command.add_argument("name")
    command.add_argument("--demo", action="store_true", help="with demo data")
    command.add_argument(
        "--addons",
        default="",
        help="others to install; `tests`: the tests' own; `glue`: our glue addons",
    )
    command.add_argument("--assets", action="store_true", help="with the web client's bundles")
    options = parser.parse_args()
    groups = {"tests": test_addons, "glue": glue_addons}
    asked = [name for name in options.addons.split(",") if name]
    addons = [one for name in asked for one in (groups[name]() if name in groups else [name])]
    with one_line_errors():
        fresh(options.name, options.demo, addons)
        if options.assets:
            make_assets(options.name)


if __name__ == "__main__":
    main()
