"""A cursor of its own that can only read."""

from contextlib import contextmanager

from odoo.sql_db import BaseCursor, Savepoint


@contextmanager
def read_only(registry):
    """Open a cursor whose transaction reads only: PostgreSQL refuses every other statement."""
    with registry.cursor() as cr:
        cr.execute("SET TRANSACTION READ ONLY")
        try:
            yield cr
        finally:
            cr.rollback()


class UncommittedCursor(BaseCursor):
    """Looks at a transaction that is not committed yet: on its connection, with caches of its own,
    reading only, until it is closed."""

    def __init__(self, cursor):
        super().__init__()
        self._cursor = cursor
        self._savepoint = Savepoint(cursor)
        self._cursor.execute("SET TRANSACTION READ ONLY")

    def __getattr__(self, name):
        return getattr(self._cursor, name)

    def execute(self, *args, **kwargs):
        return self._cursor.execute(*args, **kwargs)

    def dictfetchone(self):
        return self._cursor.dictfetchone()

    def dictfetchmany(self, size):
        return self._cursor.dictfetchmany(size)

    def dictfetchall(self):
        return self._cursor.dictfetchall()

    def commit(self):
        self.rollback()

    def rollback(self):
        self.clear()

    def close(self):
        self.clear()
        # what a savepoint made read only can be written again after it
        self._savepoint.close(rollback=True)
