"""What becomes of mails at a real mail server: counted there by their Message-Id."""

import lxml.html
import pytest

from dev import database_server
from dev.receiver import Receiver
from tests import jobs
from tests.mail_shop import LEAVING, MAIL, Shop
from tests.workers import JobFailed, Workers


@pytest.fixture(scope="module")
def workers():
    with Workers("delivery") as running:
        yield running


@pytest.fixture
def shop(workers, tmp_path):
    with Receiver(tmp_path / "mails") as receiver:
        yield Shop(workers, receiver)


def test_a_mail_arrives_once_and_its_execution_says_so(shop):
    shop.start(people=3, prefix="plain")
    assert shop.states() == [("queued", 1)] * 3
    assert shop.send() == 3
    assert shop.states() == [("done", 1)] * 3
    assert list(shop.delivered().values()) == [1, 1, 1]
    assert shop.send() == 0
    shop.retry()
    assert sum(shop.delivered().values()) == 3


def test_the_preview_text_is_hidden_at_the_beginning_of_the_mail(shop):
    """Mail programs show it beside the subject, each reader's own; the mail itself does not."""
    shop.start(people=2, prefix="preview", step={**MAIL, "preview": "For {{ object.name }} only"})
    shop.send()
    for number in range(2):
        address = f"preview{number}@customer.example.com"
        (arrived,) = [one for one in shop.receiver.messages() if one["X-Rcpt-To"] == address]
        body = lxml.html.document_fromstring(arrived.get_body(("html",)).get_content()).body
        words = [text.strip() for text in body.itertext() if text.strip()]
        assert words[:2] == [f"For preview {number} only", "Hello"]
        (hidden,) = body.xpath("//*[contains(text(), 'only')]/ancestor-or-self::*[@style][1]")
        assert "display:none" in hidden.get("style").replace(" ", "")


def test_a_temporary_refusal_then_success_is_one_mail_in_two_attempts(shop):
    shop.start(prefix="temporary")
    shop.receiver.fail = "451 try later"
    shop.send()
    [(_id, state, attempt, reason, _run)] = shop.executions()
    assert (state, attempt) == ("failed", 1)
    assert "451" in reason and "try later" in reason
    assert shop.runs() == [("active", None)], "the participant has gone on"
    shop.send()
    assert shop.states() == [("failed", 1)], "its time has not come"
    shop.receiver.fail = None
    shop.retry()
    assert shop.states() == [("done", 2)]
    assert list(shop.delivered().values()) == [1]
    shop.retry()
    assert list(shop.delivered().values()) == [1]


def test_attempts_come_at_growing_intervals_then_the_mail_is_dead(shop):
    shop.start(prefix="always")
    shop.receiver.fail = "DATA 451 not today"
    shop.send()
    pauses = []
    while shop.states()[0][0] == "failed":
        pauses += shop.workers.query(
            """
            SELECT extract(epoch FROM x.retry_at - now() AT TIME ZONE 'UTC')
              FROM mail_workflow_execution x
              JOIN mail_workflow_enrollment e ON e.id = x.enrollment_id
             WHERE e.workflow_id = %s
            """,
            shop.workflow,
        )[0]
        assert len(pauses) < 20
        shop.retry()
    assert pauses == sorted(pauses)
    assert 4 * 60 < pauses[0] < 10 * 60
    assert sum(pauses) > 20 * 3600, "a server that is down for a day costs no mail"
    assert shop.states() == [("dead", len(pauses) + 1)]
    shop.receiver.fail = None
    shop.retry()
    assert not shop.delivered(), "what is dead leaves the due set"


def test_a_refusal_for_good_is_dead_at_once(shop):
    shop.start(prefix="refused")
    shop.receiver.fail = "550 no such user"
    shop.send()
    [(_id, state, attempt, reason, _run)] = shop.executions()
    assert (state, attempt) == ("dead", 1)
    assert "no such user" in reason
    assert shop.runs() == [("active", None)]
    shop.receiver.fail = None
    shop.retry()
    assert not shop.delivered()


