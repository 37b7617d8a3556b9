"""The database server of the chaos: its own, so that nobody else is hurt."""

import os
import shutil
import signal
import subprocess
import tempfile
import time

from dev import database_server, databases, postgres
from dev.environment import data_path
from dev.paths import MissingError

NAME = "pgchaos"
READY_LIMIT = 300  # seconds
# before it recovers it makes its files safe: all at once, not one by one
SETTING = "recovery_init_sync_method = syncfs\n"
VICTIMS = """
    SELECT pid FROM pg_stat_activity
     WHERE datname = %s AND pid != pg_backend_pid() AND backend_type = 'client backend'
     ORDER BY pid
"""


def wait_ready():
    """Wait until the server has recovered."""
    deadline = time.monotonic() + READY_LIMIT
    while True:
        try:
            with database_server.cursor():
                return
        except MissingError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Server:
    """A PostgreSQL server of our own that is stopped hard and started again."""

    def start(self):
        """Start it; everything in this process and its children then uses it."""
        self._usual = {name: os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGUSER")}
        self._own = postgres.own(NAME)
        settings = postgres.data_folder(NAME) / "postgresql.conf"
        if SETTING not in settings.read_text():
            with settings.open("a") as conf:
                conf.write(f"\n{SETTING}")
            os.kill(self._postmaster()[0], signal.SIGHUP)
        return self

    def template(self):
        """Return the name of a database with our addon, copied from the usual server."""
        source = databases.addon_template()
        os.environ.update(self._own)
        copy = f"{source}_copy"
        if not database_server.exists(copy):
            for older in database_server.names("mwa_%"):
                database_server.drop(older)
            self._restore(source, f"{copy}_building")
            shutil.copytree(data_path(source), data_path(copy), dirs_exist_ok=True)
            # what has this name is complete
            database_server.rename(f"{copy}_building", copy)
        return copy

    def _restore(self, source, name):
        database_server.create(name)
        usual = {**os.environ, **{key: text for key, text in self._usual.items() if text}}
        with tempfile.NamedTemporaryFile() as dump:
            for program, environment, arguments in (
                ("pg_dump", usual, ["-Fc", "-Z1", "-f", dump.name, source]),
                ("pg_restore", os.environ, ["--no-owner", "-d", name, dump.name]),
            ):
                command = [postgres.programs() / program, *arguments]
                subprocess.run(command, env=environment, check=True)

    def _postmaster(self):
        marker = postgres.data_folder(NAME) / "postmaster.pid"
        return int(marker.read_text().split()[0]), marker

    def restart(self):
        """Stop it as a power cut would, as far as a process can, and start it again."""
        pid, marker = self._postmaster()
        os.kill(pid, signal.SIGQUIT)
        while marker.exists():
            time.sleep(0.02)
        try:
            postgres.own(NAME)
        except MissingError:
            pass  # its recovery takes longer than who starts it waits
        wait_ready()

    def kill_backend(self, database, chance):
        """Kill a backend with -9: PostgreSQL then ends all of them and recovers."""
        with database_server.cursor() as cursor:
            cursor.execute(VICTIMS, [database])
            pids = [pid for (pid,) in cursor.fetchall()]
        if pids:
            os.kill(chance.choice(pids), signal.SIGKILL)
            wait_ready()
        return bool(pids)

    def stop(self):
        """Stop it the orderly way."""
        pid, marker = self._postmaster()
        os.kill(pid, signal.SIGINT)
        while marker.exists():
            time.sleep(0.05)


class Gentle:
    """Somebody else's server: only single connections are ended."""

    def restart(self):
        """Not on a server that others use."""

    def kill_backend(self, database, chance):
        """End one connection of the run's own database."""
        with database_server.cursor() as cursor:
            cursor.execute(VICTIMS, [database])
            pids = [pid for (pid,) in cursor.fetchall()]
            if pids:
                cursor.execute("SELECT pg_terminate_backend(%s)", [chance.choice(pids)])
        return bool(pids)
