from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from odoo.addons.mail_workflow_automation.models.triggers import clock

from .common import START, WorkflowCase, mail

LONG_AGO = datetime(2025, 1, 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestInactive(WorkflowCase):
    def winback(self, start=True, values=None, **trigger):
        return self.workflow(
            [mail("miss_you")],
            start=start,
            triggers=[{"kind": "inactive", "days": 30, **trigger}],
            audience=[["ref", "=", "known"]],
            **{"lateness_hours": 0, **(values or {})},
        )

    def known(self, name, made=LONG_AGO, **values):
        """Create a contact who was made at a moment; Odoo itself writes the real one."""
        partner = self.person(name, ref="known", **values)
        self.made(partner, made)
        return partner

    def made(self, records, at):
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE {records._table} SET create_date = %s WHERE id = ANY(%s)",  # noqa: S608
            [at, records.ids],
        )
        records.invalidate_recordset()

    def ordered(self, partner, at):
        order = self.cart(partner)
        order.action_confirm()
        order.date_order = at
        return order

    def test_win_back_of_who_has_not_ordered_for_thirty_days(self):
        ada, grace = self.known("Ada"), self.known("Grace")
        self.ordered(ada, START - timedelta(days=29))
        self.ordered(grace, START - timedelta(days=1))
        workflow = self.winback()
        self.run_engine()
        self.assertFalse(self.runs(workflow))
        self.run_engine(days=1)
        self.run_engine(hours=1)
        self.assertEqual(self.runs(workflow).mapped("res_id"), ada.ids)
        self.assertEqual(len(self.mails(workflow)), 1)
        self.ordered(grace, self.now + timedelta(days=20))
        self.run_engine(days=28)
        self.assertEqual(self.runs(workflow).mapped("res_id"), ada.ids, "she bought again")

    def test_comes_again_when_they_fall_silent_again(self):
        ada = self.known("Ada")
        self.ordered(ada, START - timedelta(days=29))
        workflow = self.winback(values={"reentry": {"policy": "after_exit"}})
        self.run_engine(days=1)
        self.ordered(ada, self.now)
        for _day in range(32):
            self.run_engine(days=1)
        self.assertEqual(len(self.runs(workflow, ada)), 2)

    def test_who_never_did_counts_from_when_they_were_made(self):
        self.known("Old")
        new = self.known("New", made=START - timedelta(days=29, hours=12))
        workflow = self.winback()
        self.run_engine(days=1)
        self.assertEqual(self.runs(workflow).mapped("res_id"), new.ids)

    def test_start_asks_about_who_is_inactive_already(self):
        ada, grace = self.known("Ada"), self.known("Grace")
        self.ordered(grace, START - timedelta(days=3))
        workflow = self.winback(start=False)
        self.assertEqual(workflow._count_existing(), 1)
        workflow.action_start(include_existing=True)
        self.run_engine()
        self.assertEqual(self.runs(workflow).mapped("res_id"), ada.ids)

    def test_only_what_was_chosen_is_a_sign_of_life(self):
        """A visit, a login, an opened mail: each keeps away who did that, and nobody else."""
        due = START - timedelta(days=29, hours=12)
        people = {name: self.known(name, made=due) for name in ("Visit", "Login", "Mail", "None")}
        later = START - timedelta(days=2)
        self.env["website.visitor"].create(
            {
                "access_token": str(people["Visit"].id),  # as Odoo knows who is logged in
                "website_id": self.website.id,
                "last_connection_datetime": later,
            }
        )
        user = new_test_user(self.env, login="portal", groups="base.group_portal")
        user.partner_id = people["Login"]
        self.env.flush_all()
        self.env.cr.execute(
            "INSERT INTO res_users_log (create_uid, create_date) VALUES (%s, %s)", [user.id, later]
        )
        self.env["mailing.trace"].create(
            {
                "model": "res.partner",
                "res_id": people["Mail"].id,
                "email": people["Mail"].email,
                "trace_status": "open",
                "open_datetime": later,
            }
        )
        for sign, name in (("visits", "Visit"), ("logins", "Login"), ("opens", "Mail")):
            self.at(START)
            workflow = self.winback(orders=False, values={"name": sign}, **{sign: True})
            self.run_engine(days=1)
            expected = {one.id for other, one in people.items() if other != name}
            self.assertEqual(set(self.runs(workflow).mapped("res_id")), expected, sign)

    def test_what_a_machine_opens_is_no_sign_of_life(self):
        due = START - timedelta(days=29, hours=12)
        people = self.known("Read", made=due) + self.known("Scanned", made=due)
        letter = self.workflow([mail("letter")])
        letter.enroll(people)
        self.run_engine()
        traces = self.mails(letter).mailing_trace_ids
        traces.set_sent()
        traces.filtered(lambda one: one.res_id == people[1].id).set_opened()
        self.after(minutes=10)
        traces.filtered(lambda one: one.res_id == people[0].id).set_opened()
        self.env.cr.flush()
        workflow = self.winback(orders=False, opens=True)
        self.run_engine(days=1)
        self.assertEqual(self.runs(workflow).mapped("res_id"), people[1].ids)

    def test_contacts_with_one_address_are_one_person(self):
        ada = self.known("Ada")
        guest = self.person("Guest", email="ada@customer.example.com")
        self.made(guest, LONG_AGO)
        self.ordered(ada, START - timedelta(days=29))
        self.ordered(guest, START - timedelta(days=5))
        workflow = self.winback()
        self.run_engine(days=1)
        self.assertFalse(self.runs(workflow))

    def test_delivery_addresses_are_nobody(self):
        ada = self.known("Ada", made=START - timedelta(days=29, hours=12))
        address = self.known("Address", made=START - timedelta(days=29, hours=12), type="delivery")
        workflow = self.winback()
        self.run_engine(days=1)
        self.assertEqual(self.runs(workflow).mapped("res_id"), ada.ids)
        self.assertFalse(self.runs(workflow, address))

    def test_many_come_in_by_portions(self):
        people = self.people(5)
        people.ref = "known"
        self.made(people, START - timedelta(days=29, hours=12))
        workflow = self.winback()
        self.after(days=1)
        triggers = self.env["mail.workflow.trigger"]
        with patch.object(clock, "PORTION", 2):
            made = [triggers._poll_due(self.now) for _look in range(5)]
        self.assertEqual(made, [2, 2, 1, 0, 0])
        self.assertEqual(len(self.runs(workflow)), 5)

    def test_nothing_chosen_is_a_problem(self):
        workflow = self.winback(start=False, orders=False)
        self.assertIn("sign of life", str(workflow.lint()))
        carts = self.workflow(
            [mail("m")], model="sale.order", triggers=[{"kind": "inactive"}], start=False
        )
        self.assertIn("only contacts", str(carts.lint()))

    def test_in_its_turn_it_looks_once_an_hour(self):
        workflow = self.winback()
        trigger = workflow.trigger_ids.sudo()
        self.run_engine(minutes=10)
        self.assertEqual(trigger.next_poll_at, datetime(2026, 3, 2, 10))