def test_a_refusal_for_good_ends_the_run_where_the_step_says_leave(shop):
    shop.start(prefix="leaving", step=LEAVING)
    shop.receiver.fail = "550 no such user"
    shop.send()
    assert shop.states() == [("dead", 1)]
    assert shop.runs() == [("exited", "mail could not be delivered")]


def test_one_refused_reader_does_not_keep_the_mail_from_others(shop):
    shop.start(people=3, prefix="others")
    shop.receiver.fail = "DATA 554 no thanks"
    shop.workers.query(
        "UPDATE mail_mail SET scheduled_date = '2999-01-01' WHERE id NOT IN"
        " (SELECT min(id) FROM mail_mail WHERE workflow_id = %s)",
        shop.workflow,
    )
    assert shop.send() == 1
    shop.receiver.fail = None
    shop.workers.query("UPDATE mail_mail SET scheduled_date = NULL")
    shop.send()
    assert sorted(shop.states()) == [("dead", 1), ("done", 1), ("done", 1)]
    assert len(shop.delivered()) == 2


def test_while_the_server_is_down_no_mail_is_lost(shop):
    shop.start(people=5, prefix="down")
    shop.receiver.stop()
    shop.send()
    states = [state for state, _attempt in shop.states()]
    assert states.count("failed") == 1, "one mail finds out, the others stay in the queue"
    assert states.count("queued") == 4
    for _turn in range(6):
        shop.send()
    assert not {"dead", "done"} & {state for state, _attempt in shop.states()}
    shop.receiver.start()
    shop.send()
    shop.retry()
    assert {state for state, _attempt in shop.states()} == {"done"}
    assert len(shop.delivered()) == 5
    assert set(shop.delivered().values()) == {1}


def test_a_connection_lost_in_the_middle_is_a_failed_attempt(shop):
    shop.start(people=2, prefix="dropped")
    shop.receiver.fail = "drop"
    shop.send()
    assert {state for state, _attempt in shop.states()} == {"failed"}
    shop.receiver.fail = None
    shop.retry()
    assert shop.states() == [("done", 2)] * 2
    assert set(shop.delivered().values()) == {1}


def test_a_claim_that_is_lost_ends_the_sending(shop):
    shop.start(people=20, prefix="lostclaim")
    with pytest.raises(JobFailed):
        shop.workers.run(jobs.main_connection_lost, after=3)
    assert len(shop.delivered()) == 3, "what is claimed no more may be in another's hands"
    shop.send()
    assert len(shop.delivered()) == 20
    assert set(shop.delivered().values()) == {1}


def test_a_mail_that_went_out_is_never_sent_again_whatever_fails_then(shop):
    shop.start(people=3, prefix="hooked")
    shop.workers.run(jobs.failing_hook, recipient="hooked1@")
    assert shop.states() == [("done", 1)] * 3
    shop.retry()
    assert len(shop.delivered()) == 3 and set(shop.delivered().values()) == {1}


def test_a_mail_of_which_every_note_fails_keeps_nobody_from_theirs(shop):
    shop.start(people=3, prefix="noted")
    shop.receiver.fail = "DATA 451 later"
    shop.workers.run(jobs.failing_hook, recipient="noted1@")
    assert sorted(state for state, _attempt in shop.states()) == ["dead", "failed", "failed"]
    shop.receiver.fail = None
    shop.retry()
    assert len(shop.delivered()) == 2


def test_a_slow_server_serves_workflows_of_different_senders_in_turns(shop):
    shop.start(people=30, prefix="slow")
    shop.workers.run(
        jobs.arrange,
        steps=[MAIL],
        people=3,
        name="Another sender",
        prefix="sender",
        email_from="Other <other@shop.example.com>",
    )
    shop.workers.run(jobs.pass_of, lane="runner")
    shop.workers.run(jobs.slow_server, seconds=0.2)
    order = [message["X-Rcpt-To"] for message in shop.receiver.messages()]
    order = [to for to in order if "customer" in to]
    # where a batch ends for its time, the next begins with the other workflow again
    assert max(place for place, to in enumerate(order) if to.startswith("sender")) <= 7


