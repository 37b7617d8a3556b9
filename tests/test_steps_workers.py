"""Steps carried out by two real processes at once."""

import pytest

from tests import jobs, jobs_steps
from tests.hook import Hook
from tests.test_workers import together
from tests.workers import Killed, Workers

CODES = """
    SELECT count(*), count(DISTINCT person), count(DISTINCT card_id) FROM mail_workflow_coupon
"""
OUTCOMES = """
    SELECT x.branch, count(*)
      FROM mail_workflow_execution x JOIN mail_workflow_step s ON s.id = x.step_id
     WHERE s.kind = 'coupon' GROUP BY x.branch ORDER BY x.branch
"""


@pytest.fixture(scope="module")
def workers():
    with Workers("steps") as running:
        yield running


def test_two_workers_give_a_person_one_code(workers):
    """Two workflows, the same 300 people: whoever comes second gets none."""
    workers.run(jobs_steps.arrange_coupons, people=300)
    handled = together(workers, "runner")
    workers.run(jobs.pass_of, lane="runner")
    assert sum(handled) >= 600
    assert workers.query(OUTCOMES) == [("code", 300), ("none", 300)]
    assert workers.query(CODES) == [(300, 300, 300)]
    cards = "SELECT count(*) FROM loyalty_card c JOIN mail_workflow_coupon w ON w.card_id = c.id"
    assert workers.count(cards) == workers.count("SELECT count(*) FROM loyalty_card") == 300


CALLS = "SELECT state, attempt FROM mail_workflow_webhook_call"


def test_a_worker_killed_between_the_call_and_its_commit_calls_again_with_the_same_key(workers):
    with Hook() as hook:
        workers.run(jobs_steps.arrange_webhook, url=hook.url, hosts=hook.host)
        with pytest.raises(Killed):
            workers.run(
                jobs.killed_pass, lane="webhook", at=0, of='UPDATE "mail_workflow_webhook_call"'
            )
        assert len(hook.calls) == 1
        assert workers.query(CALLS) == [("queued", 0)]
        workers.run(jobs.pass_of, lane="webhook")
        assert len(hook.calls) == 2
        assert len({call.headers["Idempotency-Key"] for call in hook.calls}) == 1
        assert {call.body for call in hook.calls} == {hook.calls[0].body}
        assert hook.effects() == 1
        assert workers.query(CALLS) == [("done", 1)]
        workers.run(jobs.pass_of, lane="webhook")
        assert len(hook.calls) == 2


def test_two_workers_call_once_for_each_visit(workers):
    with Hook() as hook:
        workers.query("DELETE FROM mail_workflow_webhook_call")
        workers.run(jobs_steps.arrange_webhook, url=hook.url, hosts=hook.host, people=20)
        together(workers, "webhook")
        assert len(hook.calls) == hook.effects() == 20
        assert set(workers.query(CALLS)) == {("done", 1)}
