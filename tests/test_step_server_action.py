"""Server action: administrators only, on all records at once, errors stay with their run."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.mail_workflow_automation.exceptions import DefinitionError

from .common import MANAGER_GROUP, WorkflowCase, wait


@tagged("post_install", "-at_install", "mail_workflow")
class TestServerAction(WorkflowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = new_test_user(
            cls.env, login="root2", groups=f"base.group_system,{MANAGER_GROUP}"
        )
        cls.manager = new_test_user(cls.env, login="boss", groups=MANAGER_GROUP)

    def setUp(self):
        super().setUp()
        self.action = self.env["ir.actions.server"].create(
            {
                "name": "Count them",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": "for record in records:\n"
                "    if record.name == 'Bad':\n"
                "        raise UserError('No bad ones')\n"
                "    record['function'] = '%s of %s' % (record.name, len(records))",
            }
        )

    def step(self):
        return {"key": "act", "kind": "server_action", "action": "Count them"}

    def test_it_runs_once_for_all_records_as_the_administrator(self):
        workflow = self.workflow([self.step()], user=self.administrator)
        people = self.people(3)
        workflow.enroll(people)
        self.run_engine()
        self.assertEqual(set(people.mapped("function")), {f"{p.name} of 3" for p in people})
        self.assertEqual(people.write_uid, self.administrator)

    def test_an_error_stays_with_its_run(self):
        workflow = self.workflow([self.step()], user=self.administrator)
        good, bad = self.people(4), self.person("Bad")
        workflow.enroll(good | bad)
        self.run_engine()
        self.assertEqual(set(self.runs(workflow).mapped("state")), {"done", "failed"})
        self.assertState(self.runs(workflow, bad), "failed")
        self.assertEqual(self.reason(self.runs(workflow, bad), "act"), "No bad ones")
        self.assertTrue(all(good.mapped("function")))

    def test_a_marketer_does_not_choose_one(self):
        with self.assertRaises(DefinitionError) as caught:
            self.workflow([self.step()], start=False)
        self.assertIn("steps[0].action: only an administrator", str(caught.exception))

    def test_a_marketer_sees_the_step_and_does_not_start_it(self):
        workflow = self.workflow([wait("day", days=1)], start=False)
        workflow.step_ids.sudo().create(
            {
                "workflow_id": workflow.id,
                "kind": "server_action",
                "server_action_id": self.action.id,
            }
        )
        self.assertIn("Count them", workflow.step_ids.mapped("summary"))
        self.assertTrue(workflow.export_definition())
        with self.assertRaises(ValidationError) as caught:
            workflow.action_start()
        self.assertIn("only an administrator may let it run", str(caught.exception))

    def test_a_manager_does_not_borrow_an_administrators_rights(self):
        workflow = self.workflow([self.step()], user=self.administrator, start=False)
        workflow.run_as_id = self.administrator
        with self.assertRaises(UserError) as caught:
            workflow.with_user(self.manager).action_start()
        self.assertIn("only an administrator may let it run, not boss", str(caught.exception))
        self.assertEqual(workflow.state, "draft")

    def test_an_administrator_does_not_lend_it_to_a_marketer(self):
        workflow = self.workflow([self.step()], user=self.administrator, start=False)
        workflow.run_as_id = self.marketer
        with self.assertRaises(UserError) as caught:
            workflow.action_start()
        self.assertIn("not marketer", str(caught.exception))

    def test_who_is_no_administrator_any_more_runs_nothing(self):
        workflow = self.workflow([self.step()], user=self.administrator)
        ada = self.person()
        workflow.enroll(ada)
        self.administrator.group_ids -= self.env.ref("base.group_system")
        self.run_engine()
        self.assertEqual(workflow.state, "paused")
        self.assertFalse(ada.function)
        self.assertState(self.runs(workflow), "active")

    def test_an_action_that_is_gone_is_a_dead_step(self):
        workflow = self.workflow([self.step()], user=self.administrator)
        workflow.enroll(self.person())
        self.action.unlink()
        self.run_engine()
        self.assertState(self.runs(workflow), "failed")

    def test_an_action_on_other_records_is_a_problem(self):
        self.action.model_id = self.env["ir.model"]._get("sale.order")
        workflow = self.workflow([self.step()], user=self.administrator, start=False)
        self.assertIn("is an action on Sales Order", workflow.problems)
