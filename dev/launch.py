"""Odoo's own command line, after the databases it names are made and have the right clock.

Run by dev/odoo and dev/server.py inside the prepared environment.
"""

import sys

from dev import clock, database_server
from dev.paths import MissingError, one_line_errors


def main():
    """Prepare the databases, then hand over to Odoo."""
    command = sys.argv[1] if sys.argv[1:] and not sys.argv[1].startswith("-") else "server"
    with one_line_errors():
        for name in database_names(sys.argv[1:]):
            _prepare(name, command)
    clock.repair_sleep()
    import odoo.cli.server  # noqa: PLC0415 (slow, and of no use if a database is missing)

    odoo.cli.server.check_root_user = lambda: None  # its warning goes without saying here
    odoo.cli.main()


def database_names(arguments):
    """Return the databases that Odoo's options -d and --database name."""
    names = ""
    for position, word in enumerate(arguments):
        if word in ("-d", "--database"):
            names = "".join(arguments[position + 1 : position + 2])
        elif word.startswith("--database="):
            names = word.partition("=")[2]
        elif word.startswith("-d"):
            names = word[2:]
    return [name for name in names.split(",") if name]


def _prepare(name, command):
    if not database_server.exists(name):
        if command != "server":
            raise MissingError(
                f"there is no database {name}: make it with"
                f" dev/odoo -d {name} -i base --stop-after-init"
            )
        database_server.create(name)
        if not any(word == "-i" or word.startswith("--init") for word in sys.argv):
            sys.argv += ["-i", "base"]
    with database_server.cursor(name) as cursor:
        clock.set_database(cursor)


if __name__ == "__main__":
    main()
