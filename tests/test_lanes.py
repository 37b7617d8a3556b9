"""The lanes' crons: as many as the settings say, each asked only when there is work for it."""

import tempfile
from contextlib import contextmanager

import pytest

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from dev import database_server
from tests import jobs
from tests.workers import Killed, Workers, meet

from .common import WorkflowCase

PREFIX = "mail_workflow_automation.ir_cron_mail_workflow_"


@tagged("post_install", "-at_install", "mail_workflow")
class TestNumberOfLanes(WorkflowCase):
    def lanes(self, lane):
        """Return ``{name: active}`` of the crons of a lane."""
        crons = self.env["ir.cron"].with_context(active_test=False)
        found = crons.search([("workflow_lane", "=", lane)], order="id")
        return {cron.name: cron.active for cron in found}

    def save(self, **values):
        settings = self.env["res.config.settings"].create(
            {f"mail_workflow_{name}": value for name, value in values.items()}
        )
        settings.execute()

    def test_saving_the_settings_makes_and_puts_away_crons(self):
        name = "Workflows: carry out due steps"
        self.save(runner_lanes=4)
        expected = {name: True, f"{name} (2)": True, f"{name} (3)": True, f"{name} (4)": True}
        self.assertEqual(self.lanes("runner"), expected)
        self.save(runner_lanes=1)
        self.assertEqual(self.lanes("runner"), {**dict.fromkeys(expected, False), name: True})
        self.save(runner_lanes=2)
        self.assertEqual(
            self.lanes("runner"),
            {**dict.fromkeys(expected, False), name: True, f"{name} (2)": True},
        )

    def test_a_new_cron_does_what_the_first_does_and_goes_with_the_addon(self):
        self.save(mail_lanes=3)
        first, third = self.env.ref(f"{PREFIX}mail"), self.env.ref(f"{PREFIX}mail_3")
        for name in ("model_id", "code", "user_id", "priority", "workflow_lane"):
            self.assertEqual(third[name], first[name])
        data = self.env["ir.model.data"].search([("name", "=", "ir_cron_mail_workflow_mail_3")])
        self.assertEqual((data.module, data.noupdate), ("mail_workflow_automation", True))

    def test_a_wake_up_asks_one_query_though_a_sign_up_emptied_the_caches(self):
        lanes = self.env["mail.workflow.lane"]
        self.env.ref(f"{PREFIX}dispatcher")._trigger()
        self.env.flush_all()
        self.env.registry.clear_all_caches()
        before = self.env.cr.sql_log_count
        lanes._request("dispatcher", "_first_free", None)
        self.assertEqual(self.env.cr.sql_log_count - before, 1)

    def test_a_wake_up_makes_no_visitor_wait_for_the_disk(self):
        lanes = self.env["mail.workflow.lane"]
        for situation in ("nobody asked yet", "somebody asked before"):
            with self.subTest(situation):
                self.env.cr.execute("SET LOCAL synchronous_commit = on")
                lanes._request("dispatcher", "_first_free", None)
                self.env.cr.execute("SHOW synchronous_commit")
                self.assertEqual(self.env.cr.fetchone(), ("off",))

    def test_a_wake_up_asks_for_those_crons_that_the_settings_want(self):
        lanes = self.env["mail.workflow.lane"]
        self.save(runner_lanes=5)
        for value in ("1", "3", "5", "99", "0", "-2", "many", ""):
            with self.subTest(value=value):
                key = "mail_workflow_automation.runner_lanes"
                self.env["ir.config_parameter"].set_param(key, value)
                self.env.flush_all()
                rows = self.env.execute_query(lanes._cron_ids("runner"))
                self.assertEqual([cron_id for (cron_id,) in rows], lanes._crons("runner").ids)

    def test_a_lane_that_is_switched_off_stays_off(self):
        crons = self.env["ir.cron"].search([("workflow_lane", "=", "mail")])
        crons.active = False
        self.save(mail_lanes=3)
        self.assertEqual(set(self.lanes("mail").values()), {False})

    def test_a_lane_needs_one_cron_at_least(self):
        for wrong in (0, -1, 1000):
            with self.assertRaises(ValidationError):
                self.save(runner_lanes=wrong)

    def test_zero_is_kept_where_it_means_no_limit(self):
        names = ("bounce_limit", "event_retention_days", "log_retention_days")
        self.save(**dict.fromkeys(names, 0))
        for name in names:
            self.assertEqual(self.env["mail.workflow"]._get_int_param(name, 7), 0, name)
            self.assertEqual(self.env["res.config.settings"].create({})[f"mail_workflow_{name}"], 0)

    def test_odoos_own_jobs_go_first(self):
        own = self.env["ir.cron"].default_get(["priority"])["priority"]
        ours = self.env["ir.cron"].search([("workflow_lane", "!=", False)])
        self.assertEqual(len(ours), 8)
        self.assertGreater(min(ours.mapped("priority")), own)


