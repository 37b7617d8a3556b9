"""The screens: what a Workflow user sees and does in a browser, and where a step goes."""

from odoo.tests import Form, tagged

from .common import WorkflowCase, mail, wait
from .page_common import LIST, PageCase

RUNS = "/odoo/action-mail_workflow_automation.mail_workflow_enrollment_action"
TWO_STEPS = [mail("remind", "Your cart waits"), wait("day", days=1)]
ASK = [{"name": "yes", "domain": [["color", "=", 2]]}, {"name": "no"}]
CART_PAGE = "/odoo/action-sale.action_quotations_with_onboarding"


@tagged("post_install", "-at_install", "mail_workflow")
class TestTours(PageCase):
    """A marketer with no right but Workflow user, in a real browser, on the real clock."""

    def test_recipe_is_started_paused_resumed_and_stopped(self):
        self.tour(LIST, "mail_workflow_life")
        workflow = self.env["mail.workflow"].search([], order="id desc", limit=1)
        self.assertEqual(workflow.state, "stopped")
        self.assertEqual(workflow.run_as_id, self.marketer)
        self.assertEqual(workflow.step_ids.filtered(lambda s: s.kind == "wait").wait_count, 48)
        self.assertEqual(set(workflow.enrollment_ids.mapped("exit_reason")), {"workflow stopped"})
        self.assertEqual(len(workflow.enrollment_ids), 2)

    def test_mail_step_is_added_at_the_end_and_designed(self):
        workflow = self.draft(name="Two steps", steps=TWO_STEPS)
        self.tour(f"{LIST}/{workflow.id}", "mail_workflow_new_step")
        self.assertEqual(workflow.step_ids.sorted("sequence")[-1].name, "Offer help")

    def test_runs_are_taken_out_in_bulk(self):
        workflow = self.started()
        self.assertEqual(workflow.enrollment_ids.mapped("state"), ["active", "active"])
        self.tour(RUNS, "mail_workflow_take_out")
        self.assertEqual(workflow.enrollment_ids.mapped("state"), ["exited", "exited"])

    def test_order_leads_to_the_mails_and_runs_of_its_person(self):
        workflow = self.started()
        self.tour(f"{CART_PAGE}/{self.carts[0].id}", "mail_workflow_person")
        states = {run.res_id: run.state for run in workflow.enrollment_ids}
        self.assertEqual(states, {self.carts[0].id: "exited", self.carts[1].id: "active"})
        blocked = self.env["mail.blacklist"].search([]).mapped("email")
        self.assertEqual(blocked, ["ada@customer.example.com"])


@tagged("post_install", "-at_install", "mail_workflow")
class TestPlaceOfSteps(WorkflowCase):
    def setUp(self):
        super().setUp()
        self.draft = self.workflow([mail("one"), wait("day", days=1), mail("two")], start=False)

    def _order(self, workflow=None):
        return [
            (step.key, step.depth) for step in (workflow or self.draft).step_ids.sorted("sequence")
        ]

    def _step(self, key):
        return self.draft.step_ids.filtered(lambda step: step.key == key)

    def _form(self, workflow=None):
        workflow = workflow or self.draft
        steps = self.env["mail.workflow.step"].with_user(self.marketer)
        return Form(steps.with_context(default_workflow_id=workflow.id))

    def _add(self, key, workflow=None, **values):
        with self._form(workflow) as form:
            form.kind = values.pop("kind", "wait")
            for name, value in values.items():
                form[name] = value
        form.record.key = key
        return form.record

    def test_new_step_comes_last(self):
        self._add("new")
        self.assertEqual(self._order(), [("one", 0), ("day", 0), ("two", 0), ("new", 0)])

    def test_new_step_comes_before_the_end(self):
        workflow = self.workflow([mail("one"), {"key": "fin", "kind": "end"}], start=False)
        self._add("new", workflow)
        self.assertEqual(self._order(workflow), [("one", 0), ("new", 0), ("fin", 0)])

    def test_new_step_in_between_pushes_the_rest_back(self):
        self._add("new", parent_id=self._step("one"))
        self.assertEqual(self._order(), [("one", 0), ("new", 0), ("day", 0), ("two", 0)])
        self.assertEqual(self.draft.lint(), [])

    def test_new_step_at_the_start_pushes_all_back(self):
        self._add("new", parent_id=self.env["mail.workflow.step"])
        self.assertEqual(self._order(), [("new", 0), ("one", 0), ("day", 0), ("two", 0)])

    def test_new_step_in_a_branch_stands_in_it(self):
        condition = self._add(
            "asks",
            kind="condition",
            condition_branches=ASK,
            parent_id=self._step("one"),
        )
        self._add("new", parent_id=condition, parent_branch="yes")
        self.assertEqual(
            self._order(), [("one", 0), ("asks", 0), ("new", 1), ("day", 0), ("two", 0)]
        )

    def test_branch_is_chosen_among_those_of_the_step_before(self):
        condition = self._add("asks", kind="condition", condition_branches=ASK)
        form = self._form()
        self.assertEqual(form.parent_id, condition)
        self.assertTrue(form.has_branch_choices)
        form.parent_branch = "yes"
        form.parent_id = self._step("one")
        self.assertEqual(form.parent_branch, "then")
        child = self._add("new", parent_id=condition, parent_branch="yes")
        self.assertEqual([key for key, _label in child.branch_choices], ["yes", "no", "then"])

    def test_moved_step_leaves_the_others_in_order(self):
        self._step("one").write({"parent_id": self._step("two").id})
        self.assertEqual(self._order(), [("day", 0), ("two", 0), ("one", 0)])
        self._step("one").write({"parent_id": self._step("day").id})
        self.assertEqual(self._order(), [("day", 0), ("one", 0), ("two", 0)])

    def test_removed_step_closes_the_gap(self):
        self._step("day").action_remove()
        self.assertEqual(self._order(), [("one", 0), ("two", 0)])

    def test_removed_step_lets_its_people_go_on_or_leave_as_chosen(self):
        for action, state in (("action_remove", "done"), ("action_remove_people_leave", "exited")):
            workflow = self.workflow([wait("day", days=1), mail("two")])
            run = workflow.enroll(self.person(state.title()))
            self.run_engine()
            workflow.action_pause()
            getattr(workflow.step_ids.filtered(lambda step: step.key == "day"), action)()
            workflow.action_resume()
            self.run_engine(minutes=1)
            self.assertEqual(run.state, state)


