"""A tag step for due runs, beside the bare batched write by the same user.

The bare way writes the same kind of tag on as many other contacts, in batches of the runner's
size, each committed, in the very environment in which the step writes: that of the user the
workflow runs as (a Workflow user, not the superuser). They come from the middle of the table, ours
from its beginning; the addresses of neither are in any order.

Taken in two databases in turn, with few and with many runs in the table. Each round begins with
the same tables, vacuumed and analyzed, and right behind a checkpoint: the first write to a page
costs the database more, whoever writes.
"""

from statistics import median

from benchmarks import seed, world
from benchmarks.figure import compared, counted

WARM = 50
ROUNDS = 7
# what a round writes
TABLES = (
    "mail_workflow_enrollment",
    "mail_workflow_execution",
    "res_partner_res_partner_category_rel",
)


def measure(bench):
    """Time both ways in both databases, round by round."""
    few, many = bench.size(10_000, 2_000), bench.size(1_000_000)
    if bench.options.size:
        few = max(many // 100, 1000)
    due = few // 2 - WARM
    rounds = max(bench.rounds, ROUNDS)
    with bench.database("few") as small, bench.database("many") as large:
        databases = {few: small, many: large}
        ids = {size: databases[size].run(_arrange, size=size) for size in databases}
        pairs = {few: [], many: []}
        for number in range(rounds):
            for size in sorted(databases, reverse=bool(number % 2)):
                pairs[size] += databases[size].run(_round, **ids[size], number=number, due=due)
    than = "a batched write, committed for each of the runner's batches, by the same user (run_as)"
    for size, name in ((few, "tag"), (many, "tag_million")):
        yield compared(name, pairs[size], rows=due, than=than, at_least=0.6, runs_in_table=size)
    yield _same(few, many, pairs)


def _same(few, many, pairs):
    ours, bare = (
        median(pair[way] for pair in pairs[many]) / median(pair[way] for pair in pairs[few])
        for way in (0, 1)
    )
    return counted(
        "tag_same",
        ours / bare,
        reads=f"times as long, beside the bare write, with {many} runs in the table as with {few}",
        at_most=1.2,
        step_itself=round(ours, 3),
        bare_write_itself=round(bare, 3),
    )


def _arrange(env, size):
    first = world.contacts(env, size, world.scattered)
    tags = env["res.partner.category"].create([{"name": "Bench A"}, {"name": "Bench B"}])
    made = world.workflow(env, [{"key": "tag", "kind": "tag", "add": ["Bench A"]}], "Tag")
    with seed.bulk(env.cr._obj, "mail_workflow_enrollment"):
        world.runs(env, made, first, range(size), world.scattered)
    env.cr.commit()
    world.vacuum(env, "res_partner")
    return {"workflow": made.id, "middle": first + size // 2, "tag": tags[1].id}


def _begin(env, workflow):
    """Make everything as it was before the first round."""
    env.cr.execute(
        "UPDATE mail_workflow_enrollment SET state = 'active', left_at = NULL, log = NULL,"
        " due_at = %s WHERE workflow_id = %s AND state = 'done'",
        [world.FAR_AHEAD, workflow],
    )
    env.cr.execute("DELETE FROM mail_workflow_execution")
    env.cr.execute("DELETE FROM res_partner_res_partner_category_rel")


def _round(env, workflow, middle, tag, number, due):
    made = env["mail.workflow"].browse(workflow)
    partners = made._run_env()["res.partner"]
    runner = env["mail.workflow.enrollment"]

    def ours():
        runner._cron_run()

    def bare(start, count):
        for ids in world.batches(range(start, start + count), world.runner_batch()):
            partners.browse(ids).write({"category_id": [(4, tag)]})
            env.cr.commit()

    _begin(env, workflow)
    world.make_due(env, made, WARM)
    ours()
    bare(middle, WARM)
    world.make_due(env, made, due)
    world.vacuum(env, *TABLES)
    ways = {"ours": ours, "bare": lambda: bare(middle + WARM, due)}
    seconds = {}
    for name in sorted(ways, reverse=bool(number % 2)):
        world.checkpoint(env)
        seconds[name] = world.timed(env, ways[name])
    done = env["mail.workflow.execution"].search_count([("state", "=", "done")])
    assert done == due + WARM, done
    return [(seconds["ours"], seconds["bare"])]
