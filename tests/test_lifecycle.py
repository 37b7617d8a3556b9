from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import WorkflowCase, mail, wait


@tagged("post_install", "-at_install", "mail_workflow")
class TestPauseAndStop(WorkflowCase):
    def test_pause_keeps_places_and_resume_sends_once(self):
        workflow = self.workflow([wait("day", days=1), mail("m")])
        runs = workflow.enroll(self.people(10))
        self.run_engine()
        workflow.action_pause()
        self.run_engine(days=1)
        self.run_engine()
        self.assertFalse(self.mails(workflow))
        self.assertEqual(set(runs.mapped("state")), {"active"})
        workflow.action_resume()
        self.run_engine()
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 10)

    def test_pause_longer_than_the_lateness_skips(self):
        workflow = self.workflow([wait("day", days=1), mail("m")], lateness_hours=1)
        runs = workflow.enroll(self.people(10))
        self.run_engine()
        self.run_engine(hours=23)
        workflow.action_pause()
        self.run_engine(hours=3)
        workflow.action_resume()
        self.run_engine()
        self.run_engine()
        self.assertFalse(self.mails(workflow))
        self.assertEqual({self.reason(run, "m") for run in runs}, {"too late"})

    def test_goal_during_a_pause_counts(self):
        goal = {"kind": "custom", "name": "bought"}
        workflow = self.workflow([wait("day", days=1), mail("m")], goal=goal)
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        workflow.action_pause()
        self.emit("custom", record=ada, data={"name": "bought"})
        self.run_engine()
        self.assertState(run, "goal")

    def signing(self, **values):
        trigger = {"kind": "custom", "name": "signed"}
        return self.workflow([mail("m")], triggers=[trigger], **values)

    def signed(self, name):
        self.emit("custom", record=self.person(name), data={"name": "signed"})
        self.run_engine()

    def test_who_signs_up_during_a_pause_comes_in_at_the_resume_once(self):
        workflow = self.signing(reentry={"policy": "after_exit", "per": "person"})
        self.signed("Ada")
        workflow.action_pause()
        self.after(minutes=5)
        self.signed("Bob")
        self.assertEqual(len(self.runs(workflow)), 1)
        for _time in range(2):
            workflow.action_resume()
            self.run_engine(minutes=5)
            self.assertEqual(self.runs(workflow).mapped("partner_id.name"), ["Ada", "Bob"])
            workflow.action_pause()
        self.assertEqual(len(self.mails(workflow)), 2)

    def test_who_signed_up_too_long_ago_in_a_pause_stays_out(self):
        workflow = self.signing(lateness_hours=24)
        workflow.action_pause()
        self.signed("Ada")
        self.after(days=90)
        self.signed("Bob")
        workflow.action_resume()
        self.run_engine()
        self.assertEqual(self.runs(workflow).mapped("partner_id.name"), ["Bob"])

    def test_stop_ends_what_waits_and_sends_nothing(self):
        workflow = self.workflow([wait("day", days=1), mail("m")], holdout_percent=50)
        runs = workflow.enroll(self.people(10))
        self.run_engine()
        workflow.action_stop()
        self.assertEqual(set(runs.mapped("state")), {"exited"})
        self.assertEqual(set(runs.mapped("exit_reason")), {"workflow stopped"})
        self.run_engine(days=1)
        self.run_engine()
        self.assertFalse(self.mails(workflow))

    def test_nobody_comes_in_by_hand_after_the_stop(self):
        workflow = self.workflow([mail("m")])
        workflow.action_stop()
        with self.assertRaises(UserError):
            workflow.enroll(self.person())

    def test_every_transition_leaves_a_line(self):
        workflow = self.workflow([wait("day", days=1)])
        run = workflow.enroll(self.person())
        self.run_engine()
        workflow.action_stop()
        line = run.log[-1]
        self.assertEqual(
            (line["from"], line["to"], line["why"], line["by"]),
            ("active", "exited", "workflow stopped", self.marketer.name),
        )


