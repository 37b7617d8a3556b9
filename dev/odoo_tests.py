"""Odoo's own tests of mails and mailings, with our addon beside them and without.

What fails without it (Debian's Odoo lacks some files) is not ours; what fails only with it is.
"""

import re
import subprocess

from dev import database_server, databases
from dev.environment import odoo_command
from dev.paths import LOGS, MissingError, one_line_errors, say

NAME = "mwa_odoo_tests"
MODULES = "test_mail,test_mass_mailing"
TAGS = "mail_mail,mail_server,mass_mailing,mailing_manage,/mail:TestMailMail"
FAILED = re.compile(r" (?:FAIL|ERROR): (\S+)\.(\S+)")
RUN = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")


def main():
    """Run them twice and compare."""
    with one_line_errors():
        say("Odoo's own mail tests without our addon")
        without, count = _run(databases.apps_template(), "without")
        say("Odoo's own mail tests with our addon")
        beside, count_beside = _run(databases.addon_template(), "with")
        ours = sorted(beside - without)
        if ours or count_beside < count:
            raise MissingError(
                f"with our addon {count_beside} of {count} tests ran, and these fail: "
                f"{', '.join(ours) or '-'} (log: {LOGS / f'{NAME}-with.log'})"
            )
    print(f"{count} tests of Odoo: none fails with our addon only ({len(without)} without it)")


def _run(template, name):
    """Return the names of the tests that fail on a copy of a template, and how many there are."""
    database_server.copy(template, NAME)
    log = LOGS / f"{NAME}-{name}.log"
    arguments = ["-d", NAME, "-i", MODULES, "--test-tags", TAGS, "--stop-after-init"]
    command, environment = odoo_command([*arguments, "--max-cron-threads", 0, "--http-port", 0])
    with log.open("w") as output:
        subprocess.call(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    database_server.drop(NAME)
    text = log.read_text(errors="replace")
    counts = RUN.findall(text)
    if not counts:
        raise MissingError(f"Odoo's tests did not run (log: {log})")
    return {".".join(found) for found in FAILED.findall(text)}, sum(int(c[2]) for c in counts)


if __name__ == "__main__":
    main()