def test_a_server_that_ends_a_session_costs_no_attempt(shop):
    shop.start(people=4, prefix="session")
    shop.receiver.per_session = 2
    shop.send()
    assert shop.states() == [("done", 1)] * 4


def test_a_server_that_stalls_costs_one_mail_an_attempt_and_is_left_alone(shop):
    shop.start(people=5, prefix="stalled")
    other = shop.workers.run(jobs.arrange, steps=[MAIL], people=2, name="Other", prefix="other")
    shop.receiver.fail = "stall"
    shop.workers.run(jobs.passes_of_an_impatient_lane, count=3)
    states = [state for state, _attempt in shop.states()]
    assert (states.count("failed"), states.count("queued")) == (1, 4)
    shop.receiver.fail = None
    shop.workers.run(jobs.pass_of, lane="runner")
    shop.send()
    shop.retry()
    assert {state for state, _attempt in shop.states()} == {"done"}
    assert len(shop.delivered()) == 7 and set(shop.delivered().values()) == {1}
    assert other != shop.workflow


def test_retry_starts_from_the_first_attempt_and_sends_once(shop):
    shop.start(prefix="again")
    shop.receiver.fail = "550 no such user"
    shop.send()
    shop.receiver.fail = "451 try later"
    shop.press("action_retry")
    assert shop.states() == [("queued", 1)]
    shop.send()
    assert shop.states() == [("failed", 1)], "it has all its attempts again"
    shop.receiver.fail = None
    shop.retry()
    assert shop.states() == [("done", 2)]
    assert list(shop.delivered().values()) == [1]


def test_a_failed_mail_does_not_wait_for_its_time_when_it_is_retried(shop):
    shop.start(prefix="now")
    shop.receiver.fail = "451 try later"
    shop.send()
    shop.receiver.fail = None
    shop.send()
    assert shop.states() == [("failed", 1)], "its time has not come"
    shop.press("action_retry")
    shop.send()
    assert shop.states() == [("done", 1)]
    assert list(shop.delivered().values()) == [1]


def test_a_mail_that_went_out_cannot_be_retried(shop):
    shop.start(prefix="gone")
    shop.send()
    with pytest.raises(JobFailed, match="Only what failed can be retried"):
        shop.press("action_retry")
    shop.send()
    assert list(shop.delivered().values()) == [1]


def test_odoo_s_own_queue_leaves_workflow_mail_alone(shop):
    shop.start(people=2, prefix="own")
    shop.workers.run(jobs.odoo_queue)
    assert not shop.delivered()
    assert shop.states() == [("queued", 1)] * 2


def test_the_mails_of_a_paused_workflow_wait_for_it(shop):
    shop.start(people=2, prefix="paused")
    press = {"model": "mail.workflow", "ids": [shop.workflow]}
    shop.workers.run(jobs.act, method="action_pause", **press)
    shop.send()
    assert not shop.delivered()
    shop.workers.run(jobs.act, method="action_resume", **press)
    shop.send()
    assert set(shop.delivered().values()) == {1} and len(shop.delivered()) == 2


def test_stop_cancels_the_mails_that_are_still_queued(shop):
    shop.start(people=2, prefix="stopped")
    shop.workers.run(jobs.act, model="mail.workflow", ids=[shop.workflow], method="action_stop")
    shop.send()
    assert not shop.delivered()
    assert [(row[1], row[3]) for row in shop.executions()] == [("skipped", "workflow stopped")] * 2
    assert shop.send() == 0


def test_who_unsubscribes_while_the_mail_is_queued_does_not_get_it(shop):
    shop.start(prefix="blacklisted")
    shop.workers.run(jobs.blacklist, email="blacklisted0@customer.example.com")
    shop.send()
    assert not shop.delivered()
    assert [(row[1], row[3]) for row in shop.executions()] == [("skipped", "blacklisted")]


