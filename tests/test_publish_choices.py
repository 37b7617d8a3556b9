"""What was chosen for the people at a step holds, whoever stands there at that moment."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import mail, wait
from .draft_common import DraftCase, without


@tagged("post_install", "-at_install", "mail_workflow")
class TestChoices(DraftCase):
    def removing(self):
        """Return a workflow whose wait is removed, but not yet published, and its only run."""
        workflow = self.workflow([mail("a"), wait("day", days=1), mail("b")])
        run = workflow.enroll(self.person())
        self.run_engine()
        self.save(workflow, lambda definition: without(definition, "day"))
        return workflow, run

    def publish(self, workflow, choices):
        version = workflow.get_changes()["version"]
        workflow.with_user(self.marketer).publish_draft(choices, version)
        self.env.invalidate_all()

    def test_who_comes_there_while_it_is_published_leaves_where_chosen(self):
        workflow, run = self.removing()
        gone = self.step(workflow, "day")
        # a worker has them elsewhere at that moment, and brings them there
        run.sudo().step_id = self.step(workflow, "a")
        self.publish(workflow, {"day": "leave"})
        run.sudo().step_id = gone
        self.run_engine()
        self.assertState(run, "exited", "step removed")

    def test_what_is_no_choice_is_refused(self):
        workflow, run = self.removing()
        for choices in ({"day": "stay"}, {"day": ["leave"]}, ["leave"], "leave"):
            with self.subTest(choices=choices), self.assertRaises(UserError):
                self.publish(workflow, choices)
        self.assertTrue(self.step(workflow, "day").active)
        self.assertState(run, "active")
