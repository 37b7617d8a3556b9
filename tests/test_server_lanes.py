"""A real Odoo server and its cron workers: the lanes share a backlog, Odoo's own jobs go on.

What was at work at the same time is read from the server's log, line by line.
"""

import json
import re
import time
import urllib.request
from functools import partial
from http.cookiejar import CookieJar

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


def open_shop(env):
    """Put a product into the shop, whose page and carts a workflow listens to."""
    product = env["product.template"].create(
        {"name": "Desk lamp", "list_price": 40.0, "is_published": True, "type": "consu"}
    )
    listens = [{"kind": "page_viewed", "filters": {"url": "/shop/*"}}, {"kind": "cart_updated"}]
    jobs.arrange(env, [WAIT], name="Shop", triggers=listens)
    return {
        "path": product.website_url,
        "product": {
            "product_template_id": product.id,
            "product_id": product.product_variant_id.id,
            "quantity": 1,
        },
    }


def served(workers, kinds):
    """Tell whether these are the events that came, and all were served."""
    found = workers.query("SELECT kind, dispatched_at IS NOT NULL FROM mail_workflow_event")
    return sorted(found) == [(kind, True) for kind in sorted(kinds)]


@pytest.mark.parametrize("processes", [0, 2], ids=["threaded", "prefork"])
def test_what_a_visitor_does_wakes_the_engine(workers, processes):
    shop = workers.run(open_shop)
    workers.query("DELETE FROM mail_workflow_event")
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    visitor.addheaders = [("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")]
    add = json.dumps({"jsonrpc": "2.0", "params": shop["product"]}).encode()
    is_json = {"Content-Type": "application/json"}
    look = (shop["path"], None, {})
    # the configuration of the tests sets no limits, which several processes take for none left
    extra = ("--workers", processes, "--limit-time-cpu", 600, "--limit-time-real", 600)
    with OdooServer(workers.name, cron_threads=1, extra=extra) as server:
        # no cron is due by itself: each wake-up is what serves the event before it
        for (path, content, headers), came in (
            (look, ["page_viewed"]),
            (("/shop/cart/add", add, is_json), ["page_viewed", "cart_updated"]),
            (look, ["page_viewed", "cart_updated", "page_viewed"]),
        ):
            asked = urllib.request.Request(f"{server.url}{path}", content, headers)
            visitor.open(asked, timeout=60).close()
            until(partial(served, workers, came))
