"""The virtual environment with the Python packages of dev/requirements.txt."""

from __future__ import annotations

import shutil
import subprocess
import sys

from dev.paths import BUILD, ROOT, MissingError, digest, run_logged, say, stamped

VENV = BUILD / "venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "dev" / "requirements.txt"
VERSIONS = ["3.13", "3.12", "3.11", "3.10"]  # those that Odoo 19 runs on


def ensure() -> None:
    """Create the virtual environment, or bring it up to date with the requirements."""
    stamped("venv", digest(REQUIREMENTS, VENV), _build, PYTHON)


def _build() -> None:
    if not _usable():
        say("creating the Python environment")
        _create()
    say("installing Python packages (a minute or two the first time)")
    command = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    failure = "pip could not install dev/requirements.txt"
    run_logged([*command, "-r", REQUIREMENTS], "pip", failure, cwd=ROOT)


def _usable() -> bool:
    """Tell whether the environment runs, and was made for this very folder."""
    pip = VENV / "bin" / "pip"
    made_here = pip.exists() and str(VENV) in pip.read_text(errors="replace")[:1000]
    return made_here and _version(str(PYTHON)) in VERSIONS


def _create() -> None:
    interpreter = _interpreter()
    failure = "no virtual environment can be made: install Debian's package python3-venv"
    run_logged([interpreter, "-m", "venv", "--clear", VENV], "venv", failure)


def _interpreter() -> str:
    names = [sys.executable, *(shutil.which(f"python{version}") for version in VERSIONS)]
    for name in names:
        if name and _version(name) in VERSIONS:
            return name
    raise MissingError("no Python 3.10 to 3.13 here (Odoo 19 needs one): install python3.12")


def _version(interpreter: str) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.run(
            [interpreter, "-c", code], capture_output=True, text=True, check=False, timeout=60
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
