"""What the figures arrange inside Odoo's processes: contacts, workflows, and a stopwatch."""

import time

from benchmarks import seed
from tests import jobs

LONG_AGO = "2026-01-01 00:00:00"
FAR_AHEAD = "2099-01-01 00:00:00"


def scattered(number):
    """Return what an address begins with, as a prefix for ``contacts`` and ``runs``: addresses of
    people who came one after the other are in no order, so that each lies elsewhere in an index."""
    return f"{number * 2654435761 % 2**32:08x}-"


def contacts(env, count, prefix):
    """Make contacts; return the id of the first, the others follow.

    :param prefix: what names and addresses begin with, or a function of the number
    """
    one = env["res.partner"].create({"name": "One", "email": "one@customer.example.com"})
    one.lang = "en_US"
    env.flush_all()
    first = seed.contacts(env.cr._obj, one.id, count, prefix)
    env.cr.commit()
    env.cr.execute("ANALYZE res_partner")
    return first


def workflow(env, steps, name, **values):
    """Start a workflow as a Workflow user, which no hour is too late for."""
    values = {"lateness_hours": 0, **values}
    made = env["mail.workflow"].browse(jobs.arrange(env, steps, name=name, **values))
    env.cr.commit()
    return made.with_user(made.run_as_id)


def runs(env, made, first_contact, numbers, prefix, due=0, **own):
    """Bring contacts made before into a workflow, many at once: the first `due` are due.

    :param own: columns of the others to change, default: they wait for long
    """
    contact = env["res.partner"].create({"name": "First", "email": "first@runs.example.com"})
    model = made.enroll(contact.with_user(made.env.user)).sudo()
    env.flush_all()
    cursor, numbers = env.cr._obj, list(numbers)
    own = {"due_at": FAR_AHEAD, **own}
    seed.runs(cursor, model.id, numbers[:due], first_contact, prefix)
    seed.runs(cursor, model.id, numbers[due:], first_contact, prefix, **own)
    model.unlink()
    env.cr.execute("ANALYZE mail_workflow_enrollment")


def event(env, contact, kind, **data):
    """Note an event of a contact, if somebody listens; return its id."""
    env["mail.workflow.event"].emit(kind, record=contact, data=data)
    env.cr.commit()
    env.cr.execute("SELECT max(id) FROM mail_workflow_event")
    return env.cr.fetchone()[0]


def make_due(env, made, count):
    """Let so many runs of a workflow that wait be due; return their ids."""
    env.cr.execute(
        """
        UPDATE mail_workflow_enrollment
           SET due_at = entered_at, planned_at = entered_at
         WHERE id IN (SELECT id
                        FROM mail_workflow_enrollment
                       WHERE workflow_id = %s AND state = 'active' AND due_at > entered_at
                       ORDER BY due_at, id
                       LIMIT %s)
        RETURNING id
        """,
        [made.id, count],
    )
    ids = [row[0] for row in env.cr.fetchall()]
    env.cr.commit()
    env.invalidate_all()
    return ids


def clear(env):
    """Leave nothing that the next figure would work on, or be slowed down by."""
    env.cr.execute("TRUNCATE mail_workflow_enrollment, mail_workflow_event, mail_mail CASCADE")
    env.invalidate_all()
    env["mail.workflow"].search([("state", "in", ("running", "paused"))]).action_stop()
    env.cr.commit()


def vacuum(env, *tables):
    """Leave tables as autovacuum would after a while."""
    for table in tables:
        _alone(env, f"VACUUM ANALYZE {table}")


def checkpoint(env):
    """Let the database write out what it has, where its user may ask for that: behind it the first
    write to each page costs more, and nothing is written out in the middle of what is timed."""
    env.cr.execute("SELECT pg_has_role('pg_checkpoint', 'USAGE')")
    if env.cr.fetchone()[0]:
        _alone(env, "CHECKPOINT")


def _alone(env, statement):
    """Run what may not be in a transaction."""
    env.cr.commit()
    env.cr._cnx.autocommit = True
    env.cr.execute(statement)
    env.cr._cnx.autocommit = False


def timed(env, work, end=None):
    """Return the seconds a piece of work takes, committed unless it is to end otherwise."""
    env.cr.commit()
    env.invalidate_all()
    started = time.perf_counter()
    work()
    (end or env.cr.commit)()
    return time.perf_counter() - started


def now():
    """Return the moment, as the engine reads it."""
    from odoo import fields  # noqa: PLC0415 (there in Odoo's processes only)

    return fields.Datetime.now()


def batches(ids, size):
    """Cut a list of ids."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def runner_batch():
    """Return how many runs the runner takes at a time."""
    from odoo.addons.mail_workflow_automation.models import mail_workflow_runner  # noqa: PLC0415

    return mail_workflow_runner.BATCH
