"""A file dropped where somebody would try: a workflow is made, or it is said why not."""

import json
import tempfile
from pathlib import Path

from odoo.tests import tagged

from .page_common import GALLERY, LIST, PageCase, flow_of

CLOSE = ".modal-footer .btn-primary"


@tagged("post_install", "-at_install", "mail_workflow")
class TestDroppedFiles(PageCase):
    def test_file_is_taken_or_refused_with_the_place_on_each_screen(self):
        workflow = self.draft()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        definition = {**workflow.export_definition(), "name": "From a file"}
        good, bad = folder / "good.json", folder / "bad.json"
        good.write_text(json.dumps(definition))
        definition["steps"][2]["branches"]["yes"]["steps"][0]["kind"] = "emial"
        bad.write_text(json.dumps(definition))
        before = self.env["mail.workflow"].search([])
        for screen, part in (
            (GALLERY, ".o_mail_workflow_gallery_content"),
            (LIST, ".o_list_renderer"),
            (f"{LIST}/{workflow.id}", ".o_form_sheet"),
            (flow_of(workflow), ".o_mail_workflow_canvas"),
        ):
            with self.subTest(screen=screen), self.page(screen, wait_for=part) as hands:
                hands.drop(bad, part)
                hands.browser.wait_for(CLOSE)
                said = hands.browser.evaluate("document.querySelector('.modal').innerText")
                self.assertIn("“bad.json” cannot be imported", said)
                self.assertIn("steps[2].branches.yes.steps[0].kind", said)
                self.assertIn("emial", said)
                hands.click(CLOSE)
                hands.wait("!document.querySelector('.modal')")
                if part == ".o_mail_workflow_canvas":
                    hands.drop(good, part)
                    hands.wait("document.title.includes('From a file')")
        made = self.env["mail.workflow"].search([]) - before
        self.assertEqual(made.mapped(lambda one: (one.name, one.state)), [("From a file", "draft")])