@tagged("post_install", "-at_install", "mail_workflow")
class TestEditing(WorkflowCase):
    def flow(self):
        workflow = self.workflow([mail("a"), wait("day", days=1), mail("b"), mail("c")])
        run = workflow.enroll(self.person())
        self.run_engine()
        return workflow, run

    def step(self, workflow, key):
        return workflow.step_ids.filtered(lambda step: step.key == key)

    def test_running_workflow_refuses_edits(self):
        workflow, _run = self.flow()
        with self.assertRaisesRegex(UserError, "is running. Change its steps on the drawing"):
            self.step(workflow, "b").unlink()

    def test_people_at_a_removed_step_move_on(self):
        workflow, run = self.flow()
        workflow.action_pause()
        self.step(workflow, "day").unlink()
        workflow.action_resume()
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("a", "queued"), ("day", "skipped"), ("b", "queued"), ("c", "queued"))
        self.assertState(run, "done")

    def test_people_at_a_removed_step_leave_where_chosen(self):
        workflow, run = self.flow()
        workflow.action_pause()
        self.step(workflow, "day").with_context(workflow_people="leave").unlink()
        workflow.action_resume()
        self.run_engine()
        self.assertState(run, "exited", "step removed")
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_step_with_history_is_archived_and_one_without_is_deleted(self):
        workflow, run = self.flow()
        workflow.action_pause()
        first, last = self.step(workflow, "a"), self.step(workflow, "c")
        (first | last).unlink()
        self.assertTrue(first.exists())
        self.assertFalse(first.active)
        self.assertFalse(last.exists())
        workflow.action_resume()
        self.run_engine(days=1)
        self.run_engine()
        self.assertPath(run, ("a", "queued"), ("day", "done"), ("b", "queued"))
        new = workflow.enroll(self.person("Bob"))
        self.run_engine()
        self.assertEqual(new.step_id.key, "day", "newcomers start at what is first now")

    def test_removed_target_of_a_jump_is_named_at_resume(self):
        workflow = self.workflow(
            [
                mail("m"),
                wait("day", days=1),
                {"key": "back", "kind": "goto", "target": "m", "max_visits": 2},
            ]
        )
        workflow.action_pause()
        self.step(workflow, "m").unlink()
        with self.assertRaisesRegex(UserError, "choose the step to go to"):
            workflow.action_resume()

    def test_step_with_branches_is_not_removed_over_their_heads(self):
        workflow = self.workflow(
            [
                {
                    "key": "where",
                    "kind": "condition",
                    "domain": [["city", "=", "Paris"]],
                    "branches": {"yes": {"steps": [mail("p")]}},
                }
            ],
            start=False,
        )
        with self.assertRaisesRegex(UserError, "branches"):
            self.step(workflow, "where").unlink()

    def test_changed_delay_leaves_those_who_wait_alone(self):
        workflow, run = self.flow()
        due = run.due_at
        workflow.action_pause()
        self.step(workflow, "day").wait_count = 5
        workflow.action_resume()
        self.run_engine()
        self.assertEqual(run.due_at, due)

    def test_copy_is_a_draft_with_all_steps_and_nobody(self):
        workflow = self.workflow(
            [
                mail("m"),
                wait("day", days=1),
                {
                    "key": "where",
                    "kind": "condition",
                    "domain": [["city", "=", "Paris"]],
                    "branches": {
                        "yes": {
                            "steps": [
                                {"key": "back", "kind": "goto", "target": "m", "max_visits": 2}
                            ]
                        }
                    },
                },
            ],
            triggers=[{"kind": "custom", "name": "x", "filters": {"plan": "pro"}}],
            goal={"kind": "custom", "name": "y", "window_days": 7},
            exits=[{"kind": "custom", "name": "z"}],
        )
        workflow.enroll(self.person())
        self.run_engine()
        copy = workflow.copy()
        self.assertEqual((copy.state, copy.name), ("draft", "Test workflow (copy)"))
        self.assertFalse(copy.enrollment_ids)
        self.assertNotEqual(copy.salt, workflow.salt)
        self.assertFalse(copy.step_ids & workflow.step_ids)
        self.assertFalse(copy.step_ids.text_ids.mailing_id & workflow.step_ids.text_ids.mailing_id)
        first, second = workflow.export_definition(), copy.export_definition()
        self.assertEqual({**first, "name": ""}, {**second, "name": ""})
        copy.action_start()


