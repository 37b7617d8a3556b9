"""Databases and their files: made, copied, dropped. Runs inside the prepared environment."""

import shutil
import time
from contextlib import contextmanager

import psycopg2
from psycopg2 import sql

from dev.environment import data_path
from dev.paths import MissingError


@contextmanager
def cursor(database="postgres", autocommit=False):
    """Open a cursor on a database, in one transaction unless `autocommit`."""
    try:
        connection = psycopg2.connect(dbname=database)
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise MissingError(f"database {database} cannot be opened: {reason}") from None
    connection.autocommit = autocommit
    try:
        with connection.cursor() as result:
            yield result
        connection.commit()
    finally:
        connection.close()


def _execute(query, *names):
    with cursor(autocommit=True) as server:
        server.execute(sql.SQL(query).format(*map(sql.Identifier, names)))


def exists(name):
    """Tell whether there is a database of this name."""
    return name in names(name)


def names(pattern):
    """Return the databases whose names match a pattern of LIKE."""
    with cursor() as server:
        server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern])
        return [name for (name,) in server.fetchall()]


def create(name):
    """Make an empty database as Odoo would, without extensions the server may not have."""
    _execute("CREATE DATABASE {} TEMPLATE template0 ENCODING 'unicode' LC_COLLATE 'C'", name)


def drop(name):
    """Drop a database and its files, whoever uses it."""
    deadline = time.monotonic() + 60
    while True:
        try:
            _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
            break
        except psycopg2.errors.InsufficientPrivilege:
            # the server cleans it up just now, and only a superuser may end that
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
    shutil.rmtree(data_path(name), ignore_errors=True)


def copy(source, name):
    """Make a database and its files from another one."""
    drop(name)
    _execute("CREATE DATABASE {} TEMPLATE {}", name, source)
    if data_path(source).is_dir():
        shutil.copytree(data_path(source), data_path(name))


def rename(source, name):
    """Give a database and its files another name; nobody may use it."""
    drop(name)
    if data_path(source).is_dir():
        data_path(source).rename(data_path(name))
    _execute("ALTER DATABASE {} RENAME TO {}", source, name)
