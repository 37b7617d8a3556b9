"""The addon's life in one database with demo data: install, upgrade, uninstall, no warning."""

from dev import database_server, databases
from dev.databases import ADDON
from dev.paths import MissingError, one_line_errors, say
from dev.server import shell

NAME = "mwa_lifecycle"
UNINSTALL = f"""
module = env["ir.module.module"].search([("name", "=", {ADDON!r})])
module.button_immediate_uninstall()
env.cr.commit()
"""
LEFT = f"""
prefix = {ADDON!r}
data = env["ir.model.data"].search([("module", "=", prefix)])
state = env["ir.module.module"].search([("name", "=", prefix)]).state
print(state, *data.mapped("name"))
"""


def main():
    """Go through the life; stop at the first problem."""
    with one_line_errors():
        say("installing with demo data")
        databases.fresh(NAME, demo=True)
        say("upgrading")
        databases.run_odoo(f"{NAME}-upgrade", ["-d", NAME, "-u", ADDON], strict=True)
        say("uninstalling")
        _uninstall()
        database_server.drop(NAME)
    print("install with demo data, upgrade, uninstall: passed")


def _uninstall():
    try:
        shell(NAME, UNINSTALL)
        left = shell(NAME, LEFT).split()
    except RuntimeError as error:
        raise MissingError(f"uninstall: {str(error).strip().splitlines()[-1]}") from None
    if left != ["uninstalled"]:
        raise MissingError(f"uninstall leaves behind: {' '.join(left)}")


if __name__ == "__main__":
    main()
