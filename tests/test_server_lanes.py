"""A real Odoo server and its cron workers: the lanes share a backlog, Odoo's own jobs go on.

What was at work at the same time is read from the server's log, line by line.
"""

import re
import time
from functools import partial

import pytest

from dev.receiver import Receiver
from dev.server import OdooServer
from tests import jobs
from tests.test_workers import VISITS, multiply
from tests.workers import Workers

TAG = {"key": "known", "kind": "tag", "add": ["Known"]}
MAIL = {"key": "hello", "kind": "email", "subject": "Hello", "body_html": "<p>Hello</p>"}
WAIT = {"key": "later", "kind": "wait", "days": 1}
SENT = """
    SELECT count(*) FROM mail_workflow_execution x JOIN mail_workflow_enrollment e
        ON e.id = x.enrollment_id WHERE e.workflow_id = %s AND x.state = 'done'
"""
JOB = re.compile(r"Job '(.*)' \(\d+\) (starting|fully done|partially done|failed)")
LANE = re.compile(r"Workflows: ")
OWN = "Odoo does its own"
PATIENCE = 120
PEOPLE = 120


@pytest.fixture(scope="module")
def workers():
    with Workers("server") as running:
        # only what a test asks for is at work
        running.query("UPDATE ir_cron SET nextcall = '2099-01-01'")
        yield running


@pytest.fixture
def receiver(tmp_path):
    with Receiver(tmp_path / "mails") as running:
        yield running


@pytest.fixture(autouse=True)
def _rest(workers):
    workers.query("DELETE FROM ir_cron_trigger")
    workers.query("UPDATE mail_workflow SET state = 'paused' WHERE state = 'running'")


def until(condition):
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


def moments(server):
    """Return ``[(job that begins or ends, names of those at work then)]`` from the server's log."""
    at_work, found = [], []
    for line in server.log.read_text().splitlines():
        job = JOB.search(line)
        if not job:
            continue
        name, what = job.groups()
        if what == "starting":
            at_work.append(name)
        else:
            at_work.remove(name)
        found.append((name, what, list(at_work)))
    return found


def lanes_of(names):
    return [name for name in names if LANE.match(name)]


def backlog(workers, steps, count, prefix):
    """Start a workflow in which so many runs are due."""
    workflow = workers.run(jobs.arrange, steps=steps, people=1, prefix=prefix, name=prefix)
    multiply(workers, workflow, count - 1)
    return workflow


def due(workers, workflow):
    return workers.count(
        "SELECT count(*) FROM mail_workflow_enrollment"
        " WHERE workflow_id = %s AND state = 'active' AND waiting_since IS NULL",
        workflow,
    )


def answered(workers, times):
    """Tell whether Odoo's own job ran so often."""
    return workers.count("SELECT count(*) FROM res_partner WHERE name = %s", OWN) >= times


def test_two_crons_of_a_lane_share_a_backlog(workers):
    workers.run(jobs.create, model="res.partner.category", values={"name": "Known"})
    workflow = backlog(workers, [TAG, WAIT], 3000, "shared")
    with OdooServer(workers.name, cron_threads=3) as server:
        workers.run(jobs.wake, lane="runner")
        until(lambda: not due(workers, workflow))
    pairs = [set(lanes_of(names)) for _name, _what, names in moments(server)]
    name = "Workflows: carry out due steps"
    assert {name, f"{name} (2)"} in pairs, "both were at work at the same time"
    assert max(map(len, pairs)) == 2, "of three workers one is left"
    assert workers.query(VISITS, workflow) == [(3000, 3000)]


def test_own_jobs_never_find_all_workers_in_our_lanes(workers, receiver):
    workflow = workers.run(
        jobs.arrange, steps=[MAIL, WAIT], people=PEOPLE, prefix="busy", smtp_port=receiver.port
    )
    own = workers.run(jobs.own_job, name=OWN)
    with OdooServer(workers.name, cron_threads=2) as server:
        for lane in ("runner", "mail", "dispatcher"):
            workers.run(jobs.wake, lane=lane)
        asked = 0
        while workers.count(SENT, workflow) < PEOPLE:
            assert asked < 100, "it never came to an end"
            workers.run(jobs.trigger_id, cron_id=own)
            asked += 1
            until(partial(answered, workers, asked))
    found = moments(server)
    assert len(receiver.messages()) == PEOPLE
    assert max(len(lanes_of(names)) for _name, _what, names in found) == 1
    beside = [names for name, what, names in found if name == OWN and what == "starting"]
    assert len(beside) >= 3
    assert any(lanes_of(names) for names in beside), "it began while a lane was at work"
    assert {name for name, _what, _names in found} >= {
        "Workflows: carry out due steps",
        "Workflows: send mail",
        "Workflows: serve events",
    }
    assert workers.query(VISITS, workflow) == [(PEOPLE, PEOPLE)]
