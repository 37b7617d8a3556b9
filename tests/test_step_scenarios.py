"""Scenarios of the mission with steps that change records, through the real applications."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import WorkflowCase, mail, wait

CODE = "<p>Your code: <b data-mwa-block='coupon_code'>-</b></p>"


@tagged("post_install", "-at_install", "mail_workflow")
class TestScenarios(WorkflowCase):
    def order(self, partner, product=None):
        """Let a person buy in the shop."""
        order = self.cart(partner, product)
        order.action_confirm()
        self.run_engine()
        return order

    def test_additional_item_after_a_purchase(self):
        """Cross-sell: a lamp is bought; two weeks later a code for the bulbs, and a list."""
        self.env["mailing.list"].create({"name": "Lamp owners"})
        self.env["res.partner.category"].create({"name": "Has a lamp"})
        self.env["loyalty.program"].create(
            {
                "name": "Bulbs",
                "program_type": "coupons",
                "is_released_for_workflows": True,
                "reward_ids": [Command.create({"reward_type": "discount", "discount": 15})],
            }
        )
        workflow = self.workflow(
            [
                {"key": "owners", "kind": "list", "add": ["Lamp owners"]},
                {"key": "seen", "kind": "tag", "add": ["Has a lamp"]},
                wait("weeks", weeks=2),
                {
                    "key": "code",
                    "kind": "coupon",
                    "program": "Bulbs",
                    "branches": {"none": {"steps": [{"key": "out", "kind": "end"}]}},
                },
                mail("bulbs", body=CODE),
            ],
            model="sale.order",
            triggers=[{"kind": "order_confirmed", "filters": {"product": "Desk lamp"}}],
            reentry={"policy": "after_exit", "per": "person"},
        )
        ada, bob = self.person(), self.person("Bob")
        self.order(ada)
        self.order(bob, self.other_product)
        self.run_engine()
        self.assertEqual(self.runs(workflow).partner_id, ada)
        self.assertEqual(ada.category_id.name, "Has a lamp")
        members = self.env["mailing.list"].search([("name", "=", "Lamp owners")]).contact_ids
        self.assertEqual(members.mapped("email"), [ada.email])
        self.run_engine(days=15)
        code = self.env["loyalty.card"].search([("partner_id", "=", ada.id)]).code
        self.assertIn(code, self.mails(workflow).body_html)
        self.order(ada)
        self.run_engine(days=15)
        self.run_engine(days=1)
        self.assertEqual(len(self.runs(workflow)), 2)
        self.assertEqual(len(self.mails(workflow)), 1, "the second lamp brings no second code")

    def test_upsell_becomes_the_salespersons_opportunity(self):
        """A large order: sales has an opportunity, the contact its owner; a small one: nothing."""
        large = {
            "key": "large",
            "kind": "condition",
            "domain": [["amount_untaxed", ">=", 100]],
            "branches": {
                "yes": {
                    "steps": [
                        {
                            "key": "deal",
                            "kind": "opportunity",
                            "title": "More for {{ object.partner_id.name }}",
                            "user": "marketer",
                        },
                        {
                            "key": "owner",
                            "kind": "update",
                            "on": "contact",
                            "set": [
                                {"field": "user_id", "value": "marketer"},
                                {"field": "ref", "from": "name"},
                            ],
                        },
                    ]
                }
            },
        }
        workflow = self.workflow(
            [large], model="sale.order", triggers=[{"kind": "order_confirmed"}]
        )
        ada, bob = self.person(), self.person("Bob")
        order = self.order(ada, self.other_product)
        self.order(bob)
        self.run_engine()
        lead = self.env["crm.lead"].search([("workflow_id", "=", workflow.id)])
        self.assertEqual((lead.partner_id, lead.name), (ada, "More for Ada"))
        self.assertEqual((lead.user_id, lead.expected_revenue), (self.marketer, 120))
        self.assertEqual((ada.user_id, ada.ref), (self.marketer, order.name))
        self.assertFalse(bob.user_id)

    def test_a_trial_hands_over_to_the_workflow_for_customers(self):
        """Onboarding: trial mails; who buys leaves them at once and comes into the other one."""
        self.workflow([mail("thanks")], name="Customers")
        trial = self.workflow(
            [
                mail("day0"),
                wait("days", days=3),
                mail("day3"),
                wait("week", days=7),
                mail("last"),
            ],
            name="Trial",
            triggers=[{"kind": "custom", "name": "trial_started"}],
        )
        bought = self.workflow(
            [
                {"key": "stop", "kind": "leave", "workflows": ["Trial"]},
                {"key": "next", "kind": "enroll", "workflow": "Customers"},
            ],
            name="Bought",
            triggers=[{"kind": "order_confirmed"}],
        )
        ada = self.person()
        self.emit("custom", partner=ada, data={"name": "trial_started"})
        self.run_engine()
        self.run_engine(days=4)
        self.assertEqual(len(self.mails(trial)), 2)
        self.order(ada)
        self.run_engine()
        self.run_engine(days=20)
        self.assertState(self.runs(trial), "exited", "taken out by workflow “Bought”")
        self.assertState(self.runs(bought), "done")
        customers = self.env["mail.workflow"].search([("name", "=", "Customers")])
        self.assertEqual(len(self.mails(trial)), 2)
        self.assertEqual(self.mails(customers).mapped("subject"), ["thanks"])

    def test_half_of_the_people_are_written_to_by_the_other_mail(self):
        """A split of two mails: each person has one of them, a returning one the same."""
        ways = {
            "short": {"weight": 50, "steps": [mail("short")]},
            "long": {"weight": 50, "steps": [mail("long")]},
        }
        workflow = self.workflow([{"key": "ways", "kind": "split", "branches": ways}])
        workflow.enroll(self.people(40))
        self.run_engine()
        mails = self.mails(workflow)
        self.assertEqual(len(mails), 40)
        self.assertEqual(len(set(mails.mapped("email_to"))), 40)
        self.assertEqual(set(mails.mapped("subject")), {"short", "long"})
