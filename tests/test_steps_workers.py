"""Steps carried out by two real processes at once."""

import pytest

from tests import jobs, jobs_steps
from tests.test_workers import together
from tests.workers import Workers

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
