"""A workflow is published while real workers carry its people on: nobody is lost or doubled."""

import tempfile

import pytest

from tests import jobs, jobs_drafts
from tests.workers import Workers

STEPS = [
    {"key": "first", "kind": "update", "set": [{"field": "function", "value": "first"}]},
    {"key": "long", "kind": "wait", "days": 30},
    {"key": "between", "kind": "update", "set": [{"field": "function", "value": "between"}]},
    {"key": "last", "kind": "update", "set": [{"field": "function", "value": "last"}]},
]
AT_REMOVED = """
    SELECT count(*) FROM mail_workflow_enrollment e JOIN mail_workflow_step s ON s.id = e.step_id
     WHERE e.workflow_id = %s AND e.state = 'active' AND NOT s.active
"""
STATES = """
    SELECT state, count(*) FROM mail_workflow_enrollment WHERE workflow_id = %s GROUP BY state
"""
TWICE = """
    SELECT count(*) FROM (
        SELECT 1 FROM mail_workflow_execution x JOIN mail_workflow_step s ON s.id = x.step_id
         WHERE s.workflow_id = %s GROUP BY x.enrollment_id, x.step_id HAVING count(*) > 1) twice
"""
LAST = """
    SELECT count(*) FROM mail_workflow_execution x JOIN mail_workflow_step s ON s.id = x.step_id
     WHERE s.workflow_id = %s AND s.key = 'last' AND x.state = 'done'
"""


@pytest.fixture(scope="module")
def workers():
    with Workers("publish") as running:
        yield running


def test_steps_are_removed_under_the_hands_of_two_workers(workers):
    people = 1200
    workflow = workers.run(jobs.arrange, steps=STEPS, people=people)
    with tempfile.TemporaryDirectory() as folder:
        names = ["one", "two", "publisher"]
        passing = [
            workers.start(jobs.pass_of, lane="runner", folder=folder, name=name, others=names)
            for name in names[:2]
        ]
        publishing = workers.start(
            jobs_drafts.publish,
            workflow_id=workflow,
            without=["long", "between"],
            folder=folder,
            name="publisher",
            others=names,
        )
        for job in passing:
            job.result()
        assert publishing.result() == 2
    for _pass in range(6):
        workers.run(jobs.pass_of, lane="runner")
    assert workers.count(AT_REMOVED, workflow) == 0
    assert dict(workers.query(STATES, workflow)) == {"done": people}
    assert workers.count(LAST, workflow) == people
    assert workers.count(TWICE, workflow) == 0
