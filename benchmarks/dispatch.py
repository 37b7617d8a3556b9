"""Dispatch events to which 20 workflows listen, beside bare SQL that claims and marks as many.

Ten workflows have a trigger on the kind of event, five a goal and five a wait, all with a filter;
one in ten people stands in each of the last ten. First no event passes a filter, as most events of
a shop concern nobody; then one in ten brings its person in.
"""

from benchmarks import seed, world
from benchmarks.figure import compared, in_turns

CLAIM = """
    SELECT *
      FROM mail_workflow_event
     WHERE dispatched_at IS NULL
     ORDER BY id
     LIMIT %s
       FOR NO KEY UPDATE SKIP LOCKED
"""
MARK = "UPDATE mail_workflow_event SET dispatched_at = %s WHERE id = ANY(%s)"
WANTED = '{{"name": "wanted"}}'
WARM = 50
ONE_IN = 10


def measure(bench):
    """Events of all people of the database, in turn."""
    size = bench.size(20_000, 2_000)
    for ending, one_in, at_most in (("", 0, 4), ("_enrolling", ONE_IN, None)):
        pairs = bench.shop.run(_rounds, size=size, rounds=bench.rounds, one_in=one_in)
        yield compared(
            f"dispatch{ending}",
            pairs,
            rows=size,
            than="bare SQL that claims and marks as many, in batches of the same size",
            at_most=at_most,
            listeners=20,
            brings_in=f"1 in {one_in}" if one_in else "nobody",
        )


def _rounds(env, size, rounds, one_in):
    first = world.contacts(env, size, f"guest{one_in}-")
    _listeners(env, first, size, f"guest{one_in}-")
    contact = env["res.partner"].browse(first)
    event = world.event(env, contact, "custom", name="ordinary")
    dispatcher = env["mail.workflow.event"]
    dispatcher._cron_dispatch()

    def events(number, count):
        """Note events as they come: the wanted ones, each time of others, among the rest."""
        where = {"contacts_count": size, "first_contact": first, "prefix": f"guest{one_in}-"}
        where["dispatched_at"] = "\\N"
        portion = one_in or count
        for start in range(0, count, portion):
            numbers = list(range(start, min(start + portion, count)))
            if one_in:
                wanted = [numbers.pop(number)]
                seed.events(env.cr._obj, event, wanted, **where, data=WANTED)
            seed.events(env.cr._obj, event, numbers, **where)
        env.cr.commit()
        world.vacuum(env, "mail_workflow_event")

    def ours(number, count=size):
        events(number, count)
        return world.timed(env, dispatcher._cron_dispatch)

    def bare(number, count=size):
        events(number, count)
        return world.timed(env, lambda: _bare(env))

    ours(-1, WARM)
    bare(-1, WARM)
    pairs = in_turns(rounds, ours, bare)
    assert not dispatcher.search_count([("dispatched_at", "=", False)])
    runs = env["mail.workflow.enrollment"].search_count([("event_id", "!=", False)])
    assert runs == ((size * rounds + WARM) // one_in if one_in else 0), runs
    world.clear(env)
    return pairs


def _listeners(env, first, size, prefix):
    wait = {"key": "wait", "kind": "wait", "days": 1}
    for number in range(10):
        name = "wanted" if not number else f"other {number}"
        world.workflow(env, [wait], f"Enters {number}", triggers=[{"kind": "custom", "name": name}])
    for number in range(10):
        spec = {"kind": "custom", "name": f"rare {number}"}
        if number % 2:
            made = world.workflow(env, [wait], f"Ends {number}", goal=spec)
        else:
            steps = [{**wait, "events": [{**spec, "branch": "came"}]}]
            made = world.workflow(env, steps, f"Waits {number}")
        numbers = range(number, size, 10)
        world.runs(env, made, first, numbers, prefix, waiting_since=world.LONG_AGO)


def _bare(env):
    from odoo.addons.mail_workflow_automation.models import mail_workflow_dispatcher  # noqa: PLC0415

    now = world.now()
    while True:
        env.cr.execute(CLAIM, [mail_workflow_dispatcher.BATCH])
        rows = env.cr.dictfetchall()
        if not rows:
            break
        env.cr.execute(MARK, [now, [row["id"] for row in rows]])
        env.cr.commit()
