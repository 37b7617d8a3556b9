"""The screen on which a workflow is tried out, in a real browser, as a Workflow user."""

from odoo.tests import HttpCase, tagged

from .common import mail, new_marketer, wait

# 300 by 131; what stands for a missing picture is a square
PICTURE = '<img src="/web/static/img/logo2.png" alt="Logo"/>'
DEAR = "<p>Dear <t t-out='object.name'/></p>"
LIST = "/odoo/action-mail_workflow_automation.mail_workflow_action"


@tagged("post_install", "-at_install", "mail_workflow")
class TestSimulationScreen(HttpCase):
    def test_marketer_tries_a_workflow_out(self):
        # a server that is reached by another address than the one it believes to have
        self.env["ir.config_parameter"].set_param("web.base.url", "https://shop.invalid")
        # the frame of a mail has no cookies, not even the one that Odoo's tests ask for
        self.http_request_allow_all = True
        marketer = new_marketer(self.env)
        self.env["res.partner"].create({"name": "Ada", "email": "ada@customer.example.com"})
        clicked = {"kind": "email_clicked", "filters": {"step": "remind"}, "branch": "clicked"}
        branches = {
            "clicked": {"steps": [mail("thanks", "Thank you")]},
            "timeout": {"steps": [mail("again", "Are you there?")]},
        }
        definition = {
            "format": 1,
            "name": "Try me",
            "model": "res.partner",
            "triggers": [{"kind": "manual"}],
            "email_from": "shop@shop.example.com",
            "steps": [
                mail("remind", "Hello {{ object.name }}", DEAR + PICTURE),
                wait("look", days=3, events=[clicked], branches=branches),
            ],
        }
        workflow = self.env["mail.workflow"].with_user(marketer).import_definition(definition)
        self.start_tour(
            f"{LIST}/{workflow.id}", "mail_workflow_simulation", login="marketer", timeout=120
        )
        self.assertFalse(workflow.enrollment_ids)
        sent = self.env["mail.mail"].search([("subject", "like", "[Test]")])
        self.assertEqual(sent.mapped("subject"), ["[Test] Hello Zoe"])
        self.assertIn("marketer@shop.example.com", sent.email_to)
