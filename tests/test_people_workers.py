"""Steps with people in two real processes at once: every task once, every decision once."""

import tempfile

import pytest

from tests import jobs, jobs_people
from tests.test_workers import together
from tests.workers import JobFailed, Workers

TASKS = """
    SELECT count(*), count(DISTINCT a.workflow_enrollment_id)
      FROM mail_activity a JOIN mail_workflow_step s ON s.id = a.workflow_step_id
     WHERE s.workflow_id = %s
"""
SHARES = """
    SELECT u.login, count(*)
      FROM mail_activity a JOIN mail_workflow_step s ON s.id = a.workflow_step_id
      JOIN res_users u ON u.id = a.user_id
     WHERE s.workflow_id = %s GROUP BY u.login ORDER BY u.login
"""


@pytest.fixture(scope="module")
def workers():
    with Workers("people") as running:
        yield running


def test_two_workers_give_each_person_s_task_once(workers):
    workflow = workers.run(jobs_people.arrange_tasks, people=200)
    together(workers, "runner")
    workers.run(jobs.pass_of, lane="runner")
    assert workers.query(TASKS, workflow) == [(200, 200)]
    shares = dict(workers.query(SHARES, workflow))
    assert set(shares) == {"tina", "tom"}
    assert max(shares.values()) <= 110, "by load, give or take what the other one is doing"


def decide(workers, activities, press):
    """Let two people answer one question at once; return what they are told."""
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        started = [
            workers.start(
                press,
                activity_id=activity_id,
                outcome=outcome,
                folder=folder,
                name=outcome,
                others=["Yes", "No"],
            )
            for activity_id, outcome in zip(activities, ("Yes", "No"), strict=True)
        ]
        for job in started:
            try:
                answers.append(job.result())
            except JobFailed as error:
                # the server does the request again when the database asks for it
                assert "could not serialize" in str(error)
                answers.append("again")
    return answers


@pytest.mark.parametrize("press", [jobs_people.decide, jobs_people.decide_halfway])
def test_two_people_decide_at_once_and_one_is_told_who_was_first(workers, press):
    activities = workers.run(jobs_people.arrange_decision, name=press.__name__)
    answers = decide(workers, activities, press)
    assert answers.count("decided") == 1, answers
    other = next(answer for answer in answers if answer != "decided")
    assert other == "again" or "Already decided by" in other
    outcomes = "SELECT DISTINCT workflow_outcome FROM mail_activity WHERE id = ANY(%s)"
    assert len(workers.query(outcomes, activities)) == 1
