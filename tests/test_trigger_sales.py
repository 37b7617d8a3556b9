"""Events of what is sold: orders, leads, invoices, tags; through the real applications."""

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common import mail, wait
from .event_common import EventCase


class OrderCase(EventCase):
    def order(self, partner, *products):
        return self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [Command.create({"product_id": one.id}) for one in products],
            }
        )

    def ordered(self, partner, *products):
        order = self.order(partner, *(products or self.product))
        order.action_confirm()
        return order


@tagged("post_install", "-at_install", "mail_workflow")
class TestOrders(OrderCase):
    def test_a_product_in_any_variant(self):
        lamps = self.listening("order_confirmed", product="Desk lamp")
        chairs = self.listening("order_confirmed", product="Office chair")
        self.ordered(self.person(), self.product)
        self.assertEqual(self.came_in(lamps, chairs), [1, 0])
        self.ordered(self.person("Bob"), self.product, self.other_product)
        self.assertEqual(self.came_in(lamps, chairs), [2, 1])

    def test_a_category_and_those_below_it(self):
        home, light = self.env["product.category"].create([{"name": "Home"}, {"name": "Light"}])
        light.parent_id = home
        self.product.categ_id = light
        in_home = self.listening("order_confirmed", category="Home")
        in_light = self.listening("order_confirmed", category="Home / Light")
        self.ordered(self.person(), self.product)
        self.other_product.categ_id = home
        self.ordered(self.person("Bob"), self.other_product)
        self.assertEqual(self.came_in(in_home, in_light), [2, 1])

    def test_an_amount(self):
        large = self.listening("order_confirmed", min_amount=100)
        small = self.listening("order_confirmed", min_amount=10)
        self.ordered(self.person(), self.product)
        self.assertEqual(self.came_in(large, small), [0, 1])
        self.ordered(self.person("Bob"), self.other_product)
        self.assertEqual(self.came_in(large, small), [1, 2])

    def test_the_first_order_of_a_person_whatever_contact_they_bought_with(self):
        first = self.listening("order_confirmed", first=True)
        self.ordered(self.person("Ada"), self.product)
        guest = self.person("Ada the guest", email="ADA@customer.example.com")
        self.ordered(guest, self.product)
        self.assertEqual(self.came_in(first), [1])
        bob = self.person("Bob")
        (self.order(bob, self.product) + self.order(bob, self.product)).action_confirm()
        self.assertEqual(self.came_in(first), [2])

    def test_what_nobody_filters_by_is_not_looked_up(self):
        self.listening("order_confirmed")
        self.ordered(self.person(), self.product)
        self.assertEqual(set(self.noted("order_confirmed").data), {"product", "amount"})

    def test_a_cancelled_order_has_products_too(self):
        lamps = self.listening("order_cancelled", product="Desk lamp")
        chairs = self.listening("order_cancelled", product="Office chair")
        self.ordered(self.person(), self.product)._action_cancel()
        self.assertEqual(self.came_in(lamps, chairs), [1, 0])

    def test_a_goal_counts_the_product_only(self):
        workflow = self.workflow(
            [wait("week", days=7), mail("again")],
            goal={"kind": "order_confirmed", "filters": {"product": "Office chair"}},
        )
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        self.ordered(ada, self.product)
        self.run_engine(hours=1)
        self.assertState(self.runs(workflow), "active")
        self.ordered(ada, self.other_product)
        self.run_engine(hours=1)
        self.assertState(self.runs(workflow), "goal")

    def test_purchase_then_a_wait_then_the_request_for_a_review(self):
        workflow = self.workflow(
            [wait("two_weeks", days=14), mail("review", "How is your lamp?")],
            model="sale.order",
            triggers=[{"kind": "order_confirmed", "filters": {"product": "Desk lamp"}}],
            exits=[{"kind": "order_cancelled", "same_record": True}],
        )
        kept, cancelled = self.person("Ada"), self.person("Bob")
        self.ordered(kept, self.product)
        order = self.ordered(cancelled, self.product)
        self.run_engine()
        self.run_engine(days=3)
        order._action_cancel()
        self.run_engine(days=12)
        self.assertEqual(self.mails(workflow).mapped("subject"), ["How is your lamp?"])
        self.assertEqual(len(self.mails(workflow, kept.email)), 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestTrial(EventCase):
    def test_who_started_a_trial_and_did_not_log_in_for_a_week_is_written_to(self):
        logged_in = {"kind": "custom", "name": "logged_in", "branch": "used"}
        used = {"used": {"steps": [{"key": "out", "kind": "end"}]}, "timeout": {"steps": []}}
        workflow = self.workflow(
            [
                {**wait("use", days=7, events=[logged_in]), "branches": used},
                mail("help", "Can we help you start?"),
            ],
            triggers=[{"kind": "custom", "name": "trial_started"}],
        )
        ada, bob = self.person("Ada"), self.person("Bob")
        for person in ada, bob:
            self.emit("custom", partner=person, data={"name": "trial_started"})
        self.run_engine()
        self.after(days=3)
        self.emit("custom", partner=bob, data={"name": "logged_in"})
        self.run_engine()
        self.run_engine(days=5)
        self.assertEqual(self.mails(workflow).mapped("subject"), ["Can we help you start?"])
        self.assertEqual(len(self.mails(workflow, ada.email)), 1)
        self.assertState(self.runs(workflow, bob), "done")


@tagged("post_install", "-at_install", "mail_workflow")
class TestLeads(EventCase):
    def setUp(self):
        super().setUp()
        self.team = self.env["crm.team"].create({"name": "Lamps team"})
        self.leads = self.env["crm.lead"]

    def lead(self, name="Desk", **values):
        values = {"email_from": f"{name.lower()}@lead.example.com", **values}
        return self.leads.create({"name": name, "type": "opportunity", **values})

    def test_created_by_hand_and_by_mail(self):
        of_team = self.listening("lead_created", "crm.lead", team="Lamps team")
        leads = self.listening("lead_created", "crm.lead", type="lead")
        anybody = self.listening("lead_created")
        self.lead(team_id=self.team.id)
        self.leads.message_new(
            {"subject": "A question", "from": "Eve <eve@lead.example.com>", "body": "Hello"},
            {"type": "lead", "team_id": False},
        )
        self.assertEqual(self.came_in(of_team, leads, anybody), [1, 1, 2])
        self.assertEqual(self.runs(leads).email_normalized, "eve@lead.example.com")

    def test_moved_to_a_stage(self):
        first, second = self.env["crm.stage"].create(
            [{"name": "Curious", "sequence": 1}, {"name": "Convinced", "sequence": 2}]
        )
        convinced = self.listening("lead_stage_changed", "crm.lead", stage="Convinced")
        moved = self.listening("lead_stage_changed", "crm.lead")
        lead = self.lead(stage_id=first.id)
        self.assertEqual(self.came_in(convinced, moved), [0, 0])
        lead.stage_id = second
        lead.write({"stage_id": second.id, "name": "Same stage"})
        self.assertEqual(self.came_in(convinced, moved), [1, 1])
        self.assertEqual(len(self.noted("lead_stage_changed")), 1)

    def test_won_once_by_button_stage_or_creation(self):
        won = self.listening("lead_won", "crm.lead")
        lost = self.listening("lead_lost", "crm.lead")
        success = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        by_button, by_stage = self.lead("Button"), self.lead("Stage")
        self.run_engine()
        by_button.action_set_won()
        by_stage.stage_id = success
        by_stage.probability = 100
        self.lead("Born", stage_id=success.id)
        self.assertEqual(self.came_in(won, lost), [3, 0])

    def test_lost_once_and_again_after_it_was_taken_up(self):
        lost = self.listening("lead_lost", team="Lamps team")
        lead = self.lead(team_id=self.team.id)
        reason = self.env["crm.lost.reason"].create({"name": "Too dear"})
        lead.action_set_lost(lost_reason_id=reason.id)
        self.assertEqual(self.came_in(lost), [1])
        lead.action_set_lost()
        self.assertEqual(len(self.noted("lead_lost")), 1)
        lead.action_unarchive()
        lead.action_set_lost()
        self.assertEqual(len(self.noted("lead_lost")), 2)


@tagged("post_install", "-at_install", "mail_workflow")
class TestInvoices(EventCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.users"].browse(cls.env.uid).group_ids += cls.env.ref(
            "account.group_account_manager"
        )
        cls.accountant = cls.marketer
        cls.accountant.group_ids += cls.env.ref("account.group_account_invoice")

    def invoice(self, partner, move_type="out_invoice", price=100.0):
        accounts = self.env["account.account"]
        account = accounts.search(
            [
                ("account_type", "=", "income" if move_type[:3] == "out" else "expense"),
                ("company_ids", "in", self.env.company.ids),
            ],
            limit=1,
        )
        line = {"name": "Lamp", "price_unit": price, "account_id": account.id, "tax_ids": False}
        return self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": partner.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create(line)],
            }
        )

    def pay(self, move):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        return wizard.create({})._create_payments()

    def test_posted_to_a_customer_or_from_a_vendor(self):
        to_customer = self.listening("invoice_posted", "account.move", type="out_invoice")
        to_vendor = self.listening("invoice_posted", "account.move", type="in_invoice")
        large = self.listening("invoice_posted", "account.move", min_amount=500)
        self.invoice(self.person()).action_post()
        self.assertEqual(self.came_in(to_customer, to_vendor, large), [1, 0, 0])
        draft = self.invoice(self.person("Vera"), "in_invoice", 900.0)
        self.assertEqual(self.came_in(to_customer, to_vendor, large), [1, 0, 0])
        draft.action_post()
        self.assertEqual(self.came_in(to_customer, to_vendor, large), [1, 1, 1])

    def test_supplier_invoice_received_gives_somebody_the_task_to_check_it(self):
        workflow = self.workflow(
            [{"key": "check", "kind": "task", "summary": "Check the bill", "user": "marketer"}],
            model="account.move",
            triggers=[{"kind": "invoice_posted", "filters": {"type": "in_invoice"}}],
        )
        bill = self.invoice(self.person("Vera"), "in_invoice")
        bill.action_post()
        self.assertEqual(self.came_in(workflow), [1])
        self.assertEqual(bill.activity_ids.mapped("summary"), ["Check the bill"])
        self.assertEqual(bill.activity_ids.user_id, self.marketer)

    def test_paid_once_though_odoo_says_so_twice(self):
        paid = self.listening("invoice_paid", "account.move")
        bills = self.listening("invoice_paid", "account.move", type="in_invoice")
        invoice = self.invoice(self.person())
        invoice.action_post()
        self.assertEqual(self.came_in(paid), [0])
        self.pay(invoice)
        self.assertIn(invoice.payment_state, ("in_payment", "paid"))
        self.assertEqual(self.came_in(paid, bills), [1, 0])
        invoice._invoice_paid_hook()
        invoice._invoice_paid_hook()
        self.assertEqual(len(self.noted("invoice_paid")), 1)
        bill = self.invoice(self.person("Vera"), "in_invoice")
        bill.action_post()
        self.pay(bill)
        self.assertEqual(self.came_in(paid, bills), [2, 1])

    def test_an_entry_of_the_books_is_no_invoice(self):
        self.listening("invoice_posted", "account.move")
        journal = self.env["account.journal"].search([("type", "=", "general")], limit=1)
        account = self.env["account.account"].search([("account_type", "=", "income")], limit=1)
        lines = [{"account_id": account.id, "debit": d, "credit": 5 - d} for d in (5, 0)]
        entry = self.env["account.move"].create(
            {"journal_id": journal.id, "line_ids": [Command.create(line) for line in lines]}
        )
        entry.action_post()
        self.assertFalse(self.noted("invoice_posted"))


