"""What a stranger's database must not suffer: found by a reader with fresh eyes."""

import json
from datetime import date
from unittest.mock import patch

from psycopg2 import IntegrityError
from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons import mail_workflow_automation as addon
from odoo.addons.http_routing.tests.common import MockRequest
from odoo.addons.website_mass_mailing.controllers.main import MassMailController

from .common import MANAGER_GROUP, WorkflowCase, mail, wait
from .people_common import PeopleCase

DAY = [mail("hello"), wait("day", hours=24), mail("again")]


@tagged("post_install", "-at_install", "mail_workflow")
class TestBorrowedRights(WorkflowCase):
    """Nobody puts a step or a text of their own into a workflow that is not theirs."""

    def setUp(self):
        super().setUp()
        boss = new_test_user(
            self.env, login="boss", groups=f"base.group_user,{MANAGER_GROUP}", email="b@x.com"
        )
        self.theirs = self.workflow(DAY, user=boss)
        self.mine = self.workflow([mail("mine")], start=False)

    def test_steps_stay_in_their_workflow(self):
        with self.assertRaises(UserError):
            self.mine.step_ids.write({"workflow_id": self.theirs.id})

    def test_triggers_stay_in_their_workflow(self):
        self.theirs.action_pause()
        with self.assertRaises(UserError):
            self.mine.trigger_ids.write({"workflow_id": self.theirs.id})

    def test_texts_stay_in_their_step(self):
        text = self.mine.step_ids.text_ids
        with self.assertRaises(UserError):
            text.mailing_id.write({"workflow_step_id": self.theirs.step_ids[0].id})
            text.write({"step_id": self.theirs.step_ids[0].id})

    def test_a_step_is_not_archived_under_the_feet_of_its_people(self):
        with self.assertRaisesRegex(UserError, "removing it"):
            self.mine.step_ids.write({"active": False})

    def test_the_cart_link_stays_in_the_shop_of_the_mail(self):
        ada = self.person()
        workflow = self.cart_workflow()
        cart = self.cart(ada)
        self.run_engine(hours=25)
        other = self.env["website"].create({"name": "Other", "company_id": self.env.company.id})
        self.cart(ada, website_id=other.id)
        cart.order_line.unlink()
        self.assertFalse(self.runs(workflow)._open_cart())
        again = self.cart(ada)
        self.assertEqual(self.runs(workflow)._open_cart(), again)

    def test_a_jump_stays_in_its_workflow(self):
        with self.assertRaises(UserError):
            self.mine.step_ids.create(
                {
                    "workflow_id": self.mine.id,
                    "kind": "goto",
                    "goto_target_id": self.theirs.step_ids[0].id,
                }
            )

    def test_the_count_at_the_start_tells_no_more_than_the_asker_may_see(self):
        self.env["ir.rule"].create(
            {
                "name": "Secret contacts",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": "[(1, '=', 1)] if user.login == 'boss' "
                "else [('name', '!=', 'Secret')]",
            }
        )
        self.person("Secret")
        named = {"kind": "segment", "domain": [["name", "=", "Secret"]]}
        workflow = self.workflow(DAY, user=self.theirs.run_as_id, start=False, triggers=[named])
        workflow.write({"run_as_id": self.theirs.run_as_id.id, "user_id": self.marketer.id})
        asked = self.env["mail.workflow.start"].with_user(self.marketer)
        self.assertEqual(asked.new({"workflow_id": workflow.id}).existing_count, 0)
        manager = self.env["mail.workflow.start"].with_user(self.theirs.run_as_id)
        self.assertEqual(manager.new({"workflow_id": workflow.id}).existing_count, 1)

    def test_the_mail_of_a_running_workflow_is_not_set_free_and_changed(self):
        mailer = new_test_user(
            self.env,
            login="mailer",
            groups="base.group_user,mass_mailing.group_mass_mailing_user",
        )
        mailing = self.theirs.step_ids[0].text_ids.mailing_id.with_user(mailer)
        with self.assertRaises(UserError):
            mailing.write({"workflow_id": False})


@tagged("post_install", "-at_install", "mail_workflow")
class TestDeleting(WorkflowCase):
    """What was sent stays answerable: its history, and the link to unsubscribe."""

    def test_a_stopped_workflow_with_people_is_archived_not_deleted(self):
        workflow = self.workflow(DAY)
        workflow.enroll(self.person())
        self.run_engine()
        workflow.action_stop()
        with self.assertRaisesRegex(UserError, "[Aa]rchive"):
            workflow.unlink()
        workflow.action_archive()
        self.assertFalse(workflow.active)

    def test_a_workflow_without_people_is_deleted_with_its_mailings(self):
        workflow = self.workflow(DAY)
        workflow.action_stop()
        mailings = workflow.step_ids.text_ids.mailing_id
        workflow.unlink()
        self.assertFalse(mailings.exists())

    def test_a_running_workflow_is_not_archived(self):
        workflow = self.workflow(DAY)
        with self.assertRaisesRegex(UserError, "Stop it first"):
            workflow.action_archive()
        with self.assertRaisesRegex(UserError, "Stop it first"):
            workflow.unlink()

    def test_the_topic_of_a_workflow_is_not_deleted(self):
        """Without its list nobody would be opted out any more."""
        topic = self.env["mailing.list"].create({"name": "Carts"})
        workflow = self.workflow(DAY, list="Carts")
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            topic.unlink()
        self.assertEqual(workflow.list_id, topic)

    def test_uninstalling_leaves_no_mail_to_the_queue_of_odoo(self):
        workflow = self.workflow(DAY)
        workflow.enroll(self.person())
        self.run_engine()
        workflow.action_pause()
        mails = self.mails(workflow)
        self.assertEqual(mails.mapped("state"), ["outgoing"])
        addon.uninstall_hook(self.env)
        self.assertEqual(mails.mapped("state"), ["cancel"])