@tagged("post_install", "-at_install", "mail_workflow")
class TestForms(WorkflowCase):
    def test_segment_of_a_new_workflow_is_asked_on_its_model(self):
        with Form(self.env["mail.workflow"].with_user(self.marketer)) as form:
            form.name = "From scratch"
            form.model_id = self.env["ir.model"]._get("crm.lead")
            with form.trigger_ids.new() as trigger:
                trigger.kind = "segment"
                self.assertEqual(trigger.model_name, "crm.lead")
                trigger.segment_domain = "[('type', '=', 'opportunity')]"
        self.assertEqual(form.record.trigger_ids.segment_domain, "[('type', '=', 'opportunity')]")

    def test_start_asks_about_those_who_match_already(self):
        workflow = self.cart_workflow()
        workflow.action_stop()
        self.cart(self.person())
        self.after(hours=30)
        action = workflow.with_user(self.marketer).action_open_start()
        wizard = self.env[action["res_model"]].with_user(self.marketer)
        with Form(wizard.with_context(**action["context"])) as form:
            self.assertEqual(form.existing_count, 1)
            self.assertEqual(form.include_existing, "new")
        form.record.action_start()
        self.run_engine(hours=1)
        self.assertFalse(self.runs(workflow))


@tagged("post_install", "-at_install", "mail_workflow")
class TestWords(WorkflowCase):
    def test_waits_and_conditions_read_as_words(self):
        clicked = {"kind": "email_clicked", "filters": {"step": "remind"}}
        workflow = self.workflow(
            [
                mail("remind", name="First reminder"),
                wait("days", until_time="09:00", weekdays=["mon", "fri"]),
                wait("date", until_field="create_date", offset_days=-3),
                wait("click", hours=72, events=[{**clicked, "branch": "clicked"}]),
                {"key": "big", "kind": "condition", "domain": [["color", ">", 2]]},
            ],
            goal={"kind": "order_confirmed", "window_days": 7, "same_record": True},
            exits=[{"kind": "email_unsubscribed"}],
            start=False,
        )
        summaries = dict(workflow.step_ids.mapped(lambda step: (step.key, step.summary)))
        self.assertEqual(summaries["days"], "Mon, Fri 09:00")
        self.assertEqual(summaries["date"], "3 days before Created on")
        self.assertIn("mail “First reminder”", summaries["click"])
        self.assertIn("Yes: Color Index > 2", summaries["big"])
        self.assertIn("up to 7 days after the entry, same record", workflow.goal_details)
        self.assertTrue(workflow.exit_details)

    def test_one_is_singular_and_related_fields_have_their_labels(self):
        rule = [["partner_id.country_id.code", "=", "BE"]]
        workflow = self.cart_workflow(
            [
                wait("day", days=1),
                wait("days", hours=1.5),
                wait("date", until_field="create_date", offset_days=1),
                {"key": "where", "kind": "condition", "domain": rule},
            ],
            triggers=[{"kind": "cart_abandoned", "hours": 1}],
            goal={"kind": "order_confirmed", "window_days": 1},
            start=False,
        )
        summaries = dict(workflow.step_ids.mapped(lambda step: (step.key, step.summary)))
        self.assertEqual(summaries["day"], "1 day")
        self.assertEqual(summaries["days"], "1.5 hours")
        self.assertTrue(summaries["date"].startswith("1 day after"))
        self.assertIn("Customer › Country › Country Code = BE", summaries["where"])
        self.assertEqual(workflow.trigger_ids.summary, "Cart untouched for 1 hour")
        self.assertIn("up to 1 day after the entry", workflow.goal_details)

    def test_rules_say_what_they_compare_with_as_people_know_it(self):
        seller = self.env.user
        rules = {
            "seller": [["user_id", "in", [seller.id]]],
            "open": [["user_id", "not in", []]],
            "quote": [["state", "=", "draft"]],
            "below": [["partner_id", "child_of", [seller.partner_id.id]]],
            "lines": [["order_line", "any", [["price_total", ">", 5]]]],
            "gone": [["user_id", "in", [0, 99999]]],
            "big": [["amount_total", ">", 100]],
        }
        workflow = self.cart_workflow(
            [{"key": key, "kind": "condition", "domain": rule} for key, rule in rules.items()],
            start=False,
        ).with_user(self.marketer)
        summaries = dict(workflow.step_ids.mapped(lambda step: (step.key, step.summary)))
        self.assertIn(f"Salesperson = {seller.name}", summaries["seller"])
        self.assertIn("Salesperson ≠ ?", summaries["open"])
        self.assertIn("Status = Quotation", summaries["quote"])
        self.assertIn(f"Customer child_of {seller.partner_id.name}", summaries["below"])
        self.assertIn("Order Lines any", summaries["lines"])
        self.assertIn("Salesperson = 0, 99999", summaries["gone"])
        self.assertIn("Total > 100", summaries["big"])

    def test_person_is_known_by_all_their_records(self):
        workflow = self.cart_workflow()
        ada = self.person(phone="1")
        cart = self.cart(ada)
        lead = self.env["crm.lead"].create({"name": "Desk", "partner_id": ada.id})
        self.run_engine(hours=25)
        for record in (ada, cart, lead):
            seen = record.with_user(self.marketer)
            self.assertEqual((seen.workflow_run_count, seen.workflow_mail_count), (1, 1))
            action = seen.action_view_workflow_mails()
            traces = self.env["mailing.trace"].with_user(self.marketer).search(action["domain"])
            self.assertEqual(traces.workflow_id, workflow)
        traces.action_workflow_take_out()
        self.assertState(self.runs(workflow), "exited", "taken out")


