"""Claim a batch of due runs in a table of millions, one workflow paused with very many due.

What counts is how many rows the plan looks at. Its time is given beside that of fetching as many
rows by primary key.
"""

from benchmarks import plans, seed, world
from benchmarks.figure import compared, counted, in_turns

TABLE = "mail_workflow_enrollment"
RUNNING = 19
DUE_IN_100 = 1  # of the runs of the running workflows
ROUNDS = 15


def measure(bench):
    """Seed a database and claim in it, again and again, rolled back each time."""
    size = bench.size(5_000_000)
    people = min(size // (RUNNING + 1), 1_000_000)
    paused_due = min(300_000, people)
    with bench.database("claim") as database:
        database.run(_arrange, people=people, paused_due=paused_due)
        found = database.run(_claim)
    yield counted(
        "claim_rows",
        found["touched"] / found["batch"],
        reads="rows looked at by the plan, for each row of the runner's batch",
        at_most=4,
        claimed=found["claimed"],
        whole_table_read=found["whole"],
        runs_in_table=people * (RUNNING + 1),
        paused_and_due=paused_due,
    )
    yield compared(
        "claim_time",
        found["pairs"],
        rows=found["claimed"],
        than="fetching as many rows by primary key",
        runs_in_table=people * (RUNNING + 1),
    )


def _arrange(env, people, paused_due):
    first = world.contacts(env, people, "due")
    steps = [{"key": "wait", "kind": "wait", "days": 1}]
    due = {f"Running {number}": people * DUE_IN_100 // 100 for number in range(RUNNING)}
    due["Paused"] = paused_due
    with seed.bulk(env.cr._obj, TABLE):
        for name, count in due.items():
            made = world.workflow(env, steps, name)
            world.runs(env, made, first, range(people), "due", due=count)
    made.action_pause()
    world.vacuum(env, TABLE)


def _claim(env):
    runner, now = env["mail.workflow.runner"], world.now()
    with plans.recorded(env) as queries:
        ids = runner._claim(now)
    env.cr.rollback()
    nodes = [plans.explain(env, query) for query in queries if "SKIP LOCKED" in query]
    env.cr.rollback()
    by_key = f"SELECT * FROM {TABLE} WHERE id = ANY(%s)"  # noqa: S608 a name of this file

    def ours(_number):
        return world.timed(env, lambda: runner._claim(now), end=env.cr.rollback)

    def bare(_number):
        return world.timed(env, lambda: env.cr.execute(by_key, [ids]), end=env.cr.rollback)

    return {
        "touched": sum(plans.touched(plan, TABLE) for plan in nodes),
        "whole": any(plans.read_whole(plan, TABLE) for plan in nodes),
        "claimed": len(ids),
        "batch": world.runner_batch(),
        "pairs": in_turns(ROUNDS, ours, bare),
    }
