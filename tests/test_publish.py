"""What was edited is published: people keep their place, or what was chosen happens (rule 22)."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.mail_workflow_automation.exceptions import DraftConflictError

from .common import MANAGER_GROUP, WORKFLOW_GROUP, mail, wait
from .draft_common import DraftCase, asks, entry_of, without


class PublishCase(DraftCase):
    def publish(self, workflow, change=None, user=None, **choices):
        """Edit and publish, as two clicks of one person."""
        user = user or self.marketer
        if change:
            self.save(workflow, change, user)
        version = workflow.with_user(user).get_changes()["version"]
        flow = workflow.with_user(user).publish_draft(choices, version)
        self.env.invalidate_all()
        return flow

    def items(self, workflow):
        found = workflow.with_user(self.marketer).get_changes()["items"]
        return {item["key"]: item for item in found}


@tagged("post_install", "-at_install", "mail_workflow")
class TestPeople(PublishCase):
    def flow(self, *names, **values):
        workflow = self.workflow([mail("a"), wait("day", days=1), mail("b"), mail("c")], **values)
        runs = workflow.enroll(
            self.env["res.partner"].union(*(self.person(name) for name in names or ["Ada"]))
        )
        self.run_engine()
        return workflow, runs

    def test_who_stands_at_a_removed_step_goes_on(self):
        workflow, run = self.flow()
        self.save(workflow, lambda definition: without(definition, "day"))
        item = self.items(workflow)["day"]
        self.assertEqual((item["change"], item["people"], item["default"]), ("removed", 1, "go_on"))
        self.publish(workflow, day="go_on")
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("a", "queued"), ("day", "skipped"), ("b", "queued"), ("c", "queued"))
        self.assertEqual(self.reason(run, "day"), "step removed")
        self.assertState(run, "done")
        self.assertEqual(len(self.mails(workflow)), 3)

    def test_who_stands_at_a_removed_step_leaves_where_chosen(self):
        workflow, run = self.flow()
        self.publish(workflow, lambda definition: without(definition, "day"), day="leave")
        self.run_engine()
        self.assertState(run, "exited", "step removed")
        self.assertEqual(run.log[-1]["by"], self.marketer.name)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_history_stays_and_nobody_restarts(self):
        workflow, run = self.flow()
        first = self.step(workflow, "a")
        self.publish(workflow, lambda definition: without(definition, "a"))
        self.assertFalse(first.active)
        self.assertEqual(run.execution_ids.step_id, first)
        self.assertEqual(run.step_id.key, "day")
        self.run_engine(days=1)
        self.run_engine()
        self.assertPath(run, ("a", "queued"), ("day", "done"), ("b", "queued"), ("c", "queued"))
        new = workflow.enroll(self.person("Bob"))
        self.assertEqual(new.step_id.key, "day", "newcomers start at what is first now")

    def test_a_changed_delay_applies_to_who_waits_or_not(self):
        for value, due in (("keep", 1), ("apply", 3)):
            with self.subTest(value=value):
                workflow, run = self.flow(value)
                came = run.waiting_since

                def change(definition):
                    entry_of(definition, "day")["days"] = 3

                self.after(hours=2)
                self.save(workflow, change)
                item = self.items(workflow)["day"]
                self.assertEqual((item["people"], item["what"]), (1, ["1 day → 3 days"]))
                self.assertEqual([c["value"] for c in item["choices"]], ["keep", "apply"])
                self.publish(workflow, day=value)
                self.assertEqual((run.due_at - came).total_seconds(), due * 86400)

    def test_a_delay_made_shorter_than_they_have_waited_lets_them_go_on_now(self):
        workflow, run = self.flow()
        self.after(hours=20)

        def change(definition):
            entry_of(definition, "day").pop("days")
            entry_of(definition, "day")["hours"] = 2

        self.publish(workflow, change, day="apply")
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("a", "queued"), ("day", "done"), ("b", "queued"), ("c", "queued"))

    def test_a_changed_text_keeps_its_figures(self):
        workflow, run = self.flow()
        step = self.step(workflow, "a")
        mailing, trace = step.text_ids.mailing_id, run.execution_ids.mailing_trace_id

        def change(definition):
            entry_of(definition, "a")["texts"]["en_US"]["subject"] = "Better"

        self.save(workflow, change)
        self.assertEqual(mailing.subject, "a", "what runs is as it was")
        self.assertIn("text in English (US)", self.items(workflow)["a"]["what"])
        self.publish(workflow)
        self.assertEqual(self.step(workflow, "a"), step)
        self.assertEqual(step.text_ids.mailing_id, mailing)
        self.assertEqual((mailing.subject, mailing.mailing_trace_ids), ("Better", trace))
        self.assertEqual(step.done_count, 1)

    def test_a_new_link_has_its_tracker(self):
        workflow, _run = self.flow()

        def change(definition):
            body = '<p><a href="https://shop.example.com/lamp">Lamp</a></p>'
            entry_of(definition, "b")["texts"]["en_US"]["body_html"] = body

        self.publish(workflow, change)
        mailing = self.step(workflow, "b").text_ids.mailing_id
        links = self.env["link.tracker"].search([("mass_mailing_id", "=", mailing.id)])
        self.assertEqual(links.url, "https://shop.example.com/lamp")
        self.assertEqual(mailing.state, "done")

    def test_a_step_of_another_kind_is_a_new_one(self):
        workflow, run = self.flow()
        old = self.step(workflow, "day")

        def change(definition):
            entry = entry_of(definition, "day")
            entry.clear()
            entry.update({"key": "day", "kind": "end"})

        self.save(workflow, change)
        item = self.items(workflow)["day"]
        self.assertEqual((item["change"], item["people"]), ("added", 1))
        self.publish(workflow)
        self.assertNotEqual(self.step(workflow, "day"), old)
        self.assertFalse(old.active)
        self.run_engine()
        self.run_engine()
        self.assertState(run, "done")
        self.assertEqual(len(self.mails(workflow)), 3, "they went on with what followed")

    def test_a_step_moved_away_keeps_who_stands_there(self):
        workflow, run = self.flow()

        def change(definition):
            steps = {entry["key"]: entry for entry in definition["steps"]}
            definition["steps"] = [
                steps["a"],
                asks("where", yes=[steps["day"]], no=[steps["b"]]),
                steps["c"],
            ]

        self.publish(workflow, change)
        self.run_engine(days=1)
        self.run_engine()
        self.assertPath(run, ("a", "queued"), ("day", "done"), ("c", "queued"))

    def test_two_removed_one_after_the_other(self):
        workflow, run = self.flow()
        self.publish(workflow, lambda definition: without(definition, "b"))
        self.assertEqual(run.step_id.key, "day")
        self.publish(workflow, lambda definition: without(definition, "day"))
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("a", "queued"), ("day", "skipped"), ("c", "queued"))

    def test_who_comes_to_a_step_while_it_is_removed_goes_on_too(self):
        """A worker that had begun before moves them there."""
        workflow, run = self.flow()
        removed = self.step(workflow, "b")
        self.publish(workflow, lambda definition: without(definition, "b"))
        run.sudo().write({"step_id": removed.id, "due_at": self.now, "waiting_since": False})
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("a", "queued"), ("b", "skipped"), ("c", "queued"))
        self.assertState(run, "done")

    def test_nobody_paused_moves_before_the_resume_but_all_afterwards(self):
        workflow, run = self.flow()
        workflow.action_pause()
        self.publish(workflow, lambda definition: without(definition, "day"))
        self.assertEqual(workflow.state, "paused")
        self.run_engine(hours=1)
        self.assertEqual(len(self.mails(workflow)), 1)
        workflow.action_resume()
        self.run_engine()
        self.run_engine()
        self.assertState(run, "done")


@tagged("post_install", "-at_install", "mail_workflow")
class TestWhatRuns(PublishCase):
    def test_a_new_trigger_never_reaches_back(self):
        workflow = self.workflow([mail("a")], triggers=[{"kind": "custom", "name": "one"}])
        trigger = workflow.trigger_ids
        self.emit("custom", record=self.person("Before"), data={"name": "two"})

        def change(definition):
            definition["triggers"].append({"kind": "custom", "name": "two"})
            definition["triggers"].append({"kind": "segment", "domain": [["city", "=", "Ghent"]]})

        self.person("There already", city="Ghent")
        self.run_engine()
        self.publish(workflow, change)
        self.assertIn(trigger, workflow.trigger_ids)
        self.run_engine(minutes=5)
        self.assertFalse(self.runs(workflow))
        self.emit("custom", record=self.person("After"), data={"name": "two"})
        self.person("New there", city="Ghent")
        self.run_engine(minutes=5)
        names = self.runs(workflow).mapped("partner_id.name")
        self.assertEqual(sorted(names), ["After", "New there"])

    def test_a_trigger_that_stays_remembers_what_it_has_seen(self):
        ghent = self.person("Ghent", city="Ghent")
        segment = {"kind": "segment", "domain": [["city", "=", "Ghent"]]}
        workflow = self.workflow([mail("a")], triggers=[segment])
        self.publish(workflow, lambda definition: definition["steps"].append(mail("b")))
        self.run_engine(minutes=5)
        self.assertFalse(self.runs(workflow, ghent))

    def test_a_changed_goal_is_listened_to(self):
        workflow = self.workflow([mail("a"), wait("day", days=1), mail("b")])
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        self.publish(workflow, lambda d: d.update(goal={"kind": "custom", "name": "bought"}))
        self.emit("custom", record=ada, data={"name": "bought"})
        self.run_engine()
        self.assertState(run, "goal")

    def test_a_changed_audience_counts_from_now_on(self):
        workflow = self.workflow([mail("a"), wait("day", days=1)])
        run = workflow.enroll(self.person())
        self.save(workflow, lambda d: d.update(audience=[["city", "=", "Ghent"]]))
        self.assertEqual(self.items(workflow)[":audience"]["what"], ["– → City = Ghent"])
        self.publish(workflow)
        self.assertState(run, "active")
        self.assertFalse(workflow.enroll(self.person("Bob")))
        self.assertTrue(workflow.enroll(self.person("Cleo", city="Ghent")))

    def test_problems_keep_it_from_being_published_and_nothing_changes(self):
        workflow = self.workflow([mail("a"), wait("day", days=1)])
        before = workflow.export_definition()
        self.save(workflow, lambda d: d["steps"].append({"key": "call", "kind": "task"}))
        with self.assertRaisesRegex(ValidationError, "Step “Task”"):
            self.publish(workflow)
        self.assertEqual(workflow.export_definition(), before)
        self.assertEqual(self.flow_of(workflow)["changes"], {"count": 1})

    def test_each_publishing_is_a_revision(self):
        workflow = self.workflow([mail("a"), wait("day", days=1)])
        self.assertEqual(self.flow_of(workflow)["revision"]["number"], 1)
        for count in (2, 3):
            flow = self.publish(workflow, lambda d, n=count: entry_of(d, "day").update(days=n))
            self.assertEqual(flow["revision"]["number"], count)
            self.assertIsNone(flow["changes"])
        revisions = workflow.with_user(self.marketer).revision_ids
        self.assertEqual(revisions.mapped("number"), [3, 2, 1])
        self.assertEqual(revisions.user_id, self.marketer)
        self.assertIn('"days": 2', revisions[1].definition)
        workflow.action_pause()
        workflow.action_resume()
        self.assertEqual(len(workflow.revision_ids), 3, "nothing new was published")

    def test_a_revision_keeps_the_order_of_the_branches(self):
        branches = {
            name: {"when": {"domain": [["city", "=", name]]}, "steps": []}
            for name in ("Zurich", "Ghent", "Au")
        }
        where = {"key": "where", "kind": "condition", "branches": {**branches, "else": {}}}
        workflow = self.workflow([mail("a"), where])
        kept = workflow.revision_id.definition
        places = [kept.index(f'"{name}"') for name in ("Zurich", "Ghent", "Au", "else")]
        self.assertEqual(places, sorted(places))

    def test_of_several_records_of_one_name_it_keeps_the_one_that_was_chosen(self):
        lists = self.env["mailing.list"].create([{"name": "News"}] * 3)
        workflow = self.workflow([{"key": "on", "kind": "list"}, wait("day", days=1)], start=False)
        self.step(workflow, "on").list_add_ids = lists[1]
        workflow.action_start()
        self.publish(workflow, lambda d: entry_of(d, "day").update(days=2))
        self.assertEqual(self.step(workflow, "on").list_add_ids, lists[1])
        flow = workflow.with_user(self.marketer).begin_draft()
        row = self.env["mail.workflow.step"].browse(flow["cards"]["on"]["step_id"])
        self.assertEqual(row.list_add_ids, lists[1])

    def test_publishing_twice_has_nothing_to_publish(self):
        workflow = self.workflow([mail("a"), wait("day", days=1)])
        self.publish(workflow, lambda d: entry_of(d, "day").update(days=2))
        with self.assertRaisesRegex(UserError, "nothing to publish"):
            workflow.publish_draft({}, workflow.version)

    def test_what_was_not_shown_is_not_published(self):
        workflow = self.workflow([mail("a"), wait("day", days=1)])
        self.save(workflow, lambda d: entry_of(d, "day").update(days=2))
        version = workflow.get_changes()["version"]
        self.save(workflow, lambda d: entry_of(d, "day").update(days=200))
        with self.assertRaises(DraftConflictError):
            workflow.with_user(self.marketer).publish_draft({}, version)

    def test_published_and_saved_again_from_before_is_a_conflict(self):
        workflow = self.workflow([mail("a"), wait("day", days=1)])
        flow = self.save(workflow, lambda d: entry_of(d, "day").update(days=2))
        self.publish(workflow)
        with self.assertRaises(DraftConflictError):
            self.save(workflow, lambda d: without(d, "day"), flow=flow)


@tagged("post_install", "-at_install", "mail_workflow")
class TestWhoPublishes(PublishCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = f"base.group_user,{WORKFLOW_GROUP}"
        cls.bea = new_test_user(cls.env, "bea", groups, name="Bea")
        cls.manager = new_test_user(cls.env, "boss", f"base.group_user,{MANAGER_GROUP}")

    def flow(self):
        workflow = self.workflow([mail("a"), wait("day", days=1)], start=False)
        workflow.user_id = False
        workflow.action_start()
        return workflow

    def change(self, definition):
        entry_of(definition, "day")["days"] = 2

    def test_it_runs_as_who_published_it(self):
        workflow = self.flow()
        self.publish(workflow, self.change, self.bea)
        self.assertEqual(workflow.run_as_id, self.bea)
        self.assertEqual(workflow.revision_id.user_id, self.bea)

    def test_a_manager_lets_it_run_as_whom_was_named(self):
        workflow = self.flow()
        self.publish(workflow, self.change, self.manager)
        self.assertEqual(workflow.run_as_id, self.marketer)

    def test_who_may_not_do_what_it_does_may_not_publish_it(self):
        code = self.env["ir.actions.server"].create(
            {
                "name": "Mark",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": "pass",
            }
        )
        workflow = self.flow()

        def change(definition):
            step = {"key": "run", "kind": "server_action", "action": code.name}
            definition["steps"].append(step)

        self.save(workflow, change, self.env.ref("base.user_admin"))
        with self.assertRaisesRegex(UserError, "administrator"):
            self.publish(workflow)

    def test_a_revision_is_read_only(self):
        workflow = self.flow()
        revision = workflow.revision_id.with_user(self.marketer)
        for act in (
            lambda: revision.write({"definition": "{}"}),
            revision.unlink,
            lambda: revision.create({"workflow_id": workflow.id, "number": 9}),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_others_see_no_revision(self):
        workflow = self.flow()
        rep = new_test_user(self.env, "rep", "base.group_user,sales_team.group_sale_salesman")
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            f"base.group_user,{WORKFLOW_GROUP}",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        for user in (rep, stranger):
            with self.assertRaises(AccessError):
                workflow.revision_id.with_user(user).read(["definition"])
