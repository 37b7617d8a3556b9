"""The kinds of the glue addons keep the contract of all kinds, and speak French."""

from odoo.tests import tagged

from dev import databases

from .. import test_contract_kinds as contract
from .. import test_i18n as terms
from ..common import WorkflowCase

GLUE = databases.glue_addons()


@tagged("post_install", "-at_install", "mail_workflow")
class TestGlueInstalls(WorkflowCase):
    def test_each_came_by_itself_with_its_application(self):
        modules = self.env["ir.module.module"].search([("name", "in", GLUE)])
        self.assertEqual(dict.fromkeys(GLUE, "installed"), {m.name: m.state for m in modules})


@tagged("post_install", "-at_install", "mail_workflow")
class TestGlueStepKinds(contract.TestStepKinds):
    """All kinds there are, those of the core too: what an addon adds must not break them."""

    more_samples = {"sms": {"text": "Hello"}}


@tagged("post_install", "-at_install", "mail_workflow")
class TestGlueTriggerKinds(contract.TestTriggerKinds):
    """As above."""

    def filter_sample(self, name):
        samples = {
            "filter_survey_id": ("survey.survey", {"title": "Sample"}),
            "filter_event_tag_id": ("event.tag", {"name": "Sample"}),
        }
        if name not in samples:
            return super().filter_sample(name)
        model, values = samples[name]
        found = self.env[model].search([(field, "=", "Sample") for field in values], limit=1)
        if found:
            return found
        if model == "event.tag":
            values["category_id"] = self.env["event.tag.category"].create({"name": "Topic"}).id
        return self.env[model].create(values)


@tagged("post_install", "-at_install", "mail_workflow")
class TestGlueTerms(terms.TestTerms):
    addons = GLUE
