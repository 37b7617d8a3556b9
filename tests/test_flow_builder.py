"""The drawing: the way to it, its small pictures, and building a workflow on it in a browser."""

from odoo.tests import HttpCase, new_test_user, tagged

from .common import WorkflowCase, mail, new_marketer, wait

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

    def test_palette_begins_with_what_is_used_most(self):
        workflow = self.workflow([mail("one")], start=False)
        kinds = list(workflow.with_user(self.marketer).get_flow()["kinds"])
        self.assertEqual(kinds[:3], ["email", "wait", "condition"])

    def test_mail_card_has_a_small_picture_of_the_mail(self):
        workflow = self.workflow([mail("one"), wait("day", days=1)], start=False)
        cards = workflow.with_user(self.marketer).get_flow()["cards"]
        text = workflow.step_ids.text_ids
        self.assertIn(f"/workflow/thumbnail/{text.id}?", cards["one"]["thumbnail"])
        self.assertFalse(cards["day"]["thumbnail"])


@tagged("post_install", "-at_install", "mail_workflow")
class TestDrawingInBrowser(HttpCase):
    """A marketer with no right but Workflow user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = new_marketer(cls.env)
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

    def _outline(self, steps=None):
        """Return the tree as kinds: ``email wait condition(yes: ; no: email)``."""
        parts = []
        for step in self.workflow.export_definition()["steps"] if steps is None else steps:
            inside = "; ".join(
                f"{name}: {self._outline(entry['steps'])}"
                for name, entry in step.get("branches", {}).items()
            )
            parts.append(f"{step['kind']}({inside})" if inside else step["kind"])
        return " ".join(parts)

    def test_workflow_is_built_on_the_drawing_and_started(self):
        self.start_tour(LIST, "mail_workflow_drawing", login="marketer", timeout=120)
        self.workflow.invalidate_recordset()
        self.assertEqual(self._outline(), "email wait condition(yes: email; no: tag)")
        wait_step = self.workflow.step_ids.filtered(lambda step: step.kind == "wait")
        self.assertEqual((wait_step.wait_count, wait_step.wait_unit), (3, "days"))

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
