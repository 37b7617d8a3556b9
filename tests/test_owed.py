"""A start with who is there, a resume after a long pause: in batches, nobody twice, none lost."""

from unittest.mock import patch

import pytest

from odoo.exceptions import AccessError
from odoo.tests import tagged

from tests import jobs, jobs_threads
from tests.workers import Killed, Workers

from .common import WorkflowCase, mail, wait

OWED = "odoo.addons.mail_workflow_automation.models.mail_workflow_owed"
SEGMENT = "odoo.addons.mail_workflow_automation.models.triggers.segment"
AGAIN = {"policy": "after_exit", "per": "record"}
HERE = [["comment", "ilike", "here"]]


@tagged("post_install", "-at_install", "mail_workflow")
class TestOwed(WorkflowCase):
    def setUp(self):
        super().setUp()
        for constant, size in ((f"{OWED}.RECORDS", 3), (f"{OWED}.EVENTS", 2)):
            patcher = patch(constant, size)
            patcher.start()
            self.addCleanup(patcher.stop)

    def existing(self, count=10, **values):
        people = self.people(count)
        people.comment = "here"
        values = {"triggers": [{"kind": "contact_created"}], "audience": HERE, **values}
        steps = values.pop("steps", [mail("m")])
        return people, self.workflow(steps, start=False, **values)

    def entered(self, workflow):
        return [len(self.runs(workflow, person)) for person in self.env["res.partner"].search(HERE)]

    def test_start_serves_one_batch_and_the_passes_the_rest(self):
        people, workflow = self.existing()
        self.assertEqual(workflow._count_existing(), 10)
        workflow.action_start(include_existing=True)
        self.assertEqual(self.runs(workflow).mapped("res_id"), people[:3].ids)
        self.run_engine()
        self.assertEqual(self.entered(workflow), [1] * 10)
        self.assertEqual(len(self.mails(workflow)), 10)

    def test_every_kind_counts_whom_it_brings_in(self):
        self.person("Ada", email="ada@lists.example.com", comment="here")
        topic = self.env["mailing.list"].create({"name": "News"})
        self.env["mailing.contact"].create(
            [
                {"name": name, "email": f"{name}@lists.example.com", "list_ids": [(4, topic.id)]}
                for name in ("ada", "bob")
            ]
        )
        portal = self.person("Cleo", comment="here")
        self.env["res.users"].create(
            {
                "login": "cleo",
                "partner_id": portal.id,
                "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
            }
        )
        people = {"list": "News"}
        for trigger, model, count in (
            ({"kind": "list_subscribed", "filters": people}, "res.partner", 1),
            ({"kind": "list_subscribed", "filters": people}, "mailing.contact", 2),
            ({"kind": "account_created"}, "res.partner", 1),
            ({"kind": "segment", "domain": HERE}, "res.partner", 2),
            ({"kind": "manual"}, "res.partner", 0),
        ):
            audience = HERE if model == "res.partner" else []
            _people, workflow = self.existing(0, triggers=[trigger], model=model, audience=audience)
            with self.subTest(trigger=trigger, model=model):
                self.assertEqual(workflow._count_existing(), count)
                workflow.action_start(include_existing=True)
                self.run_engine()
                self.assertEqual(len(self.runs(workflow)), count)

    def test_pause_keeps_the_place_and_resume_goes_on(self):
        _people, workflow = self.existing()
        workflow.action_start(include_existing=True)
        workflow.action_pause()
        self.run_engine()
        self.assertEqual(sum(self.entered(workflow)), 3)
        workflow.action_resume()
        self.run_engine()
        self.assertEqual(self.entered(workflow), [1] * 10)

    def test_stop_ends_it_and_a_new_start_does_not_go_on(self):
        _people, workflow = self.existing()
        workflow.action_start(include_existing=True)
        workflow.action_stop()
        self.run_engine()
        workflow.action_start()
        self.run_engine()
        self.assertEqual(sum(self.entered(workflow)), 3)

    def test_who_comes_meanwhile_comes_in_once(self):
        _people, workflow = self.existing(reentry=AGAIN)
        workflow.action_start(include_existing=True)
        self.person("Late", comment="here")
        self.env["mail.workflow.event"]._cron_dispatch()
        self.run_engine()
        self.run_engine()
        self.assertEqual(self.entered(workflow), [1] * 11)

    def test_who_came_in_by_an_event_since_does_not_come_in_again_as_existing(self):
        people, workflow = self.existing(reentry=AGAIN)
        workflow.action_start(include_existing=True)
        workflow.enroll(people[9])
        self.run_engine()
        self.run_engine()
        self.assertEqual(self.entered(workflow), [1] * 10)

    def test_one_bad_record_keeps_nobody_out(self):
        people, workflow = self.existing()

        def has_bad(_self, _workflow, records, **_values):
            return people[4] in records

        with self.failing("mail.workflow.enroller", "_enroll_records", ValueError, has_bad):
            workflow.action_start(include_existing=True)
            self.run_engine()
        self.assertEqual(self.entered(workflow), [1, 1, 1, 1, 0, 1, 1, 1, 1, 1])

    def test_a_start_costs_the_same_whatever_the_number_of_people(self):
        counts = []
        for number in (1, 10, 100):  # the first fills the caches
            _people, workflow = self.existing(number)
            before = self.env.cr.sql_log_count
            workflow.action_start(include_existing=True)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(abs(counts[1] - counts[2]), 10, counts)

    def signed(self, *names):
        for name in names:
            self.emit("custom", record=self.person(name), data={"name": "signed"})
        self.env["mail.workflow.event"]._cron_dispatch()

    def names(self, workflow):
        return self.runs(workflow).mapped("partner_id.name")

    def test_resume_serves_what_passed_by_in_batches_across_further_pauses(self):
        trigger = {"kind": "custom", "name": "signed"}
        workflow = self.workflow([mail("m")], triggers=[trigger])
        workflow.action_pause()
        self.signed("A", "B", "C")
        self.after(minutes=1)
        self.signed("D", "E")
        workflow.action_resume()
        self.assertEqual(self.names(workflow), ["A", "B"], "one batch at once")
        self.after(minutes=1)
        self.signed("F")
        workflow.action_pause()
        self.after(minutes=1)
        self.signed("G")
        self.run_engine(minutes=1)
        self.assertEqual(self.names(workflow), ["A", "B", "F"])
        workflow.action_resume()
        self.run_engine()
        self.assertEqual(sorted(self.names(workflow)), list("ABCDEFG"))
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 7)

    def test_what_passed_by_is_found_by_its_index(self):
        workflow = self.workflow([mail("m")], triggers=[{"kind": "custom", "name": "signed"}])
        trigger = workflow.trigger_ids
        self.env.cr.execute(
            "INSERT INTO mail_workflow_missed (trigger_id, event_id)"
            " SELECT %s, number FROM generate_series(1, 20000) AS number",
            [trigger.id],
        )
        self.env.cr.execute("ANALYZE mail_workflow_missed")
        query = self.env["mail.workflow.missed"]._take_query(trigger, 2)
        self.env.cr.execute(f"EXPLAIN {query.code}", query.params)
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("mail_workflow_missed_once", plan)
        self.assertIn("mail_workflow_missed_pkey", plan)
        self.assertNotIn("Sort", plan)

    def test_pass_that_began_before_the_pause_loses_nothing(self):
        workflow = self.workflow([mail("m")], triggers=[{"kind": "custom", "name": "signed"}])
        began = self.now
        self.after(minutes=1)
        workflow.action_pause()
        self.emit("custom", record=self.person("A"), data={"name": "signed"})
        self.env["mail.workflow.dispatcher"]._dispatch_batch(began)
        self.after(minutes=1)
        workflow.action_resume()
        self.assertEqual(self.names(workflow), ["A"])

    def test_pass_that_ends_after_the_resume_loses_nothing(self):
        workflow = self.workflow([mail("m")], triggers=[{"kind": "custom", "name": "signed"}])
        workflow.action_pause()
        self.emit("custom", record=self.person("A"), data={"name": "signed"})
        dispatcher = self.env["mail.workflow.dispatcher"]
        events = dispatcher._claim()
        seen = self.env["mail.workflow.listening"]._all()
        workflow.action_resume()
        self.env["mail.workflow.intake"]._serve(events, self.now, seen)
        dispatcher._mark(events, self.now)
        self.run_engine(minutes=1)
        self.run_engine(minutes=1)
        self.assertEqual(self.names(workflow), ["A"])

    def test_events_in_which_the_engine_pauses_come_in_at_the_resume(self):
        workflow = self.workflow([mail("m")], triggers=[{"kind": "custom", "name": "signed"}])
        self.emit("custom", record=self.person("A"), data={"name": "signed"})
        groups = self.marketer.group_ids
        self.marketer.group_ids = self.env.ref("base.group_user")
        self.run_engine(minutes=1)
        self.assertEqual(workflow.sudo().state, "paused")
        self.marketer.group_ids = groups
        self.after(minutes=1)
        workflow.action_resume()
        self.run_engine()
        self.assertEqual(self.names(workflow), ["A"])

    def test_event_that_was_refused_before_a_pause_stays_refused_after_it(self):
        trigger = {"kind": "custom", "name": "signed"}
        workflow = self.workflow([mail("m")], triggers=[trigger], reentry=AGAIN)
        person = self.person("A")
        for _twice in range(2):
            self.emit("custom", record=person, data={"name": "signed"})
            self.env["mail.workflow.event"]._cron_dispatch()
        workflow.action_pause()
        workflow.action_resume()
        for _pass in range(3):
            self.run_engine(minutes=1)
        self.assertEqual(self.names(workflow), ["A"])

    def test_stop_forgets_what_was_missed(self):
        workflow = self.workflow([mail("m")], triggers=[{"kind": "custom", "name": "signed"}])
        workflow.action_pause()
        self.signed("A")
        workflow.action_stop()
        self.assertFalse(self.env["mail.workflow.missed"].search([]))
        workflow.action_start()
        self.run_engine()
        self.assertFalse(self.names(workflow))

    def test_existing_people_cost_the_same_whatever_their_number(self):
        costs = []
        for number in (50, 500):
            people, workflow = self.existing(number, steps=[wait("day", days=1)])
            with patch(f"{OWED}.RECORDS", number):
                before = self.env.cr.sql_log_count
                workflow.action_start(include_existing=True)
                self.env.flush_all()
                costs.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(self.runs(workflow)), number)
            people.comment = False
        self.assertLessEqual(costs[1], costs[0] + 10, costs)

    def test_segment_takes_so_many_at_a_look(self):
        trigger = {"kind": "segment", "domain": HERE}
        workflow = self.workflow([mail("m")], triggers=[trigger])
        with patch(f"{SEGMENT}.NEW_MEMBERS", 4):
            people = self.people(10)
            people.comment = "here"
            seen = []
            for _pass in range(4):
                self.env["mail.workflow.trigger"]._poll_due(self.now)
                seen.append(len(self.runs(workflow)))
        self.assertEqual(seen, [4, 8, 10, 10])
        self.assertGreater(workflow.trigger_ids.sudo().next_poll_at, self.now)

    def test_one_bad_record_keeps_nobody_else_out_of_a_segment(self):
        trigger = {"kind": "segment", "domain": HERE}
        workflow = self.workflow([mail("m")], triggers=[trigger])
        people = self.people(4)
        people.comment = "here"

        def has_bad(_self, _workflow, records, **_values):
            return people[1] in records

        with self.failing("mail.workflow.enroller", "_enroll_records", ValueError, has_bad):
            self.run_engine(minutes=5)
        self.assertEqual(self.entered(workflow), [1, 0, 1, 1])

    def test_where_the_engine_has_got_to_is_the_engine_s_alone(self):
        _people, workflow = self.existing()
        for place in ("existing_after", "existing_until", "polled_at", "next_poll_at"):
            with self.subTest(place=place), self.assertRaises(AccessError):
                workflow.trigger_ids.with_user(self.marketer).write({place: False})

    def test_mail_that_cannot_be_queued_again_keeps_no_other_back(self):
        workflow = self.workflow([mail("m")])
        workflow.enroll(self.people(4))
        self.run_engine()
        executions = self.runs(workflow).execution_ids.sorted("id").sudo()
        executions.write({"state": "failed", "retry_at": self.now})
        self.env.flush_all()

        def has_bad(self_, *_args, **_values):
            return executions[1] in self_

        with (
            self.failing("mail.workflow.execution", "_requeue_mail", ValueError, has_bad),
            self.assertLogs("odoo.addons.mail_workflow_automation", "ERROR"),
        ):
            self.run_engine(minutes=1)
        self.assertEqual(executions.mapped("state"), ["queued", "failed", "queued", "queued"])
        self.assertGreater(executions[1].retry_at, self.now, "it does not come up at each pass")


@pytest.fixture(scope="module")
def workers():
    with Workers("owed") as running:
        yield running


def test_a_start_with_3000_people_survives_kills(workers):
    workflow = workers.run(jobs.start_with_existing, people=3000)
    runs = """
        SELECT count(*), count(DISTINCT res_id) FROM mail_workflow_enrollment
         WHERE workflow_id = %s
    """
    assert workers.query(runs, workflow) == [(1000, 1000)]
    for moment in range(4):
        with pytest.raises(Killed):
            workers.run(jobs.killed_pass, lane="runner", at=15 + 25 * moment)
        total, distinct = workers.query(runs, workflow)[0]
        assert total == distinct
    workers.run(jobs.pass_of, lane="runner")
    assert workers.query(runs, workflow) == [(3000, 3000)]


def test_a_start_is_heard_though_another_thread_looked_before_its_commit(workers):
    assert workers.run(jobs_threads.start_while_another_looks) == [False, True]
