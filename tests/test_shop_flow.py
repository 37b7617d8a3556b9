from odoo import fields
from odoo.tests import new_test_user, tagged

from .common import WorkflowCase, mail, wait

CART = '<p><a href="/workflow/cart">Back to your cart</a></p>'


@tagged("post_install", "-at_install", "mail_workflow")
class TestCarts(WorkflowCase):
    def remind(self, **delta):
        self.run_engine(**(delta or {"hours": 24, "minutes": 1}))
        self.run_engine()

    def test_same_address_buys_as_a_guest_twice(self):
        workflow = self.cart_workflow()
        first, second = self.person("Ada"), self.person("Guest", email="Ada@customer.example.com")
        old = self.cart(first)
        self.after(hours=2)
        new = self.cart(second, product=self.other_product)
        self.remind()
        run = self.runs(workflow)
        self.assertEqual(run.res_id, new.id, "only the newest cart is written about")
        self.assertEqual(len(self.mails(workflow)), 1)
        old.action_confirm()
        self.remind(hours=24)
        self.assertState(run, "goal")
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_any_order_ends_the_carts_of_a_person_without_a_goal_too(self):
        workflow = self.cart_workflow(goal=None)
        ada = self.person()
        self.cart(ada)
        self.remind()
        self.env["sale.order"].create({"partner_id": ada.id}).action_confirm()
        self.remind(hours=24)
        self.assertState(self.runs(workflow), "exited", "Order confirmed")
        self.assertEqual(len(self.mails(workflow)), 1)

    def pay(self, order):
        """Announce a transfer that has not come yet."""
        self.env["payment.transaction"].create(
            {
                "provider_id": self.env["payment.provider"].search([], limit=1).id,
                "payment_method_id": self.env["payment.method"].search([], limit=1).id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "reference": f"pending-{order.id}",
                "state": "pending",
                "sale_order_ids": [fields.Command.link(order.id)],
            }
        )

    def test_payment_under_way_ends_the_run(self):
        workflow = self.cart_workflow()
        ada = self.person()
        cart = self.cart(ada)
        self.remind()
        self.pay(cart)
        self.remind(hours=24)
        self.assertState(self.runs(workflow), "exited", "ordered")
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_payment_that_never_came_keeps_nobody_from_later_reminders(self):
        workflow = self.cart_workflow()
        order = self.cart(self.person())
        self.pay(order)
        order.action_quotation_sent()
        self.after(days=2)
        self.cart(order.partner_id)
        self.remind()
        self.assertFalse(self.runs(workflow), "it may be under way")
        self.after(days=60)
        self.cart(order.partner_id)
        self.remind()
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_cart_merged_into_another_is_followed_and_not_cancelled(self):
        workflow = self.cart_workflow()
        cancelled = self.workflow(
            [mail("sorry")], model="sale.order", triggers=[{"kind": "order_cancelled"}]
        )
        ada = self.person()
        old = self.cart(ada)
        self.remind()
        new = self.cart(ada, product=self.other_product)
        # what the link "merge" of the shop does
        old.order_line.write({"order_id": new.id})
        old.action_cancel()
        self.assertEqual(old.state, "cancel")
        self.remind(hours=24)
        run = self.runs(workflow)
        self.assertEqual((len(run), run.res_id), (1, new.id))
        self.assertEqual(len(self.mails(workflow)), 2)
        self.assertFalse(self.runs(cancelled))

    def test_merged_cart_that_is_bought_reaches_the_goal(self):
        workflow = self.cart_workflow()
        ada = self.person()
        old = self.cart(ada)
        self.remind()
        new = self.cart(ada, product=self.other_product)
        old.order_line.write({"order_id": new.id})
        old.action_cancel()
        new.action_confirm()
        self.remind(hours=24)
        self.assertState(self.runs(workflow), "goal")
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_cart_a_person_cancels_is_cancelled(self):
        cancelled = self.workflow(
            [mail("sorry")], model="sale.order", triggers=[{"kind": "order_cancelled"}]
        )
        cart = self.cart(self.person())
        cart.action_cancel()
        self.remind(minutes=1)
        self.assertEqual(len(self.runs(cancelled, cart)), 1)

    def test_a_new_cart_every_week_is_one_series_in_thirty_days(self):
        workflow = self.cart_workflow()
        ada = self.person()
        for _week in range(4):
            self.cart(ada)
            self.remind()
            self.remind(hours=24)
            self.after(days=5)
        self.assertEqual(len(self.runs(workflow)), 1)
        self.assertEqual(len(self.mails(workflow)), 2)
        self.after(days=2)
        self.cart(ada)
        self.remind()
        self.assertEqual(len(self.runs(workflow)), 2)
        self.assertEqual(len(self.mails(workflow)), 3)

    def test_start_on_a_shop_with_old_carts_mails_nobody(self):
        carts = [self.cart(partner) for partner in self.people(3)]
        self.after(days=3 * 365)
        workflow = self.cart_workflow()
        self.remind()
        self.assertFalse(self.runs(workflow))
        self.env["sale.order"].browse([cart.id for cart in carts[1:]]).order_line.unlink()
        too = self.workflow(
            [mail("m")],
            model="sale.order",
            triggers=[{"kind": "cart_abandoned", "hours": 24}],
            audience=[["partner_id.email", "like", "person0@"]],
            start=False,
        )
        start = self.env["mail.workflow.start"].with_user(self.marketer)
        wizard = start.create({"workflow_id": too.id, "include_existing": "existing"})
        self.assertEqual(wizard.existing_count, 1)
        wizard.action_start()
        self.remind(minutes=1)
        self.assertEqual(self.runs(too).res_id, carts[0].id)

    def test_our_own_link_does_not_make_the_cart_younger(self):
        workflow = self.cart_workflow([mail("m", body=CART), wait("day", days=1), mail("n")])
        cart = self.cart(self.person())
        changed = cart.cart_changed_at
        self.remind()
        cart._portal_ensure_token()
        cart.write({"note": "seen"})
        self.assertEqual(cart.cart_changed_at, changed)
        self.remind(hours=24)
        self.assertEqual(len(self.mails(workflow)), 2)

    def test_touching_the_lines_makes_the_cart_younger(self):
        workflow = self.cart_workflow()
        cart = self.cart(self.person())
        self.run_engine(hours=20)
        cart.order_line.product_uom_qty = 3
        self.run_engine(hours=20)
        self.assertFalse(self.runs(workflow))
        self.remind(hours=4, minutes=1)
        self.assertEqual(len(self.runs(workflow)), 1)

    def test_emptied_cart_gets_no_second_mail(self):
        workflow = self.cart_workflow()
        cart = self.cart(self.person())
        self.remind()
        cart.order_line.unlink()
        self.remind(hours=24)
        self.assertState(self.runs(workflow), "exited", "no open cart")
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_internal_user_who_fills_a_cart_gets_no_mail(self):
        workflow = self.cart_workflow()
        clerk = new_test_user(self.env, login="clerk", email="clerk@shop.example.com")
        self.cart(clerk.partner_id)
        self.remind()
        self.remind(hours=24)
        self.assertFalse(self.mails(workflow))

    def test_cart_of_an_unknown_visitor_has_nobody_to_write_to(self):
        workflow = self.cart_workflow()
        self.cart(self.env.ref("base.public_partner"))
        self.remind()
        self.assertFalse(self.runs(workflow))

    def test_guest_who_gives_an_address_the_next_day_is_written_to_after_it(self):
        workflow = self.cart_workflow()
        cart = self.cart(self.env.ref("base.public_partner"))
        self.run_engine(hours=30)
        cart.partner_id = self.person("Guest")
        self.remind(hours=23)
        self.assertFalse(self.runs(workflow))
        self.remind(hours=1, minutes=1)
        self.assertEqual(len(self.mails(workflow, "guest@")), 1)

    def test_cart_changed_brings_in_once_per_person(self):
        workflow = self.workflow(
            [wait("hour", hours=1), mail("m")],
            model="sale.order",
            triggers=[{"kind": "cart_updated"}],
            goal={"kind": "order_confirmed"},
        )
        ada, bob = self.person("Ada"), self.person("Bob")
        self.cart(ada).order_line.product_uom_qty = 5
        bought = self.cart(bob)
        bought.action_confirm()
        self.remind(minutes=1)
        self.assertEqual(self.runs(workflow).partner_id, ada, "who has ordered is not reminded")
        self.remind(hours=1)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_cart_left_while_the_workflow_pauses_is_written_to_after_it(self):
        workflow = self.cart_workflow()
        workflow.action_pause()
        self.cart(self.person())
        self.run_engine(hours=26)
        self.assertFalse(self.runs(workflow))
        workflow.action_resume()
        self.remind(minutes=1)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_carts_left_long_ago_during_a_pause_are_not_written_to(self):
        workflow = self.cart_workflow()
        workflow.action_pause()
        self.cart(self.person())
        self.after(days=90)
        workflow.action_resume()
        self.remind()
        self.remind(hours=24)
        self.assertFalse(self.runs(workflow))


