from odoo.tests import tagged

from .common import WorkflowCase, mail, wait


@tagged("post_install", "-at_install", "mail_workflow")
class TestSmoke(WorkflowCase):
    def test_mail_wait_mail(self):
        workflow = self.workflow([mail("one"), wait("day", days=1), mail("two")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 1)
        self.run_engine(hours=23, minutes=59)
        self.assertEqual(len(self.mails(workflow)), 1)
        self.run_engine(minutes=1)
        self.assertEqual(len(self.mails(workflow)), 2)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 2)
        self.assertPath(run, ("one", "queued"), ("day", "done"), ("two", "queued"))
        self.assertState(run, "done")

    def test_cart(self):
        workflow = self.cart_workflow()
        cart = self.cart(self.person())
        self.run_engine(hours=23)
        self.assertFalse(self.runs(workflow))
        self.run_engine(hours=1, minutes=1)
        self.assertEqual(len(self.mails(workflow)), 1)
        cart.action_confirm()
        self.run_engine(hours=24)
        self.assertEqual(len(self.mails(workflow)), 1)
        self.assertState(self.runs(workflow), "goal")

    def test_recipe(self):
        for key in ("abandoned_cart", "welcome"):
            workflow = self.env["mail.workflow"].with_user(self.marketer).create_from_recipe(key)
            self.assertEqual(workflow.lint(), [])
            first = workflow.export_definition()
            again = self.env["mail.workflow"].import_definition(first).export_definition()
            self.assertEqual(first, again)
            workflow.action_start()

    def test_a_script_of_the_server_starts_a_workflow(self):
        """Odoo's shell and data files act as OdooBot, who is archived by design."""
        self.env["res.partner.category"].create({"name": "Scripted"})
        tagged_step = {"key": "tag", "kind": "tag", "add": ["Scripted"]}
        workflow = self.workflow([mail("one"), tagged_step], user=self.env.ref("base.user_root"))
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.assertState(run, "done")
        self.assertEqual(ada.category_id.name, "Scripted")
