"""Two real processes at once, and processes that are killed: every step once, nothing lost."""

import tempfile
import threading
import time
from collections import Counter

import pytest

from dev.receiver import Receiver
from tests import jobs
from tests.workers import Killed, Workers, meet

MAIL = {"key": "hello", "kind": "email", "subject": "Hello", "body_html": "<p>Hello</p>"}
WAIT = {"key": "later", "kind": "wait", "days": 1}
LAST = {"key": "last", "kind": "email", "subject": "Last", "body_html": "<p>Bye</p>"}
VISITS = """
    SELECT count(*), count(DISTINCT (x.enrollment_id, x.step_id, x.visit_no))
      FROM mail_workflow_execution x JOIN mail_workflow_enrollment e ON e.id = x.enrollment_id
     WHERE e.workflow_id = %s
"""
QUEUED = """
    SELECT count(*), count(DISTINCT g.message_id)
      FROM mail_mail m JOIN mail_message g ON g.id = m.mail_message_id WHERE m.workflow_id = %s
"""


@pytest.fixture(scope="module")
def workers():
    with Workers("exact") as running:
        yield running


@pytest.fixture
def receiver(tmp_path):
    with Receiver(tmp_path / "mails") as running:
        yield running


def delivered(receiver):
    """Return how often each Message-Id arrived."""
    return Counter(message["Message-Id"] for message in receiver.messages())


def together(workers, lane, count=2):
    """Let so many processes pass at the same time; return how many rows each handled."""
    with tempfile.TemporaryDirectory() as folder:
        names = [str(number) for number in range(count)]
        started = [
            workers.start(jobs.pass_of, lane=lane, folder=folder, name=name, others=names)
            for name in names
        ]
        return [job.result() for job in started]


def test_two_workers_carry_each_of_200_due_rows_out_once(workers):
    workflow = workers.run(jobs.arrange, steps=[MAIL, WAIT], people=200)
    handled = together(workers, "runner")
    assert sum(handled) >= 200
    assert workers.query(VISITS, workflow) == [(200, 200)]
    assert workers.query(QUEUED, workflow) == [(200, 200)]
    together(workers, "runner")
    assert workers.query(QUEUED, workflow) == [(200, 200)]


def test_two_workers_share_a_backlog(workers):
    workflow = workers.run(jobs.arrange, steps=[MAIL, WAIT], people=900, prefix="many")
    together(workers, "runner")
    assert workers.query(VISITS, workflow) == [(900, 900)]
    assert workers.query(QUEUED, workflow) == [(900, 900)]
    assert workers.run(jobs.pass_of, lane="runner") == 0


def test_a_worker_does_not_wait_for_what_another_holds(workers):
    workflow = workers.run(jobs.arrange, steps=[MAIL, WAIT], people=300, prefix="held")
    with tempfile.TemporaryDirectory() as folder:
        holder = workers.start(jobs.hold_claim, folder=folder)
        meet(folder, "test", ["claimed"])
        handled = workers.run(jobs.pass_of, lane="runner", lock_timeout="500ms")
        meet(folder, "release", [])
        held = holder.result()
    assert held >= 200
    assert handled == 300 - held
    assert workers.run(jobs.pass_of, lane="runner") == held
    assert workers.query(QUEUED, workflow) == [(300, 300)]


def test_when_all_is_held_by_others_a_pass_ends_at_once(workers):
    workers.run(jobs.arrange, steps=[MAIL, WAIT], people=50, prefix="all")
    with tempfile.TemporaryDirectory() as folder:
        holder = workers.start(jobs.hold_claim, folder=folder)
        meet(folder, "test", ["claimed"])
        started = time.monotonic()
        assert workers.run(jobs.pass_of, lane="runner", lock_timeout="500ms") == 0
        assert time.monotonic() - started < 5
        meet(folder, "release", [])
        holder.result()
    assert workers.run(jobs.pass_of, lane="runner") == 50


def test_a_runner_killed_at_ten_moments_loses_nothing_and_does_nothing_twice(workers):
    rehearsal = workers.run(jobs.arrange, steps=[MAIL, WAIT], people=20, prefix="rehearsal")
    statements = workers.run(jobs.killed_pass, lane="runner", at=-1)
    workflow = workers.run(jobs.arrange, steps=[MAIL, WAIT], prefix="killed")
    deaths = 0
    for moment in range(10):
        # new people each time: a death after a commit leaves the next pass as much to do
        workers.run(jobs.enroll, workflow_id=workflow, people=20, prefix=f"killed{moment}x")
        at = statements * (moment + 1) // 12
        with pytest.raises(Killed):
            workers.run(jobs.killed_pass, lane="runner", at=at)
        deaths += 1
        total, distinct = workers.query(VISITS, workflow)[0]
        assert total == distinct, "a visit was carried out twice"
        queued, ids = workers.query(QUEUED, workflow)[0]
        assert queued == ids == total, "execution and mail are one transaction"
    workers.run(jobs.pass_of, lane="runner")
    assert deaths == 10
    assert workers.query(VISITS, workflow) == [(200, 200)]
    assert workers.query(QUEUED, workflow) == [(200, 200)]
    waiting = "SELECT count(*) FROM mail_workflow_enrollment WHERE workflow_id = %s AND due_at > %s"
    assert workers.count(waiting, workflow, "2020-01-01") == 200
    workers.run(jobs.pass_of, lane="runner")
    assert workers.query(QUEUED, workflow) == [(200, 200)]
    assert workers.query(QUEUED, rehearsal) == [(20, 20)]


