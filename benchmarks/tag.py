"""A tag step for due runs, beside the bare batched write by the same user.

The bare way writes the same kind of tag on as many other contacts, in batches of the runner's
size, each committed, in the very environment in which the step writes: that of the user the
workflow runs as (a Workflow user, not the superuser). They come from the middle of the table, ours
from its beginning: untouched for as long, because a write to a page that nobody has touched since
the last checkpoint costs the database more, whoever writes.

Taken in two databases in turn, with few and with many runs in the table.
"""

from statistics import median

from benchmarks import seed, world
from benchmarks.figure import compared, counted, in_turns

WARM = 50


def measure(bench):
    """Time both ways in both databases, round by round."""
    few, many = bench.size(10_000, 2_000), bench.size(1_000_000)
    if bench.options.size:
        few = max(many // 100, 1000)
    due = few // (2 * bench.rounds + 2) - WARM
    with bench.database("few") as small, bench.database("many") as large:
        databases = {few: small, many: large}
        ids = {size: databases[size].run(_arrange, size=size) for size in databases}
        pairs = {few: [], many: []}
        for number in range(bench.rounds):
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
    first = world.contacts(env, size, "tag")
    tags = env["res.partner.category"].create([{"name": "Bench A"}, {"name": "Bench B"}])
    made = world.workflow(env, [{"key": "tag", "kind": "tag", "add": ["Bench A"]}], "Tag")
    with seed.bulk(env.cr._obj, "mail_workflow_enrollment"):
        world.runs(env, made, first, range(size), "tag")
    world.vacuum(env, "mail_workflow_enrollment")
    return {"workflow": made.id, "middle": first + size // 2, "tag": tags[1].id}


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

    start = middle + number * (due + WARM)
    world.make_due(env, made, WARM)
    ours()
    bare(start, WARM)
    world.make_due(env, made, due)
    pairs = in_turns(
        1,
        lambda _: world.timed(env, ours),
        lambda _: world.timed(env, lambda: bare(start + WARM, due)),
    )
    done = env["mail.workflow.execution"].search_count([("state", "=", "done")])
    assert done == (number + 1) * (due + WARM), done
    return pairs
