"""The scale study: what the same piece of work costs as the tables grow, and what rows weigh.

One database grows from size to size. At each, every piece of work is done several times; the plot
shows the median beside that of the smallest size, so it reads "times as long as with 10,000".

usage: python benchmarks/scale.py [--sizes 10000,100000,1000000,5000000]

Prints a JSON line for each size and one for what rows and steps weigh; writes scale.svg.
"""

import argparse
import json
import time
from statistics import median

from benchmarks import designed, plot, receiver, seed, world
from benchmarks.bench import Database
from dev.paths import ROOT, one_line_errors

SIZES = "10000,100000,1000000,5000000"
WORKFLOWS = 5
ROUNDS = 7
PIECE = 200  # due runs, events and newcomers in one piece of work
MAILS = 1000
GOAL = "order_confirmed"
RUNS, EVENTS = "mail_workflow_enrollment", "mail_workflow_event"
EXECUTIONS = "mail_workflow_execution"
STEPS = [
    {"key": "wait", "kind": "wait", "days": 1},
    {"key": "condition", "kind": "condition", "domain": [["name", "like", "1"]]},
    {"key": "goto", "kind": "goto", "target": "wait", "max_visits": 1000},
]


def main():
    """Grow, measure, draw."""
    parser = argparse.ArgumentParser(description="Cost against size.")
    parser.add_argument("--sizes", default=SIZES, help="runs, and as many events and executions")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    found = {}
    with one_line_errors(), Database("scale") as database, receiver.running() as mails:
        made = database.run(_arrange, port=mails.port)
        for before, size in zip([0, *sizes], sizes, strict=False):
            started = time.monotonic()
            database.run(_grow, made=made, more=size - before, name=f"g{size}-")
            grown = round(time.monotonic() - started)
            found[size] = database.run(_measure, made=made, size=size)
            line = {"size": size, "grown_in_seconds": grown, "milliseconds": found[size]}
            print(json.dumps(line), flush=True)
            _draw(found)
        print(json.dumps(database.run(_weigh, made=made)), flush=True)


def _draw(found):
    smallest = found[min(found)]
    series = {
        work: [(size, found[size][work] / smallest[work]) for size in found] for work in smallest
    }
    drawing = plot.svg(series, "runs, events and executions in the tables", "times as long")
    (ROOT / "benchmarks" / "scale.svg").write_text(drawing)


# --- growing --------------------------------------------------------------------------------------


def _arrange(env, port):
    made = [world.workflow(env, STEPS, f"Scale {number}") for number in range(WORKFLOWS - 1)]
    made.append(world.workflow(env, STEPS, "Goal", goal={"kind": GOAL}))
    step = {"key": "mail", "kind": "email", "subject": "Ideas", "body_html": designed.SHORT}
    made.append(world.workflow(env, [step], "Mail", smtp_port=port))
    return [workflow.id for workflow in made]


def _grow(env, made, more, name):
    """Add runs of new contacts, an event of each and an execution of each run."""
    people = more // WORKFLOWS
    first = world.contacts(env, people, name)
    env.cr.execute(f"SELECT COALESCE(max(id), 0) FROM {RUNS}")  # noqa: S608 names of this file
    last_run = env.cr.fetchone()[0]
    waiting = {"waiting_since": world.LONG_AGO}
    with seed.bulk(env.cr._obj, RUNS):
        for workflow in env["mail.workflow"].browse(made[:WORKFLOWS]):
            world.runs(env, _as_user(workflow), first, range(people), name, **waiting)
    with seed.bulk(env.cr._obj, EXECUTIONS):
        env.cr.execute(
            """
            INSERT INTO mail_workflow_execution
                   (enrollment_id, step_id, visit_no, state, branch, executed_at, attempt, log)
            SELECT id, step_id, 0, 'done', 'then', entered_at, 1, log
              FROM mail_workflow_enrollment
             WHERE id > %s
            """,
            [last_run],
        )
    event = world.event(env, env["res.partner"].browse(first), GOAL)
    own = {"dispatched_at": world.LONG_AGO}
    with seed.bulk(env.cr._obj, EVENTS):
        seed.events(env.cr._obj, event, range(more), people, first, name, **own)
    for table in (RUNS, EXECUTIONS, EVENTS, "res_partner"):
        world.vacuum(env, table)


def _as_user(workflow):
    return workflow.with_user(workflow.run_as_id)


# --- measuring ------------------------------------------------------------------------------------


