"""The whole story in a browser: from the gallery to the people behind a figure, and back to the
drawing of what runs. A marketer with no right but Workflow user, on the real clock."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .page_common import GALLERY, PageCase, flow_of


@tagged("post_install", "-at_install", "mail_workflow")
class TestStoryOnScreens(PageCase):
    def test_marketer_builds_starts_reads_the_figures_and_publishes_a_change(self):
        self.tour(GALLERY, "mail_workflow_story_build")
        workflow = self.env["mail.workflow"].search([], order="id desc", limit=1)
        self.assertRegex(self.outline(workflow), r"^remind day \w+\(a: ; b: last\)$")
        self.assertEqual(workflow.run_as_id, self.marketer)

        self.pass_by()
        runs = workflow.enrollment_ids
        ada, grace = (
            runs.filtered(lambda run, cart=cart: run.res_id == cart.id) for cart in self.carts
        )
        self.assertEqual(runs.step_id.kind, "wait")
        mails = self.env["mail.mail"].search([("workflow_id", "=", workflow.id)])
        self.assertEqual(mails.mapped("subject"), ["We kept your cart"] * 2)
        for body in mails.mapped("body_html"):
            self.assertIn("Both lamps are still in it", body)
        ada.due_at = fields.Datetime.now()  # her time is over
        self.pass_by()
        self.assertEqual((ada.state, grace.state), ("done", "active"))
        due_at = grace.due_at

        self.tour(flow_of(workflow), "mail_workflow_story_figures")
        self.assertEqual(workflow.revision_id.number, 2)
        self.assertEqual(grace.due_at, due_at + timedelta(hours=12))
