"""Coupon: an own code for each person, within limits; redeemed in the real shop."""

from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import WORKFLOW_GROUP, WorkflowCase, mail, wait
from .http_common import WorkflowHttpCase

BODY = (
    "<p>Your code: <b data-mwa-block='coupon_code'>none this time</b>, until "
    "<i data-mwa-block='coupon_expiry'>-</i> <a href='/workflow/coupon'>Use it</a></p>"
)


class CouponCase(WorkflowCase):
    def setUp(self):
        super().setUp()
        self.program = self.new_program()

    def new_program(self, name="Ten off", released=True, **values):
        """Create a program of single-use codes for ten percent."""
        return self.env["loyalty.program"].create(
            {
                "name": name,
                "program_type": "coupons",
                "applies_on": "current",
                "trigger": "with_code",
                "is_released_for_workflows": released,
                "reward_ids": [
                    Command.create(
                        {"reward_type": "discount", "discount": 10, "discount_mode": "percent"}
                    )
                ],
                **values,
            }
        )

    def step(self, **values):
        return {"key": "code", "kind": "coupon", "program": "Ten off", **values}

    def cards(self, partner=None):
        domain = [("program_id", "=", self.program.id)]
        if partner:
            domain.append(("partner_id", "=", partner.id))
        return self.env["loyalty.card"].search(domain, order="id")

    def outcome(self, run):
        """Return ``(branch, reason)`` of a run's coupon step."""
        execution = run.execution_ids.filtered(lambda x: x.step_id.kind == "coupon")
        return execution.branch, execution.reason


