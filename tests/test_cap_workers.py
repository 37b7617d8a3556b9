"""Two real processes at work on the same people: the frequency cap holds."""

import pytest

from tests import jobs
from tests.test_workers import MAIL, WAIT, together
from tests.workers import Workers

PEOPLE = 700
# whoever claims first takes some of both workflows, seldom both runs of one person
SHUFFLE = """
    UPDATE mail_workflow_enrollment
       SET due_at = due_at - interval '1 second' * (hashtext(id::text) %% 1000 + 1000)
     WHERE workflow_id = ANY(%s)
"""
BY_PERSON = """
    SELECT count(*), max(mails), min(mails)
      FROM (SELECT e.email_normalized, count(x.id) AS mails
              FROM mail_workflow_enrollment e
              LEFT JOIN mail_workflow_execution x
                     ON x.enrollment_id = e.id AND x.state = 'queued'
             WHERE e.workflow_id = ANY(%s)
             GROUP BY 1) AS person
"""


@pytest.fixture(scope="module")
def workers():
    with Workers("capped") as running:
        yield running


def test_two_workers_queue_one_mail_for_each_person_of_two_workflows(workers):
    workers.run(jobs.set_parameters, cap_mails=1)
    workflows = [
        workers.run(jobs.arrange, steps=[MAIL, WAIT], people=PEOPLE, name=name, prefix="capped")
        for name in ("First", "Second")
    ]
    workers.query(SHUFFLE, workflows)
    handled = together(workers, "runner")
    assert all(handled), "both had something to do"
    assert workers.query(BY_PERSON, workflows) == [(PEOPLE, 1, 1)]
