"""A simulation has no effect of any kind, and cannot have one."""

from odoo import fields
from odoo.tests import tagged

from odoo.addons.mail.tests.common import MailCase

from .common import mail, wait
from .hook import Hook
from .simulation_common import SimulationCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestSimulationEffects(SimulationCase, MailCase):
    def setUp(self):
        super().setUp()
        self.list = self.env["mailing.list"].create({"name": "News"})
        self.env["res.partner.category"].create([{"name": "Hot"}, {"name": "Cold"}])
        self.env["loyalty.program"].create(
            {
                "name": "Ten off",
                "program_type": "coupons",
                "is_released_for_workflows": True,
                "reward_ids": [fields.Command.create({"discount": 10})],
            }
        )
        self.action = self.env["ir.actions.server"].create(
            {
                "name": "Mark",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": "records.write({'comment': 'marked'})",
            }
        )
        self.other = self.workflow([mail("hello"), wait("w", days=9)], name="Other")

    def every_kind(self, url):
        """Return steps of every kind, one after the other."""
        who = {"user": "marketer", "summary": "Look"}
        body = (
            "<p>Hello <span data-mwa-block='contact_name'>you</span>, <b "
            "data-mwa-block='coupon_code'>-</b> <a href='/workflow/coupon'>Code</a> "
            "<a href='https://shop.example.com/lamps'>Lamps</a> <a href='/view'>View</a></p>"
        )
        events = [{"kind": "email_clicked", "filters": {"step": "email"}, "branch": "clicked"}]
        steps = {
            "update": {"set": [{"field": "city", "value": "Rome"}]},
            "tag": {"add": ["Hot"], "remove": ["Cold"]},
            "score": {"points": 5},
            "list": {"add": ["News"]},
            "coupon": {"program": "Ten off"},
            "email": {"subject": "Hello {{ object.name }}", "body_html": body},
            "wait": {"days": 2, "events": events},
            "condition": {"domain": [["city", "=", "Rome"]]},
            "split": {"branches": {"a": {"weight": 1}, "b": {"weight": 1}}},
            "assign": {"user": "marketer"},
            "opportunity": {"title": "For {{ object.name }}"},
            "task": {**who, "wait_for": "all"},
            "decision": {**who, "branches": {"Yes": {}, "No": {}}},
            "notify": {"user": "marketer", "text": "Look"},
            "webhook": {"url": url, "fields": "name", "wait": True},
            "server_action": {},
            "enroll": {"workflow": "Other"},
            "leave": {"workflows": ["Other"]},
            "goto": {"target": "wait", "max_visits": 2},
            "end": {"reason": "over"},
        }
        return [{"key": kind, "kind": kind, **values} for kind, values in steps.items()]

    def answers(self):
        return [
            {"kind": "email_clicked", "step": "email", "after": {"hours": 1}},
            {"kind": "task_done", "at": "task", "after": {"days": 1}},
            {"kind": "task_done", "at": "decision", "outcome": "Yes"},
            {"kind": "task_done", "at": "task", "visit": 2},
            {"kind": "task_done", "at": "decision", "visit": 2, "outcome": "No"},
            {"kind": "webhook_answered", "at": "webhook"},
        ]

    def assertNothingHappens(self, simulate):
        """Let something be simulated, and compare whatever is stored before and after."""
        before = self.everything_stored()
        triggers = self.env["ir.cron.trigger"].search_count([])
        with self.mock_mail_gateway(), self.assertNoLogs("odoo.sql_db", "ERROR"):
            result = simulate()
        self.assertFalse(self._mails)
        self.assertFalse(self._new_mails)
        after = self.everything_stored()
        changed = {name for name in before if before[name] != after.get(name)}
        self.assertEqual(changed, set())
        self.assertEqual(after.keys(), before.keys())
        self.assertEqual(self.env["ir.cron.trigger"].search_count([]), triggers)
        self.assertFalse(self.registry.cache_invalidated)
        self.assertFalse(self.env.cr.precommit.data.get("mail_workflow_events"))
        return result

    def test_every_kind_of_step_leaves_every_table_as_it_was(self):
        person = self.person(category_id=[], city="Ghent")
        kinds = set(self.env["mail.workflow.step"]._installed_kinds())
        with Hook() as hook:
            steps = self.every_kind(f"http://127.0.0.1:{hook.port}/told")
            workflow = self.workflow(steps, start=False)
            workflow.step_ids.filtered(
                lambda step: step.kind == "server_action"
            ).sudo().server_action_id = self.action
            self.registry.cache_invalidated.clear()
            for record in (person, {"name": "Zoe", "email": "zoe@customer.example.com"}):
                result = self.assertNothingHappens(
                    lambda record=record: self.simulate(workflow, record, *self.answers())
                )
                self.assertEqual({line["kind"] for line in result["lines"]}, kinds)
                self.assertFalse([x for x in result["lines"] if x["outcome"] == "error"])
                self.assertEqual(result["end"]["reason"], "over")
            self.assertEqual(hook.calls, [])

    def test_running_workflow_of_a_cart_leaves_every_table_as_it_was(self):
        body = "<p data-mwa-block='cart_lines'></p><a href='/workflow/cart'>Cart</a>"
        workflow = self.cart_workflow([mail("remind", body=body), wait("day", days=1), mail("m")])
        cart = self.cart(self.person())
        self.registry.cache_invalidated.clear()
        result = self.assertNothingHappens(lambda: self.simulate(workflow, cart))
        self.assertIn("Desk lamp", self.line(result, "remind")["mail"]["body_html"])

    def test_on_a_connection_of_its_own_too(self):
        workflow, person = self.workflow([mail("m")]), self.person()
        with self.enter_registry_test_mode():
            self.registry.cache_invalidated.clear()
            result = self.assertNothingHappens(lambda: self.simulate(workflow, person))
        self.assertEqual(self.short(result), [("m", "done", None)])
        # and who simulated can write afterwards
        person.city = "Rome"
        self.env.flush_all()

    def test_step_that_would_write_is_refused_by_the_database(self):
        person = self.person()
        workflow = self.workflow([mail("m")], start=False)
        kind = type(self.env["mail.workflow.step.email"])
        decide = kind._decide

        def writes(self_, step, runs, now):
            self_.env["res.partner"].sudo().create({"name": "Nobody"})
            return decide(self_, step, runs, now)

        self.patch(kind, "_decide", writes)
        with self.assertLogs("odoo.sql_db", "ERROR") as logged:
            result = self.simulate(workflow, person)
        self.assertIn("read-only transaction", logged.output[0])
        self.assertEqual(self.line(result, "m")["outcome"], "error")
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Nobody")]))