@tagged("post_install", "-at_install", "mail_workflow")
class TestCoupon(CouponCase):
    def test_each_person_gets_a_code_of_their_own(self):
        workflow = self.workflow([self.step(days=10), wait("day", days=1)])
        people = self.people(5)
        workflow.enroll(people)
        self.run_engine()
        cards = self.cards()
        self.assertEqual(len(set(cards.mapped("code"))), 5)
        self.assertEqual(cards.partner_id, people)
        self.assertEqual(set(cards.mapped("expiration_date")), {date(2026, 3, 12)})
        self.assertEqual(set(cards.mapped("points")), {1})
        self.assertEqual(cards.history_ids.mapped("issued"), [1] * 5)
        self.assertFalse(self.env["mail.mail"].search([("res_id", "in", cards.ids)]))
        self.assertEqual({self.outcome(run) for run in self.runs(workflow)}, {("code", False)})

    def test_addresses_without_a_contact_are_persons_of_their_own(self):
        contacts = self.env["mailing.contact"].create(
            [{"name": one, "email": f"{one}@x.example.com"} for one in ("ada", "bob")]
        )
        workflow = self.workflow(
            [self.step()],
            model="mailing.contact",
            reentry={"policy": "after_exit", "per": "person"},
        )
        workflow.enroll(contacts[0])
        self.run_engine()
        workflow.enroll(contacts)
        self.run_engine(days=1)
        found = [self.outcome(run) for run in self.runs(workflow)]
        had = ("none", "had a code already")
        self.assertEqual(found, [("code", False), had, ("code", False)])

    def test_the_next_mail_shows_it(self):
        workflow = self.workflow([self.step(days=10), mail("offer", body=BODY)])
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        body = self.mails(workflow).body_html
        self.assertIn(self.cards(ada).code, body)
        self.assertIn("03/12/2026", body)
        self.assertIn("/workflow/coupon/", body)
        self.assertIn(self.cards(ada).code, self.mails(workflow).workflow_text)

    def test_without_a_code_the_words_in_the_block_stand(self):
        workflow = self.workflow([self.step(), mail("offer", body=BODY)])
        ada = self.person()
        self.workflow([self.step()], name="Earlier").enroll(ada)
        self.run_engine()
        workflow.enroll(ada)
        self.run_engine()
        self.assertIn("none this time", self.mails(workflow).body_html)
        self.assertNotIn(self.cards(ada).code, self.mails(workflow).body_html)

    def test_the_limit_counts_over_all_workflows_and_addresses(self):
        first = self.workflow([self.step(most=1, period_days=30)], name="First")
        second = self.workflow([self.step(most=1, period_days=30)], name="Second")
        ada = self.person()
        guest = self.person("Ada as a guest", email="ADA@customer.example.com")
        first.enroll(ada)
        self.run_engine()
        second.enroll(guest)
        self.run_engine(days=29)
        self.assertEqual(self.outcome(self.runs(second)), ("none", "had a code already"))
        third = self.workflow([self.step(most=1, period_days=30)], name="Third")
        third.enroll(guest)
        self.run_engine(days=2)
        self.assertEqual(self.outcome(self.runs(third)), ("code", False))

    def test_one_batch_gives_a_person_one_code(self):
        workflow = self.workflow([self.step()], reentry={"policy": "never", "per": "record"})
        people = self.person("One", email="one@customer.example.com")
        people |= self.person("Two", email="one@customer.example.com")
        workflow.enroll(people)
        self.run_engine()
        self.assertEqual(len(self.cards()), 1)
        self.assertEqual(
            sorted(self.outcome(run) for run in self.runs(workflow)),
            [("code", False), ("none", "had a code already")],
        )

    def test_a_contact_who_changed_the_address_is_the_same(self):
        ada = self.person()
        self.workflow([self.step()]).enroll(ada)
        self.run_engine()
        ada.email = "new@customer.example.com"
        again = self.workflow([self.step()], name="Again")
        again.enroll(ada)
        self.run_engine()
        self.assertEqual(self.outcome(self.runs(again))[0], "none")

    def test_only_a_share_gets_one_and_it_is_always_the_same_people(self):
        workflow = self.workflow(
            [self.step(share=30, most=0)], reentry={"policy": "after_exit", "per": "person"}
        )
        people = self.people(200)
        lucky = []
        for _twice in range(2):
            workflow.enroll(people)
            self.run_engine()
            before = self.env["res.partner"].union(*lucky)
            self.assertFalse(before - self.cards().partner_id)
            lucky.append(self.cards().partner_id)
        self.assertEqual(lucky[0], lucky[1])
        self.assertTrue(35 < len(lucky[0]) < 85, len(lucky[0]))
        self.assertEqual(len(self.cards()), 2 * len(lucky[0]))

    def test_a_small_amount_gets_none(self):
        workflow = self.workflow([self.step(min_amount=100)], model="sale.order")
        small, large = self.cart(self.person()), self.cart(self.person("Bob"), quantity=5)
        workflow.enroll(small | large)
        self.run_engine()
        self.assertEqual(
            self.outcome(self.runs(workflow, small)), ("none", "the amount is too small")
        )
        self.assertEqual(self.outcome(self.runs(workflow, large)), ("code", False))

    def test_a_small_margin_gets_none(self):
        self.product.standard_price = 38
        self.other_product.standard_price = 60
        workflow = self.workflow([self.step(min_margin=20)], model="sale.order")
        thin = self.cart(self.person())
        good = self.cart(self.person("Bob"), product=self.other_product)
        workflow.enroll(thin | good)
        self.run_engine()
        self.assertEqual(
            self.outcome(self.runs(workflow, thin)), ("none", "the margin is too small")
        )
        self.assertEqual(self.outcome(self.runs(workflow, good)), ("code", False))

    def test_first_order_only(self):
        workflow = self.workflow([self.step(first_only=True)])
        ada, bob = self.person(), self.person("Bob")
        guest = self.person("Ada as a guest", email=ada.email)
        self.cart(guest).action_confirm()
        self.cart(bob)
        workflow.enroll(ada | bob)
        self.run_engine()
        self.assertEqual(self.outcome(self.runs(workflow, ada)), ("none", "has ordered before"))
        self.assertEqual(self.outcome(self.runs(workflow, bob)), ("code", False))

    def test_the_branches_are_gone(self):
        self.env["res.partner.category"].create([{"name": "Got one"}, {"name": "Got none"}])
        branches = {
            "code": {"steps": [{"key": "yes", "kind": "tag", "add": ["Got one"]}]},
            "none": {"steps": [{"key": "no", "kind": "tag", "add": ["Got none"]}]},
        }
        workflow = self.workflow([self.step(share=50, branches=branches)])
        people = self.people(20)
        workflow.enroll(people)
        self.run_engine()
        for person in people:
            got = "Got one" if self.cards(person) else "Got none"
            self.assertEqual(person.category_id.name, got)

    def test_a_program_that_is_over_gives_none(self):
        self.program.date_to = date(2026, 3, 10)
        workflow = self.workflow([self.step(days=30)], reentry={"policy": "after_exit"})
        ada, bob = self.person(), self.person("Bob")
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(self.cards(ada).expiration_date, date(2026, 3, 10))
        self.after(days=9)
        workflow.enroll(bob)
        self.run_engine()
        self.assertEqual(self.outcome(self.runs(workflow, bob)), ("none", "the program is over"))

    def test_problems(self):
        for values, problem in (
            ({"min_amount": 5}, "in workflows on orders only"),
            ({"share": 0}, "more than 0"),
        ):
            workflow = self.workflow([self.step(**values)], start=False)
            self.assertIn(problem, workflow.problems)
        self.new_program("Points", program_type="loyalty", trigger="auto", applies_on="both")
        workflow = self.workflow([self.step(program="Points")], start=False)
        self.assertIn("is no program with a code for each person", workflow.problems)
        workflow = self.workflow([{"key": "code", "kind": "coupon"}], start=False)
        self.assertIn("choose a program", workflow.problems)


