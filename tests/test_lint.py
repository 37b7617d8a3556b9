"""Problems at the start, all at once; and what happens when rights go while a workflow runs."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import MANAGER_GROUP, WorkflowCase, mail, wait


@tagged("post_install", "-at_install", "mail_workflow")
class TestStart(WorkflowCase):
    def start_error(self, workflow):
        with self.assertRaises(UserError) as caught:
            workflow.action_start()
        self.assertEqual(workflow.state, "draft")
        return str(caught.exception)

    def test_all_problems_are_said_at_once(self):
        workflow = self.workflow(
            [
                {"key": "empty", "kind": "email", "name": "Nothing to say"},
                {"key": "task", "kind": "task", "name": "Nobody's task"},
                {"key": "mark", "kind": "tag", "name": "No tag"},
                {"key": "jump", "kind": "goto", "name": "Nowhere"},
                wait("never", hours=0, name="No time"),
            ],
            start=False,
            triggers=[{"kind": "cart_abandoned", "hours": 0}],
        )
        error = self.start_error(workflow)
        for fragment in (
            "“Nothing to say”: the mail has no text",
            "“Nobody's task”: choose who gets it",
            "“No tag”: choose a tag",
            "“Nowhere”: choose the step to go to",
            "“No time”: the time to wait must be more than zero",
            "a cart can only come into a workflow on Sales Orders",
            "the hours must be more than zero",
        ):
            self.assertIn(fragment, error)
        self.assertEqual(workflow.problem_count, len(workflow.lint()))

    def test_problems_are_data_with_the_step_they_are_about(self):
        workflow = self.workflow([{"key": "mark", "kind": "tag"}], start=False)
        self.assertEqual(
            [(p["path"], p["step_id"]) for p in workflow.lint()], [("mark", workflow.step_ids.id)]
        )

    def test_a_workflow_without_trigger_or_step_is_told_so(self):
        workflow = self.workflow([], start=False, triggers=[])
        error = self.start_error(workflow)
        self.assertIn("Nobody comes in", error)
        self.assertIn("Nothing happens", error)

    def test_a_problem_names_the_way_out_in_the_words_of_the_screen(self):
        workflow = self.workflow(
            [mail("a", body="")],
            start=False,
            exits=[{"kind": "email_clicked", "filters": {"step": "gone"}}],
        )
        error = self.start_error(workflow)
        for fragment in (
            "the text in English (US) is empty: write it with “Design”",
            "Also left when: Link in a mail clicked: there is no mail step",
        ):
            self.assertIn(fragment, error)

    def test_a_filter_on_a_step_that_is_not_there(self):
        workflow = self.workflow(
            [mail("a")], start=False, goal={"kind": "email_clicked", "filters": {"step": "gone"}}
        )
        self.assertIn("there is no mail step “gone”", self.start_error(workflow))

    def test_nonsense_written_past_the_screens_is_a_problem_not_a_crash(self):
        workflow = self.workflow([mail("a"), wait("w", days=1)], start=False)
        for values in (
            {"exit_events": [{"kind": "nonsense"}]},
            {"exit_events": [{"kind": "email_clicked", "filters": {"link": 5}}]},
        ):
            with self.subTest(values=values), self.env.cr.savepoint() as savepoint:
                workflow.write(values)
                self.assertTrue(workflow.lint())
                savepoint.rollback()
            self.env.invalidate_all()
        for values in (
            {"exit_events": "nonsense"},
            {"exit_events": [5]},
            {"goal_kind": "email_clicked", "goal_filters": [1]},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                with self.env.cr.savepoint():
                    workflow.write(values)
            self.env.invalidate_all()
        step = workflow.step_ids.filtered(lambda one: one.kind == "wait")
        for events in ("nonsense", [5], [{"kind": "email_clicked"}], [{"branch": "a"}]):
            with self.subTest(events=events), self.assertRaises(UserError):
                with self.env.cr.savepoint():
                    step.write({"wait_mode": "events", "wait_events": events})
            self.env.invalidate_all()
        trigger = workflow.trigger_ids
        for filters in ("nonsense", [5]):
            with self.subTest(filters=filters), self.assertRaises(UserError):
                with self.env.cr.savepoint():
                    trigger.write({"kind": "email_clicked", "filters": filters})
            self.env.invalidate_all()


@tagged("post_install", "-at_install", "mail_workflow")
class TestRights(WorkflowCase):
    def setUp(self):
        super().setUp()
        self.manager = new_test_user(
            self.env, login="boss", groups=f"base.group_user,{MANAGER_GROUP}", email="b@x.example"
        )
        self.employee = new_test_user(self.env, login="employee", groups="base.group_user")
        self.tag = self.env["res.partner.category"].create({"name": "Cold"})

    def test_rights_the_publisher_lacks_are_named_at_start(self):
        workflow = self.workflow(
            [mail("a"), {"key": "mark", "kind": "tag", "add": ["Cold"]}],
            user=self.manager,
            start=False,
            triggers=[{"kind": "list_subscribed"}],
        )
        workflow.run_as_id = self.employee
        with self.assertRaises(UserError) as caught:
            workflow.action_start()
        name = self.employee.name
        self.assertIn(f"{name} may not change contacts", str(caught.exception))
        self.assertIn(f"{name} may not send mailings", str(caught.exception))
        self.assertIn(f"{name} may not create contacts", str(caught.exception))
        self.assertEqual(workflow.state, "draft")

    def test_reading_the_records_is_a_right_too(self):
        workflow = self.cart_workflow(user=self.manager, start=False)
        workflow.run_as_id = self.employee
        problems = " ".join(problem["message"] for problem in workflow.lint())
        self.assertIn(f"{self.employee.name} may not read", problems)

    def test_fields_the_publisher_may_not_see_are_named(self):
        workflow = self.workflow(
            [{"key": "c", "kind": "condition", "domain": [["signup_type", "=", "x"]]}],
            user=self.env.user,
            start=False,
            audience=[["signup_type", "!=", "y"]],
        )
        workflow.user_id = False
        problems = workflow.with_user(self.marketer).lint()
        self.assertEqual([problem["path"] for problem in problems], ["audience", "c"])

    def test_another_companys_user_cannot_run_it(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups=f"base.group_user,{MANAGER_GROUP}",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        workflow = self.workflow([mail("a")], user=self.manager, start=False)
        workflow.run_as_id = stranger
        problems = " ".join(problem["message"] for problem in workflow.lint())
        self.assertIn("stranger", problems)
        self.assertIn(self.env.company.name, problems)

    def test_only_a_manager_names_as_whom_it_runs(self):
        workflow = self.workflow([mail("a")], start=False)
        with self.assertRaises(AccessError):
            workflow.run_as_id = self.manager
        workflow.with_user(self.manager).run_as_id = self.manager
        workflow.invalidate_recordset()
        workflow.action_start()
        self.assertEqual(workflow.run_as_id, self.marketer, "who starts it lends the rights")

    def test_only_a_manager_makes_it_operational(self):
        workflow = self.workflow([mail("a")], start=False)
        with self.assertRaises(AccessError):
            workflow.purpose = "operational"
        workflow.with_user(self.manager).purpose = "operational"

    def started(self, steps=None, **values):
        workflow = self.workflow(steps or [mail("a"), wait("day", days=1), mail("b")], **values)
        run = workflow.enroll(self.person())
        self.run_engine()
        return workflow, run

    def notes_to(self, user):
        return self.env["mail.message"].search(
            [("notified_partner_ids", "in", user.partner_id.ids), ("subject", "ilike", "paused")]
        )

    def test_an_archived_user_pauses_the_workflow_and_everybody_keeps_their_place(self):
        workflow, run = self.started()
        workflow, run = workflow.sudo(), run.sudo()
        workflow.user_id = self.manager
        self.marketer.sudo().active = False
        self.run_engine(days=1)
        self.assertEqual(workflow.state, "paused")
        self.assertState(run, "active")
        self.assertEqual(run.step_id.key, "day")
        self.assertEqual(len(self.notes_to(self.manager)), 1)
        self.run_engine(days=1)
        self.assertEqual(len(self.notes_to(self.manager)), 1, "told once")
        workflow = workflow.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "archived"):
            workflow.action_resume()
        workflow.run_as_id = self.manager
        workflow.lateness_hours = 0
        workflow.action_resume()
        self.run_engine()
        self.assertState(run, "done")
        self.assertEqual(len(self.mails(workflow)), 2)

    def test_a_lost_right_pauses_the_workflow(self):
        steps = [wait("day", days=1), {"key": "mark", "kind": "tag", "add": ["Cold"]}]
        workflow, run = self.started(steps)
        groups = self.env["res.groups"]
        for xmlid in (
            "mail_workflow_automation.mail_workflow_group_user",
            "base.group_partner_manager",
            "sales_team.group_sale_salesman_all_leads",
            "sales_team.group_sale_salesman",
            "mass_mailing.group_mass_mailing_user",
        ):
            groups |= self.env.ref(xmlid)
        self.marketer.sudo().write({"group_ids": [(3, group.id) for group in groups]})
        self.run_engine(days=1)
        self.assertEqual(workflow.sudo().state, "paused")
        self.assertState(run.sudo(), "active")
        note = workflow.sudo().message_ids.filtered(lambda m: "Paused" in (m.body or ""))
        self.assertIn("may not change contacts", note.body)

    def test_nobody_comes_in_through_a_user_who_is_gone(self):
        workflow = self.workflow([mail("a")], triggers=[{"kind": "contact_created"}])
        self.marketer.sudo().active = False
        self.person()
        self.run_engine()
        self.assertFalse(self.runs(workflow))
        self.assertEqual(workflow.sudo().state, "paused")

    def test_who_resumes_what_was_paused_lends_the_rights(self):
        workflow = self.workflow([mail("a")], user=self.manager)
        workflow.user_id = False
        mine = workflow.with_user(self.marketer)
        mine.action_pause()
        mine.step_ids.create({"workflow_id": workflow.id, "kind": "end"})
        mine.action_resume()
        self.assertEqual(workflow.run_as_id, self.marketer)

    def test_a_user_does_not_resume_an_operational_workflow(self):
        workflow = self.workflow([mail("a")], user=self.manager, purpose="operational")
        workflow.user_id = False
        mine = workflow.with_user(self.marketer)
        mine.action_pause()
        with self.assertRaises(AccessError):
            mine.action_resume()

    def test_who_cannot_work_on_the_records_gets_no_task(self):
        workflow = self.cart_workflow(
            [{"key": "call", "kind": "task", "user": "employee", "summary": "Call"}], start=False
        )
        problems = " ".join(problem["message"] for problem in workflow.lint())
        self.assertIn(self.employee.name, problems)
        with self.assertRaises(UserError):
            workflow.action_start()
