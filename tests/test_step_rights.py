"""Each kind of step, tried as somebody who may not do it by hand: refused at the start and, where
the right is lost later, at run time; with a reason, and nothing written."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import MANAGER_GROUP, WorkflowCase, mail, wait

# they read the record, which every workflow must, and move the run
# the ledger that `score` adds to is the engine's own
NEED_NOTHING = {"condition", "end", "goto", "score", "split", "wait"}
# what steps write
TABLES = (
    *("crm_lead", "loyalty_card", "loyalty_history", "mail_activity", "mail_workflow_coupon"),
    *("mail_workflow_webhook_call", "mailing_contact", "mailing_subscription", "mailing_trace"),
    *("res_partner", "res_partner_res_partner_category_rel"),
)


@tagged("post_install", "-at_install", "mail_workflow")
class TestStepRights(WorkflowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = new_test_user(
            cls.env,
            login="root2",
            groups=f"base.group_system,{MANAGER_GROUP}",
            email="root2@shop.example.com",
        )

    def setUp(self):
        super().setUp()
        self.other = self.workflow([wait("day", days=1)], name="Other")
        self.env["res.partner.category"].create({"name": "Cold"})
        self.env["mailing.list"].create({"name": "News"})
        self.env["loyalty.program"].create(
            {
                "name": "Ten off",
                "program_type": "coupons",
                "is_released_for_workflows": True,
                "reward_ids": [Command.create({"reward_type": "discount", "discount": 10})],
            }
        )
        leads = self.env["ir.model"]._get_id("crm.lead")
        self.env["ir.actions.server"].create(
            {
                "name": "Mark",
                "model_id": leads,
                "state": "code",
                "code": "records.write({'city': 'x'})",
            }
        )
        hosts = "mail_workflow_automation.webhook_hosts"
        self.env["ir.config_parameter"].set_param(hosts, "hooks.example.com")

    def samples(self):
        """Return ``{kind: (the rest of a step, how its right is lost)}``."""
        choice = {"user": "marketer", "summary": "Call?", "branches": {"Yes": {}, "No": {}}}
        on_leads = self.without("crm.lead", "write")
        return {
            "assign": ({"user": "marketer"}, on_leads),
            "coupon": ({"program": "Ten off"}, self.without("loyalty.program", "read")),
            "decision": (choice, on_leads),
            "email": (mail("sample"), self.without("mailing.mailing", "read")),
            "enroll": ({"workflow": "Other"}, self.give_other_away),
            "leave": ({"workflows": ["Other"]}, self.give_other_away),
            "list": ({"add": ["News"]}, self.without("mailing.subscription", "write")),
            "notify": ({"user": "root2", "text": "{{ object.name }} came"}, on_leads),
            "opportunity": ({"title": "Deal"}, self.without("crm.lead", "create")),
            "server_action": ({"action": "Mark"}, self.degrade_administrator),
            "tag": ({"add": ["Cold"]}, self.without("res.partner", "write")),
            "task": ({"user": "marketer", "summary": "Call"}, on_leads),
            "update": ({"set": [{"field": "city", "value": "Ghent"}]}, on_leads),
            "webhook": ({"url": "https://hooks.example.com/"}, self.degrade_administrator),
        }

    def without(self, model, operation):
        """Return what takes an operation on a model from everybody."""

        def revoke():
            rights = self.env["ir.model.access"].search([("model_id.model", "=", model)])
            rights.write({f"perm_{operation}": False})

        return revoke

    def give_other_away(self):
        self.other.sudo().user_id = self.env.ref("base.user_admin")

    def degrade_administrator(self):
        self.administrator.group_ids -= self.env.ref("base.group_system")

    def for_each_kind(self, check):
        """Call ``check(kind, workflow, user, revoke)`` with a draft of each kind, and undo it."""
        samples = self.samples()
        kinds = set(self.env["mail.workflow.step"]._installed_kinds())
        self.assertEqual(kinds - NEED_NOTHING, set(samples), "each kind is tried here")
        for kind, (values, revoke) in samples.items():
            handler = self.env["mail.workflow.step"]._kind_model(kind)
            user = self.administrator if handler._publisher_group else self.marketer
            savepoint = self.env.cr.savepoint()
            with self.subTest(kind=kind):
                step = {"key": "sample", "kind": kind, **values}
                workflow = self.workflow(
                    [wait("day", days=1), step],
                    user=user,
                    model="crm.lead",
                    name=f"With {kind}",
                    start=False,
                )
                check(kind, workflow, user, revoke)
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            self.env.registry.clear_all_caches()

    def written(self):
        """Return what tells whether a row of the tables was written."""
        self.env.flush_all()
        found = {}
        for table in TABLES:
            query = f"SELECT count(*), coalesce(max(ctid), '(0,0)') FROM {table}"  # noqa: S608
            self.env.cr.execute(query)
            found[table] = self.env.cr.fetchone()
        self.env.cr.execute("SELECT count(*) FROM mail_mail WHERE workflow_id IS NOT NULL")
        found["mail_mail"] = self.env.cr.fetchone()
        return found

    def lead(self):
        return self.env["crm.lead"].create({"name": "Ada", "partner_id": self.person().id})

    def test_each_kind_does_its_work_with_the_right(self):
        """Else the tests below would prove nothing."""

        def check(kind, workflow, _user, _revoke):
            workflow.action_start()
            lead = self.lead()
            self.other.enroll(lead.partner_id)
            workflow.sudo().enroll(lead)
            self.run_engine()
            self.run_engine(days=2)
            self.assertEqual(workflow.state, "running")
            executions = self.runs(workflow).execution_ids
            self.assertFalse(executions.filtered("error"))
            of_sample = executions.filtered(lambda x: x.step_id.key == "sample")
            waits_for_people = self.runs(workflow).step_id.key == "sample"
            self.assertTrue(waits_for_people or of_sample.state in ("done", "queued"), kind)

        self.for_each_kind(check)

    def test_who_may_not_do_it_by_hand_does_not_start_it(self):
        def check(_kind, workflow, user, revoke):
            revoke()
            before = self.written()
            with self.assertRaises(UserError) as caught:
                workflow.action_start()
            self.assertIn("Step “", str(caught.exception))
            self.assertIn(user.name, str(caught.exception))
            self.assertEqual(workflow.state, "draft")
            self.assertEqual(self.written(), before)

        self.for_each_kind(check)

    def test_who_loses_the_right_meanwhile_writes_nothing(self):
        def check(_kind, workflow, user, revoke):
            workflow.action_start()
            workflow.sudo().enroll(self.lead())
            self.run_engine()
            revoke()
            before = self.written()
            self.run_engine(days=2)
            self.assertEqual(workflow.sudo().state, "paused")
            self.assertEqual(self.written(), before)
            self.assertState(self.runs(workflow), "active")
            self.assertEqual(self.runs(workflow).step_id.key, "sample")
            told = " ".join(workflow.sudo().message_ids.mapped("body"))
            self.assertIn("Paused", told)
            self.assertIn(user.name, told)

        self.for_each_kind(check)
