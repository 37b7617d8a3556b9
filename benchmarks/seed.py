"""Many rows in minutes: contacts, runs and events by COPY, as the ORM and the engine make them.

usage: dev/run python benchmarks/seed.py NAME [--contacts N] [--runs N] [--events N]

Makes database NAME anew. The first row of a kind is made by Odoo itself; the others are that row
again with what is a person's own put in its place, so that they stay valid when columns change.
"""

import argparse
import json
import time
from contextlib import contextmanager
from itertools import islice

from dev import databases, server
from dev.database_server import cursor as open_cursor
from dev.paths import one_line_errors

WORKFLOWS = 5
PORTION = 5000  # lines handed to COPY at once
# what differs from row to row, with {n} the number and {id} the id
CONTACT = {
    "id": "{id}",
    "name": "{prefix} {n}",
    "complete_name": "{prefix} {n}",
    "commercial_partner_id": "{id}",
    "email": "{prefix}{n}@customer.example.com",
    "email_normalized": "{prefix}{n}@customer.example.com",
}
RUN = {
    "id": "{id}",
    "res_id": "{person}",
    "partner_id": "{person}",
    "email_normalized": "{prefix}{n}@customer.example.com",
    "entry_key": "{prefix}{n}@customer.example.com",
}
EVENT = {
    "id": "{id}",
    "res_id": "{person}",
    "partner_id": "{person}",
    "email_normalized": "{prefix}{n}@customer.example.com",
}


class _Lines:
    """What COPY reads: the line of each number, made when it is asked for."""

    def __init__(self, lines):
        self._lines = lines
        self._rest = b""

    def read(self, size=-1):
        while len(self._rest) < size:
            portion = "".join(islice(self._lines, PORTION))
            if not portion:
                break
            self._rest += portion.encode()
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def like(cursor, table, row_id, own, numbers, **values):
    """COPY a row of a table once for each of the numbers.

    :param own: ``{column: text}`` of what differs, with {n}, {id} and the names in ``values``
    :param values: texts, or functions of the number
    :returns: the id of the first row made; the others follow without a gap
    """
    cursor.execute(f"SELECT * FROM {table} WHERE id = %s", [row_id])  # noqa: S608 names of this file
    names = [column.name for column in cursor.description]
    template = dict(zip(names, _as_text(cursor, table, row_id, names), strict=True))
    template = {name: _quoted(text) for name, text in template.items() if text is not None}
    template |= own
    cursor.execute(f"SELECT nextval('{table}_id_seq')")  # noqa: S608
    first = cursor.fetchone()[0]
    cursor.execute("SELECT setval(%s, %s)", [f"{table}_id_seq", first + len(numbers)])
    line = "\t".join(template.values()) + "\n"
    fixed = {name: value for name, value in values.items() if not callable(value)}
    moving = {name: value for name, value in values.items() if callable(value)}

    def lines():
        for id_, n in enumerate(numbers, first):
            yield line.format(
                id=id_, n=n, **fixed, **{name: value(n) for name, value in moving.items()}
            )

    columns = ", ".join(template)
    cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", _Lines(lines()), 1 << 20)
    assert cursor.rowcount == len(numbers), cursor.rowcount
    return first


def _as_text(cursor, table, row_id, names):
    texts = ", ".join(f"{name}::text" for name in names)
    cursor.execute(f"SELECT {texts} FROM {table} WHERE id = %s", [row_id])  # noqa: S608
    return cursor.fetchone()


def _quoted(text):
    for one, other in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("{", "{{"), ("}", "}}")):
        text = text.replace(one, other)
    return text


@contextmanager
def bulk(cursor, table):
    """Do without indexes and foreign keys while very many rows come in, then build them anew."""
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype = 'f'",
        [table],
    )
    keys = cursor.fetchall()
    cursor.execute(
        "SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c"
        " ON c.oid = i.indexrelid WHERE i.indrelid = %s::regclass AND NOT i.indisprimary",
        [table],
    )
    indexes = cursor.fetchall()
    for name, _definition in keys:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    for _name, definition in indexes:
        cursor.execute(definition)
    for name, definition in keys:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def contacts(cursor, row_id, count, prefix):
    """COPY a contact so often; return the id of the first."""
    return like(cursor, "res_partner", row_id, CONTACT, range(count), prefix=prefix)


def runs(cursor, row_id, numbers, first_contact, prefix, **own):
    """COPY a run for contacts made with the same prefix; ``own`` are columns to change."""
    return like(
        cursor,
        "mail_workflow_enrollment",
        row_id,
        {**RUN, **own},
        numbers,
        prefix=prefix,
        person=lambda n: first_contact + n,
    )


def events(cursor, row_id, numbers, contacts_count, first_contact, prefix, **own):
    """COPY an event for contacts made with the same prefix, one after the other."""
    return like(
        cursor,
        "mail_workflow_event",
        row_id,
        {**EVENT, "email_normalized": "{prefix}{who}@customer.example.com", **own},
        numbers,
        prefix=prefix,
        who=lambda n: n % contacts_count,
        person=lambda n: first_contact + n % contacts_count,
    )


# --- a whole database -----------------------------------------------------------------------------

FIRST_ROWS = """
import json
from benchmarks import seed
print(json.dumps(seed.first_rows(env)))
"""


def first_rows(env):
    """Let Odoo make one contact, workflows with one run each, and one event; return their ids."""
    from benchmarks import world  # noqa: PLC0415 (it needs this module)

    contact = env["res.partner"].create({"name": "First", "email": "first@customer.example.com"})
    steps = [{"key": "later", "kind": "wait", "days": 1}, {"key": "end", "kind": "end"}]
    runs_made = []
    for number in range(WORKFLOWS):
        listens = [{"kind": "custom", "name": "wanted"}]
        made = world.workflow(env, steps, f"Seeded {number}", triggers=listens)
        runs_made += made.enroll(contact.with_user(made.env.user)).ids
    event = world.event(env, contact, "custom", name="ordinary")
    return {"contact": contact.id, "runs": runs_made, "event": event}


@contextmanager
def _told(what, count):
    started = time.monotonic()
    yield
    print(f"{what}: {count} rows in {time.monotonic() - started:.0f} s", flush=True)


def fill(cursor, found, counts):
    """COPY what a seeded database holds; the runs wait, spread over the workflows."""
    with _told("contacts", counts.contacts):
        first = contacts(cursor, found["contact"], counts.contacts, "seed")
    each = min(counts.runs // WORKFLOWS, counts.contacts)
    with _told("runs", each * WORKFLOWS), bulk(cursor, "mail_workflow_enrollment"):
        for run in found["runs"]:
            runs(cursor, run, range(each), first, "seed", due_at="2099-01-01 00:00:00")
    with _told("events", counts.events), bulk(cursor, "mail_workflow_event"):
        events(
            cursor,
            found["event"],
            range(counts.events),
            counts.contacts,
            first,
            "seed",
            dispatched_at="2026-01-01 00:00:00",
        )


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Make a database with many rows.")
    parser.add_argument("name")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5_000_000)
    parser.add_argument("--events", type=int, default=5_000_000)
    options = parser.parse_args()
    with one_line_errors(), _told("all", options.contacts + options.runs + options.events):
        databases.fresh(options.name)
        found = json.loads(server.shell(options.name, FIRST_ROWS).splitlines()[-1])
        with open_cursor(options.name) as cursor:
            fill(cursor, found, options)
        with open_cursor(options.name, autocommit=True) as cursor, _told("VACUUM ANALYZE", "all"):
            cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main()
