"""Pictures in mails stay, whatever becomes of the text they were first put into."""

import base64

from odoo.tests import tagged

from .common import mail, wait
from .draft_common import DraftCase, without

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@tagged("post_install", "-at_install", "mail_workflow")
class TestPictures(DraftCase):
    def picture(self, step):
        """Put a picture into a text, as the mail designer does."""
        mailing = step.text_ids.mailing_id
        picture = self.env["ir.attachment"].create(
            {"name": "dot.png", "raw": DOT, "res_model": mailing._name, "res_id": mailing.id}
        )
        token = picture.generate_access_token()[0]
        html = f'<p><img src="/web/image/{picture.id}-red/dot.png?access_token={token}"></p>'
        mailing.write({"body_arch": html, "body_html": html})
        return picture

    def assertShown(self, picture, step):
        self.env.invalidate_all()
        self.assertIn(f"/web/image/{picture.id}-", step.text_ids.mailing_id.body_html)
        self.assertTrue(picture.exists())
        self.assertEqual(picture.raw, DOT)

    def test_of_a_published_draft_they_stay(self):
        workflow = self.workflow([mail("a"), wait("day", days=1)])
        workflow.begin_draft()
        picture = self.picture(self.step(workflow.draft_ids, "a"))
        version = workflow.get_changes()["version"]
        workflow.with_user(self.marketer).publish_draft({}, version)
        self.assertShown(picture, self.step(workflow, "a"))

    def test_of_a_removed_step_they_come_back_with_it(self):
        workflow = self.workflow([mail("a"), mail("b")], start=False)
        picture = self.picture(self.step(workflow, "a"))
        before = self.flow_of(workflow)["definition"]
        self.save(workflow, lambda definition: without(definition, "a"))
        self.save(workflow, lambda definition: definition.update(before))
        self.assertShown(picture, self.step(workflow, "a"))

    def test_of_a_deleted_workflow_its_copy_keeps_them(self):
        workflow = self.workflow([mail("a"), mail("b")], start=False)
        shared = self.picture(self.step(workflow, "a"))
        own = self.picture(self.step(workflow, "b"))
        copied = workflow.copy()
        again = copied.copy()
        self.save(copied, lambda definition: without(definition, "b"))
        workflow.unlink()
        self.assertShown(shared, self.step(copied, "a"))
        self.assertShown(own, self.step(again, "b"))
        copied.unlink()
        self.assertShown(shared, self.step(again, "a"))
        again.unlink()
        self.assertFalse((shared | own).exists(), "nobody shows them any more")
