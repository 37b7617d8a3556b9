from datetime import timedelta

from odoo.tests import new_test_user, tagged

from .common import START, WorkflowCase, mail


@tagged("post_install", "-at_install", "mail_workflow")
class TestReplenishment(WorkflowCase):
    """Lamps are bought again and again; the intent is read from the history of orders."""

    def again(self, start=True, values=None, **trigger):
        return self.workflow(
            [mail("again")],
            start=start,
            triggers=[{"kind": "replenishment", "days_before": 0, **trigger}],
            **{
                "lateness_hours": 0,
                "reentry": {"policy": "after_exit", "per": "person"},
                "audience": [["email", "like", "@customer.example.com"]],
                **(values or {}),
            },
        )

    def bought(self, partner, *days_ago, product=None):
        """Confirm an order so many days before the start, for each number."""
        orders = self.env["sale.order"]
        for days in days_ago:
            order = self.cart(partner, product=product)
            order.action_confirm()
            order.date_order = START - timedelta(days=days)
            orders |= order
        self.env.flush_all()
        return orders

    def entered(self, workflow, record=None):
        return [(run.res_id, run.planned_at) for run in self.runs(workflow, record)]

    def days(self, count):
        for _day in range(count):
            self.run_engine(days=1)

    def test_purchase_intent_from_history_is_the_median_of_their_own_intervals(self):
        ada = self.person()
        self.bought(ada, 130, 100, 70, 10 + 18)  # 30, 30 and 42 days apart: 30
        workflow = self.again()
        self.days(1)
        self.assertFalse(self.runs(workflow))
        self.days(1)
        expected = START + timedelta(days=2)
        self.assertEqual(self.entered(workflow), [(ada.id, expected)])
        self.days(3)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_recurring_purchase_reminds_after_each(self):
        ada = self.person()
        self.bought(ada, 58, 28)
        workflow = self.again(values={"goal": {"kind": "order_confirmed", "window_days": 7}})
        self.days(3)
        self.assertEqual(len(self.runs(workflow)), 1)
        order = self.cart(ada)
        order.action_confirm()
        order.date_order = self.now
        self.days(31)
        self.assertEqual(len(self.runs(workflow)), 2)

    def test_days_ahead(self):
        ada = self.person()
        self.bought(ada, 60, 30 - 5)  # every 35 days: due in 10 days
        workflow = self.again(days_before=7)
        self.days(2)
        self.assertFalse(self.runs(workflow))
        self.days(1)
        self.assertEqual(self.entered(workflow), [(ada.id, START + timedelta(days=3))])

    def test_one_purchase_borrows_the_interval_of_other_buyers(self):
        for index, apart in enumerate((20, 30, 40)):
            self.bought(self.person(f"Buyer {index}"), 100 + apart, 100)
        ada = self.person()
        self.bought(ada, 29)
        self.bought(self.person("Stranger"), 29, product=self.other_product)
        workflow = self.again()
        self.days(2)
        self.assertEqual(self.entered(workflow), [(ada.id, START + timedelta(days=1))])

    def test_open_order_cancels_it(self):
        names = ("Cart", "Quotation", "Nothing")
        people = [self.person(name) for name in names]
        for partner in people:
            self.bought(partner, 58, 28)
        self.cart(people[0])
        self.cart(people[1], website_id=False).state = "sent"
        workflow = self.again()
        self.days(3)
        self.assertEqual(self.runs(workflow).mapped("res_id"), people[2].ids)

    def test_cart_begun_after_the_entry_ends_the_run_before_its_mail(self):
        ada = self.person()
        self.bought(ada, 58, 28)
        workflow = self.workflow(
            [{"key": "w", "kind": "wait", "days": 1}, mail("again")],
            triggers=[{"kind": "replenishment", "days_before": 0}],
            lateness_hours=0,
        )
        self.days(2)
        run = self.runs(workflow)
        self.assertState(run, "active")
        self.cart(ada)
        self.days(2)
        self.assertState(run, "exited", "has an open order")

    def test_order_confirmed_after_the_entry_ends_the_run(self):
        ada = self.person()
        self.bought(ada, 58, 28)
        workflow = self.workflow(
            [{"key": "w", "kind": "wait", "days": 5}, mail("again")],
            triggers=[{"kind": "replenishment", "days_before": 0}],
            lateness_hours=0,
        )
        self.days(2)
        self.cart(ada).action_confirm()
        self.run_engine()
        self.assertState(self.runs(workflow), "exited", "Order confirmed")

    def test_same_category_counts_where_chosen(self):
        lamps = self.env["product.category"].create({"name": "Lamps"})
        (self.product | self.other_product).categ_id = lamps
        ada = self.person()
        self.bought(ada, 58)
        self.bought(ada, 28, product=self.other_product)
        by_product = self.again(values={"name": "product"})
        by_category = self.again(by="category", category="Lamps", values={"name": "category"})
        self.days(3)
        self.assertFalse(self.runs(by_product))
        self.assertEqual(self.runs(by_category).mapped("res_id"), ada.ids)

    def test_only_the_chosen_product_counts(self):
        ada, grace = self.person(), self.person("Grace")
        self.bought(ada, 58, 28)
        self.bought(grace, 58, 28, product=self.other_product)
        self.product.default_code = "LAMP"
        workflow = self.again(start=False)
        workflow.trigger_ids.replenish_product_id = self.other_product
        workflow.action_start()
        self.days(3)
        self.assertEqual(self.runs(workflow).mapped("res_id"), grace.ids)

    def test_guest_who_buys_twice_is_one_person(self):
        ada, guest = self.person(), self.person("Guest", email="ada@customer.example.com")
        self.bought(ada, 58)
        self.bought(guest, 28)
        workflow = self.again()
        self.days(3)
        self.assertEqual(self.runs(workflow).mapped("res_id"), guest.ids)

    def test_what_is_bought_on_one_day_is_one_purchase(self):
        ada = self.person()
        self.bought(ada, 58, 28)
        self.bought(ada, 28)
        workflow = self.again()
        self.days(3)
        self.assertEqual(len(self.runs(workflow)), 1)

    def test_workflow_of_orders_takes_the_last_one(self):
        ada = self.person()
        orders = self.bought(ada, 58, 28)
        workflow = self.again(values={"model": "sale.order", "audience": []})
        self.days(3)
        self.assertIn(orders[1].id, self.runs(workflow).mapped("res_id"))
        self.assertNotIn(orders[0].id, self.runs(workflow).mapped("res_id"))

    def test_publisher_who_may_not_read_orders_is_refused(self):
        clerk = new_test_user(self.env, login="clerk", groups="base.group_user")
        workflow = self.again(start=False)
        trigger = workflow.trigger_ids
        env = self.env(user=clerk.id)
        self.assertIn(
            "may not read sales orders", str(trigger._handler()._check_rights(trigger, env))
        )
        self.assertEqual(
            trigger._handler()._check_rights(trigger, self.env(user=self.marketer)), []
        )

    def test_days_ahead_out_of_range_are_named(self):
        self.assertIn("from 0 to 365", str(self.again(start=False, days_before=400).lint()))