DEATHS = [
    # before the first mail, while one is in hand, before and after all is written
    ('FROM "mail_message"', 0, 0),
    ("INTO mail_workflow_accepted", 0, 1),
    ("INTO mail_workflow_accepted", 1, 1),
    ("UPDATE mail_workflow_execution", 0, 0),
    ("INTO mail_workflow_accepted", 3, 1),
    ('DELETE FROM "mail_mail"', 0, 0),
    ("FROM mail_workflow_accepted WHERE", 0, 0),
    ("INTO mail_workflow_accepted", 5, 1),
    ('UPDATE "mailing_trace"', 0, 0),
    ("DELETE FROM mail_workflow_accepted", 0, 0),
]


def test_a_mail_lane_killed_at_ten_moments_delivers_each_mail(workers, receiver):
    workflow = _queue_mails(workers, receiver, 120, "killed_mail")
    receiver.clear()  # Odoo has invited the marketer
    known = "SELECT count(*) FROM mail_workflow_accepted"
    second = 0
    for place, (statement, at, unknown) in enumerate(DEATHS):
        with pytest.raises(Killed):
            workers.run(jobs.killed_pass, lane="mail", at=at, of=statement)
        sent = len(receiver.messages())
        if place < len(DEATHS) - 1:
            accounted = _done(workers, workflow) + workers.count(known)
            assert sent - second - accounted == unknown, f"died at {statement} {at}"
        second += unknown
    workers.run(jobs.pass_of, lane="mail")
    found = delivered(receiver)
    assert len(found) == 120
    assert sum(found.values()) == 120 + second, "at most the mail in hand of each death"
    assert _done(workers, workflow) == 120
    workers.run(jobs.pass_of, lane="mail")
    assert sum(delivered(receiver).values()) == 120 + second


def test_two_mail_lanes_deliver_each_mail_once(workers, receiver):
    workflow = _queue_mails(workers, receiver, 60, "lanes")
    handled = together(workers, "mail")
    assert sum(handled) == 60
    found = delivered(receiver)
    assert len(found) == 60
    assert set(found.values()) == {1}
    assert _done(workers, workflow) == 60


RUN_WRITTEN = """
    UPDATE mail_workflow_enrollment SET data = '{"touched": true}'
     WHERE id IN (SELECT id FROM mail_workflow_enrollment WHERE workflow_id = %s
                   ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
"""
CONTACT_WRITTEN = """
    UPDATE res_partner SET comment = '<p>called</p>'
     WHERE id IN (SELECT partner_id FROM mail_workflow_enrollment WHERE workflow_id = %s
                   ORDER BY random() LIMIT 1)
"""


@pytest.mark.parametrize(
    "name, written", [("run", RUN_WRITTEN), ("contact", CONTACT_WRITTEN)], ids=["run", "contact"]
)
def test_a_row_that_somebody_writes_meanwhile_is_done_again_and_not_lost(workers, name, written):
    tag = workers.run(jobs.create, model="res.partner.category", values={"name": f"Tag {name}"})
    steps = [{"key": "known", "kind": "tag", "add": [f"Tag {name}"]}, MAIL, WAIT]
    workflow = workers.run(jobs.arrange, steps=steps, people=400, prefix=f"written_{name}")
    over = threading.Event()
    writes = []

    def disturb():
        while not over.is_set():
            workers.query(written, workflow)
            writes.append(1)

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        together(workers, "runner")
    finally:
        over.set()
        disturber.join()
    workers.run(jobs.pass_of, lane="runner")
    assert writes
    assert workers.query(VISITS, workflow) == [(800, 800)]
    assert workers.query(QUEUED, workflow) == [(400, 400)]
    tagged = "SELECT count(*) FROM res_partner_res_partner_category_rel WHERE category_id = %s"
    assert workers.count(tagged, tag) == 400
    failed = """
        SELECT count(*) FROM mail_workflow_execution x
          JOIN mail_workflow_enrollment e ON e.id = x.enrollment_id
         WHERE e.workflow_id = %s AND x.attempt > 1
    """
    assert not workers.count(failed, workflow), "a conflict uses up no attempt"


