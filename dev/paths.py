"""Folders, messages, stamps and the lock that all parts of the set-up share.

Standard library only, and readable by Python 3.8: this runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
LOGS = BUILD / "log"


class MissingError(Exception):
    """Something the set-up cannot provide: one line, what is missing and what to do."""


def say(message: str) -> None:
    """Report one step on the error stream: standard output belongs to the command."""
    print(f"set-up: {message}", file=sys.stderr, flush=True)


@contextmanager
def one_line_errors():
    """Turn a failed set-up into one line and exit code 1."""
    try:
        yield
    except MissingError as error:
        sys.exit(f"set-up failed: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def digest(*parts) -> str:
    """Return a short hash of texts and of the content of files."""
    total = hashlib.sha256()
    for part in parts:
        content = isinstance(part, Path) and part.is_file()
        total.update(part.read_bytes() if content else str(part).encode())
        total.update(b"\0")
    return total.hexdigest()[:16]


def write(path: Path, text: str) -> None:
    """Write a file so that no reader ever sees half of it."""
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}")
    half.write_text(text)
    half.replace(path)


def stamped(name: str, key: str, action, *results: Path) -> None:
    """Call `action` unless it succeeded before with this key and its results are still there."""
    stamp = BUILD / "stamps" / name
    if stamp.exists() and stamp.read_text() == key and all(path.exists() for path in results):
        return
    action()
    write(stamp, key)


@contextmanager
def locked(name: str):
    """Hold the lock `name`, so that two set-ups at once do the work once."""
    folder = BUILD / "lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / name).open("a")
    except OSError as error:
        raise MissingError(
            f"cannot write to {BUILD.name} ({error.strerror}): make the checkout writable"
        ) from None
    with handle:
        _lock(handle, name)
        yield


def _lock(handle, name: str) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"waiting for another set-up to finish ({name})")
        fcntl.flock(handle, fcntl.LOCK_EX)


def run_logged(command: list, log_name: str, failure: str, **options) -> None:
    """Run a command with its output in a log; its failure is one line with its last words."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{log_name}.log"
    with log.open("w") as output:
        try:
            code = subprocess.call(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **options,
            )
        except OSError as error:
            raise MissingError(f"{failure}: {error}") from None
    if code:
        raise MissingError(f"{failure}: {_reason(log)} (whole log: {log})")


def _reason(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "ERROR", "Err:"))]
    return (errors or lines or ["no output"])[-1][:300]
