"""Workflows that start each other: refused where it can be seen, bounded where it cannot."""

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.mail_workflow_automation.engine.entry import next_chain
from odoo.addons.mail_workflow_automation.models.mail_workflow_enroller import MOST_A_DAY

from .common import MANAGER_GROUP, WorkflowCase, mail, wait

LEADS_BACK = "leads back to this workflow without a wait"
AGAIN = {"policy": "after_exit", "per": "record"}


def enroll(name):
    return {"key": "enroll", "kind": "enroll", "workflow": name}


def finished(name):
    return {"kind": "workflow_finished", "filters": {"workflow": name}}


def tag(key, add, remove):
    return {"key": key, "kind": "tag", "add": [add], "remove": [remove]}


@tagged("post_install", "-at_install", "mail_workflow")
class TestCircles(WorkflowCase):
    def circle(self, *steps_of_second):
        """Return two workflows, each of which enrolls in the other."""
        first = self.workflow([wait("day", days=1)], name="First", start=False)
        second = self.workflow([*steps_of_second, enroll("First")], name="Second", start=False)
        first.step_ids.unlink()
        first.step_ids.create(
            {"workflow_id": first.id, "kind": "enroll", "enroll_workflow_id": second.id}
        )
        return first, second

    def test_a_circle_without_a_wait_is_refused(self):
        for workflow in self.circle():
            self.assertIn(LEADS_BACK, workflow.problems)

    def test_a_circle_with_a_wait_is_good(self):
        for workflow in self.circle(wait("day", days=1)):
            self.assertFalse(workflow.problems)

    def test_a_circle_by_the_end_of_another_names_itself_and_the_way_out(self):
        self.workflow([mail("hello")], name="Second")
        first = self.workflow(
            [enroll("Second")], name="First", triggers=[finished("Second")], start=False
        )
        self.assertIn(f"“First” → “Second” → “First”: this {LEADS_BACK}", first.problems)
        self.assertIn("Add a wait", first.problems)
        with self.assertRaisesRegex(UserError, LEADS_BACK):
            first.action_start()
        self.assertEqual(first.state, "draft")

    def test_it_shows_while_a_started_workflow_is_edited(self):
        first = self.workflow([wait("day", days=1)], name="First")
        self.workflow([enroll("First")], name="Second")
        first.draft_definition = {**first.export_definition(), "steps": [enroll("Second")]}
        self.assertIn(f"“First” → “Second” → “First”: this {LEADS_BACK}", first.draft_ids.problems)
        self.assertFalse(first.problems)

    def test_what_comes_after_a_wait_is_no_circle(self):
        self.workflow([mail("hello"), wait("day", days=1)], name="Second")
        steps = [enroll("Second")]
        first = self.workflow(steps, name="First", triggers=[finished("Second")], start=False)
        self.assertFalse(first.problems)

    def test_a_circle_over_three_by_tags_that_are_put_on_and_taken_off(self):
        self.env["res.partner.category"].create([{"name": name} for name in "ABC"])
        flows = [("First", "A", "B"), ("Second", "B", "C"), ("Third", "C", "A")]
        *started, last = [
            self.workflow(
                [tag("move", there, here)],
                name=name,
                triggers=[{"kind": "tag_added", "filters": {"tag": here}}],
                start=False,
            )
            for name, here, there in flows
        ]
        for workflow in started:
            self.assertFalse(workflow.problems)
            workflow.action_start()
        self.assertIn("“Third” → “First” → “Second” → “Third”", last.problems)

    def test_tags_that_nobody_takes_off_come_to_an_end(self):
        self.env["res.partner.category"].create([{"name": name} for name in "AB"])
        for name, here, there in (("First", "A", "B"), ("Second", "B", "A")):
            workflow = self.workflow(
                [{"key": "mark", "kind": "tag", "add": [there]}],
                name=name,
                triggers=[{"kind": "tag_added", "filters": {"tag": here}}],
                start=False,
            )
            self.assertFalse(workflow.problems)
            workflow.action_start()

    def test_leads_that_make_leads_are_refused(self):
        step = {"key": "offer", "kind": "opportunity", "title": "More", "several": True}
        values = {"model": "crm.lead", "triggers": [{"kind": "lead_created"}]}
        self.workflow([step], name="First", **values)
        second = self.workflow([step], name="Second", start=False, **values)
        self.assertIn("“Second” → “First” → “Second”", second.problems)

    def test_what_nobody_can_see_beforehand_is_bounded(self):
        """Two workflows change a field in turn: each change starts the other."""
        flows = [
            self.workflow(
                [
                    {
                        "key": "change",
                        "kind": "update",
                        "set": [{"field": "city", "value": city}],
                    }
                ],
                name=city,
                triggers=[
                    {
                        "kind": "record_changed",
                        "filters": {"model": "res.partner", "on": "changed", "field": "city"},
                    }
                ],
                reentry=AGAIN,
            )
            for city in ("Ghent", "Namur")
        ]
        ada = self.person()
        self.run_engine()
        ada.city = "Liège"
        self.env.cr.flush()
        for _pass in range(15):
            self.run_engine(minutes=1)
        counts = [len(self.runs(workflow, ada)) for workflow in flows]
        self.assertLessEqual(max(counts), 11)
        self.assertGreater(min(counts), 1, "it did go round")
        told = self.env["mail.message"].search([("subject", "like", "needs you")])
        self.assertTrue(any("again and again" in (one.body or "") for one in told))
        ada.city = "Liège"
        self.env.cr.flush()
        self.run_engine(minutes=1)
        self.assertGreater(max(len(self.runs(one, ada)) for one in flows), max(counts))

    def makers(self, *names, code):
        """Start workflows that each make a new contact of every new contact, by an
        administrator's code."""
        root = new_test_user(self.env, login="root2", groups=f"base.group_system,{MANAGER_GROUP}")
        contacts = self.env["ir.model"]._get_id("res.partner")
        self.env["ir.actions.server"].create(
            {"name": "One more", "model_id": contacts, "state": "code", "code": code}
        )
        return [
            self.workflow(
                [{"key": "make", "kind": "server_action", "action": "One more"}],
                user=root,
                name=name,
                triggers=[{"kind": "contact_created"}],
            )
            for name in names
        ]

    def test_ever_new_records_come_to_an_end(self):
        """Two workflows make a new contact of each that the other made."""
        code = "for record in records: env['res.partner'].create({'name': record.name + '+'})"
        flows = self.makers("First", "Second", code=code)

        def count():
            return self.env["res.partner"].search_count([("name", "=like", "Ada+%")])

        self.person()
        for _pass in range(15):
            self.run_engine(minutes=1)
        made = count()
        self.assertGreater(made, 8, "it did go on")
        self.assertLessEqual(made, 2 * (MOST_A_DAY + 1))
        self.run_engine(minutes=1)
        self.assertEqual(count(), made)
        told = self.env["mail.message"].search([("subject", "like", "needs you")])
        self.assertTrue(any("in a row" in (one.body or "") for one in told))
        shown = flows[0].message_ids | flows[1].message_ids
        self.assertTrue(any("in a row" in (one.body or "") for one in shown))
        bob = self.person("Bob")
        self.run_engine(minutes=1)
        self.assertEqual(
            {len(self.runs(one, bob)) for one in flows}, {1}, "who comes by themselves"
        )

    def test_what_follows_slowly_goes_on(self):
        chain = None
        for _day in range(30):
            chain = next_chain(chain, self.now)
            self.assertEqual(chain[0], 1)
            self.after(days=1)
