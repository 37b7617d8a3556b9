"""All parts of the set-up together, and the environment in which commands run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from dev import clock, node_tools, odoo_source, postgres, python_env
from dev.paths import BUILD, ROOT, MissingError, locked, write

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CONFIG = BUILD / "odoo.conf"
DATA = BUILD / "data"


def ensure() -> dict:
    """Make sure that everything is there; return the environment for commands."""
    with locked("set-up"):
        python_env.ensure()
        odoo_source.ensure()
        server = postgres.ensure()
        _fetch_for_tests()
        environment = {**os.environ, **server, **_own()}
        _configure(environment)
    return environment


def _fetch_for_tests() -> None:
    """Fetch now what CLOCK and single tests need, so that they need no network; they report a
    failure themselves."""
    for part in (clock, node_tools):
        try:
            part.ensure()
        except MissingError:
            if part is clock and os.environ.get("CLOCK"):
                raise


def _own() -> dict:
    programs = [str(python_env.VENV / "bin"), str(postgres.programs()), str(node_tools.PROGRAMS)]
    path = [*programs, os.environ.get("PATH", os.defpath)]
    own = {
        "PATH": os.pathsep.join(path),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(odoo_source.root())]),
        "VIRTUAL_ENV": str(python_env.VENV),
        "ODOO_RC": str(CONFIG),
        "MWA_BUILD": str(BUILD),
    }
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    return {**own, "CHROMIUM": chromium} if chromium else own


def _configure(environment: dict) -> None:
    """Write Odoo's configuration file."""
    settings = {
        "addons_path": ",".join(map(str, [*own_addons_folders(), *odoo_source.addons_folders()])),
        "data_dir": DATA,
        "http_interface": "127.0.0.1",
        "db_host": environment.get("PGHOST"),
        "db_port": environment.get("PGPORT"),
        "db_user": environment.get("PGUSER"),
        "limit_time_real": 0,
        "limit_time_real_cron": 0,
        "limit_time_cpu": 0,
        "limit_memory_soft": 0,
        "limit_memory_hard": 0,
    }
    lines = [f"{name} = {value}" for name, value in settings.items() if value is not None]
    write(CONFIG, "\n".join(["[options]", *lines, ""]))


def own_addons_folders() -> list:
    """Return this repository's folders of addons; Odoo refuses one without any."""
    folders = [ROOT, ROOT / "tests/addons"]
    return [folder for folder in folders if any(folder.glob("*/__manifest__.py"))]


def odoo_command(arguments, moved: str | None = None, environment=None) -> tuple:
    """Return command and environment for Odoo's command line, with the clock moved if asked."""
    environment = dict(os.environ if environment is None else environment)
    environment.pop("CLOCK", None)
    if moved:
        environment.update(clock.environ(moved))
    script = ROOT / "dev/launch.py"
    command = [str(python_env.PYTHON), "-W", "ignore", str(script), *map(str, arguments)]
    return command, environment


def data_path(database: str) -> Path:
    """Return the folder that holds the files of a database."""
    return DATA / "filestore" / database
