"""The drawing: the way to it, its small pictures, and building a workflow on it in a browser."""

from odoo.tests import HttpCase, new_test_user, tagged

from .common import WORKFLOW_GROUP, WorkflowCase, mail, wait

LIST = "/odoo/action-mail_workflow_automation.mail_workflow_action"


@tagged("post_install", "-at_install", "mail_workflow")
class TestWayToDrawing(WorkflowCase):
    def test_drawing_is_opened_for_the_workflow(self):
        workflow = self.workflow([wait("day", days=1)], start=False).with_user(self.marketer)
        action = workflow.action_open_flow()
        self.assertEqual(action["tag"], "mail_workflow_flow")
        self.assertEqual(action["params"], {"workflow_id": workflow.id})

    def test_designer_of_a_step_opens_its_mail_and_makes_one_where_there_is_none(self):
        workflow = self.workflow([mail("one")], start=False).with_user(self.marketer)
        step = workflow.step_ids
        action = step.action_open_designer()
        self.assertEqual(action["res_id"], step.text_ids.mailing_id.id)
        step.text_ids.unlink()
        action = step.action_open_designer()
        self.assertEqual(action["res_id"], step.text_ids.mailing_id.id)
        self.assertTrue(action["res_id"])


@tagged("post_install", "-at_install", "mail_workflow")
class TestDrawingInBrowser(HttpCase):
    """A marketer with no right but Workflow user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = new_test_user(
            cls.env,
            login="marketer",
            groups=f"base.group_user,{WORKFLOW_GROUP}",
            email="marketer@shop.example.com",
            lang="en_US",
        )
        cls.env.company.email = "shop@shop.example.com"
        definition = {
            "format": 1,
            "name": "Drawn cart",
            "model": "sale.order",
            "triggers": [{"kind": "cart_abandoned", "hours": 24}],
            "email_from": "shop@shop.example.com",
            "steps": [mail("remind", "Your cart waits"), wait("day", days=1)],
        }
        workflows = cls.env["mail.workflow"].with_user(cls.marketer)
        cls.workflow = workflows.import_definition(definition)

    def test_small_picture_shows_what_the_designer_saved_and_runs_nothing(self):
        text = self.workflow.step_ids.text_ids
        url = f"/workflow/thumbnail/{text.id}"
        self.assertNotIn("Your cart waits", self.url_open(url).text)
        self.authenticate("marketer", "marketer")
        answer = self.url_open(url)
        self.assertIn(str(text.body_html), answer.text)
        self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
        new_test_user(self.env, login="stranger", groups="base.group_user")
        self.authenticate("stranger", "stranger")
        self.assertNotIn(str(text.body_html), self.url_open(url).text)
