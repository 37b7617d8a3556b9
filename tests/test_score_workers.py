"""Scores moved by two real processes at once."""

import pytest

from tests import jobs, jobs_score
from tests.test_workers import together
from tests.workers import Workers

SUM = "SELECT sum(points), count(*) FROM mail_workflow_score_entry"
TOTAL = "SELECT sum(score) FROM mail_workflow_score WHERE dimension_id IS NULL"


@pytest.fixture(scope="module")
def workers():
    with Workers("score") as running:
        yield running


def test_two_who_add_five_and_seven_at_once_make_twelve(workers, tmp_path):
    points = {"five": 5, "seven": 7}
    for again in (1, 2):  # the first time there is no total to lock yet
        folder = tmp_path / str(again)
        folder.mkdir()
        under_way = [
            workers.start(
                jobs_score.add, points=number, folder=str(folder), name=name, others=list(points)
            )
            for name, number in points.items()
        ]
        assert [job.result() for job in under_way] == [1, 1]
        assert workers.query(SUM) == [(12 * again, 2 * again)]
        assert workers.count(TOTAL) == 12 * again
    assert workers.run(jobs_score.totals) == 0


def test_nobody_waits_for_a_rule_that_is_applied_to_a_great_many(workers, tmp_path):
    """While a batch is under way, those whom it gives points are written and buy; and the other
    way round. A lock that is waited for is an error here, however short."""
    people = workers.run(jobs_score.arrange_profile, people=1200)
    for first, second in (("apply", "sell"), ("sell", "apply")):
        folder = tmp_path / first
        folder.mkdir()
        under_way = [
            workers.start(
                getattr(jobs_score, name), folder=str(folder), is_first=name == first, people=people
            )
            for name in (first, second)
        ]
        for job in under_way:
            job.result()
    given = "SELECT count(*) FROM mail_workflow_score_entry WHERE note IS NULL AND points = 3"
    assert workers.count(given) == 1200
    orders = "SELECT count(*) FROM sale_order WHERE state = 'sale'"
    assert workers.count(orders) == 2
    assert workers.run(jobs_score.totals) == 0


def test_two_dispatchers_give_each_event_its_points_once(workers):
    """400 people share ten addresses: both workers have the same persons in hand."""
    workers.query("DELETE FROM mail_workflow_score")
    workers.query("DELETE FROM mail_workflow_score_entry")
    workers.run(jobs_score.arrange_rules, people=400)
    together(workers, "dispatcher")
    workers.run(jobs.pass_of, lane="dispatcher")
    assert workers.query(SUM) == [(400 * 12, 800)]
    assert workers.count(TOTAL) == 400 * 12
    assert workers.run(jobs_score.totals) == 0