@tagged("post_install", "-at_install", "mail_workflow")
class TestTwoShops(WorkflowCase):
    def setUp(self):
        super().setUp()
        self.other_company = self.env["res.company"].create({"name": "Second shop"})
        self.other_site = self.env["website"].create(
            {"name": "Second", "company_id": self.other_company.id}
        )

    def other_cart(self, partner):
        orders = self.env["sale.order"].with_company(self.other_company)
        return orders.create(
            {
                "partner_id": partner.id,
                "company_id": self.other_company.id,
                "website_id": self.other_site.id,
                "order_line": [fields.Command.create({"product_id": self.product.id})],
            }
        )

    def test_carts_of_another_company_do_not_come_in(self):
        workflow = self.cart_workflow()
        cart = self.other_cart(self.person())
        self.run_engine(hours=25)
        self.assertFalse(self.runs(workflow))
        self.assertFalse(workflow.enroll(cart.with_user(self.env.user)))

    def test_order_in_another_company_is_no_goal_here(self):
        workflow = self.cart_workflow()
        ada = self.person()
        self.cart(ada)
        self.run_engine(hours=25)
        self.other_cart(ada).action_confirm()
        self.run_engine(hours=24)
        self.run_engine()
        self.assertState(self.runs(workflow), "done")
        self.assertEqual(len(self.mails(workflow)), 2)

    def test_event_in_another_company_brings_nobody_in(self):
        workflow = self.workflow([mail("m")], triggers=[{"kind": "order_confirmed"}])
        ada = self.person()
        self.other_cart(ada).action_confirm()
        self.run_engine()
        self.assertFalse(self.runs(workflow))
        self.cart(ada).action_confirm()
        self.run_engine()
        self.run_engine()
        self.assertEqual(len(self.runs(workflow)), 1)

    def test_website_of_a_workflow_limits_its_carts(self):
        here = self.env["website"].create({"name": "Outlet", "company_id": self.env.company.id})
        workflow = self.cart_workflow(start=False)
        workflow.website_id = here
        workflow.action_start()
        ada, bob = self.person("Ada"), self.person("Bob")
        self.cart(ada)
        cart = self.cart(bob, website_id=here.id)
        self.run_engine(hours=25)
        self.run_engine()
        self.assertEqual(self.runs(workflow).res_id, cart.id)
        self.assertEqual(self.runs(workflow).website_id, here)

    def test_run_follows_to_the_newer_cart_of_a_shop_only_where_it_may(self):
        outlet = self.env["website"].create({"name": "Outlet", "company_id": self.env.company.id})
        everywhere = self.cart_workflow()
        here = self.cart_workflow(start=False)
        here.website_id = self.website
        here.action_start()
        ada = self.person()
        self.cart(ada)
        self.run_engine(hours=25)
        cart = self.cart(ada, website_id=outlet.id)
        self.run_engine(hours=24)
        self.run_engine()
        run = self.runs(everywhere)
        self.assertEqual((run.res_id, run.website_id), (cart.id, outlet))
        self.assertEqual(len(self.mails(everywhere)), 2)
        self.assertState(self.runs(here), "exited", "a newer cart in another shop")

    def test_event_of_another_website_brings_nobody_in(self):
        outlet = self.env["website"].create({"name": "Outlet", "company_id": self.env.company.id})
        here = self.workflow([mail("m")], triggers=[{"kind": "order_confirmed"}], start=False)
        here.website_id = self.website
        here.action_start()
        everywhere = self.workflow([mail("m")], triggers=[{"kind": "order_confirmed"}])
        self.cart(self.person(), website_id=outlet.id).action_confirm()
        self.run_engine()
        self.run_engine()
        self.assertFalse(self.runs(here))
        run = self.runs(everywhere)
        self.assertEqual(run.website_id, outlet, "links lead to the shop where it happened")