@tagged("post_install", "-at_install", "mail_workflow")
class TestRelease(CouponCase):
    def test_only_a_sales_administrator_releases(self):
        secret = self.new_program("Secret", released=False)
        seller = new_test_user(
            self.env, login="seller", groups=f"sales_team.group_sale_salesman,{WORKFLOW_GROUP}"
        )
        head = new_test_user(self.env, login="head", groups="sales_team.group_sale_manager")
        with self.assertRaises(AccessError):
            secret.with_user(seller).is_released_for_workflows = True
        workflow = self.workflow([self.step(program="Secret")], start=False)
        self.assertIn("“Secret” is not released for workflows", workflow.problems)
        secret.with_user(head).is_released_for_workflows = True
        workflow.invalidate_recordset()
        self.assertFalse(workflow.problems)
        self.assertFalse(secret.copy().is_released_for_workflows)

    def test_a_release_taken_back_pauses_the_workflow(self):
        workflow = self.workflow([wait("day", days=1), self.step()])
        workflow.enroll(self.person())
        self.run_engine()
        self.program.is_released_for_workflows = False
        self.run_engine(days=2)
        self.assertEqual(workflow.state, "paused")
        self.assertFalse(self.cards())
        self.program.is_released_for_workflows = True
        workflow.with_user(self.marketer).action_resume()
        self.run_engine()
        self.assertEqual(len(self.cards()), 1)

    def test_a_marketer_makes_no_coupons_by_hand(self):
        with self.assertRaises(AccessError):
            self.env["loyalty.card"].with_user(self.marketer).create(
                {"program_id": self.program.id, "points": 1}
            )


@tagged("post_install", "-at_install", "mail_workflow")
class TestAbandonsEveryWeek(CouponCase):
    def test_who_abandons_every_week_gets_one_code_and_then_none(self):
        """Each week a new cart, each cart its run: one code in 90 days, the mail without it."""
        workflow = self.cart_workflow(
            [self.step(most=1, period_days=90), mail("offer", body=BODY)],
            reentry={"policy": "after_exit", "per": "record"},
        )
        ada = self.person()
        found = []
        for week in range(14):
            visitor = ada if week % 2 else self.person(f"Guest {week}", email=ada.email)
            self.cart(visitor)
            self.run_engine(hours=24, minutes=1)
            self.run_engine()
            found.append(self.outcome(self.runs(workflow)[-1]))
            self.after(days=6)
        self.assertEqual(len(self.runs(workflow)), 14)
        self.assertEqual(found[0], ("code", False))
        self.assertEqual(set(found[1:13]), {("none", "had a code already")})
        self.assertEqual(found[13], ("code", False), "ninety days are over")
        self.assertEqual(len(self.cards()), 2)
        with_code = [m for m in self.mails(workflow) if "none this time" not in m.body_html]
        self.assertEqual(len(with_code), 2)


@tagged("post_install", "-at_install", "mail_workflow")
class TestCouponInTheShop(CouponCase, WorkflowHttpCase):
    def mailed(self, steps=None, **values):
        """Return the mail with the code about an abandoned cart, and the cart."""
        workflow = self.cart_workflow([self.step(), mail("offer", body=BODY)], **values)
        cart = self.cart(self.person())
        self.run_engine(hours=24, minutes=1)
        self.run_engine()
        return self.mails(workflow), cart

    def follow(self, url):
        """Follow a link as a browser that keeps its session; return the answer."""
        self.env.flush_all()
        path = url[url.index("/workflow/") :]
        answer = self.url_open(path, timeout=60)
        self.env.invalidate_all()
        return answer

    def test_the_link_takes_the_code_into_the_cart_and_it_is_redeemed(self):
        message, cart = self.mailed()
        before = cart.amount_total
        answer = self.follow(self.link(message, "/workflow/coupon/"))
        self.assertEqual(answer.status_code, 200)
        card = self.cards()
        orders = self.env["sale.order"].search([("applied_coupon_ids", "in", card.ids)])
        self.assertEqual(len(orders), 1)
        self.assertAlmostEqual(orders.amount_total, before * 0.9, places=2)
        self.assertEqual(orders.order_line.coupon_id, card)
        orders.partner_id = cart.partner_id
        orders.action_confirm()
        self.assertEqual(card.points, 0, "used up")

    def test_a_wrong_token_takes_no_code(self):
        message, _cart = self.mailed()
        url = self.link(message, "/workflow/coupon/")
        answer = self.ask(url[:-4] + "0000")
        self.assertEqual(answer.status_code, 302)
        self.assertTrue(answer.headers["Location"].endswith("/shop"))
        self.assertNotIn(self.cards().code, answer.headers["Location"])
        self.assertEqual(self.ask(url, method="HEAD").headers["Location"][-5:], "/shop")

    def test_the_link_is_no_tracker_and_not_kept(self):
        message, _cart = self.mailed()
        answer = self.ask(self.link(message, "/workflow/coupon/"))
        self.assertIn(f"/coupon/{self.cards().code}", answer.headers["Location"])
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertFalse(self.env["link.tracker"].search([("url", "like", "/workflow/coupon")]))
        self.assertTrue(message.mailing_trace_ids.links_click_datetime)
