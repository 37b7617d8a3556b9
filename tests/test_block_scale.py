"""What blocks cost: queries do not grow with the readers, plans not with the shop."""

from odoo.fields import Command
from odoo.tests import tagged

from .block_common import BlockCase, block
from .plans import PlanCase

SOME, MANY = 10, 1000


@tagged("post_install", "-at_install", "mail_workflow")
class TestBlockCosts(BlockCase):
    def setUp(self):
        super().setUp()
        self.product.accessory_product_ids = self.other_product
        people = self.people(SOME + MANY)
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "website_id": self.website.id,
                    "order_line": [Command.create({"product_id": self.product.id})],
                }
                for partner in people
            ]
        )
        self.env.flush_all()
        # bought: written as confirming writes it, without each one's own messages
        self.env.cr.execute("UPDATE sale_order SET state = 'sale' WHERE id = ANY(%s)", [orders.ids])
        self.env.invalidate_all()
        names = self.env["mail.workflow.block"]._names()
        steps = [{"key": "m", "kind": "email", "subject": "s"}]
        steps[0]["body_html"] = "".join(block(name) for name in names)
        self.workflow_ = self.workflow(steps)
        self.workflow_.enroll(people)
        self.all_runs = self.runs(self.workflow_)

    def cost(self, name, runs):
        """Return the number of queries that a block needs for runs."""
        text = self.workflow_.step_ids.text_ids
        runs.mapped("partner_id.name")
        env = self.workflow_._run_env()
        env = env(context={**env.context, "lang": "en_US"})
        before = self.env.cr.sql_log_count
        filled = self.env["mail.workflow.block"]._of(name)._fill(text, runs, env, "http://x", {})
        return self.env.cr.sql_log_count - before, len(filled)

    def test_a_block_needs_as_many_queries_for_a_thousand_readers_as_for_ten(self):
        few_runs, many_runs = self.all_runs[:SOME], self.all_runs[SOME:]
        for name in self.env["mail.workflow.block"]._names():
            with self.subTest(name):
                self.cost(name, few_runs)  # caches are warm now
                self.env.invalidate_all()
                few, filled_few = self.cost(name, few_runs)
                self.env.invalidate_all()
                many, filled_many = self.cost(name, many_runs)
                # Odoo reads records in portions of 1,000
                self.assertLessEqual(many, few + 2, name)
                self.assertEqual(filled_many, filled_few * MANY // SOME)


@tagged("post_install", "-at_install", "mail_workflow")
class TestPurchasePlans(PlanCase):
    def test_purchases_of_people_are_read_by_index(self):
        ada = self.person()
        cart = self.cart(ada)
        line = cart.order_line
        first = self.seed_copies(
            self.person("Seed"), 20_000, email_normalized="'seed' || n || '@customer.example.com'"
        )
        orders = self.seed_copies(
            cart, 40_000, partner_id=f"{first} + n %% 20000", state="'sale'", access_token="NULL"
        )
        self.seed_copies(line, 40_000, order_id=f"{orders} + n", state="'sale'")
        self.analyze("res_partner", "sale_order", "sale_order_line", "product_product")
        workflow = self.workflow([{"key": "w", "kind": "wait", "days": 1}])
        people = self.env["res.partner"].browse(range(first, first + 100))
        workflow.enroll(people)
        runs = self.runs(workflow)
        purchases = self.env["mail.workflow.purchase"]
        for work in (purchases._bought, lambda some: purchases._orders(some, self.env)):
            for plan in self.plans_of(lambda work=work: work(runs), of="FROM sale_order o"):
                self.assertByIndex(plan, "sale_order", most=1000)
                self.assertByIndex(plan, "sale_order_line", most=1000)
        self.assertEqual(len(purchases._bought(runs)), 100)
        affinity = self.env["mail.workflow.affinity"]
        affinity._refresh(self.env.company, self.now)
