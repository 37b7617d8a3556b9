"""A real Odoo server, or a piece of code in Odoo's shell, for tests and the demo.

Works inside the prepared environment only, that is in commands started by dev/run.
"""

import os
import signal
import socket
import subprocess
import time
import urllib.request

from dev.environment import odoo_command
from dev.paths import LOGS

START_LIMIT = 120  # seconds that a server may take until it answers


def free_port():
    """Return a TCP port nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class OdooServer:
    """Odoo serving one database in a process group of its own.

    `clock` moves its clock ("+24h"), `smtp_port` is the mail server it uses when no outgoing
    mail server record says otherwise, `extra` holds more options of Odoo's command line.
    """

    def __init__(self, database, clock=None, cron_threads=2, port=None, smtp_port=None, extra=()):
        self.database = database
        self.clock = clock
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = LOGS / f"server-{database}-{self.port}.log"
        self.process = None
        mail = [] if smtp_port is None else ["--smtp", "127.0.0.1", "--smtp-port", smtp_port]
        self._arguments = [
            *("-d", database, f"--db-filter=^{database}$"),
            *("--http-port", self.port, "--gevent-port", free_port()),
            *("--max-cron-threads", cron_threads, "--workers", 0),
            *mail,
            *extra,
        ]

    def start(self):
        """Start the process and return at once; `wait_ready` waits for it."""
        command, environment = odoo_command(self._arguments, self.clock)
        LOGS.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def wait_ready(self, limit=START_LIMIT):
        """Wait until the server answers; fail if it ends or takes longer than `limit`."""
        deadline = time.monotonic() + limit
        while not self._healthy():
            if self.process.poll() is not None:
                raise RuntimeError(f"Odoo ended with code {self.process.returncode}: {self.log}")
            if time.monotonic() > deadline:
                self.kill()
                raise TimeoutError(f"Odoo does not answer after {limit} s: {self.log}")
            time.sleep(0.05)
        return self

    def stop(self):
        """End the server the orderly way; kill it if that takes longer than 20 seconds."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """Kill the whole process group with signal 9, and wait until it is gone."""
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self):
        return self.start().wait_ready()

    def __exit__(self, *exception):
        self.stop()

    def _healthy(self):
        # no database in this request: it is answered as soon as Odoo listens
        try:
            with urllib.request.urlopen(f"{self.url}/web/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False


def shell(database, code, clock=None):
    """Run code in Odoo's shell on a database; return what it printed.

    The transaction is rolled back unless the code commits. A failure raises RuntimeError with
    the end of Odoo's messages.
    """
    arguments = ["shell", "-d", database, "--no-http", "--log-level", "warn"]
    command, environment = odoo_command(arguments, clock)
    result = subprocess.run(
        command, env=environment, input=code, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(f"code failed in Odoo's shell:\n{result.stderr[-4000:]}")
    return result.stdout
