"""Any record of any model: created, or a field of it changed."""

from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import WORKFLOW_GROUP, mail, wait
from .event_common import EventCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestRecordChanged(EventCase):
    def changed(self, model="res.partner", on="changed", **filters):
        return self.listening("record_changed", model, model=model, on=on, **filters)

    def test_nothing_is_noted_where_nobody_watches(self):
        watched = self.env["mail.workflow.trigger.record_changed"]
        ada = self.person()
        self.assertEqual(watched._watched(), {})
        ada.city = "Berlin"
        self.assertFalse(self.noted("record_changed"))
        self.changed(field="city")
        self.assertEqual(watched._watched(), {"res.partner": (False, {"city"})})
        ada.street = "Main street"
        self.person("Bob")
        self.assertFalse(self.noted("record_changed"))

    def test_watching_costs_a_write_of_other_fields_no_query(self):
        people = self.people(10)
        people.write({"street": "before"})
        self.env.flush_all()

        def cost(street):
            before = self.env.cr.sql_log_count
            people.write({"street": street})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        unwatched = cost("one")
        self.changed(field="city")
        cost("two")
        self.assertEqual(cost("three"), unwatched)

    def test_a_created_record(self):
        made = self.changed(on="created")
        changed = self.changed(field="city")
        self.person("Ada", city="Berlin")
        self.assertEqual(self.came_in(made, changed), [1, 0])

    def test_from_and_to(self):
        to_berlin = self.changed(field="city", to="Berlin")
        from_rome = self.changed(field="city", **{"from": "Rome"})
        both = self.changed(field="city", **{"from": "Rome", "to": "Berlin"})
        ada, bob = self.person("Ada", city="Rome"), self.person("Bob")
        self.run_engine()
        (ada + bob).write({"city": "Berlin"})
        self.assertEqual(self.came_in(to_berlin, from_rome, both), [2, 1, 1])

    def test_what_cannot_be_noted_does_not_stop_who_works(self):
        self.changed(field="city")
        ada = self.person()
        self.env.cr.flush()
        logger = "odoo.addons.mail_workflow_automation.models.triggers.record_changed"
        with self.failing("mail.workflow.trigger.record_changed", "_text", ZeroDivisionError):
            with mute_logger(logger):
                ada.city = "Berlin"
                self.env.cr.flush()
        self.assertEqual(ada.city, "Berlin")
        self.assertFalse(self.noted("record_changed"))

    def test_a_translated_name_is_compared_with_itself(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        watch = {"model": "product.template", "on": "changed", "field": "name"}
        changed = self.workflow(
            [wait("day", days=1)],
            model="product.template",
            triggers=[{"kind": "record_changed", "filters": watch}],
        )
        lamp = self.env["product.template"].create({"name": "Lamp"}).with_context(lang="fr_FR")
        lamp.name = "Lampe"
        self.run_engine()
        lamp.name = "Lampe"
        self.assertEqual(self.came_in(changed), [0])

    def test_a_record_is_named_the_same_whoever_writes_it(self):
        """In their language, or with the address or mail beside the name as some screens ask."""
        self.env["res.lang"]._activate_lang("fr_FR")
        won = self.env["crm.stage"].create({"name": "Bought"})
        won.with_context(lang="fr_FR").name = "Acheté"
        ada = self.person(street="Main street")
        by_stage = self.changed("crm.lead", field="stage_id", to="Bought")
        by_contact = self.changed("crm.lead", field="partner_id", to="Ada")
        lead = self.env["crm.lead"].create({"name": "Lamp", "email_from": "x@x.example.com"})
        self.run_engine()
        screens = {"show_address": True, "show_email": True, "formatted_display_name": True}
        lead.with_context(lang="fr_FR", **screens).write({"stage_id": won.id, "partner_id": ada.id})
        self.assertEqual(self.came_in(by_stage, by_contact), [1, 1])

    def test_what_changes_back_did_not_change(self):
        any_change = self.changed(field="city")
        ada = self.person("Ada", city="Rome")
        self.run_engine()
        ada.city = "Berlin"
        ada.city = "Rome"
        self.assertEqual(self.came_in(any_change), [0])
        ada.city = "Berlin"
        ada.city = "Paris"
        self.run_engine()
        self.assertEqual(
            self.noted("record_changed").data,
            {
                "model": "res.partner",
                "on": "changed",
                "field": "city",
                "from": "Rome",
                "to": "Paris",
            },
        )

    def test_values_are_named_as_people_know_them(self):
        germany = self.env.ref("base.de")
        user = self.changed(field="user_id", to=self.marketer.name)
        country = self.changed(field="country_id", to="Germany")
        archived = self.changed(field="active", to="false")
        ada = self.person("Ada")
        self.run_engine()
        ada.write({"country_id": germany.id, "user_id": self.marketer.id})
        self.assertEqual(self.came_in(country), [1])
        self.assertEqual(self.came_in(user), [1], "users go by their name")
        ada.active = False
        self.assertEqual(self.noted("record_changed")[-1:].data["to"], "false")
        self.assertEqual(self.came_in(archived), [0], "who is archived stays out")

    def test_a_stored_computed_field(self):
        dear = self.changed("sale.order", field="amount_untaxed")
        cart = self.cart(self.person())
        self.run_engine()
        self.assertEqual(self.came_in(dear), [0], "what a new record gets is its creation")
        cart.order_line.product_uom_qty = 5
        self.assertEqual(self.came_in(dear), [1])
        noted = self.noted("record_changed").data
        self.assertEqual((noted["from"], noted["to"]), ("40", "200"))

    def test_many_records_cost_as_many_queries_as_few(self):
        self.changed(field="city")
        people = self.people(60)
        self.env.flush_all()
        self.run_engine()

        def cost(persons):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            persons.write({"city": "Berlin"})
            self.env.flush_all()
            self.env.cr.flush()
            return self.env.cr.sql_log_count - before

        cost(people[:5])
        self.assertEqual(cost(people[5:10]), cost(people[10:]))

    def test_its_own_changes_do_not_start_it_again(self):
        tag = self.env["res.partner.category"].create({"name": "Seen"})
        country = self.changed(field="city")
        own = self.workflow(
            [{"key": "mark", "kind": "tag", "add": ["Seen"]}],
            triggers=[
                {
                    "kind": "record_changed",
                    "filters": {"model": "res.partner", "on": "changed", "field": "city"},
                }
            ],
            reentry={"policy": "after_exit", "per": "record"},
        )
        ada = self.person()
        self.run_engine()
        ada.with_context(mail_workflow_id=own.id).city = "Berlin"
        self.assertEqual(self.came_in(own, country), [0, 1])
        self.assertFalse(ada.category_id & tag)

    def test_what_cannot_be_watched_is_refused_with_the_reason(self):
        for filters, why in (
            ({"model": "mail.workflow.enrollment", "on": "created"}, "cannot be watched"),
            ({"model": "mail.compose.message", "on": "created"}, "cannot be watched"),
            ({"model": "mail.thread", "on": "created"}, "cannot be watched"),
            ({"model": "res.partner", "on": "changed", "field": "nope"}, "no stored field"),
            ({"model": "res.partner", "on": "changed", "field": "child_ids"}, "no stored field"),
            ({"model": "res.partner", "on": "changed"}, "no stored field"),
            ({"model": "res.partner", "on": "created", "to": "x"}, "only a change has"),
            ({"model": "res.partner"}, "choose what happens"),
            ({"on": "created"}, "choose the kind of record"),
        ):
            with self.subTest(filters=filters):
                workflow = self.workflow([mail("m")], start=False)
                workflow.goal_kind, workflow.goal_filters = "record_changed", filters
                self.assertIn(why, workflow.problems)

    def test_the_form_begins_with_the_records_of_the_workflow(self):
        workflow = self.workflow([mail("m")], start=False, triggers=[], model="crm.lead")
        with Form(workflow.with_user(self.marketer)) as form:
            with form.trigger_ids.new() as trigger:
                trigger.kind = "record_changed"
                self.assertEqual(trigger.filter_model_id.model, "crm.lead")
                self.assertEqual(trigger.filter_on, "created")
                trigger.filter_on = "changed"
                trigger.filter_field_name = "priority"
                trigger.filter_to = "3"
        self.assertEqual(
            workflow.trigger_ids.filters,
            {"model": "crm.lead", "on": "changed", "field": "priority", "to": "3"},
        )
        self.assertFalse(workflow.problems)


@tagged("post_install", "-at_install", "mail_workflow")
class TestOtherApplications(EventCase):
    def user(self, login, group):
        return new_test_user(
            self.env,
            login=login,
            groups=f"base.group_user,{WORKFLOW_GROUP},{group}",
            email=f"{login}@shop.example.com",
        )

    def test_purchase_request_gives_the_buyer_a_task(self):
        """A draft purchase order is the request; the task stands at it."""
        buyer = self.user("buyer", "purchase.group_purchase_user")
        workflow = self.workflow(
            [{"key": "approve", "kind": "task", "summary": "Approve it", "user": "buyer"}],
            user=buyer,
            model="purchase.order",
            triggers=[
                {
                    "kind": "record_changed",
                    "filters": {"model": "purchase.order", "on": "created"},
                }
            ],
        )
        request = (
            self.env["purchase.order"]
            .with_user(buyer)
            .create(
                {
                    "partner_id": self.person("Vera").id,
                    "order_line": [Command.create({"product_id": self.product.id})],
                }
            )
        )
        self.assertEqual(request.state, "draft")
        self.assertEqual(self.came_in(workflow), [1])
        self.assertEqual(request.activity_ids.mapped("summary"), ["Approve it"])
        self.assertEqual(request.activity_ids.user_id, buyer)

    def test_new_employee_gives_a_task(self):
        officer = self.user("officer", "hr.group_hr_user")
        workflow = self.workflow(
            [{"key": "desk", "kind": "task", "summary": "Prepare a desk", "user": "officer"}],
            user=officer,
            model="hr.employee",
            triggers=[
                {"kind": "record_changed", "filters": {"model": "hr.employee", "on": "created"}}
            ],
        )
        employee = (
            self.env["hr.employee"]
            .with_user(officer)
            .create({"name": "Nina New", "work_email": "nina@shop.example.com"})
        )
        self.assertEqual(self.came_in(workflow), [1])
        self.assertEqual(employee.activity_ids.mapped("summary"), ["Prepare a desk"])

    def test_who_may_not_read_the_records_cannot_watch_them(self):
        workflow = self.workflow(
            [mail("m")],
            start=False,
            triggers=[
                {"kind": "record_changed", "filters": {"model": "purchase.order", "on": "created"}}
            ],
        )
        self.assertIn("may not read Purchase Order", workflow.with_user(self.marketer).problems)
