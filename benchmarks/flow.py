"""Pure flow: a wait ends, a condition, a jump back to the wait; beside bare SQL for the same rows.

The bare way claims as the runner does, and for each of the three steps inserts the executions and
moves the runs, in batches of the runner's size, each committed.
"""

from benchmarks import world
from benchmarks.figure import compared, in_turns

STEPS = [
    {"key": "wait", "kind": "wait", "days": 1},
    {"key": "condition", "kind": "condition", "domain": [["name", "like", "1"]]},
    {"key": "goto", "kind": "goto", "target": "wait", "max_visits": 1000},
]
WARM = 50
CLAIM = """
    SELECT id
      FROM mail_workflow_enrollment
     WHERE workflow_id = %s AND state = 'active' AND due_at IS NOT NULL AND due_at <= %s
     ORDER BY due_at, id
     LIMIT %s
       FOR NO KEY UPDATE SKIP LOCKED
"""
EXECUTE = """
    INSERT INTO mail_workflow_execution
           (enrollment_id, step_id, visit_no, state, branch, executed_at, attempt, log)
    SELECT id, step_id, visit_no, 'done', 'then', %(now)s, 1, %(log)s::jsonb
      FROM mail_workflow_enrollment
     WHERE id = ANY(%(ids)s)
"""
MOVE = """
    UPDATE mail_workflow_enrollment
       SET step_id = %(step)s, visit_no = %(visit)s, attempt = 0, waiting_since = %(since)s,
           due_at = %(due)s, planned_at = %(due)s
     WHERE id = ANY(%(ids)s)
"""


def measure(bench):
    """Each round lets the same people of two equal workflows go once around."""
    size = bench.size(10_000)
    pairs = bench.shop.run(_rounds, size=size, rounds=bench.rounds)
    yield compared(
        "flow",
        pairs,
        rows=size,
        than="bare SQL: claim, and for each of three steps insert executions and move the runs",
        at_most=3,
        steps_per_row=3,
    )


def _rounds(env, size, rounds):
    first = world.contacts(env, size, "walker")
    workflows = [world.workflow(env, STEPS, f"Flow {way}") for way in ("ours", "bare")]
    for made in workflows:
        world.runs(env, made, first, range(size), "walker")
    made, twin = workflows
    runner = env["mail.workflow.enrollment"]
    world.make_due(env, made, WARM)
    runner._cron_run()  # those come to wait
    for workflow in workflows:
        _stand_waiting(env, workflow)

    def ours(number, count=size):
        world.make_due(env, made, count)
        return world.timed(env, runner._cron_run)

    def bare(number, count=size):
        world.make_due(env, twin, count)
        return world.timed(env, lambda: _bare(env, twin, number + 3))

    for way in (ours, bare):
        way(-1, WARM)
    before = _executions(env, made), _executions(env, twin)
    pairs = in_turns(rounds, ours, bare)
    for workflow, count in zip(workflows, before, strict=True):
        added = _executions(env, workflow) - count
        assert added == 3 * size * rounds, (workflow.name, added)
    world.clear(env)
    return pairs


def _stand_waiting(env, workflow):
    env.cr.execute(
        "UPDATE mail_workflow_enrollment SET waiting_since = entered_at, due_at = %s"
        " WHERE workflow_id = %s",
        [world.FAR_AHEAD, workflow.id],
    )
    env.cr.commit()


def _executions(env, workflow):
    return env["mail.workflow.execution"].search_count([("workflow_id", "=", workflow.id)])


def _bare(env, workflow, visit):
    now = world.now()
    wait, condition, goto = (
        workflow.step_ids.filtered(lambda step, key=key: step.key == key).id
        for key in ("wait", "condition", "goto")
    )
    log = '[{"at": "2026-01-01 00:00:00", "by": "engine", "to": "done", "why": "", "from": null}]'
    while True:
        env.cr.execute(CLAIM, [workflow.id, now, world.runner_batch()])
        ids = [row[0] for row in env.cr.fetchall()]
        if not ids:
            break
        for step in (condition, goto, wait):
            again = step == wait
            values = {"ids": ids, "now": now, "log": log, "step": step, "visit": visit}
            values |= {"since": now if again else None, "due": world.FAR_AHEAD if again else now}
            env.cr.execute(EXECUTE, values)
            env.cr.execute(MOVE, values)
        env.cr.commit()