def test_a_backlog_of_10000_goes_by_in_turns_of_two_seconds(workers):
    workers.query("UPDATE mail_workflow SET state = 'paused' WHERE state = 'running'")
    tag = {"key": "wait", "kind": "wait", "days": 1}
    workflow = workers.run(jobs.arrange, steps=[tag], people=1, prefix="backlog")
    multiply(workers, workflow, 9_999)
    due = """
        SELECT count(*) FROM mail_workflow_enrollment
         WHERE workflow_id = %s AND waiting_since IS NULL
    """
    turns = []
    left = workers.count(due, workflow)
    assert left == 10_000
    while left:
        turn = workers.run(jobs.in_cron, lane="runner")
        assert turn["ok"] and turn["remaining"] == 0
        assert turn["seconds"] < 6, "no turn keeps the cron worker"
        before, left = left, workers.count(due, workflow)
        assert left < before
        assert turn["requests"] or not left, "a turn that leaves something asks for the next"
        turns.append(before - left)
        assert len(turns) < 60
    assert sum(turns) == 10_000
    assert workers.query(VISITS, workflow) == [(0, 0)], "a wait is no execution until it is over"


def test_a_request_during_a_pass_is_not_lost(workers):
    requests = """
        SELECT count(*) FROM ir_cron_trigger t
          JOIN ir_model_data d ON d.model = 'ir.cron' AND d.res_id = t.cron_id
         WHERE d.name = 'ir_cron_mail_workflow_dispatcher'
    """
    workers.query("DELETE FROM ir_cron_trigger")
    workers.run(jobs.wake, lane="dispatcher", times=3)
    workers.run(jobs.wake, lane="dispatcher")
    assert workers.count(requests) == 1, "one request is enough"
    with tempfile.TemporaryDirectory() as folder:
        running = workers.start(jobs.begin_pass, folder=folder, lane="dispatcher")
        meet(folder, "test", ["begun"])
        workers.run(jobs.wake, lane="dispatcher")
        meet(folder, "end", [])
        running.result()
    assert workers.count(requests) == 1, "what came during the pass has a request of its own"


def multiply(workers, workflow, count):
    """Bring many more people in, as copies of the one who is there."""
    workers.query(
        """
        INSERT INTO mail_workflow_enrollment (
               workflow_id, company_id, res_model, res_id, partner_id, email_normalized,
               entry_key, run_no, state, step_id, due_at, planned_at, visit_no, attempt, entered_at)
        SELECT workflow_id, company_id, res_model, res_id, partner_id, email_normalized,
               'copy' || n, 1, state, step_id, due_at, planned_at, 1, 0, entered_at
          FROM mail_workflow_enrollment, generate_series(1, %s) n WHERE workflow_id = %s
        """,
        count,
        workflow,
    )


def _queue_mails(workers, receiver, people, prefix):
    # what other tests have left in the queue stays there
    workers.query("UPDATE mail_workflow SET state = 'paused' WHERE state = 'running'")
    workflow = workers.run(
        jobs.arrange, steps=[MAIL, WAIT], people=people, smtp_port=receiver.port, prefix=prefix
    )
    workers.run(jobs.pass_of, lane="runner")
    assert workers.query(QUEUED, workflow) == [(people, people)]
    return workflow


def _done(workers, workflow):
    return workers.count(
        """
        SELECT count(*) FROM mail_workflow_execution x
          JOIN mail_workflow_enrollment e ON e.id = x.enrollment_id
         WHERE e.workflow_id = %s AND x.state = 'done'
        """,
        workflow,
    )


def test_events_of_people_at_work_ask_for_another_pass(workers):
    paid = {"kind": "custom", "name": "paid", "branch": "paid"}
    waits = {"key": "w", "kind": "wait", "days": 1, "events": [paid]}
    workers.run(jobs.arrange, steps=[waits], people=5, prefix="together deferred")
    workers.run(jobs.pass_of, lane="dispatcher")
    workers.run(jobs.emit_for_all, names=["paid"])
    undispatched = "SELECT count(*) FROM mail_workflow_event WHERE dispatched_at IS NULL"
    assert workers.count(undispatched) == 5
    with tempfile.TemporaryDirectory() as folder:
        holder = workers.start(jobs.hold_claim, folder=folder)
        meet(folder, "test", ["claimed"])
        workers.query("DELETE FROM ir_cron_trigger")
        turn = workers.run(jobs.in_cron, lane="dispatcher")
        meet(folder, "release", [])
        holder.result()
    assert turn["done"] == 0
    assert turn["requests"] == 1, "somebody else works on all of them: look again soon"
    workers.run(jobs.pass_of, lane="dispatcher")
    assert workers.count(undispatched) == 0