@pytest.fixture(scope="module")
def workers():
    with Workers("lanes") as running:
        running.query("UPDATE ir_cron SET nextcall = '2099-01-01'")
        yield running


@pytest.fixture(autouse=True)
def _no_requests(request):
    if "workers" in request.fixturenames:
        workers = request.getfixturevalue("workers")
        workers.query("DELETE FROM ir_cron_trigger")
        workers.query("UPDATE ir_cron SET lastcall = '2026-01-02'")


def requests(workers):
    """Return which crons of ours have how many requests, by the end of their names."""
    rows = workers.query(
        """
        SELECT d.name, count(*) FROM ir_cron_trigger t
          JOIN ir_model_data d ON d.model = 'ir.cron' AND d.res_id = t.cron_id
         WHERE d.module = 'mail_workflow_automation' GROUP BY d.name
        """
    )
    return {name.removeprefix("ir_cron_mail_workflow_"): count for name, count in rows}


@contextmanager
def at_work(workers, cron):
    """Let a cron be at work meanwhile, as the scheduler does."""
    with tempfile.TemporaryDirectory() as folder:
        running = workers.start(jobs.begin_pass, folder=folder, lane=cron)
        meet(folder, "test", ["begun"])
        try:
            yield
        finally:
            meet(folder, "end", [])
            running.result()


