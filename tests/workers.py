"""Real Odoo processes for tests: each job runs in a process of its own, on a database of its own.

One process loads Odoo's registry, once; it has no connection to the database open when it forks a
process for each job. A job is a module-level function `job(env, **values)`; its transaction is
committed when it returns, and what it returns (JSON) is the answer. A killed process gives none.
"""

import importlib
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import closing

from dev import database_server, databases
from dev.environment import odoo_command

ANSWER_LIMIT = 120  # seconds
START_LIMIT = 60


class Killed(Exception):
    """The process of a job was killed before it answered."""


class JobFailed(Exception):
    """A job raised; the message is its traceback."""


class Job:
    """A job under way in its own process."""

    def __init__(self, port, function, values):
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._lines = self._socket.makefile("rb", buffering=0)
        self._pid = None
        request = {"module": function.__module__, "name": function.__name__, "values": values}
        self._socket.sendall(json.dumps(request).encode() + b"\n")

    def pid(self, limit=ANSWER_LIMIT):
        """Return the number of the job's process."""
        if self._pid is None:
            self._pid = int(self._line(limit))
        return self._pid

    def result(self, limit=ANSWER_LIMIT):
        """Wait for the job's end; return what it returned."""
        with closing(self._socket), self._lines:
            self.pid(limit)
            line = self._line(limit)
        answer = json.loads(line)
        if "error" in answer:
            raise JobFailed(answer["error"])
        return answer["result"]

    def is_over(self):
        """Tell whether the job has ended: answered, failed or killed."""
        self.pid()
        return bool(select.select([self._socket], [], [], 0)[0])

    def _line(self, limit):
        self._socket.settimeout(limit)
        try:
            line = self._lines.readline()
        except ConnectionResetError:
            line = b""
        if not line:
            raise Killed
        return line


class Workers:
    """A database of its own, and processes that work on it.

    :param source: database to copy, default: one with our addon
    :param environ: more environment variables for the processes
    """

    def __init__(self, name, source=None, environ=None):
        self.name = f"mwa_workers_{name}_{os.getpid()}"
        self._source = source or databases.addon_template()
        self._environ = environ or {}
        self._process = None
        self._port = None

    def __enter__(self):
        database_server.copy(self._source, self.name)
        arguments = ["shell", "-d", self.name, "--no-http", "--log-level", "critical"]
        command, environment = odoo_command(arguments)
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            command,
            env={**environment, **self._environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        self._process.stdin.write(b"from tests.workers import serve; serve(env)\n")
        self._process.stdin.close()
        ready, _, _ = select.select([self._process.stdout], [], [], START_LIMIT)
        line = self._process.stdout.readline() if ready else b""
        if not line.strip().isdigit():
            self._log.seek(0)
            messages = self._log.read().decode(errors="replace")
            self.__exit__()
            raise RuntimeError(f"the workers did not start:\n{messages[-3000:]}")
        self._port = int(line)
        return self

    def __exit__(self, *exception):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._process.stdout.close()
        self._log.close()
        database_server.drop(self.name)

    def start(self, function, **values):
        """Start a job; it runs beside others that are under way."""
        return Job(self._port, function, values)

    def run(self, function, **values):
        """Run a job to its end."""
        return self.start(function, **values).result()

    def query(self, text, *values):
        """Return the rows of a query, from outside of Odoo."""
        with database_server.cursor(self.name) as cursor:
            cursor.execute(text, values)
            return cursor.fetchall() if cursor.description else []

    def count(self, text, *values):
        """Return the one number of a query."""
        return self.query(text, *values)[0][0]


def meet(folder, name, others, limit=30):
    """Wait in a job until `others` have come to the same place."""
    open(os.path.join(folder, name), "w").close()
    deadline = time.monotonic() + limit
    while not all(os.path.exists(os.path.join(folder, other)) for other in others):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{name} waited in vain for {others}")
        time.sleep(0.005)


# --- inside the processes -------------------------------------------------------------------------


def serve(env):
    """Fork a process for each job that is asked for, until the test's process is gone."""
    from odoo import sql_db  # noqa: PLC0415 (there in Odoo's processes only)

    database, parent = env.cr.dbname, os.getppid()
    env.cr.close()
    sql_db.close_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are buried by the system
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        listener.settimeout(1)
        while os.getppid() == parent:
            try:
                connection, _address = listener.accept()
            except TimeoutError:
                continue
            if not os.fork():
                listener.close()
                _answer(connection, database)
            connection.close()
    os._exit(0)


def _answer(connection, database):
    random.seed()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.settimeout(None)
    connection.sendall(b"%d\n" % os.getpid())
    try:
        with connection.makefile("rb") as lines:
            request = json.loads(lines.readline())
        answer = {"result": _run(request, database)}
    except BaseException:  # noqa: BLE001 whatever it is, the test must hear of it
        answer = {"error": traceback.format_exc()}
    connection.sendall(json.dumps(answer, default=str).encode() + b"\n")
    connection.close()
    sys.stderr.flush()
    os._exit(0)


def _run(request, database):
    from odoo import SUPERUSER_ID, api  # noqa: PLC0415
    from odoo.modules.registry import Registry  # noqa: PLC0415

    function = getattr(importlib.import_module(request["module"]), request["name"])
    registry = Registry(database).check_signaling()
    try:
        with registry.cursor() as cr:
            result = function(api.Environment(cr, SUPERUSER_ID, {}), **request["values"])
            cr.commit()
        registry.signal_changes()
        return result
    except BaseException:
        registry.reset_changes()
        raise