def test_who_was_taken_out_while_the_mail_failed_does_not_get_it(shop):
    shop.start(prefix="taken")
    shop.receiver.fail = "451 try later"
    shop.send()
    shop.workers.query(
        "UPDATE mail_workflow_execution SET executed_at = executed_at - interval '1 minute'"
    )
    runs = [row[4] for row in shop.executions()]
    shop.workers.run(jobs.act, model="mail.workflow.enrollment", ids=runs, method="action_take_out")
    shop.receiver.fail = None
    shop.retry()
    assert not shop.delivered()
    assert [(row[1], row[3]) for row in shop.executions()] == [("skipped", "taken out")]


def test_a_queued_mail_that_is_too_late_is_skipped(shop):
    shop.start(prefix="late")
    shop.workers.query(
        "UPDATE mail_workflow_execution SET executed_at = executed_at - interval '25 hours'"
    )
    shop.send()
    assert not shop.delivered()
    assert [(row[1], row[3]) for row in shop.executions()] == [("skipped", "too late")]


def test_nothing_goes_out_while_all_sending_is_on_hold(shop):
    shop.start(prefix="onhold")
    key = {"key": "mail_workflow_automation.hold_sending"}
    shop.workers.run(jobs.set_parameter, value="True", **key)
    shop.send()
    assert not shop.delivered()
    assert shop.states() == [("queued", 1)]
    shop.workers.run(jobs.set_parameter, value=False, **key)
    shop.send()
    assert list(shop.delivered().values()) == [1]


def test_the_mail_of_a_small_workflow_does_not_queue_behind_a_large_one(shop):
    shop.start(people=20, prefix="large")
    large = shop.workflow
    small = shop.workers.run(jobs.arrange, steps=[MAIL], people=2, name="Small", prefix="small")
    shop.workers.run(jobs.pass_of, lane="runner")
    shop.send()
    order = [message["X-Rcpt-To"] for message in shop.receiver.messages()]
    assert len(order) == 22
    assert {position for position, to in enumerate(order) if to.startswith("small")} == {1, 3}
    assert large != small


def test_an_accepted_mail_is_not_sent_again_when_the_rest_goes_wrong_here(shop):
    shop.start(prefix="accepted")
    handled = shop.workers.run(jobs.conflict_after_acceptance)
    assert handled >= 1
    assert list(shop.delivered().values()) == [1]
    assert shop.states() == [("done", 1)]
    shop.retry()
    assert list(shop.delivered().values()) == [1]


@pytest.mark.parametrize("after", [1, 4])
def test_when_the_database_goes_away_only_the_mail_in_hand_comes_twice(shop, after):
    shop.start(people=20, prefix=f"outage{after}")
    with pytest.raises(JobFailed, match="OperationalError|InterfaceError"):
        shop.workers.run(jobs.lose_database, after=after)
    with database_server.cursor(autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{shop.workers.name}" ALLOW_CONNECTIONS true')
    assert sum(shop.delivered().values()) == after, "nothing is sent that cannot be noted"
    shop.send()
    counts = sorted(shop.delivered().values())
    assert counts == [1] * 19 + [2]
    assert shop.states() == [("done", 1)] * 20


def test_odoo_does_not_send_the_mail_of_a_run_that_was_deleted(shop):
    shop.start(people=2, prefix="deleted")
    runs = [row[4] for row in shop.executions()]
    shop.workers.run(jobs.delete, model="mail.workflow.enrollment", ids=runs)
    shop.workers.run(jobs.odoo_queue)
    shop.send()
    assert not shop.delivered()


def test_a_test_arrives_at_who_asks_and_counts_nowhere(shop):
    shop.start(people=1, prefix="tried")
    before = shop.executions(), shop.runs()
    tried = {"name": "Tried", "email": "tried0@customer.example.com"}
    assert shop.workers.run(jobs.send_test, workflow_id=shop.workflow, **tried) == 1
    # Odoo's queue holds mail of Odoo's own, too
    tests = [one for one in shop.receiver.messages() if one["Subject"].startswith("[Test]")]
    assert [(one["Subject"], one["X-Rcpt-To"]) for one in tests] == [
        ("[Test] Hello", "marketer@shop.example.com")
    ]
    assert (shop.executions(), shop.runs()) == before
    # and the real mail is not kept back by it
    assert shop.send() == 1
    assert list(shop.delivered().values()) == [1]