@contextmanager
def turns_taken(workers):
    """Let another worker have the only turn of this server meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        holder = workers.start(jobs.hold_turn, folder=folder)
        meet(folder, "test", ["taken"])
        try:
            yield
        finally:
            meet(folder, "end", [])
            assert holder.result() is True


@contextmanager
def listening(workers):
    """Give a function that tells whether cron workers were notified since it was asked last."""
    with database_server.cursor("postgres", autocommit=True) as cursor:
        cursor.execute("LISTEN cron_trigger")

        def notified():
            cursor.execute("SELECT")  # what has come meanwhile comes with the answer
            names = [notice.payload for notice in cursor.connection.notifies]
            cursor.connection.notifies.clear()
            return workers.name in names

        yield notified


def test_one_event_asks_for_one_pass(workers):
    for _event in range(3):
        workers.run(jobs.wake, lane="runner", times=2)
    assert requests(workers) == {"runner": 1}


def test_what_comes_during_a_pass_goes_to_one_that_is_free(workers):
    workers.run(jobs.wake, lane="runner")
    with at_work(workers, "runner"):
        workers.run(jobs.wake, lane="runner")
        workers.run(jobs.wake, lane="runner")
        assert requests(workers) == {"runner": 1, "runner_2": 1}, "the first is of the pass"
        with at_work(workers, "runner_2"):
            workers.run(jobs.wake, lane="runner")
            assert requests(workers)["runner"] == 2, "where all are at work the first has it"
    assert requests(workers) == {"runner": 1}


def test_a_pass_with_a_backlog_asks_for_help_and_for_its_next_turn(workers):
    wait = {"key": "later", "kind": "wait", "days": 1}
    workers.run(jobs.arrange, steps=[wait], people=150, prefix="few")
    workers.query("DELETE FROM ir_cron_trigger")
    assert workers.run(jobs.in_cron, lane="runner")["done"] == 150
    assert requests(workers) == {}
    workers.run(jobs.arrange, steps=[wait], people=700, prefix="many")
    workers.query("DELETE FROM ir_cron_trigger")
    assert workers.run(jobs.in_cron, lane="runner")["done"] >= 500
    assert requests(workers)["runner_2"] == 1


def test_fewer_lanes_can_be_asked_for_while_all_are_at_work(workers):
    workers.run(jobs.wake, lane="runner")
    active = "SELECT count(*) FROM ir_cron WHERE workflow_lane = 'runner' AND active"
    with at_work(workers, "runner"), at_work(workers, "runner_2"):
        workers.run(jobs.set_lanes, runner=1)
        workers.run(jobs.wake, lane="runner")
        assert requests(workers) == {"runner": 2}
    assert workers.count(active) == 2
    workers.run(jobs.trigger, cron="runner_2")
    workers.run(jobs.scheduler)
    assert workers.count(active) == 1, "its next turn puts it away"
    assert requests(workers) == {}
    workers.run(jobs.set_lanes, runner=2)
    assert workers.count(active) == 2


def test_without_a_turn_a_lane_stays_ready_and_wakes_nobody(workers):
    workers.run(jobs.wake, lane="runner")
    done = "SELECT count(*) FROM ir_cron_progress"
    before = workers.count(done)
    with listening(workers) as notified:
        with turns_taken(workers):
            workers.run(jobs.scheduler)
        assert workers.count(done) == before, "nothing was begun"
        assert requests(workers) == {"runner": 1}
        assert not notified()
    workers.run(jobs.scheduler)
    assert workers.count(done) == before + 1
    assert requests(workers) == {}


def test_who_ends_a_turn_wakes_the_workers_for_those_who_found_none(workers):
    workers.run(jobs.wake, lane="runner")
    with listening(workers) as notified:
        workers.run(jobs.scheduler, cron="runner")
        assert not notified(), "nobody waits"
        workers.query("UPDATE ir_cron SET lastcall = '2026-01-02'")
        workers.run(jobs.wake, lane="dispatcher")
        workers.run(jobs.wake, lane="runner")
        notified()
        workers.run(jobs.scheduler, cron="runner")
        assert notified()
    assert requests(workers) == {"dispatcher": 1}


def test_a_lane_leaves_its_turn_to_one_that_has_waited_longer(workers):
    """The last of the workers' lists would have no turn as long as the first have work."""
    workers.query("UPDATE ir_cron SET lastcall = '2026-01-01' WHERE workflow_lane = 'mail'")
    workers.run(jobs.wake, lane="runner")
    workers.run(jobs.wake, lane="mail")
    with listening(workers) as notified:
        workers.run(jobs.scheduler, cron="runner")
        assert requests(workers) == {"runner": 1, "mail": 1}
        assert notified(), "somebody has to take it"
        with at_work(workers, "mail"):
            workers.run(jobs.scheduler, cron="runner")
        assert "runner" not in requests(workers), "one that is at work waits no longer"


def test_own_jobs_of_odoo_need_no_turn(workers):
    workers.run(jobs.own_job, name="Own")
    with turns_taken(workers):
        workers.run(jobs.scheduler)
        assert workers.count("SELECT count(*) FROM res_partner WHERE name = 'Own'") == 1


def test_a_killed_worker_gives_its_turn_back(workers):
    workers.run(jobs.wake, lane="runner")
    with tempfile.TemporaryDirectory() as folder:
        killed = workers.start(jobs.hold_turn, folder=folder, then="die")
        meet(folder, "test", ["taken"])
        meet(folder, "end", [])
        with pytest.raises(Killed):
            killed.result()
    workers.run(jobs.scheduler)
    assert requests(workers) == {}