@tagged("post_install", "-at_install", "mail_workflow")
class TestTags(EventCase):
    def setUp(self):
        super().setUp()
        self.vip, self.cold = self.env["res.partner.category"].create(
            [{"name": "VIP"}, {"name": "Cold"}]
        )

    def test_a_tag_of_a_contact_when_made_and_when_written(self):
        vip = self.listening("tag_added", tag="VIP")
        anything = self.listening("tag_added")
        ada = self.person("Ada", category_id=[Command.link(self.vip.id)])
        self.assertEqual(self.came_in(vip, anything), [1, 1])
        ada.category_id = self.vip + self.cold
        self.assertEqual(len(self.noted("tag_added")), 2, "what was there is not added")
        ada.category_id -= self.vip
        ada.category_id += self.vip
        self.assertEqual(len(self.noted("tag_added")), 3)
        self.assertEqual(self.noted("tag_added").mapped("data")[1], {"tag": self.cold.id})

    def test_contacts_that_are_added_to_a_tag(self):
        vip = self.listening("tag_added", tag="VIP")
        ada, bob = self.person("Ada"), self.person("Bob")
        self.vip.partner_ids = ada
        self.assertEqual(self.came_in(vip), [1])
        self.vip.write({"partner_ids": [Command.link(ada.id), Command.link(bob.id)]})
        self.assertEqual(self.noted("tag_added").mapped("res_id"), [ada.id, bob.id])
        self.vip.partner_ids = bob
        self.env["res.partner.category"].create({"name": "New", "partner_ids": ada.ids})
        self.assertEqual(self.noted("tag_added").mapped("res_id"), [ada.id, bob.id, ada.id])
        self.assertEqual(self.came_in(vip), [2])

    def test_a_tag_of_a_lead(self):
        hot = self.env["crm.tag"].create({"name": "Hot"})
        on_leads = self.listening("tag_added", "crm.lead", lead_tag="Hot")
        on_contacts = self.listening("tag_added", tag="VIP")
        lead = self.env["crm.lead"].create({"name": "Desk", "email_from": "a@lead.example.com"})
        lead.tag_ids = hot
        self.assertEqual(self.came_in(on_leads, on_contacts), [1, 0])

    def test_a_workflow_is_not_started_by_its_own_tag(self):
        tag = {"key": "mark", "kind": "tag", "add": ["VIP"]}
        own = self.workflow(
            [tag],
            triggers=[{"kind": "manual"}, {"kind": "tag_added"}],
            reentry={"policy": "after_exit", "per": "record"},
        )
        other = self.listening("tag_added", tag="VIP")
        own.enroll(self.person())
        self.run_engine()
        self.assertEqual(self.came_in(own, other), [1, 1])
