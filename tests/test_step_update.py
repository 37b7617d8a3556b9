"""Update: fields of the record or its contact, type-checked, as the user it runs as."""

from datetime import date

from odoo.tests import Form, new_test_user, tagged

from odoo.addons.mail_workflow_automation.exceptions import DefinitionError

from .common import WorkflowCase, wait


@tagged("post_install", "-at_install", "mail_workflow")
class TestUpdate(WorkflowCase):
    def step(self, *entries, **values):
        return {"key": "change", "kind": "update", "set": list(entries), **values}

    def updated(self, record, *entries, **values):
        """Let a workflow set fields of a record; return the workflow."""
        model = values.pop("model", record._name)
        workflow = self.workflow([self.step(*entries, **values)], model=model)
        workflow.enroll(record)
        self.run_engine()
        self.assertFalse(self.runs(workflow).execution_ids.filtered("error"))
        return workflow

    def problems(self, *entries, model="res.partner", **values):
        workflow = self.workflow([self.step(*entries, **values)], start=False, model=model)
        return workflow.problems

    def test_each_type_of_field_is_set(self):
        lead = self.env["crm.lead"].create({"name": "Deal", "email_from": "a@x.example.com"})
        self.env["crm.tag"].create([{"name": "Hot"}, {"name": "Old"}])
        lead.tag_ids = self.env["crm.tag"].search([("name", "=", "Old")])
        self.updated(
            lead,
            {"field": "user_id", "value": "marketer"},
            {"field": "priority", "value": "2"},
            {"field": "expected_revenue", "value": 99.5},
            {"field": "date_deadline", "in_days": 10},
            {"field": "city", "value": "Ghent"},
            {"field": "tag_ids", "add": ["Hot"]},
        )
        self.assertEqual((lead.user_id, lead.priority), (self.marketer, "2"))
        self.assertEqual((lead.expected_revenue, lead.city), (99.5, "Ghent"))
        self.assertEqual(lead.date_deadline, date(2026, 3, 12))
        self.assertEqual(lead.tag_ids.mapped("name"), ["Hot", "Old"])
        self.assertEqual(lead.write_uid, self.marketer)

    def test_the_contact_of_an_order_gets_what_the_order_holds(self):
        ada = self.person(ref="old")
        cart = self.cart(ada, client_order_ref="Lamp 7")
        self.updated(
            cart,
            {"field": "ref", "from": "client_order_ref"},
            {"field": "user_id", "from": "user_id"},
            {"field": "function", "value": None},
            on="contact",
        )
        self.assertEqual((ada.ref, ada.user_id, ada.function), ("Lamp 7", cart.user_id, False))

    def test_who_get_the_same_are_written_at_once(self):
        people = self.people(10)
        people[:5].city = "Ghent"
        people[5:].city = "Liège"
        writes = []
        original = type(self.env["res.partner"]).write

        def counted(records, vals):
            if "function" in vals:
                writes.append((len(records), vals["function"]))
            return original(records, vals)

        workflow = self.workflow([self.step({"field": "function", "from": "city"})])
        workflow.enroll(people)
        self.patch(type(self.env["res.partner"]), "write", counted)
        self.run_engine()
        self.assertEqual(sorted(writes), [(5, "Ghent"), (5, "Liège")])

    def test_a_run_without_a_contact_is_skipped(self):
        contact = self.env["mailing.contact"].create({"name": "Eve", "email": "eve@x.example.com"})
        workflow = self.workflow(
            [self.step({"field": "city", "value": "Ghent"}, on="contact")],
            model="mailing.contact",
        )
        workflow.enroll(contact)
        self.run_engine()
        self.assertEqual(self.reason(self.runs(workflow), "change"), "no contact to change")

    def test_wrong_values_are_problems_before_the_start(self):
        for entry, problem in (
            ({"field": "gone", "value": 1}, "is no field"),
            ({"field": "email_normalized", "value": "x"}, "is no field"),
            ({"field": "create_date", "value": "2026-01-01"}, "is no field"),
            ({"field": "child_ids", "value": "x"}, "is no field"),
            ({"field": "image_1920", "value": "x"}, "is no field"),
            ({"field": "user_id", "value": "nobody-there"}, "there is no User"),
            ({"field": "partner_latitude", "value": "north"}, "must be a number"),
            ({"field": "active", "value": "perhaps"}, "must be true or false"),
            ({"field": "type", "value": "castle"}, "is not one of"),
            ({"field": "city", "in_days": 3}, "it is no date"),
            ({"field": "city", "from": "user_id"}, "does not fit"),
            ({"field": "city", "from": "child_ids.city"}, "does not fit"),
            ({"field": "country_id", "from": "state_id"}, "does not fit"),
            ({"field": "category_id", "value": "Cold"}, "what is to be added"),
            ({"field": "city", "add": ["x"]}, "only to tags"),
        ):
            with self.subTest(entry=entry):
                self.assertIn(problem, self.problems(entry) or "")

    def test_the_state_of_an_order_is_not_set_past_its_buttons(self):
        found = self.problems({"field": "state", "value": "sale"}, model="sale.order")
        self.assertIn("is no field", found)

    def test_a_malformed_entry_is_refused_by_its_path(self):
        for entry, path in (
            ("city", "steps[0].set[0]: must be an object"),
            ({"field": "city"}, "steps[0].set[0]: say what it gets"),
            ({"field": "city", "value": "x", "from": "name"}, "steps[0].set[0]: say what"),
            ({"value": "x"}, "steps[0].set[0].field"),
            ({"field": "city", "value": {"a": 1}}, "steps[0].set[0].value"),
            ({"field": "city", "in_days": "x"}, "steps[0].set[0].in_days"),
        ):
            with self.subTest(entry=entry), self.assertRaises(DefinitionError) as caught:
                self.workflow([self.step(entry)], start=False)
            self.assertIn(path, str(caught.exception))

    def test_a_record_that_is_gone_is_a_dead_step_and_nothing_is_written(self):
        user = new_test_user(self.env, login="leaving", groups="base.group_user")
        workflow = self.workflow(
            [
                self.step(
                    {"field": "city", "value": "Ghent"}, {"field": "user_id", "value": "leaving"}
                )
            ]
        )
        ada = self.person()
        workflow.enroll(ada)
        user.login = "left"
        self.run_engine()
        run = self.runs(workflow)
        self.assertState(run, "failed")
        self.assertIn("leaving", self.reason(run, "change"))
        self.assertFalse(ada.city)

    def test_a_field_for_others_is_refused_at_the_start(self):
        model = type(self.env["res.partner"])
        self.patch(model._fields["ref"], "groups", "base.group_system")
        found = self.problems({"field": "ref", "value": "x"})
        self.assertIn("marketer", found)
        self.assertIn("may not change “ref”", found)

    def test_the_form_offers_what_can_be_set_by_its_type(self):
        country = self.env.ref("base.be")
        tag = self.env["res.partner.category"].create({"name": "Form tag"})
        workflow = self.workflow([wait("day", days=1)], start=False)
        steps = self.env["mail.workflow.step"].with_user(self.marketer)
        view = "mail_workflow_automation.mail_workflow_step_view_form"
        entries = [
            {"field": "city", "value": "Ghent"},
            {"field": "country_id", "value": "base.be"},
            {"field": "category_id", "add": ["Form tag"]},
        ]
        with Form(steps.with_context(default_workflow_id=workflow.id), view) as form:
            form.kind = "update"
            form.update_values = entries
        step = workflow.step_ids.filtered(lambda one: one.kind == "update")
        types = {one["name"]: one["type"] for one in step.update_fields}
        self.assertEqual(types["city"], "text")
        self.assertEqual(types["country_id"], "record")
        self.assertEqual(types["category_id"], "records")
        self.assertEqual(types["active"], "boolean")
        self.assertNotIn("display_name", types)
        self.assertEqual(step.update_values, entries)
        self.assertEqual(step.update_labels["country_id"], {"base.be": country.name})
        self.assertIn(f": {country.name}", step.summary)
        self.assertIn(["Form tag", "Form tag"], steps.find_value_records(tag._name, "Form t"))
        self.assertIn(
            ["base.be", country.name], steps.find_value_records("res.country", country.name)
        )
