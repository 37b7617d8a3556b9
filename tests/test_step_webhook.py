"""Webhook: signed, after the commit, again until it is answered, once by its key."""

import hashlib
import hmac
import json
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.mail_workflow_automation.models import mail_workflow_webhook_call

from .common import MANAGER_GROUP, WorkflowCase, mail, wait
from .hook import Hook


@tagged("post_install", "-at_install", "mail_workflow")
class TestWebhook(WorkflowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = new_test_user(
            cls.env, login="root2", groups=f"base.group_system,{MANAGER_GROUP}"
        )

    def setUp(self):
        super().setUp()
        self.hook = Hook()
        self.hook.__enter__()
        self.addCleanup(self.hook.__exit__)
        self.allow(self.hook.host)

    def allow(self, hosts):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("mail_workflow_automation.webhook_hosts", hosts)

    def step(self, **values):
        return {"key": "tell", "kind": "webhook", "url": self.hook.url, **values}

    def flow(self, *steps, **values):
        steps = steps or (self.step(), mail("next"))
        return self.workflow(list(steps), user=self.administrator, **values)

    def call(self, **delta):
        """Let the lane of the webhooks pass."""
        if delta:
            self.after(**delta)
        self.env["mail.workflow.webhook.call"]._cron_call()
        self.env.invalidate_all()

    def calls(self, workflow):
        return self.env["mail.workflow.webhook.call"].search(
            [("step_id", "in", workflow.sudo().step_ids.ids)], order="id"
        )

    def test_the_body_is_signed_and_says_what_happened(self):
        workflow = self.flow(self.step(fields="name, city, country_id, is_company"))
        ada = self.person(country_id=self.env.ref("base.be").id)
        workflow.enroll(ada)
        self.run_engine()
        self.assertFalse(self.hook.calls, "nothing is called in the runner's transaction")
        self.call()
        (call,) = self.hook.calls
        secret = workflow.step_ids.webhook_secret
        signed = call.headers["X-Workflow-Timestamp"].encode() + b"." + call.body
        digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        self.assertEqual(call.headers["X-Workflow-Signature"], f"sha256={digest}")
        said = json.loads(call.body)
        self.assertEqual((said["model"], said["id"]), ("res.partner", ada.id))
        self.assertEqual(said["email"], "ada@customer.example.com")
        self.assertEqual(said["fields"]["name"], "Ada")
        self.assertEqual(said["fields"]["country_id"]["name"], "Belgium")
        self.assertEqual((said["fields"]["city"], said["fields"]["is_company"]), (None, False))
        self.assertEqual(call.headers["Idempotency-Key"], said["key"])
        self.assertNotIn(secret, call.body.decode())

    def test_the_run_goes_on_at_once_and_the_answer_is_stored(self):
        workflow = self.flow()
        workflow.enroll(self.person())
        self.run_engine()
        self.assertPath(self.runs(workflow), ("tell", "queued"), ("next", "queued"))
        self.call()
        self.assertPath(self.runs(workflow), ("tell", "done"), ("next", "queued"))
        stored = self.calls(workflow)
        self.assertEqual((stored.state, stored.status_code), ("done", 200))
        self.assertEqual(stored.answer, '{"fine": true}')
        self.call()
        self.assertEqual(len(self.hook.calls), 1)

    def test_an_error_is_tried_again_later_with_the_same_key(self):
        workflow = self.flow()
        workflow.enroll(self.person())
        self.run_engine()
        self.hook.statuses = [500, 503]
        self.call()
        self.assertEqual(self.calls(workflow).state, "queued")
        self.assertGreater(self.calls(workflow).due_at, self.now)
        self.call()
        self.assertEqual(len(self.hook.calls), 1, "not before its time")
        self.call(hours=1)
        self.call(hours=4)
        self.assertEqual((len(self.hook.calls), self.hook.effects()), (3, 1))
        self.assertEqual((self.calls(workflow).state, self.calls(workflow).attempt), ("done", 3))
        self.assertPath(self.runs(workflow), ("tell", "done"), ("next", "queued"))

    def test_an_answer_byte_by_byte_is_left_and_asked_for_again_later(self):
        workflow = self.flow()
        workflow.enroll(self.person())
        self.run_engine()
        self.hook.trickle = 0.05
        with patch.object(mail_workflow_webhook_call, "TIMEOUT", 0.5):
            self.call()
        self.assertEqual(self.calls(workflow).error, "no answer within 0.5 seconds")
        self.assertEqual((self.calls(workflow).state, len(self.hook.calls)), ("queued", 1))
        self.hook.trickle = 0
        self.call(hours=1)
        self.assertEqual((len(self.hook.calls), self.hook.effects()), (2, 1))
        self.assertPath(self.runs(workflow), ("tell", "done"), ("next", "queued"))

    def test_a_refusal_is_final_and_retried_by_hand_only(self):
        workflow = self.flow()
        workflow.enroll(self.person())
        self.run_engine()
        self.hook.statuses = [404]
        self.call()
        run = self.runs(workflow)
        self.assertPath(run, ("tell", "dead"), ("next", "queued"))
        self.assertEqual(self.reason(run, "tell"), "answered 404")
        self.call(days=1)
        self.assertEqual(len(self.hook.calls), 1)
        execution = run.execution_ids.filtered(lambda x: x.step_id.key == "tell")
        execution.with_user(self.administrator).action_retry()
        self.call()
        self.assertPath(run, ("tell", "done"), ("next", "queued"))
        self.assertEqual((len(self.hook.calls), self.hook.effects()), (2, 1))

    def test_after_so_many_attempts_it_is_given_up(self):
        workflow = self.flow()
        workflow.enroll(self.person())
        self.run_engine()
        self.hook.statuses = [500] * 50
        for _attempt in range(12):
            self.call(days=1)
        self.assertEqual(len(self.hook.calls), 8)
        self.assertEqual(self.calls(workflow).state, "dead")

    def test_who_waits_goes_by_the_answer(self):
        branches = {
            "ok": {"steps": [{"key": "good", "kind": "end", "reason": "good"}]},
            "failed": {"steps": [{"key": "bad", "kind": "end", "reason": "bad"}]},
        }
        workflow = self.flow(self.step(wait=True, branches=branches))
        people = self.people(3)
        workflow.enroll(people)
        self.run_engine()
        self.assertEqual(set(self.runs(workflow).mapped("state")), {"active"})
        self.run_engine(hours=1)
        self.assertEqual(len(self.calls(workflow)), 3)
        self.hook.statuses = [200, 404, 200]
        self.call()
        self.run_engine()
        reasons = self.runs(workflow).mapped("exit_reason")
        self.assertEqual(sorted(reasons), ["bad", "good", "good"])
        self.assertEqual(len(self.hook.calls), 3)
        left = self.runs(workflow).filtered(lambda run: run.exit_reason == "bad")
        self.assertEqual(self.reason(left, "tell"), "answered 404")

    def test_who_waits_in_vain_goes_on_after_a_day(self):
        workflow = self.flow(self.step(wait=True))
        workflow.enroll(self.person())
        self.run_engine()
        self.hook.statuses = [500] * 50
        self.call()
        self.run_engine(hours=23)
        self.assertState(self.runs(workflow), "active")
        self.run_engine(hours=2)
        self.assertState(self.runs(workflow), "done")
        self.assertEqual(self.reason(self.runs(workflow), "tell"), "no answer in time")

    def test_who_leaves_while_waiting_is_not_called_about(self):
        workflow = self.flow(self.step(wait=True))
        workflow.enroll(self.person())
        self.run_engine()
        self.runs(workflow).with_user(self.administrator).action_take_out()
        self.call()
        self.assertFalse(self.hook.calls)
        self.assertEqual(self.calls(workflow).state, "cancelled")

    def test_a_host_that_is_taken_off_the_list_is_not_called(self):
        workflow = self.flow()
        workflow.enroll(self.person())
        self.run_engine()
        self.allow("hooks.example.com")
        self.call()
        self.assertFalse(self.hook.calls)
        self.assertIn("is not on the list", self.calls(workflow).error)

    def test_a_host_that_is_not_allowed_is_a_problem(self):
        workflow = self.flow(
            self.step(url="https://evil.example.com/"), wait("day", days=1), start=False
        )
        self.assertIn("“evil.example.com” is not on the list", workflow.problems)
        with self.assertRaises(UserError):
            workflow.action_start()
        workflow = self.flow(self.step(url=None, fields="gone"), start=False)
        self.assertIn("say which address to call", workflow.problems)
        workflow = self.flow(self.step(fields="gone, image_1920"), start=False)
        self.assertIn("“gone” is no field", workflow.problems)
        self.assertIn("“image_1920” is no field", workflow.problems)

    def test_a_pause_or_hold_calls_nobody(self):
        workflow = self.flow()
        workflow.enroll(self.person())
        self.run_engine()
        workflow.action_pause()
        self.call()
        self.assertFalse(self.hook.calls)
        workflow.action_resume()
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("mail_workflow_automation.hold_sending", "True")
        self.call()
        self.assertFalse(self.hook.calls)
        parameters.set_param("mail_workflow_automation.hold_sending", "False")
        self.call()
        self.assertEqual(len(self.hook.calls), 1)

    def test_a_stop_calls_nobody_any_more(self):
        workflow = self.flow()
        workflow.enroll(self.person())
        self.run_engine()
        workflow.action_stop()
        self.call()
        workflow.with_user(self.administrator).action_start()
        self.call(days=1)
        self.assertFalse(self.hook.calls)
        self.assertEqual(self.calls(workflow).state, "cancelled")
        self.assertPath(self.runs(workflow), ("tell", "skipped"), ("next", "queued"))

    def test_only_administrators_and_the_secret_stays(self):
        workflow = self.workflow([self.step()], start=False)
        with self.assertRaises(UserError) as caught:
            workflow.action_start()
        self.assertIn("only an administrator may let it run", str(caught.exception))
        step = workflow.step_ids
        self.assertTrue(step.sudo().webhook_secret)
        with self.assertRaises(UserError):
            step.webhook_secret  # noqa: B018
        secret = step.sudo().webhook_secret
        self.assertNotIn(secret, json.dumps(workflow.export_definition()))
        self.assertNotEqual(workflow.copy().sudo().step_ids.webhook_secret, secret)
        workflow.sudo().user_id = self.administrator
        step.with_user(self.administrator).action_renew_webhook_secret()
        self.assertNotEqual(step.sudo().webhook_secret, secret)

    @mute_logger("odoo.modules.neutralize")
    def test_a_copy_of_the_database_calls_nobody(self):
        workflow = self.flow()
        workflow.enroll(self.person())
        self.run_engine()
        self.env.flush_all()
        for query in get_neutralization_queries(["mail_workflow_automation"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()
        self.assertEqual(self.calls(workflow).state, "cancelled")
        self.assertEqual(workflow.state, "paused")
        self.env["ir.config_parameter"].set_param("mail_workflow_automation.hold_sending", "False")
        workflow.sudo().write({"state": "running"})
        self.call()
        self.assertFalse(self.hook.calls)
        self.assertFalse(
            self.env["ir.config_parameter"].get_param("mail_workflow_automation.webhook_hosts")
        )

    def test_a_second_visit_is_a_second_call(self):
        again = {"key": "again", "kind": "goto", "target": "tell", "max_visits": 2}
        workflow = self.flow(self.step(), wait("day", days=1), again)
        workflow.enroll(self.person())
        self.run_engine()
        self.call()
        self.run_engine(hours=25)
        self.call()
        self.assertEqual((len(self.hook.calls), self.hook.effects()), (2, 2))

    def test_more_than_a_handful_are_called_in_one_pass_by_hand(self):
        workflow = self.flow()
        workflow.enroll(self.people(30))
        self.run_engine()
        self.call()
        self.assertEqual(len(self.hook.calls), 30)
        self.assertEqual(set(self.calls(workflow).mapped("is_settled")), {True})
