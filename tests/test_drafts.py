"""What is started is edited as a draft, what is not in its own rows, as the drawing does it."""

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.mail_workflow_automation.exceptions import DraftConflictError

from .common import mail, wait
from .draft_common import DraftCase, asks, entry_of, without


@tagged("post_install", "-at_install", "mail_workflow")
class TestSaving(DraftCase):
    def flow(self, **values):
        steps = [mail("a"), asks("where", yes=[mail("p")], no=[]), wait("day", days=1), mail("b")]
        return self.workflow(steps, **values)

    def keys(self, workflow):
        tree = workflow._tree()
        return [(tree.nodes[id_].key, depth) for id_, depth in tree.ordered()]

    def test_a_draft_is_edited_in_its_own_rows(self):
        workflow = self.flow(start=False)
        rows = {step.key: step for step in workflow.step_ids}

        def change(definition):
            moved = definition["steps"].pop()
            entry_of(definition, "where")["branches"]["no"]["steps"].append(moved)
            definition["steps"].insert(0, {"key": "new", "kind": "tag"})
            definition["name"] = "Other"
            definition["goal"] = {"kind": "order_confirmed", "window_days": 7}

        flow = self.save(workflow, change)
        self.assertEqual((flow["edit_id"], flow["changes"]), (workflow.id, None))
        keys = self.keys(workflow)
        self.assertEqual([key for key, depth in keys if not depth], ["new", "a", "where", "day"])
        self.assertEqual({key for key, depth in keys if depth}, {"p", "b"})
        self.assertEqual((workflow.name, workflow.goal_kind), ("Other", "order_confirmed"))
        for key, step in rows.items():
            self.assertEqual(self.step(workflow, key), step)

    def test_steps_change_places_around_each_other(self):
        workflow = self.workflow([mail(key) for key in "abcdef"], start=False)
        for order in ("fedcba", "badcfe", "cfaebd", "abcdef"):

            def change(definition, order=order):
                definition["steps"].sort(key=lambda entry: order.index(entry["key"]))

            self.save(workflow, change)
            self.assertEqual("".join(key for key, _depth in self.keys(workflow)), order)

    def test_a_jump_follows_its_target_and_may_lose_it(self):
        workflow = self.workflow(
            [mail("m"), wait("day", days=1), {"key": "back", "kind": "goto", "target": "m"}],
            start=False,
        )
        flow = self.save(workflow, lambda definition: without(definition, "m"))
        self.assertIsNone(flow["cards"]["back"]["goto"])
        self.assertIn("choose the step to go to", flow["cards"]["back"]["problems"][0])
        flow = self.save(
            workflow, lambda definition: entry_of(definition, "back").update(target="day")
        )
        self.assertEqual(flow["cards"]["back"]["goto"], "day")

    def test_what_hangs_on_a_branch_that_is_gone_is_not_lost(self):
        workflow = self.flow(start=False)
        # the form refuses it; a file, or an addon that is gone, does not ask
        where = self.step(workflow, "where").with_context(workflow_importing=True)
        where.condition_branches = [{"name": "else"}]
        flow = self.flow_of(workflow)
        self.assertIn("p", flow["cards"])
        self.assertIn("“yes” that is not there", str(flow["cards"]["where"]["problems"]))
        flow = self.save(workflow, lambda definition: definition.update(name="Other"))
        self.assertIn("p", flow["cards"])

    def test_a_started_workflow_is_edited_in_a_copy(self):
        workflow = self.flow()
        before = workflow.export_definition()

        def change(definition):
            entry_of(definition, "day")["days"] = 5
            without(definition, "a")
            definition["audience"] = [["city", "=", "Ghent"]]
            definition["steps"].append({"key": "stop", "kind": "end"})

        flow = self.save(workflow, change)
        self.assertEqual(workflow.export_definition(), before)
        self.assertEqual(flow["id"], workflow.id)
        self.assertNotEqual(flow["edit_id"], workflow.id)
        self.assertEqual(flow["state"], "running")
        self.assertEqual(
            {key: card["change"] for key, card in flow["cards"].items() if card["change"]},
            {"day": "changed", "stop": "added"},
        )
        self.assertEqual(flow["removed"], [{"key": "a", "title": "E-mail"}])
        self.assertEqual(flow["changes"], {"count": 4})
        self.assertEqual(workflow.draft_definition, flow["definition"])
        self.assertEqual(flow["cards"]["day"]["step_id"], self.step(workflow.draft_ids, "day").id)

    def test_edits_by_form_and_by_file_meet_in_the_copy(self):
        workflow = self.flow()
        flow = workflow.begin_draft()
        row = self.env["mail.workflow.step"].with_user(self.marketer)
        row.browse(flow["cards"]["day"]["step_id"]).wait_count = 9
        again = self.flow_of(workflow)
        self.assertEqual(entry_of(again["definition"], "day")["days"], 9)
        self.assertGreater(again["version"], flow["version"])
        text = row.browse(flow["cards"]["a"]["step_id"]).text_ids
        text.mailing_id.write({"subject": "From the designer"})
        last = self.flow_of(workflow)
        self.assertEqual(entry_of(last["definition"], "a")["texts"]["en_US"]["subject"][:4], "From")
        self.assertGreater(last["version"], again["version"])

    def test_the_copy_shows_nowhere(self):
        workflow = self.flow()
        model = self.env["mail.workflow"].with_user(self.marketer)
        mailings = self.env["mailing.mailing"].with_user(self.marketer)
        names, found = model.name_search("Test"), mailings.search_count([])
        workflow.begin_draft()
        self.assertEqual(model.search([("name", "=", "Test workflow")]), workflow)
        self.assertEqual(model.name_search("Test"), names)
        self.assertEqual(mailings.search_count([]), found)
        action = self.env.ref("mail_workflow_automation.mail_workflow_action")
        domain = [*safe_eval(action.domain), ("active", "in", [True, False])]
        self.assertNotIn(workflow.draft_ids, model.search(domain))

    def test_the_copy_never_runs(self):
        workflow = self.workflow([mail("a")], triggers=[{"kind": "custom", "name": "signed"}])
        workflow.begin_draft()
        with self.assertRaises(UserError):
            workflow.draft_ids.action_start()
        self.emit("custom", record=self.person(), data={"name": "signed"})
        self.run_engine()
        self.assertEqual(self.env["mail.workflow.enrollment"].search_count([]), 1)

    def test_what_is_not_published_keeps_it_from_starting_again(self):
        workflow = self.flow()
        self.save(workflow, lambda definition: definition.update(name="Other"))
        workflow.action_stop()
        for start in (workflow.action_open_start, workflow.action_start):
            with self.assertRaisesRegex(UserError, "changes that are not published"):
                start()
        self.assertEqual(workflow.state, "stopped")
        workflow.discard_draft()
        workflow.action_start()
        self.assertEqual(workflow.state, "running")

    def test_what_somebody_else_edited_since_is_not_thrown_away(self):
        workflow = self.flow()
        seen = self.save(workflow, lambda definition: definition.update(name="Mine"))
        self.save(workflow, lambda definition: definition.update(name="Theirs"), self.env.user)
        with self.assertRaises(DraftConflictError):
            workflow.with_user(self.marketer).discard_draft(seen["version"])
        flow = self.flow_of(workflow)
        self.assertEqual(flow["definition"]["name"], "Theirs")
        flow = workflow.with_user(self.marketer).discard_draft(flow["version"])
        self.assertEqual(flow["name"], "Test workflow")

    def test_discarding_leaves_nothing_behind(self):
        workflow = self.flow()
        before = self.written()
        counts = {table: rows for table, (rows, _places) in before.items()}
        self.save(workflow, lambda definition: definition.update(name="Other"))
        flow = workflow.discard_draft()
        self.assertEqual((flow["name"], flow["changes"]), ("Test workflow", None))
        self.assertEqual({table: rows for table, (rows, _at) in self.written().items()}, counts)
        self.assertFalse(workflow.draft_definition)

    def test_a_deleted_workflow_takes_its_copy_along(self):
        workflow = self.flow()
        workflow.begin_draft()
        draft = workflow.draft_ids
        mailings = draft.step_ids.text_ids.mailing_id
        workflow.action_stop()
        workflow.unlink()
        self.assertEqual((len(draft), len(mailings)), (1, 3))
        self.assertFalse(draft.exists())
        self.assertFalse(mailings.exists())

    def test_a_stopped_workflow_keeps_what_has_history(self):
        workflow = self.flow()
        run = workflow.enroll(self.person())
        self.run_engine()
        workflow.action_stop()
        first = self.step(workflow, "a")
        self.save(workflow, lambda definition: without(definition, "a"))
        self.assertFalse(first.active)
        self.assertEqual(run.execution_ids.sorted("id")[0].step_id, first)
        flow = self.flow_of(workflow)

        def back(definition):
            definition["steps"].insert(0, mail("a", subject="Again"))

        self.save(workflow, back, flow=flow)
        self.assertEqual(self.step(workflow, "a"), first, "it comes back as it was")
        self.assertEqual(first.text_ids.subject, "Again")
