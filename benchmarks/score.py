"""Score events by 20 rules, beside bare SQL that claims and marks as many, writes the same lines of
the ledger and moves the same totals; apply a new rule to very many contacts; look at one person's
score beside a long ledger.

One rule counts any page, 19 others one page each: nearly every event is worth two lines, and each
rule looks back for what it has given that person for that page.
"""

import time
from itertools import groupby
from statistics import median

from benchmarks import dispatch, plans, seed, world
from benchmarks.figure import compared, counted, in_turns

PEOPLE = 2_000
PAGES = 20
WARM = 50
EACH = 10  # lines of each person in the long ledger
WEEKS = 13  # for which the story says what the score was
# columns of the ledger that the bare way writes, the place of the event first
COLUMNS = (
    *("event_id", "person_key", "partner_id", "score_model_id", "dimension_id", "rule_id"),
    *("reason", "points", "occurred_at", "counted_at", "subject"),
)
NAMES = ", ".join(COLUMNS)
WRITE = f"""
    INSERT INTO mail_workflow_score_entry (is_void, {NAMES})
    SELECT FALSE, * FROM unnest({{rows}})
"""  # noqa: S608 names of this file
MOVE = f"""
    INSERT INTO mail_workflow_score AS s (
           person_key, partner_id, score_model_id, dimension_id, score, exact, exact_at)
    SELECT person_key, max(partner_id), score_model_id, dimension_id, sum(points), sum(points),
           max(counted_at)
      FROM unnest({{rows}}) AS v ({NAMES})
     GROUP BY GROUPING SETS ((person_key, score_model_id, dimension_id),
                             (person_key, score_model_id))
        ON CONFLICT (person_key, score_model_id, COALESCE(dimension_id, 0))
        DO UPDATE
       SET score = s.score + EXCLUDED.score, exact = s.exact + EXCLUDED.exact,
           exact_at = EXCLUDED.exact_at
"""  # noqa: S608 names of this file


def measure(bench):
    """Events of 2,000 people, five each."""
    size = bench.size(10_000, 1_000)
    pairs, lines = bench.shop.run(_rounds, size=size, rounds=bench.rounds)
    yield compared(
        "score",
        pairs,
        rows=size,
        than="bare SQL that claims and marks as many, writes the same lines and moves the totals",
        at_most=4,
        rules=PAGES,
        lines=lines,
    )
    contacts = bench.size(100_000, 10_000)
    ratio, a_batch = bench.shop.run(_apply_rule, contacts=contacts)
    yield counted(
        "score_new_rule",
        ratio,
        reads="times as long for the last batches of a new rule as for the first",
        at_most=1.5,
        rows=contacts,
        seconds_a_batch=a_batch,
    )
    lines = bench.size(1_000_000, 100_000)
    yield counted(
        "score_story",
        bench.shop.run(_story, lines=lines),
        reads="rows of the ledger and the totals looked at for the score of a person and why",
        at_most=4 * EACH * WEEKS,
        rows=lines,
        lines_of_the_person=EACH,
    )


def _rounds(env, size, rounds):
    people = min(PEOPLE, size)
    first = world.contacts(env, people, "visitor")
    _rules(env)
    event = world.event(env, env["res.partner"].browse(first), "page_viewed", url="/page-0")
    dispatcher = env["mail.workflow.event"]
    dispatcher._cron_dispatch()

    def events(count):
        """Note what people look at, and forget what it gave; return the id of the first event."""
        env.cr.execute("TRUNCATE mail_workflow_score_entry, mail_workflow_score")
        own = {**seed.EVENT, "email_normalized": "visitor{who}@customer.example.com"}
        own |= {"data": '{{"url": "/page-{page}"}}', "dispatched_at": "\\N"}
        first_id = seed.like(
            env.cr._obj,
            "mail_workflow_event",
            event,
            own,
            range(count),
            who=lambda n: n % people,
            person=lambda n: first + n % people,
            page=lambda n: n // people + n % PAGES,
        )
        env.cr.commit()
        for table in ("mail_workflow_event", "mail_workflow_score_entry", "mail_workflow_score"):
            world.vacuum(env, table)
        return first_id

    def ours(_number, count=size):
        events(count)
        return world.timed(env, dispatcher._cron_dispatch)

    def bare(_number, count=size):
        batches = _batches(given, events(count), count)
        return world.timed(env, lambda: _bare(env, batches))

    ours(-1)
    given = _lines(env, size)
    bare(-1, WARM)
    pairs = in_turns(rounds, ours, bare)
    assert not dispatcher.search_count([("dispatched_at", "=", False)])
    assert env["mail.workflow.score"]._rebuild() == 0
    env.cr.execute("SELECT count(*) FROM mail_workflow_score_entry")
    assert env.cr.fetchone()[0] == len(given), "the bare way wrote other lines"
    env["mail.workflow.scoring.rule"].search([]).active = False
    env.cr.execute("TRUNCATE mail_workflow_score_entry, mail_workflow_score")
    world.clear(env)
    return pairs, len(given)


