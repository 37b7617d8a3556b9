"""Steps and triggers whose addon is uninstalled: kept, shown, passed over, and back with it."""

import json

from lxml import etree

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.mail_workflow_automation.exceptions import DefinitionError
from odoo.addons.mail_workflow_automation.gone import step_gone, trigger_gone

from .common import mail, wait
from .draft_common import DraftCase, asks, entry_of, without

SPLIT = {
    "key": "fork",
    "kind": "split",
    "branches": {
        "A": {"weight": 1, "steps": [{"key": "inside", "kind": "tag", "add": ["Hot"]}]},
        "B": {"weight": 1, "steps": []},
    },
}


@tagged("post_install", "-at_install", "mail_workflow")
class TestKindGone(DraftCase):
    """What Odoo calls at the uninstall of an addon is called for a kind of our own."""

    def setUp(self):
        super().setUp()
        self.env["res.partner.category"].create({"name": "Hot"})

    def gone(self, rows):
        """Let the addon of these rows go, with the columns it brought."""
        hook = step_gone if rows._name == "mail.workflow.step" else trigger_gone
        hook(rows.sudo())
        columns = [
            name
            for name, field in rows._fields.items()
            if name.startswith(("wait_", "task_", "filter", "date_"))
            and field.store
            and field.column_type
            and not field.required
        ]
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id = ANY(%s)",
                SQL.identifier(rows._table),
                SQL(", ").join(SQL("%s = NULL", SQL.identifier(name)) for name in columns),
                rows.ids,
            )
        )
        self.env.invalidate_all()

    def back(self):
        """Install the addons again."""
        self.env["mail.workflow.step"]._bring_back()
        self.env["mail.workflow.trigger"]._bring_back()
        self.env.invalidate_all()

    def test_the_file_is_the_same_meanwhile_and_afterwards(self):
        task = {
            **{"key": "call", "kind": "task", "name": "Call them", "summary": "Call"},
            **{"user": "marketer", "wait_for": "first", "on_skip": "leave"},
            "branches": {"done": {"steps": [mail("thanks")]}},
        }
        workflow = self.workflow(
            [wait("day", days=2, business=True), SPLIT, task, mail("last")],
            triggers=[
                {"kind": "date", "field": "birthday", "time": "08:00", "repeat": "yearly"},
                {"kind": "tag_added", "filters": {"tag": "Hot"}, "count": 2, "within_days": 9},
            ],
            start=False,
        )
        before = json.dumps(workflow.export_definition())
        self.gone(workflow.step_ids.filtered(lambda s: s.key in ("day", "fork", "call")))
        self.gone(workflow.trigger_ids)
        self.assertEqual(json.dumps(workflow.export_definition()), before)
        copied = workflow.copy()
        self.assertEqual(copied.export_definition()["steps"][2]["summary"], "Call")
        self.back()
        self.assertEqual(json.dumps(workflow.export_definition()), before)
        self.assertEqual(set(workflow.step_ids.mapped("gone")), {False})
        self.assertEqual(workflow.trigger_ids.mapped("kind"), ["date", "tag_added"])
        self.assertFalse(workflow.problems)

    def test_who_waits_there_goes_on_and_learns_why(self):
        workflow = self.workflow([wait("day", days=1), mail("last")])
        ada, bob = self.people(2)
        workflow.enroll(ada)
        self.run_engine()
        self.gone(self.step(workflow, "day"))
        self.assertIn("was uninstalled: “Wait”", workflow.message_ids[0].body)
        workflow.enroll(bob)
        self.run_engine()
        for person in (ada, bob):
            run = self.runs(workflow, person)
            self.assertPath(run, ("day", "skipped"), ("last", "queued"))
            self.assertIn("not installed", self.reason(run, "day"))
        self.assertEqual(workflow.state, "running")

    def test_who_stands_there_leaves_where_the_step_says_so(self):
        call = {
            **{"key": "call", "kind": "task", "summary": "Call", "user": "marketer"},
            **{"wait_for": "first", "on_skip": "leave"},
        }
        workflow = self.workflow([call, mail("last")])
        workflow.enroll(self.person())
        self.run_engine()
        self.gone(self.step(workflow, "call"))
        self.assertFalse(self.env["mail.activity"].search([("summary", "=", "Call")]))
        self.run_engine()
        self.assertState(self.runs(workflow), "exited")

    def test_those_of_a_paused_workflow_keep_their_place(self):
        workflow = self.workflow([wait("day", days=1), mail("last")])
        workflow.enroll(self.person())
        self.run_engine()
        workflow.action_pause()
        self.gone(self.step(workflow, "day"))
        self.run_engine()
        self.assertState(self.runs(workflow), "active")
        self.back()
        workflow.action_resume()
        self.run_engine()
        self.assertState(self.runs(workflow), "active")

    def test_it_is_shown_and_the_rest_can_be_edited(self):
        workflow = self.workflow([mail("a"), wait("day", days=1), SPLIT, mail("b")])
        self.gone(self.step(workflow, "day") | self.step(workflow, "fork"))
        flow = workflow.begin_draft()
        for key, kind in (("day", "wait"), ("fork", "split")):
            card = flow["cards"][key]
            self.assertTrue(card["missing"])
            self.assertEqual(card["kind"], kind)
            self.assertIn("is not installed", card["problems"][0])
        self.assertEqual([one["name"] for one in flow["cards"]["fork"]["branches"]], ["A", "B"])
        self.assertNotIn("missing", flow["kinds"])
        flow = self.save(workflow, lambda definition: without(definition, "a"))
        self.assertEqual(entry_of(flow["definition"], "day")["days"], 1)
        with self.assertRaisesRegex(ValidationError, "is not installed"):
            workflow.publish_draft(version=flow["version"])

        def both(definition):
            without(definition, "day")
            without(definition, "fork")

        flow = self.save(workflow, both)
        workflow.publish_draft(version=flow["version"])
        self.assertEqual(workflow.step_ids.mapped("key"), ["b"])

    def test_it_comes_back_also_into_what_is_running_and_being_edited(self):
        workflow = self.workflow([mail("a"), wait("day", days=1)])
        workflow.begin_draft()
        both = self.step(workflow, "day") | self.step(workflow.draft_ids, "day")
        self.gone(both)
        self.back()
        self.assertEqual(both.mapped("kind"), ["wait", "wait"])
        self.assertFalse(workflow.get_changes()["items"])

    def test_forms_do_not_offer_what_is_not_installed(self):
        for model in ("mail.workflow", "mail.workflow.step"):
            form = etree.fromstring(self.env[model].get_view(view_type="form")["arch"])
            kinds = form.xpath("//form//group//field[@name='kind']")
            self.assertTrue(kinds, model)
            for field in kinds:
                self.assertEqual(field.get("widget"), "filterable_selection", model)
                self.assertIn("missing", field.get("options"), model)

    def test_a_trigger_that_is_gone_brings_nobody_in_and_keeps_the_others(self):
        workflow = self.workflow(
            [mail("a")], triggers=[{"kind": "contact_created"}, {"kind": "manual"}]
        )
        trigger = workflow.trigger_ids.filtered(lambda one: one.kind == "contact_created")
        self.gone(trigger)
        card = workflow.get_flow()["entry"]["triggers"][0]
        self.assertEqual(card["title"], "Contact created")
        self.assertIn("not installed", card["summary"].lower() + card["problems"][0])
        ada = self.person()
        self.run_engine()
        self.assertFalse(self.runs(workflow))
        workflow.enroll(ada)
        self.run_engine()
        self.assertPath(self.runs(workflow), ("a", "queued"))
        self.back()
        self.run_engine()
        bob = self.person("Bob")
        self.run_engine()
        self.assertTrue(self.runs(workflow, bob))

    def test_what_names_an_event_that_is_gone_can_still_be_edited(self):
        workflow = self.workflow(
            [
                mail("a"),
                wait(
                    "any",
                    events=[{"kind": "email_clicked", "branch": "clicked"}],
                    hours=72,
                    branches={"clicked": {"steps": []}, "timeout": {"steps": []}},
                ),
            ],
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_workflow_step SET wait_events = replace(wait_events::text,"
            " 'email_clicked', 'carrier_pigeon_came')::jsonb WHERE workflow_id = %s",
            [workflow.id],
        )
        self.env.cr.execute(
            "UPDATE mail_workflow SET goal_kind = 'carrier_pigeon_came', goal_name = 'x',"
            " goal_filters = '{\"pigeon\": 3}' WHERE id = %s",
            [workflow.id],
        )
        self.env.invalidate_all()
        self.env["mail.workflow.listening"]._changed()
        workflow.enroll(self.person())
        self.run_engine()
        self.assertState(self.runs(workflow), "active")
        flow = workflow.begin_draft()
        self.assertTrue(any("carrier_pigeon_came" in one for one in flow["problems"]))
        self.save(workflow, lambda definition: definition["steps"].append(mail("b")))

    def test_a_file_with_a_kind_that_nobody_has_is_refused_by_its_place(self):
        for kind in ("carrier_pigeon", "missing"):
            with self.assertRaises(DefinitionError) as caught:
                self.workflow([mail("a"), {"key": "b", "kind": kind}], start=False)
            self.assertEqual(caught.exception.path, "steps[1].kind")
            with self.assertRaises(DefinitionError) as caught:
                self.workflow([mail("a")], triggers=[{"kind": kind}], start=False)
            self.assertEqual(caught.exception.path, "triggers[0].kind")

    def test_a_workflow_with_such_a_step_is_not_started(self):
        workflow = self.workflow([asks("where", yes=[], no=[]), mail("a")], start=False)
        self.gone(self.step(workflow, "where"))
        with self.assertRaisesRegex(UserError, "is not installed"):
            workflow.action_start()
        self.back()
        workflow.action_start()
