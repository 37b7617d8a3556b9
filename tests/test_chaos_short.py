"""A short chaos: workers, connections and the mail server fail, and everybody gets what they
should. `make chaos` is the long one, on a database server of its own."""

from datetime import datetime, timedelta

from dev.chaos import flow
from dev.chaos.check import Mails
from dev.chaos.database import Gentle
from dev.chaos.run import Plan, Run

START = datetime(2026, 3, 2, 9, 0)


def test_everybody_gets_each_step_and_mail_while_workers_are_killed():
    plan = Plan(people=100, kills=8, seed=7, restarts=0, backend_kills=1, seconds=8)
    figures = Run(plan, Gentle()).play()
    assert figures["problems"] == []
    assert figures["kills"] >= 8
    assert figures["backends_killed"] == 1
    assert (figures["mails"], figures["lost"], figures["wrong_paths"]) == (300, 0, 0)


# --- the judge sees what is wrong -----------------------------------------------------------------


def person(**changes):
    hours = {"hello": 0, "reply": 24, "worth": 24, "near": 24, "pause": 36, "known": 36, "last": 36}
    branches = {"reply": "timeout", "worth": "near"}
    steps = [
        (key, 1, "done", branches.get(key, "then"), START + timedelta(hours=after))
        for key, after in hours.items()
    ]
    found = {"state": "done", "city": flow.CITY, "tags": 1, "clicked_at": None, "steps": steps}
    return {**found, **changes}


def test_the_right_way_is_right():
    assert flow.wrong_way(person()) is None


def test_each_wrong_way_is_named():
    steps = person()["steps"]
    early = [(*step[:4], START) for step in steps]
    queued = [(*steps[0][:2], "queued", *steps[0][3:]), *steps[1:]]
    for changes, word in (
        ({"state": "active"}, "active"),
        ({"state": None}, "None"),
        ({"steps": steps[:-1]}, "instead of"),
        ({"steps": [*steps, steps[0]]}, "twice"),
        ({"steps": queued}, "not all done"),
        ({"steps": early}, "lasted"),
        ({"city": "Lille"}, "instead of"),
        ({"clicked_at": START}, "ended by"),
        ({"tags": 0}, "tag"),
    ):
        assert word in (flow.wrong_way(person(**changes)) or "nothing"), changes


def test_a_death_explains_one_second_delivery():
    mails = Mails()
    mails.arrived.update({"a": [(100.0, True), (160.0, True)], "b": [(101.0, True), (161.0, True)]})
    assert mails.seconds() == 2
    assert mails.unexplained([]) == ["a", "b"]
    assert mails.unexplained([(102.0, "mail")]) == ["b"]
    assert mails.unexplained([(102.0, "runner"), (300.0, "mail")]) == ["a", "b"]
    assert mails.unexplained([(102.0, "mail"), (103.0, "mail")]) == []


def test_a_mail_that_got_no_answer_may_come_again():
    mails = Mails()
    mails.arrived["a"] = [(100.0, False), (160.0, True)]
    assert mails.unexplained([]) == []
    mails.arrived["a"] = [(100.0, True), (160.0, False)]
    assert mails.unexplained([]) == ["a"]