@tagged("post_install", "-at_install", "mail_workflow")
class TestRecipeMails(WorkflowCase):
    def _mail_of(self, partner):
        recipes = self.env["mail.workflow"].with_user(self.marketer)
        workflow = recipes.create_from_recipe("abandoned_cart")
        workflow.action_start()
        self.cart(partner, product=self.product, quantity=2)
        self.run_engine(hours=25)
        return self.mails(workflow)

    def test_cart_mail_shows_the_cart_in_the_language_of_its_reader(self):
        found = self._mail_of(self.person("Camille", lang="fr_FR"))
        body = str(found.body_html)
        self.assertIn("Bonjour Camille,", body)
        self.assertIn("Quantité", body)
        self.assertIn("Desk lamp", body)
        self.assertIn(f"/web/image/product.product/{self.product.id}/image_128", body)
        self.assertIn("/workflow/cart/", body)
        self.assertNotIn("data-mwa-block", body)
        self.assertLess(len(body.encode()), 100_000)

    def test_reader_without_a_name_is_greeted(self):
        partner = self.person("x@customer.example.com", email="x@customer.example.com")
        self.assertIn("Hello there,", str(self._mail_of(partner).body_html))

    def test_recipe_has_a_text_for_the_designer_in_each_language(self):
        recipes = self.env["mail.workflow"].with_user(self.marketer)
        workflow = recipes.create_from_recipe("abandoned_cart")
        for step in workflow.step_ids.filtered(lambda one: one.kind == "email"):
            self.assertEqual(set(step.text_ids.mapped("lang")), {"en_US", "fr_FR"})
            self.assertEqual(len(set(step.text_ids.mapped("body_html"))), 2)
            for text in step.text_ids:
                self.assertIn("o_mail_wrapper_td", text.mailing_id.body_arch)
                self.assertNotIn("o_mail_wrapper_td", text.mailing_id.body_html)