def _rules(env):
    pages = ["/*"] + [f"/page-{number}" for number in range(1, PAGES)]
    env["mail.workflow.scoring.rule"].create(
        [
            {
                "points": points,
                "event": {"kind": "page_viewed", "filters": {"url": url}},
                "repeat": "subject",
                "window_days": 0,
            }
            for points, url in enumerate(pages, 1)
        ]
    )
    env.cr.commit()


def _lines(env, size):
    """Return the lines that our way has written, in the order of their events: first comes the
    place of the event."""
    env.cr.execute(f"SELECT {NAMES} FROM mail_workflow_score_entry ORDER BY event_id, id")  # noqa: S608
    lines = env.cr.fetchall()
    env.cr.execute("SELECT max(id) FROM mail_workflow_event")
    start = env.cr.fetchone()[0] - size + 1
    return [(line[0] - start, *line[1:]) for line in lines]


def _batches(given, first_id, count):
    """Return the lines of each batch of events as columns."""
    size = _batch_size()
    wanted = [line for line in given if line[0] < count]
    return {
        number: [list(column) for column in zip(*_moved(lines, first_id), strict=True)]
        for number, lines in groupby(wanted, key=lambda line: line[0] // size)
    }


def _moved(lines, first_id):
    return [(first_id + line[0], *line[1:]) for line in lines]


def _batch_size():
    from odoo.addons.mail_workflow_automation.models import mail_workflow_dispatcher  # noqa: PLC0415

    return mail_workflow_dispatcher.BATCH


def _typed():
    """Return the columns of lines as arrays of the types that the keeper of the ledger names."""
    from odoo.addons.mail_workflow_automation.models import mail_workflow_score_keeper  # noqa: PLC0415

    kinds = mail_workflow_score_keeper.LINE
    return ", ".join(f"%s::{kinds[name]}[]" for name in COLUMNS)


def _bare(env, batches):
    size, rows, number = _batch_size(), _typed(), 0
    write, move = WRITE.format(rows=rows), MOVE.format(rows=rows)
    while True:
        env.cr.execute(dispatch.CLAIM, [size])
        rows = env.cr.dictfetchall()
        if not rows:
            break
        if number in batches:
            env.cr.execute(write, batches[number])
            env.cr.execute(move, batches[number])
        env.cr.execute(dispatch.MARK, [world.now(), [row["id"] for row in rows]])
        env.cr.commit()
        number += 1


def _apply_rule(env, contacts):
    """Apply a new rule to contacts, batch by batch; return how the last batches compare with the
    first, and how long one takes."""
    world.contacts(env, contacts, "lamp")
    rules = env["mail.workflow.scoring.rule"]
    rule = rules.create(
        {"basis": "profile", "points": 3, "domain": "[('name', '=like', 'lamp %')]"}
    )
    env.cr.commit()
    job, seconds = env["mail.workflow.score.job"], []
    while rule.is_at_work:
        started = time.perf_counter()
        job._look(world.now())
        env.cr.commit()
        env.invalidate_all()
        seconds.append(time.perf_counter() - started)
    assert rule.entry_count == contacts
    part = len(seconds) // 5
    rule.active = False
    env.cr.execute("TRUNCATE mail_workflow_score_entry, mail_workflow_score")
    env.cr.commit()
    return median(seconds[-part:-1]) / median(seconds[1:part]), round(median(seconds), 3)


def _story(env, lines):
    """Return how many rows of a long ledger are looked at for one of its people."""
    people = lines // EACH
    world.contacts(env, people, "warm")
    ref = env.ref
    env.cr.execute(
        """
        INSERT INTO mail_workflow_score_entry (
               person_key, score_model_id, dimension_id, reason, points, occurred_at, counted_at,
               is_void)
        SELECT 'warm' || n %% %(people)s || '@customer.example.com', %(model)s,
               CASE WHEN n %% 3 = 0 THEN %(fit)s ELSE %(engagement)s END, 'manual', n %% 9 + 1,
               %(now)s::timestamp - n * interval '1 second', %(now)s, FALSE
          FROM generate_series(1, %(lines)s) n
        """,
        {
            "people": people,
            "lines": lines,
            "model": ref("mail_workflow_automation.mail_workflow_score_model").id,
            "fit": ref("mail_workflow_automation.mail_workflow_score_dimension_fit").id,
            "engagement": ref(
                "mail_workflow_automation.mail_workflow_score_dimension_engagement"
            ).id,
            "now": world.now(),
        },
    )
    env["mail.workflow.score"]._rebuild()
    tables = ("mail_workflow_score_entry", "mail_workflow_score")
    for table in tables:
        world.vacuum(env, table)
    person = env["res.partner"].search([("email_normalized", "=", "warm7@customer.example.com")])
    env.invalidate_all()
    with plans.recorded(env) as queries:
        assert person.lead_score > 0 and person.lead_score_story
    found = 0
    for query in queries:
        if "mail_workflow_score" in query and query.lstrip().startswith(("SELECT", "WITH")):
            nodes = plans.explain(env, query)
            found += sum(plans.touched(nodes, table) for table in tables)
    env.cr.execute("TRUNCATE mail_workflow_score_entry, mail_workflow_score")
    env.cr.commit()
    return found
