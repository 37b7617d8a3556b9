"""OCA's job queue carries the lanes' work: its real job runner, two servers, one of them killed."""

import os
from collections import Counter

import pytest

from dev import database_server, databases, queue_job
from dev.receiver import Receiver
from dev.server import OdooServer
from tests import jobs
from tests.test_server_lanes import until
from tests.test_workers import VISITS
from tests.workers import Workers

GLUE = "mail_workflow_automation_queue_job"
CHANNELS = "root:4,root.workflow_runner:2,root.workflow_dispatcher:1,root.workflow_mail:2"
MAIL = {"key": "hello", "kind": "email", "subject": "Hello", "body_html": "<p>Hello</p>"}
WAIT = {"key": "later", "kind": "wait", "days": 1}
PEOPLE = 300
ACCEPTED = """
    SELECT count(*) FROM mail_workflow_execution x
      JOIN mail_workflow_enrollment e ON e.id = x.enrollment_id
     WHERE e.workflow_id = %s AND x.state = 'done'
"""
OTHERS = "SELECT DISTINCT state FROM queue_job WHERE state != 'done'"

pytestmark = pytest.mark.skipif(not os.environ.get("ALL"), reason="long: make test-all")


@pytest.fixture(scope="module")
def workers():
    before = dict(os.environ)
    os.environ.update(queue_job.environ(CHANNELS))
    source = databases.fresh(f"mwa_queue_{os.getpid()}")
    try:
        databases.run_odoo(source, ["-d", source, "-i", GLUE], strict=True)
        with Workers("queue", source=source) as running:
            # what the crons would do is left to the jobs
            running.query("UPDATE ir_cron SET nextcall = '2099-01-01'")
            yield running
    finally:
        database_server.drop(source)
        os.environ.clear()
        os.environ.update(before)


def test_jobs_do_each_step_and_send_each_mail_once(workers, tmp_path):
    with Receiver(tmp_path / "mails") as receiver:
        load = ("--load=web,queue_job",)
        killed = OdooServer(workers.name, cron_threads=0, extra=load).start().wait_ready()
        with OdooServer(workers.name, cron_threads=0, extra=load):
            workflow = workers.run(
                jobs.arrange, steps=[MAIL, WAIT], people=PEOPLE, smtp_port=receiver.port
            )
            until(lambda: workers.count(ACCEPTED, workflow) >= 20)
            killed.kill()
            left = PEOPLE - workers.count(ACCEPTED, workflow)
            until(lambda: workers.count(ACCEPTED, workflow) >= PEOPLE)
            until(lambda: not workers.query(OTHERS))
        ids = [message["Message-Id"] for message in receiver.messages()]
        found = Counter(one for one in ids if "@workflow.invalid" in one)
    assert left > 0, "the other one had something to do"
    assert workers.query(VISITS, workflow) == [(PEOPLE, PEOPLE)]
    assert len(found) == PEOPLE
    assert sum(found.values()) - PEOPLE <= 2, "of the mails in hand when the server was killed"
    assert workers.count("SELECT count(*) FROM ir_cron_progress") == 0, "no cron was at work"
