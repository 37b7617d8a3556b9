"""From a sign-up's commit to the mail at the receiver, on a server with Odoo's two cron workers.

One sign-up a second, first with nothing else to do, then while the steps of 50,000 people of
another workflow are due; and as long as that lasts. Beside it a job of Odoo's own is asked for
every few seconds, and notes when it starts: it must not wait longer behind our backlog.

A server that has just started has Odoo's daily jobs due, and both workers are busy with them for
some seconds: that is not what is asked here, so they end first.

Seconds here are what people wait, so they are figures of their own; of two situations in one run.
"""

import tempfile
import time
from statistics import median, quantiles

from benchmarks import world
from dev.receiver import Receiver
from dev.server import OdooServer
from tests import jobs

SIGN_UPS = 40
OWN_EVERY = 3  # sign-ups
PATIENCE = 300  # seconds for the last mail
OWN = "Latency of Odoo's own"
OWN_DUE = """
    SELECT count(*)
      FROM ir_cron
     WHERE active AND workflow_lane IS NULL
       AND (nextcall <= now() AT TIME ZONE 'UTC'
            OR id IN (SELECT cron_id FROM ir_cron_trigger
                       WHERE call_at <= now() AT TIME ZONE 'UTC'))
"""
NOTES_ITS_START = f"model.create({{'name': {OWN!r}, 'ref': str(time.time())}})"


def measure(bench):
    """Let people sign up beside nothing, then beside a backlog."""
    backlog = bench.size(50_000, 2_000)
    count = max(SIGN_UPS // 4, 5) if bench.options.quick else SIGN_UPS
    with tempfile.TemporaryDirectory() as folder, Receiver(folder) as receiver:
        with bench.database("latency") as database:
            own = database.run(_arrange, smtp_port=receiver.port)
            other = database.run(_prepare_backlog, count=backlog)
            with OdooServer(database.name, cron_threads=2):
                _sign_ups(database, receiver, own, "warm", 2)
                _wait_for_own_jobs(database)
                idle = _sign_ups(database, receiver, own, "idle", count)
                database.run(_let_go, workflow=other)
                behind = _sign_ups(database, receiver, own, "behind", count)
                left = database.run(_left, workflow=other)
    yield _line("latency_idle", idle[0], 5, rows=count)
    yield _line("latency_behind", behind[0], 30, rows=count, backlog=backlog, backlog_left=left)
    yield {
        "figure": "latency_own_jobs",
        "ratio": round(median(behind[1]) / median(idle[1]), 2),
        "reads": "times as long as without our backlog waits a job of Odoo's own (medians)",
        "target": None,
        "met": None,
        "seconds": [round(seconds, 2) for seconds in sorted(behind[1])],
        "seconds_idle": [round(seconds, 2) for seconds in sorted(idle[1])],
    }


def _wait_for_own_jobs(database):
    """Wait until no job of Odoo's own is due or under way: one under way is due until it ends."""
    deadline = time.monotonic() + PATIENCE
    while database.count(OWN_DUE):
        if time.monotonic() > deadline:
            raise TimeoutError("Odoo's own jobs do not end")
        time.sleep(0.2)


def _line(figure, seconds, limit, **more):
    p95 = quantiles(seconds, n=20, method="inclusive")[-1]
    return {
        "figure": figure,
        "ratio": round(p95, 2),
        "reads": "seconds from the commit of a sign-up to its mail at the receiver (p95)",
        "target": f"<= {limit}",
        "met": p95 <= limit,
        "seconds_p50": round(median(seconds), 2),
        "seconds_p95": round(p95, 2),
        "seconds_most": round(max(seconds), 2),
        **more,
    }


def _sign_ups(database, receiver, own, prefix, count):
    """Let people sign up.

    :returns: seconds that each mail took, seconds that each of Odoo's own jobs waited
    """
    signed, asked = {}, []
    for number in range(count):
        began = time.monotonic()
        email = f"{prefix}{number}@customer.example.com"
        signed[email] = database.run(_sign_up, email=email)
        if not number % OWN_EVERY:
            asked.append(database.run(_ask, cron_id=own))
        time.sleep(max(0, 1 - (time.monotonic() - began)))
    arrived = _arrivals(receiver, signed)
    started = _job_starts(database, asked)
    waited = [min(start for start in started if start >= moment) - moment for moment in asked]
    return [arrived[email] - moment for email, moment in signed.items()], waited


def _job_starts(database, asked):
    """Return when Odoo's own job started, once it has for the last time it was asked for."""
    deadline = time.monotonic() + PATIENCE
    while True:
        started = database.run(_starts, since=asked[0])
        if started and max(started) >= asked[-1]:
            return started
        if time.monotonic() > deadline:
            raise TimeoutError("Odoo's own job did not start")
        time.sleep(0.2)


def _arrivals(receiver, emails):
    """Return when the mail of each address came."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = {
            message["X-Rcpt-To"]: float(message["X-Received-At"]) for message in receiver.messages()
        }
        if emails.keys() <= found.keys():
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"no mail for {sorted(emails.keys() - found.keys())}")
        time.sleep(1)


# --- inside Odoo's processes ----------------------------------------------------------------------


def _arrange(env, smtp_port):
    jobs.arrange(
        env,
        steps=[{"key": "welcome", "kind": "email", "subject": "Hi", "body_html": "<p>Hi</p>"}],
        smtp_port=smtp_port,
        name="Welcome",
        triggers=[{"kind": "custom", "name": "signed_up"}],
    )
    cron = env["ir.cron"].create(
        {
            "name": OWN,
            "model_id": env["ir.model"]._get_id("res.partner"),
            "state": "code",
            "code": NOTES_ITS_START,
            "interval_number": 1,
            "interval_type": "months",
            "nextcall": world.FAR_AHEAD,
        }
    )
    return cron.id


def _prepare_backlog(env, count):
    first = world.contacts(env, count, "backlog")
    env["res.partner.category"].create({"name": "Backlog"})
    made = world.workflow(env, [{"key": "tag", "kind": "tag", "add": ["Backlog"]}], "Backlog")
    world.runs(env, made, first, range(count), "backlog", due_at=world.FAR_AHEAD)
    return made.id


def _let_go(env, workflow):
    made = env["mail.workflow"].browse(workflow)
    world.make_due(env, made, 10**9)
    env["mail.workflow.lane"]._wake("runner")


def _left(env, workflow):
    return env["mail.workflow.enrollment"].search_count(
        [("workflow_id", "=", workflow), ("state", "=", "active")]
    )


def _sign_up(env, email):
    """Let somebody sign up; return the moment before the commit."""
    contact = env["res.partner"].create({"name": email, "email": email, "lang": "en_US"})
    env["mail.workflow.event"].emit("custom", record=contact, data={"name": "signed_up"})
    moment = time.time()
    env.cr.commit()
    return moment


def _ask(env, cron_id):
    """Ask for Odoo's own job; return the moment before the commit."""
    env["ir.cron"].browse(cron_id)._trigger()
    moment = time.time()
    env.cr.commit()
    return moment


def _starts(env, since):
    notes = env["res.partner"].search([("name", "=", OWN)])
    return sorted(start for start in map(float, notes.mapped("ref")) if start >= since)
