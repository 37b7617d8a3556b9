"""A file is applied to the rows of a workflow by key: only what differs is written."""

import copy

from odoo.tests import tagged

from odoo.addons.mail_workflow_automation.exceptions import DefinitionError

from .common import mail, wait
from .definition_common import DefinitionCase
from .draft_common import DraftCase, entry_of, without


@tagged("post_install", "-at_install", "mail_workflow")
class TestApplying(DraftCase, DefinitionCase):
    def test_applying_what_it_says_already_writes_nothing(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        workflow = self.model.import_definition(self.everything())
        definition = workflow.export_definition()
        before, version = self.written(), workflow.version
        self.env["mail.workflow.applier"]._apply(workflow, copy.deepcopy(definition))
        self.assertEqual(self.written(), before)
        self.assertEqual(workflow.version, version)
        self.assertEqual(workflow.export_definition(), definition)

    def test_applied_to_nothing_it_says_everything(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        whole = self.model.import_definition(self.everything())
        definition = whole.export_definition()
        bare = self.workflow([], start=False, model="sale.order", triggers=[])
        self.env["mail.workflow.applier"]._apply(bare, copy.deepcopy(definition))
        self.assertEqual(bare.export_definition(), definition)

    def test_everything_can_be_taken_back(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        whole = self.model.import_definition(self.everything())
        bare = self.workflow([], start=False, model="sale.order")
        definition = bare.export_definition()
        self.env["mail.workflow.applier"]._apply(whole, copy.deepcopy(definition))
        self.assertEqual(whole.export_definition(), definition)
        self.assertFalse(whole.step_ids)

    def test_each_kind_goes_back_to_what_is_empty(self):
        """A step whose file says less than before has nothing left of what it said."""
        self.env["res.lang"]._activate_lang("fr_FR")
        workflow = self.model.import_definition(self.everything())
        keys = set(workflow.step_ids.mapped("key"))
        for key in keys:
            step = self.step(workflow, key)
            with self.subTest(kind=step.kind, key=key):
                before = workflow.export_definition()
                definition = copy.deepcopy(before)
                entry = entry_of(definition, key)
                branches = entry.get("branches")
                blank = step._handler()._default_entry(workflow)
                entry.clear()
                entry.update({**blank, "key": key})
                if branches and "branches" not in blank:
                    entry["branches"] = branches
                elif branches:
                    # ways of its own names are no more: what hung there stays and is told
                    known = {name: way["steps"] for name, way in branches.items()}
                    for name, steps in known.items():
                        entry["branches"].setdefault(name, {})["steps"] = steps
                try:
                    self.env["mail.workflow.applier"]._apply(workflow, copy.deepcopy(definition))
                except DefinitionError:
                    continue  # a way without its own "when"
                self.assertTrue(set(workflow.step_ids.mapped("key")) <= keys)
                self.env["mail.workflow.applier"]._apply(workflow, copy.deepcopy(before))
                self.assertEqual(workflow.export_definition(), before)

    def test_a_kept_text_keeps_its_mailing(self):
        workflow = self.workflow([mail("a"), mail("b")], start=False)
        mailing = self.step(workflow, "a").text_ids.mailing_id

        def change(definition):
            entry_of(definition, "a")["texts"]["en_US"]["subject"] = "New subject"
            without(definition, "b")

        self.save(workflow, change)
        self.assertEqual(self.step(workflow, "a").text_ids.mailing_id, mailing)
        self.assertEqual(mailing.subject, "New subject")
        self.assertEqual(mailing.body_html, "<p>Hello</p>")
        left = self.env["mailing.mailing"].with_context(active_test=False)
        self.assertEqual(left.search([("workflow_id", "=", workflow.id)]), mailing)

    def test_half_a_file_is_not_applied(self):
        workflow = self.workflow([mail("a"), wait("day", days=1)], start=False)
        before = self.written()

        def change(definition):
            without(definition, "a")
            entry_of(definition, "day")["hours"] = 3

        with self.assertRaisesRegex(DefinitionError, r"steps\[0\]: one unit of time"):
            self.save(workflow, change)
        self.env.invalidate_all()
        self.assertEqual(self.written(), before)
