"""Where Odoo 19 comes from: Debian's package, or the folder named by ODOO_PATH.

The only file that knows; to take Odoo from elsewhere, change `root` and `ensure`.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from dev import apt
from dev.paths import BUILD, MissingError, digest, say, stamped

FOLDER = BUILD / "odoo"
PACKAGES = [
    "odoo-19/sid",
    "libjs-jquery/sid",
    "libjs-underscore/sid",
    "libjs-jquery-form/sid",
    "fonts-roboto-unhinted/sid",
    "fonts-montserrat/sid",
    "fonts-ocr-b/sid",
    # Odoo's pages want the 4.7 series, and links lead to files that sid's packages no longer have
    "fonts-font-awesome/trixie",
    "fonts-inconsolata/trixie",
]


def root() -> Path:
    """Return the folder that holds the Python package `odoo`."""
    given = os.environ.get("ODOO_PATH")
    return Path(given).resolve() if given else FOLDER / "usr/lib/python3/dist-packages"


def addons_folders() -> list:
    """Return Odoo's own folders of addons."""
    return [path for path in (root() / "odoo/addons", root() / "addons") if path.is_dir()]


def version() -> str:
    """Return a text that changes when Odoo does."""
    packages = FOLDER / "packages"
    fetched = FOLDER in root().parents and packages.exists()
    return digest(root() / "odoo/release.py", packages.read_text() if fetched else root())


def ensure() -> None:
    """Fetch Odoo if it is not there; check what ODOO_PATH names."""
    if not os.environ.get("ODOO_PATH"):
        stamped("odoo", digest(*PACKAGES), _fetch, root() / "odoo/release.py")
        return
    release = root() / "odoo/release.py"
    if not release.is_file():
        raise MissingError(f"ODOO_PATH={root()} holds no folder odoo: name an Odoo 19 checkout")
    if not re.search(r"^version_info = \(19,", release.read_text(), re.MULTILINE):
        raise MissingError(f"ODOO_PATH={root()} is not Odoo 19: name an Odoo 19 checkout")


def _fetch() -> None:
    say("fetching Odoo 19 from Debian (about 10 seconds)")
    fresh = FOLDER.with_name("odoo.new")
    shutil.rmtree(fresh, ignore_errors=True)
    apt.unpack(PACKAGES, fresh)
    _check_links(fresh)
    names = sorted(deb.name for deb in (apt.APT / "debs" / fresh.name).glob("*.deb"))
    (fresh / "packages").write_text("\n".join(names))
    shutil.rmtree(FOLDER, ignore_errors=True)
    fresh.rename(FOLDER)


def _check_links(folder: Path) -> None:
    """Refuse an Odoo with dangling links: its web pages would answer 500."""
    package = folder / "usr/lib/python3/dist-packages"
    for place, folders, files in os.walk(package):
        for name in folders + files:
            if not os.path.exists(os.path.join(place, name)):
                link = os.path.relpath(os.path.join(place, name), package)
                raise MissingError(
                    f"Debian's Odoo has a link to a file that no unpacked package has, {link}:"
                    " add its package to dev/odoo_source.py"
                )