@tagged("post_install", "-at_install", "mail_workflow")
class TestRecordsGo(WorkflowCase):
    def test_deleted_record_ends_its_run(self):
        workflow = self.workflow([wait("day", days=1), mail("m")], model="sale.order")
        order = self.env["sale.order"].create({"partner_id": self.person().id})
        run = workflow.enroll(order)
        self.run_engine()
        order.unlink()
        self.assertState(run, "exited", "record deleted")
        self.run_engine(days=1)
        self.assertFalse(self.mails(workflow))

    def test_record_deleted_behind_our_back_ends_when_due(self):
        workflow = self.workflow([wait("day", days=1), mail("m")])
        ada = self.person()
        run, other = workflow.enroll(ada), workflow.enroll(self.person("Bob"))
        self.run_engine()
        self.env.cr.execute("DELETE FROM res_partner WHERE id = %s", [ada.id])
        self.env.invalidate_all()
        self.run_engine(days=1)
        self.run_engine()
        self.assertState(run, "exited", "record deleted")
        self.assertState(other, "done")

    def test_housekeeping_ends_runs_of_deleted_records_that_wait_for_long(self):
        workflow = self.workflow([wait("year", days=365), mail("m")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.env.cr.execute("DELETE FROM res_partner WHERE id = %s", [ada.id])
        self.env.invalidate_all()
        self.env["mail.workflow"]._cron_housekeeping()
        self.assertState(run, "exited", "record deleted")


@tagged("post_install", "-at_install", "mail_workflow")
class TestMerge(WorkflowCase):
    """Contacts are merged by Odoo's own wizard."""

    def merge(self, target, *sources):
        partners = self.env["res.partner"].browse([target.id, *(one.id for one in sources)])
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {"partner_ids": [fields.Command.set(partners.ids)], "dst_partner_id": target.id}
        )
        wizard.action_merge()
        self.env.invalidate_all()

    def flow(self, **values):
        return self.workflow([mail("a"), wait("day", days=1), mail("b")], **values)

    def test_two_open_runs_become_one_and_no_mail_is_doubled(self):
        workflow = self.flow()
        ada, twin = self.person("Ada"), self.person("Twin")
        first, second = workflow.enroll(twin), workflow.enroll(ada)
        self.run_engine()
        self.merge(ada, twin)
        self.assertState(first, "active")
        self.assertState(second, "exited", "merged with another contact")
        self.assertEqual((first.res_id, first.partner_id), (ada.id, ada))
        self.assertEqual(first.email_normalized, "ada@customer.example.com")
        self.run_engine(days=1)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 3)
        self.assertEqual(len(self.mails(workflow, "ada@")), 2)
        self.assertState(first, "done")

    def test_histories_of_both_keep_the_merged_person_out(self):
        workflow = self.flow()
        ada, twin = self.person("Ada"), self.person("Twin")
        workflow.enroll(twin)
        workflow.enroll(ada)
        self.run_engine(days=1)
        self.run_engine(days=1)
        self.merge(ada, twin)
        runs = self.runs(workflow)
        self.assertEqual(sorted(runs.mapped("run_no")), [1, 2])
        self.assertEqual(len(set(runs.mapped("entry_key"))), 1)
        self.assertFalse(workflow.enroll(ada), "once only, whichever contact it was")

    def test_target_that_gets_its_address_by_the_merge_gets_the_mail(self):
        workflow = self.flow()
        ada, twin = self.person("Ada", email=False), self.person("Twin")
        run = workflow.enroll(twin)
        self.run_engine()
        self.merge(ada, twin)
        self.assertEqual(ada.email, "twin@customer.example.com")
        self.assertEqual(run.entry_key, "twin@customer.example.com")
        self.run_engine(days=1)
        self.assertEqual(len(self.mails(workflow, "twin@")), 2)

    def test_goal_before_the_merge_counts_for_the_merged_person(self):
        workflow = self.flow(goal={"kind": "custom", "name": "bought"})
        ada, twin = self.person("Ada"), self.person("Twin")
        run = workflow.enroll(ada)
        self.run_engine()
        self.emit("custom", record=twin, data={"name": "bought"})
        self.merge(ada, twin)
        self.run_engine()
        self.run_engine(days=1)
        self.assertState(run, "goal")
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_orders_of_the_merged_contact_keep_their_runs(self):
        workflow = self.workflow(
            [wait("day", days=1), mail("m")],
            model="sale.order",
            reentry={"policy": "each_event", "per": "record"},
        )
        ada, twin = self.person("Ada"), self.person("Twin")
        orders = self.env["sale.order"].create([{"partner_id": ada.id}, {"partner_id": twin.id}])
        runs = workflow.enroll(orders)
        self.run_engine()
        self.merge(ada, twin)
        self.assertEqual(runs.mapped("state"), ["active", "active"])
        self.assertEqual(runs.partner_id, ada)
        self.assertEqual(set(runs.mapped("email_normalized")), {"ada@customer.example.com"})

    def test_three_contacts_with_one_address(self):
        workflow = self.flow()
        people = [self.person(name, email="one@customer.example.com") for name in ("A", "B", "C")]
        run = workflow.enroll(people[0] | people[1] | people[2])
        self.assertEqual(len(run), 1)
        self.run_engine()
        self.merge(people[2], people[0], people[1])
        self.assertEqual((run.state, run.res_id), ("active", people[2].id))
        self.run_engine(days=1)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 2)

    def leads(self, *values):
        return self.env["crm.lead"].create([{"name": "Lead", **one} for one in values])

    def test_run_of_a_merged_lead_goes_on_with_the_one_that_stays(self):
        per_record = {"policy": "never", "per": "record"}
        workflow = self.flow(model="crm.lead", reentry=per_record)
        one, two = self.leads(
            {"partner_id": self.person().id, "probability": 1},
            {"partner_id": self.person("Twin").id, "probability": 90, "type": "opportunity"},
        )
        run = workflow.enroll(one)
        self.run_engine()
        merged = (one | two).merge_opportunity()
        self.assertEqual((merged, run.res_id, run.state), (two, two.id, "active"))
        self.assertFalse(workflow.enroll(two), "once only, whichever lead it was")
        self.run_engine(days=1)
        self.run_engine()
        self.assertState(run, "done")
        self.assertEqual(len(self.mails(workflow, "twin@")), 1)

    def test_of_two_merged_leads_one_run_goes_on(self):
        workflow = self.flow(model="crm.lead", reentry={"policy": "after_exit", "per": "record"})
        leads = self.leads({"email_from": "a@x.example.com"}, {"email_from": "b@x.example.com"})
        runs = workflow.enroll(leads)
        self.run_engine()
        leads.merge_opportunity()
        self.assertState(runs[1], "exited", "merged with another lead")
        self.run_engine(days=1)
        self.run_engine()
        self.assertState(runs[0], "done")
        self.assertEqual(len(self.mails(workflow)), 3)