def _measure(env, made, size):
    """Return the median milliseconds of each piece of work."""
    workflow = _as_user(env["mail.workflow"].browse(made[0]))
    works = {
        "claim": _claim(env),
        "runner": _runner(env, workflow),
        "dispatch": _dispatch(env, size),
        "enroll": _enroll(env, workflow, size),
        "form": _form(env, workflow),
    }
    found = {name: [] for name in works}
    for number in range(ROUNDS + 1):
        for name, work in works.items():
            found[name].append(1000 * work(number))
    return {name: round(median(times[1:]), 2) for name, times in found.items()}


def _claim(env):
    runner = env["mail.workflow.runner"]

    def work(_number):
        world.make_due(env, env["mail.workflow"].search([], order="id", limit=1), PIECE)
        seconds = world.timed(env, lambda: runner._claim(world.now()), end=env.cr.rollback)
        env["mail.workflow.enrollment"]._cron_run()
        return seconds

    return work


def _runner(env, workflow):
    def work(_number):
        world.make_due(env, workflow, PIECE)
        return world.timed(env, env["mail.workflow.enrollment"]._cron_run)

    return work


def _dispatch(env, size):
    """Each event is the goal of one of its person's five runs."""
    dispatcher = env["mail.workflow.event"]
    env.cr.execute(
        "SELECT id FROM res_partner WHERE name LIKE %s ORDER BY id LIMIT %s",
        [f"g{size}-%", PIECE * (ROUNDS + 1)],
    )
    ids = [row[0] for row in env.cr.fetchall()]

    def work(number):
        for contact in env["res.partner"].browse(ids[number :: ROUNDS + 1][:PIECE]):
            dispatcher.emit(GOAL, record=contact)
        env.cr.commit()
        return world.timed(env, dispatcher._cron_dispatch)

    return work


def _enroll(env, workflow, size):
    newcomers = world.contacts(env, PIECE * (ROUNDS + 1), f"new{size}-")

    def work(number):
        start = newcomers + number * PIECE
        contacts = workflow.env["res.partner"].browse(range(start, start + PIECE))
        seconds = world.timed(env, lambda: workflow.enroll(contacts))
        env["mail.workflow.enrollment"]._cron_run()
        return seconds

    return work


def _form(env, workflow):
    view = workflow.get_view(view_type="form")
    names = list(view["models"]["mail.workflow"])

    def work(_number):
        return world.timed(env, lambda: workflow.read(names))

    return work


# --- weighing -------------------------------------------------------------------------------------


def _weigh(env, made):
    """Return what a row of each table takes, and what a step and a mail write."""
    found = {}
    workflows = [_as_user(one) for one in env["mail.workflow"].browse(made)]
    runner, post = env["mail.workflow.enrollment"], env["mail.mail"]
    first = world.contacts(env, MAILS + PIECE, "heavy")
    contacts = workflows[0].env["res.partner"].browse(range(first, first + PIECE))
    found["enroll"] = _written(env, PIECE, lambda: workflows[0].enroll(contacts))
    found["first_wait"] = _written(env, PIECE, runner._cron_run)
    world.make_due(env, workflows[0], PIECE)
    found["three_steps"] = _written(env, PIECE, runner._cron_run)
    readers = contacts.browse(range(first + PIECE, first + PIECE + MAILS))
    workflows[-1].with_context(tracking_disable=True).enroll(readers)
    found["mail_made"] = _written(env, MAILS, runner._cron_run)
    found["mail_sent"] = _written(env, MAILS, post._cron_send_workflow_mail)
    for table in (RUNS, EXECUTIONS, EVENTS, "mailing_trace", "res_partner"):
        env.cr.execute(
            f"SELECT pg_total_relation_size('{table}'), pg_relation_size('{table}'), count(*)"  # noqa: S608
            f" FROM {table}"
        )
        total, heap, rows = env.cr.fetchone()
        found[table] = {
            "bytes_per_row": round(total / rows),
            "of_it_indexes": round(1 - heap / total, 2),
        }
    return found


def _written(env, rows, work):
    """Return what a piece of work writes for each row: bytes of WAL, tuples changed."""
    before = _counters(env)
    work()
    env.cr.commit()
    after = _counters(env)
    return {name: round((after[name] - before[name]) / rows, 1) for name in before}


def _counters(env):
    env.cr.commit()
    env.cr.execute("SELECT pg_stat_force_next_flush()")
    env.cr.commit()
    env.cr.execute(
        "SELECT pg_current_wal_lsn() - '0/0', sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_hot_upd),"
        " sum(n_tup_del)"
        " FROM pg_stat_user_tables"
    )
    row = [float(value) for value in env.cr.fetchone()]
    env.cr.commit()
    return dict(zip(("wal_bytes", "inserted", "updated", "of_it_hot", "deleted"), row, strict=True))


if __name__ == "__main__":
    from benchmarks import scale  # the processes look its functions up by the name of the module

    scale.main()
