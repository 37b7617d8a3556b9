"""Enroll contacts by domain, beside one INSERT ... SELECT of the same rows."""

from benchmarks import world
from benchmarks.figure import compared, in_turns


def measure(bench):
    """Each round enrolls everybody into a workflow of its own."""
    size = bench.size(100_000)
    pairs = bench.shop.run(_rounds, size=size, rounds=bench.rounds)
    yield compared(
        "enroll",
        pairs,
        rows=size,
        than="one raw INSERT ... SELECT of the same rows into the same table",
        at_most=4,
        work="workflow.enroll(contacts.search(domain))",
    )


def _rounds(env, size, rounds):
    world.contacts(env, size, "enroll")
    warm = world.workflow(env, [{"kind": "wait", "days": 1}], "Enroll warm")
    warm.enroll(_search(warm, limit=100))
    made = [
        world.workflow(env, [{"kind": "wait", "days": 1}], f"Enroll {number}")
        for number in range(2 * rounds)
    ]
    pairs = in_turns(
        rounds,
        lambda number: world.timed(env, lambda: made[number].enroll(_search(made[number]))),
        lambda number: world.timed(env, lambda: _copy(env, made[0], made[rounds + number])),
    )
    world.clear(env)
    return pairs


def _search(workflow, limit=None):
    return workflow.env["res.partner"].search([("name", "like", "enroll ")], limit=limit)


def _copy(env, source, target):
    env.cr.execute(
        """
        SELECT string_agg(quote_ident(attname), ', ')
          FROM pg_attribute
         WHERE attrelid = 'mail_workflow_enrollment'::regclass AND attnum > 0
           AND NOT attisdropped AND attname NOT IN ('id', 'workflow_id')
        """
    )
    columns = env.cr.fetchone()[0]
    env.cr.execute(
        f"INSERT INTO mail_workflow_enrollment (workflow_id, {columns})"  # noqa: S608 own columns
        f" SELECT %s, {columns} FROM mail_workflow_enrollment WHERE workflow_id = %s",
        [target.id, source.id],
    )