@tagged("post_install", "-at_install", "mail_workflow")
class TestStopping(WorkflowCase):
    def test_who_came_in_while_it_stopped_leaves_too(self):
        """Another worker may bring somebody in at the very moment of the stop."""
        workflow = self.workflow(DAY)
        workflow.enroll(self.people(3))
        workflow.sudo().write({"state": "stopped"})
        self.run_engine()
        runs = self.runs(workflow)
        self.assertEqual(set(runs.mapped("state")), {"exited"})
        self.assertEqual(set(runs.mapped("exit_reason")), {"workflow stopped"})

    def test_a_stop_holds_while_the_runner_is_at_work(self):
        """A workflow that does harm can be stopped, however busy it is."""
        workflow = self.workflow(DAY)
        workflow.enroll(self.people(3))
        with self.failing("mail.workflow.enrollment", "_leave", SerializationFailure):
            workflow.action_stop()
        self.assertEqual(workflow.state, "stopped")
        self.run_engine()
        self.assertEqual(set(self.runs(workflow).mapped("state")), {"exited"})
        self.assertFalse(self.mails(workflow))

    def test_a_stop_costs_the_same_for_many(self):
        costs = []
        for count in (10, 300):
            workflow = self.workflow([wait("day", hours=24)], name=f"Of {count}")
            workflow.enroll(self.people(count))
            self.run_engine()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            workflow.action_stop()
            costs.append(self.env.cr.sql_log_count - before)
            runs = self.runs(workflow)
            self.assertEqual(set(runs.mapped("state")), {"exited"})
            self.assertEqual(set(runs.execution_ids.mapped("state")), {"skipped"})
            self.assertEqual(len(runs.execution_ids), count)
        self.assertLessEqual(costs[1], costs[0] + 2)


@tagged("post_install", "-at_install", "mail_workflow")
class TestHooks(WorkflowCase):
    def test_nobody_listens_no_query(self):
        topic = self.env["mailing.list"].create({"name": "News"})
        contact = self.env["mailing.contact"].create({"name": "Ada", "email": "ada@x.com"})
        subscription = self.env["mailing.subscription"].create(
            {"contact_id": contact.id, "list_id": topic.id}
        )
        self.env["mail.workflow.event"]._is_listened("list_subscribed")
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(0):
            subscription._note_list_event("list_subscribed")

    def test_data_that_cannot_be_stored_does_not_stop_a_sale(self):
        self.workflow([mail("m")], triggers=[{"kind": "custom", "name": "trial"}])
        for data in ({"n": float("nan")}, {"text": "a\x00b"}):
            with self.subTest(data), mute_logger("odoo.addons.mail_workflow_automation"):
                with mute_logger("odoo.addons.mail_workflow_automation.models.mail_workflow_event"):
                    self.emit("custom", record=self.person(), data={"name": "trial", **data})

    def test_an_account_belongs_to_the_company_of_its_shop(self):
        other = self.env["res.company"].create({"name": "Other"})
        workflow = self.workflow([mail("m")], triggers=[{"kind": "account_created"}])
        user = new_test_user(
            self.env,
            login="visitor@x.com",
            groups="base.group_portal",
            company_id=other.id,
            company_ids=[fields.Command.set(other.ids)],
        )
        self.assertFalse(user.partner_id.company_id)
        self.env.cr.flush()
        self.run_engine()
        self.assertFalse(self.runs(workflow))

    def test_a_subscription_belongs_to_the_company_of_its_website(self):
        workflow = self.workflow([mail("hello")], triggers=[{"kind": "list_subscribed"}])
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        other = self.env["website"].create({"name": "Other", "company_id": elsewhere.id})
        news = self.env["mailing.list"].create({"name": "News", "is_public": True})
        for website, address in ((other, "o@x.example.com"), (self.website, "w@x.example.com")):
            with MockRequest(self.env, website=website):
                MassMailController.subscribe_to_newsletter("email", address, news.id, "email")
        self.run_engine()
        self.assertEqual(self.runs(workflow).mapped("email_normalized"), ["w@x.example.com"])

    def test_one_event_that_cannot_be_served_does_not_stop_the_others(self):
        workflow = self.workflow(
            [wait("day", days=1)], triggers=[{"kind": "manual"}], goal={"kind": "order_confirmed"}
        )
        ada, bob = self.person("Ada"), self.person("Bob")
        workflow.enroll(ada + bob)
        self.run_engine()
        self.after(hours=1)
        for one in (ada, bob):
            self.emit("order_confirmed", record=one, partner=one)
        broken = self.failing(
            "mail.workflow.dispatcher",
            "_concerns",
            ZeroDivisionError,
            when=lambda _self, event, *_args: event["partner_id"] == ada.id,
        )
        logger = "odoo.addons.mail_workflow_automation.models.mail_workflow_dispatcher"
        with broken, mute_logger(logger):
            self.env["mail.workflow.event"]._cron_dispatch()
        self.assertState(self.runs(workflow, bob), "goal")
        left = self.env["mail.workflow.event"].search_count([("dispatched_at", "=", False)])
        self.assertEqual(left, 0)

    def test_a_paused_workflow_leaves_no_cart_to_odoos_own_reminder(self):
        workflow = self.cart_workflow()
        workflow.action_pause()
        seen = []
        website = type(self.env["website"])
        original = website._search

        def search(self_, domain, *args, **kwargs):
            seen.append(self_.env.context.get("mail_workflow_without_website_ids"))
            return original(self_, domain, *args, **kwargs)

        with patch.object(website, "_search", search):
            self.env["website"]._send_abandoned_cart_email()
        self.assertIn(self.website.id, [one for ids in seen for one in ids or []])


