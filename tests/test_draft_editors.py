"""Who edits a workflow, two at once, and who may not."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.mail_workflow_automation.exceptions import DraftConflictError

from .common import WORKFLOW_GROUP, mail, wait
from .draft_common import DraftCase, without


@tagged("post_install", "-at_install", "mail_workflow")
class TestTwoEditors(DraftCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = f"base.group_user,{WORKFLOW_GROUP}"
        cls.bea, cls.rep = (
            new_test_user(cls.env, "bea", groups, name="Bea", tz="UTC"),
            new_test_user(cls.env, "rep", "base.group_user,sales_team.group_sale_salesman"),
        )

    def flow(self, start=True):
        workflow = self.workflow([mail("a"), wait("day", days=1)], start=False)
        workflow.user_id = False
        if start:
            workflow.action_start()
        return workflow

    def test_the_second_save_is_refused_and_says_who_was_first(self):
        for start in (False, True):
            with self.subTest(started=start):
                workflow = self.flow(start)
                mine, theirs = self.flow_of(workflow), self.flow_of(workflow, self.bea)
                self.save(workflow, lambda d: d.update(name="Bea's"), self.bea, flow=theirs)
                with self.assertRaisesRegex(DraftConflictError, "Bea edited it at"):
                    self.save(workflow, lambda d: d.update(name="Mine"), flow=mine)
                self.assertEqual(self.flow_of(workflow)["name"], "Bea's")
                self.assertEqual(self.flow_of(workflow)["edited_by"]["name"], "Bea")

    def test_an_edit_by_form_counts_as_one(self):
        workflow = self.flow()
        flow = workflow.begin_draft()
        row = self.env["mail.workflow.step"].with_user(self.bea)
        row.browse(flow["cards"]["day"]["step_id"]).wait_count = 9
        with self.assertRaises(DraftConflictError):
            self.save(workflow, lambda definition: without(definition, "a"), flow=flow)

    def test_what_was_loaded_before_a_discard_is_not_saved(self):
        workflow = self.flow()
        first = self.flow_of(workflow)
        flow = self.save(workflow, lambda definition: without(definition, "a"))
        workflow.with_user(self.bea).discard_draft()
        for stale in (flow, first):
            with self.assertRaises(DraftConflictError):
                self.save(workflow, lambda definition: without(definition, "day"), flow=stale)

    def test_there_is_one_copy_whoever_begins(self):
        workflow = self.flow()
        first = workflow.begin_draft()
        second = workflow.with_user(self.bea).begin_draft()
        self.assertEqual(
            (first["edit_id"], first["version"]), (second["edit_id"], second["version"])
        )

    def test_the_copy_belongs_to_whom_its_workflow_belongs(self):
        workflow = self.flow()
        workflow.begin_draft()
        workflow.user_id = self.marketer
        self.assertEqual(workflow.draft_ids.user_id, self.marketer)
        with self.assertRaises(AccessError):
            workflow.with_user(self.bea).get_flow()
        with self.assertRaises(AccessError):
            workflow.draft_ids.with_user(self.bea).export_definition()

    def test_a_salesperson_neither_sees_nor_edits(self):
        workflow = self.flow()
        theirs = workflow.with_user(self.rep)
        for call in (
            theirs.get_flow,
            theirs.begin_draft,
            theirs.discard_draft,
            lambda: theirs.save_flow(workflow.export_definition(), 1),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_another_company_neither_sees_nor_edits(self):
        workflow = self.flow()
        other = self.env["res.company"].create({"name": "Other"})
        groups = f"base.group_user,{WORKFLOW_GROUP}"
        stranger = new_test_user(
            self.env, "stranger", groups, company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        for method in ("get_flow", "begin_draft", "discard_draft"):
            with self.assertRaises(AccessError):
                getattr(workflow.with_user(stranger), method)()

    def test_nobody_makes_a_copy_by_a_mere_write(self):
        workflow = self.flow()
        mine = self.env["mail.workflow"].with_user(self.bea).create({"name": "Mine"})
        for values in ({"draft_of_id": workflow.id}, {"version": 99}):
            with self.assertRaises(AccessError):
                mine.write(values)

    def test_rows_of_a_paused_workflow_wait_for_its_draft(self):
        workflow = self.flow()
        workflow.action_pause()
        self.step(workflow, "day").wait_count = 2
        workflow.begin_draft()
        with self.assertRaisesRegex(UserError, "not published"):
            self.step(workflow, "day").wait_count = 3

    def test_what_is_changed_at_once_holds_for_the_copy_too(self):
        workflow = self.flow()
        workflow.begin_draft()
        workflow.write({"name": "Renamed", "priority": 3})
        flow = self.flow_of(workflow)
        self.assertEqual((flow["name"], flow["changes"]), ("Renamed", {"count": 0}))
