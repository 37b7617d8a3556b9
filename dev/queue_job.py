"""OCA's queue_job, for the tests of our glue with it; nothing else needs it.

Its wheel asks for a distribution `odoo`, so it comes without its dependencies into a folder of its
own, which only the processes of `environ()` have on their paths.
"""

from __future__ import annotations

import os

from dev.environment import CONFIG
from dev.paths import BUILD, digest, locked, run_logged, say, stamped, write
from dev.python_env import PYTHON

PACKAGES = ["odoo-addon-queue-job==19.0.2.4.0.1", "openupgradelib==3.13.7"]
FOLDER = BUILD / "queue_job"


def environ(channels: str) -> dict:
    """Return what an Odoo process that works with the queue needs in its environment."""
    with locked("queue_job"):
        stamped("queue_job", digest(*PACKAGES), _fetch, FOLDER / "odoo/addons/queue_job")
    addons = FOLDER / "odoo/addons"
    config = BUILD / "queue_job.conf"
    write(config, CONFIG.read_text().replace("addons_path = ", f"addons_path = {addons},"))
    return {
        "ODOO_RC": str(config),
        "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], str(FOLDER)]),
        "ODOO_QUEUE_JOB_CHANNELS": channels,
    }


def _fetch() -> None:
    say("fetching OCA's queue_job")
    command = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    failure = "pip could not fetch odoo-addon-queue-job"
    run_logged([*command, "--upgrade", "--target", FOLDER, *PACKAGES], "queue_job", failure)
