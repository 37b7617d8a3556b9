"""Debian packages unpacked into a folder of ours: no root, nothing of the machine changed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from dev.paths import BUILD, MissingError, run_logged, write

APT = BUILD / "apt"
SETTINGS = """\
Dir::State "{apt}/state";
Dir::State::status "{apt}/state/status";
Dir::Cache "{apt}/cache";
Dir::Etc::sourcelist "{apt}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
"""
ADVICE = "or set ODOO_PATH to an Odoo 19 that is already here"


def codename() -> str:
    """Return the name of this machine's Debian release, or nothing."""
    release = Path("/etc/os-release")
    text = release.read_text() if release.exists() else ""
    found = re.search(r"^VERSION_CODENAME=\"?(\w+)", text, re.MULTILINE)
    return found.group(1) if found else ""


def unpack(packages: list, target: Path) -> None:
    """Download packages ("name/suite") and unpack them all into one folder."""
    suites = {package.partition("/")[2] for package in packages}
    _configure(sorted(suites))
    failure = f"Debian's package lists cannot be read: check the network, {ADVICE}"
    _apt(["update", "-q", "-o", "APT::Update::Error-Mode=any"], "apt-update", failure)
    folder = APT / "debs" / target.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    failure = f"Debian's packages cannot be downloaded: check the network, {ADVICE}"
    _apt(["download", "-q", *packages], "apt-download", failure, cwd=folder)
    for deb in folder.glob("*.deb"):
        run_logged(["dpkg", "-x", deb, target], "dpkg", f"{deb.name} cannot be unpacked")


def _apt(words: list, log: str, failure: str, **options) -> None:
    environment = {**os.environ, "APT_CONFIG": str(APT / "apt.conf"), "LC_ALL": "C"}
    run_logged(["apt-get", *words], log, failure, env=environment, **options)


def _configure(suites: list) -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise MissingError(f"apt-get and dpkg are needed to fetch Odoo: use Debian, {ADVICE}")
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (APT / folder).mkdir(parents=True, exist_ok=True)
    write(APT / "state" / "status", "")
    write(APT / "apt.conf", SETTINGS.format(apt=APT) + _network_settings())
    uri, keyring = _mirror()
    option = f"[signed-by={keyring}] " if keyring else ""
    write(APT / "sources.list", "".join(f"deb {option}{uri} {s} main\n" for s in suites))


def _network_settings() -> str:
    """Keep the machine's own proxy and certificate settings."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False)
    lines = dump.stdout.splitlines()
    kept = [line for line in lines if re.match(r"Acquire::https?::", line) and '""' not in line]
    return "\n".join([*kept, ""])


def _mirror() -> tuple:
    """Return address and keyring of the machine's own Debian mirror."""
    found = [mirror for path in _source_files() for mirror in _mirrors(path)]
    found.sort(key=lambda mirror: not mirror[0].rstrip("/").endswith("/debian"))
    if not found:
        raise MissingError(f"the machine's apt sources name no Debian mirror: add one, {ADVICE}")
    return found[0]


def _source_files() -> list:
    etc = Path("/etc/apt")
    parts = sorted((etc / "sources.list.d").glob("*"))
    return [path for path in [etc / "sources.list", *parts] if path.is_file()]


def _mirrors(path: Path) -> list:
    text = path.read_text(errors="replace")
    if path.suffix == ".sources":
        entries = [_stanza(block) for block in re.split(r"\n\s*\n", text)]
    else:
        entries = [_line(line) for line in text.splitlines()]
    suites = {codename(), "stable", "testing", "unstable", "sid"}
    return [
        (entry["uri"], entry["keyring"])
        for entry in entries
        if entry and entry["suites"] & suites and "main" in entry["components"]
    ]


def _stanza(block: str):
    """Read one paragraph of a .sources file."""
    text = "\n".join(line for line in block.splitlines() if not line.startswith("#"))
    fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*)$", text, re.MULTILINE))
    if "deb" not in fields.get("Types", "").split() or not fields.get("URIs"):
        return None
    if fields.get("Enabled", "yes").strip().lower() in ("no", "false", "0"):
        return None
    return _entry(fields["URIs"].split()[0], fields, fields.get("Signed-By", ""))


def _line(line: str):
    """Read one line of a .list file."""
    found = re.match(r"deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+(.*)", line.strip())
    if not found:
        return None
    options, uri, suite, components = found.groups()
    keyring = re.search(r"signed-by=(\S+)", options or "")
    fields = {"Suites": suite, "Components": components}
    return _entry(uri, fields, keyring.group(1) if keyring else "")


def _entry(uri: str, fields: dict, keyring: str) -> dict:
    usual = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    if not keyring.strip().startswith("/"):
        keyring = str(usual) if usual.exists() else ""
    return {
        "uri": uri,
        "keyring": keyring.strip(),
        "suites": set(fields.get("Suites", "").split()),
        "components": fields.get("Components", "").split(),
    }
