import json
import re
from datetime import date, datetime

from odoo import fields
from odoo.tests import new_test_user, tagged

from .common import WorkflowCase, mail, wait
from .http_common import WorkflowHttpCase
from .plans import PlanCase


class BirthdayCase(WorkflowCase):
    def birthday_workflow(self, steps=None, **values):
        trigger = {"kind": "date", "field": "birthday", "time": "09:00", "repeat": "yearly"}
        return self.workflow(
            steps or [mail("wishes")],
            triggers=[{**trigger, **values.pop("trigger", {})}],
            audience=[["birthday", "!=", False]],
            **values,
        )


@tagged("post_install", "-at_install", "mail_workflow")
class TestBirthday(BirthdayCase):
    def test_wishes_come_once_a_year(self):
        ada = self.person(birthday="1815-03-10")
        workflow = self.birthday_workflow()
        for moment, count in (
            (datetime(2026, 3, 9, 23), 0),
            (datetime(2026, 3, 10, 8, 59), 0),
            (datetime(2026, 3, 10, 9), 1),
            (datetime(2026, 3, 10, 9), 1),
            (datetime(2026, 3, 10, 18), 1),
            (datetime(2026, 3, 11, 9), 1),
            (datetime(2027, 3, 10, 9), 2),
        ):
            self.at(moment)
            self.run_engine()
            self.assertEqual(len(self.mails(workflow)), count, moment)
        keys = self.runs(workflow, ada).mapped("entry_key")
        self.assertEqual(keys, [f"{ada.email_normalized} 2026", f"{ada.email_normalized} 2027"])

    def test_leap_day_is_wished_on_28_february_in_common_years(self):
        ada = self.person(birthday="2000-02-29")
        workflow = self.birthday_workflow()
        for moment, count in (
            (datetime(2027, 2, 27, 9), 0),
            (datetime(2027, 2, 28, 9), 1),
            (datetime(2027, 3, 1, 9), 1),
            (datetime(2028, 2, 28, 9), 1),
            (datetime(2028, 2, 29, 9), 2),
            (datetime(2028, 3, 1, 9), 2),
        ):
            self.at(moment)
            self.run_engine()
            self.run_engine()
            self.assertEqual(len(self.runs(workflow, ada)), count, moment)

    def test_days_before_reach_over_the_new_year(self):
        ada = self.person(birthday="1990-01-03")
        workflow = self.birthday_workflow(trigger={"offset_days": -7})
        self.at(datetime(2026, 12, 27, 9))
        self.run_engine()
        self.at(datetime(2027, 1, 3, 9))
        self.run_engine()
        self.assertEqual(self.runs(workflow).mapped("entry_key"), [f"{ada.email_normalized} 2027"])

    def test_corrected_birthday_brings_no_second_mail_that_year(self):
        ada = self.person(birthday="1990-03-03")
        workflow = self.birthday_workflow()
        self.run_engine(days=1)
        ada.birthday = date(1990, 3, 5)
        self.run_engine(days=2)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_birthday_is_where_the_person_lives(self):
        ada = self.person(birthday="1990-03-03", tz="Asia/Tokyo")
        workflow = self.birthday_workflow()
        self.at(datetime(2026, 3, 3, 0))
        self.run_engine()
        self.assertEqual(len(self.runs(workflow, ada)), 1)

    def test_contacts_with_one_address_are_wished_once(self):
        self.person(birthday="1990-03-03")
        self.person("Ada L", email="ada@customer.example.com", birthday="1990-03-03")
        workflow = self.birthday_workflow()
        self.run_engine(days=1)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_wishes_of_this_year_come_while_last_year_s_run_goes_on(self):
        self.person(birthday="1990-03-03")
        workflow = self.birthday_workflow([mail("wishes"), wait("long", days=500)])
        self.run_engine(days=1)
        self.run_engine(days=365)
        self.assertEqual(len(self.mails(workflow)), 2)

    def test_merged_contact_keeps_the_year_of_its_wishes(self):
        ada = self.person(birthday="1990-03-03")
        other = self.person("Ada L", email="lovelace@customer.example.com")
        workflow = self.birthday_workflow([mail("wishes"), wait("long", days=500)])
        self.run_engine(days=1)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((ada | other).ids, other)
        other.birthday = date(1990, 3, 3)
        self.run_engine(hours=1)
        runs = self.runs(workflow)
        self.assertEqual(runs.mapped("entry_key"), [f"{other.email_normalized} 2026"])
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_taken_out_stays_out_under_a_new_address(self):
        ada = self.person(birthday="1990-03-03")
        workflow = self.birthday_workflow([wait("h", hours=1), mail("wishes")])
        self.run_engine(days=1)
        self.runs(workflow).with_user(self.marketer).action_take_out()
        ada.email = "countess@customer.example.com"
        self.at(datetime(2027, 3, 3, 9))
        self.run_engine()
        self.assertEqual(len(self.runs(workflow)), 1)

    def test_moved_address_keeps_the_year_of_its_wishes(self):
        ada = self.person(birthday="1990-03-03")
        workflow = self.birthday_workflow([wait("h", hours=1), mail("wishes")])
        self.run_engine(days=1)
        ada.email = "countess@customer.example.com"
        self.run_engine(hours=1)
        self.run_engine(hours=1)
        self.assertEqual(
            self.runs(workflow).mapped("entry_key"), ["countess@customer.example.com 2026"]
        )
        self.assertEqual(len(self.mails(workflow)), 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestBirthdayPlan(PlanCase, BirthdayCase):
    def test_birthdays_of_a_day_are_found_by_index(self):
        workflow = self.birthday_workflow()
        self.env.cr.execute(
            """
            INSERT INTO res_partner (name, complete_name, email_normalized, active, birthday, type,
                                     autopost_bills)
            SELECT 'Seed ' || n, 'Seed ' || n, 'seed' || n || '@customer.example.com', true,
                   date '1960-01-01' + n % 14600, 'contact', 'ask'
              FROM generate_series(1, 40000) n
            """
        )
        self.analyze("res_partner")
        self.after(days=1)
        trigger = workflow.trigger_ids.sudo()
        handler = trigger._handler()
        plans = self.plans_of(
            lambda: handler._look(trigger, self.now, self.now, 0, 2000),
            of='"res_partner"."birthday"',
        )
        self.assertByIndex(
            plans[0], "res_partner", most=1500, index="res_partner_workflow_by_birthday"
        )


@tagged("post_install", "-at_install", "mail_workflow")
class TestBirthdayForms(WorkflowHttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = new_test_user(
            cls.env,
            login="customer",
            groups="base.group_portal",
            email="ada@customer.example.com",
            name="Ada Lovelace",
        )
        cls.partner = cls.customer.partner_id
        cls.partner.write(
            {
                **{"phone": "+32 470 00 00 00", "street": "Rue 1", "city": "Namur", "zip": "5000"},
                "country_id": cls.env.ref("base.be").id,
            }
        )

    def submit(self, page, action, **values):
        """Fill in a form of the shop or portal as the customer, and send it."""
        self.env.flush_all()
        shown = self.url_open(page).text
        self.assertIn('id="o_birthday"', shown)
        token = re.search(r'csrf_token: "([^"]+)"', shown)[1]
        partner = self.partner
        data = {
            **{"name": partner.name, "email": partner.email, "phone": partner.phone},
            **{"street": partner.street, "city": partner.city, "zip": partner.zip},
            **{"country_id": partner.country_id.id, "partner_id": partner.id},
            **{"csrf_token": token, "address_type": "billing", **values},
        }
        answer = self.url_open(action, data=data)
        self.assertEqual(answer.status_code, 200)
        self.env.invalidate_all()
        return json.loads(answer.text)

    def test_customers_give_their_birthday_on_their_account_page(self):
        self.authenticate("customer", "customer")
        self.submit("/my/account", "/my/address/submit", birthday="1990-03-03")
        self.assertEqual(self.partner.birthday, date(1990, 3, 3))
        self.assertIn('value="1990-03-03"', self.url_open("/my/account").text)
        self.submit("/my/account", "/my/address/submit", birthday="")
        self.assertFalse(self.partner.birthday)

    def test_birthday_that_is_none_is_refused_by_its_name(self):
        self.authenticate("customer", "customer")
        for birthday in ("31/12/1990", "1990-02-30", "2999-01-01", "0001-01-01"):
            answer = self.submit("/my/account", "/my/address/submit", birthday=birthday)
            self.assertEqual(answer["invalid_fields"], ["birthday"])
        self.assertFalse(self.partner.birthday)

    def test_customers_give_their_birthday_in_the_shop(self):
        self.cart(self.partner)
        self.authenticate("customer", "customer")
        page = f"/shop/address?partner_id={self.partner.id}&address_type=billing"
        self.submit(page, "/shop/address/submit", birthday="1990-03-03")
        self.assertEqual(self.partner.birthday, date(1990, 3, 3))

    def test_delivery_address_of_somebody_else_has_no_birthday(self):
        aunt = self.env["res.partner"].create(
            {"name": "Aunt", "parent_id": self.partner.id, "type": "delivery"}
        )
        self.env.flush_all()
        self.authenticate("customer", "customer")
        shown = self.url_open(f"/my/address?partner_id={aunt.id}&address_type=delivery")
        self.assertEqual(shown.status_code, 200)
        self.assertNotIn('id="o_birthday"', shown.text)

    def test_salespeople_see_it_on_the_contact(self):
        salesman = new_test_user(
            self.env, login="sales", groups="base.group_user,sales_team.group_sale_salesman"
        )
        self.partner.birthday = fields.Date.to_date("1990-03-03")
        form = self.partner.with_user(salesman)
        self.assertEqual(form.birthday, date(1990, 3, 3))
        self.assertIn('name="birthday"', form.get_view(view_type="form")["arch"])