@tagged("post_install", "-at_install", "mail_workflow")
class TestLargeTables(WorkflowCase):
    """No plan whose cost is the square of the people."""

    def nodes(self, query):
        self.env.cr.execute("SET LOCAL work_mem = '64kB'")
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute(SQL("EXPLAIN (FORMAT JSON) %s", query))
        plan = self.env.cr.fetchone()[0]
        return json.dumps(plan if isinstance(plan, list) else json.loads(plan))

    def test_segment_forgets_by_a_join(self):
        workflow = self.workflow(
            [mail("m")], triggers=[{"kind": "segment", "domain": [["city", "=", "Lyon"]]}]
        )
        handler = self.env["mail.workflow.trigger.segment"]
        trigger = workflow.trigger_ids.sudo()
        plan = self.nodes(handler._forget_query(trigger, handler._query(trigger)))
        self.assertNotIn("SubPlan", plan)

    def test_people_are_found_by_their_address(self):
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        plan = self.nodes(
            SQL("SELECT id FROM res_partner WHERE email_normalized = ANY(%s)", ["a@x.com"] * 3)
        )
        self.assertIn("Index", plan)

    def test_details_of_more_than_one_batch_are_pruned(self):
        workflow = self.workflow([mail("m")])
        workflow.enroll(self.people(12))
        self.run_engine()
        self.after(days=400)
        path = "odoo.addons.mail_workflow_automation.models.mail_workflow_housekeeping.BATCH"
        with patch(path, 5):
            self.env["mail.workflow"]._cron_housekeeping()
        self.env.invalidate_all()
        self.assertFalse(self.runs(workflow).filtered("log"))


@tagged("post_install", "-at_install", "mail_workflow")
class TestTasks(PeopleCase):
    def test_working_days_are_those_of_the_company(self):
        company = self.env.company
        ada = self.person()
        for zone in ("America/Los_Angeles", "Pacific/Auckland", "UTC"):
            company.partner_id.tz = company.resource_calendar_id.tz = zone
            workflow = self.workflow(
                [self.task(user="bert", deadline_days=2, working_days=True)], name=zone
            )
            run = workflow.enroll(ada)
            self.run_engine()
            task = self.env["mail.activity"].search([("workflow_enrollment_id", "=", run.id)])
            # a Monday at one, at ten in the evening, and at nine
            self.assertEqual(task.date_deadline, date(2026, 3, 4), zone)

    def test_the_substitute_gets_one_of_what_anyone_could_take(self):
        workflow = self.workflow(
            [
                self.task(
                    assignee="anyone",
                    users=["bert", "cleo"],
                    deadline_days=1,
                    on_deadline="substitute",
                    substitute="dora",
                    also=[{"summary": "IT", "user": "bert"}],
                )
            ]
        )
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.run_engine(days=2)
        tasks = self.todo(ada)
        self.assertEqual(tasks.user_id, self.dora)
        self.assertEqual(tasks.mapped("summary"), ["call", "IT"])
        for task in tasks:
            self.do(task)
        self.assertState(run, "done")

    def test_a_failed_run_is_not_sent_on_from_its_wait(self):
        run = self.workflow([self.task(user="bert"), wait("day", days=1)]).enroll(self.person())
        self.run_engine()
        with self.failing("mail.workflow.step.task", "_judge", lambda: UserError("no")):
            with mute_logger("odoo.addons.mail_workflow_automation"):
                self.run_engine(days=1)
        self.assertState(run, "failed")
        with self.assertRaisesRegex(UserError, "waiting"):
            run.with_user(self.marketer).action_skip_wait()
        self.assertEqual(run.step_id.key, "call")
