"""Opportunity: made for the person, one open at a time, as the user it runs as."""

from odoo.tests import tagged

from .common import WorkflowCase, wait


@tagged("post_install", "-at_install", "mail_workflow")
class TestOpportunity(WorkflowCase):
    def step(self, **values):
        return {
            "key": "deal",
            "kind": "opportunity",
            "title": "Offer for {{ object.name }}",
            **values,
        }

    def leads(self, workflow):
        return self.env["crm.lead"].search([("workflow_id", "=", workflow.id)], order="id")

    def test_a_salesperson_finds_all_that_was_said(self):
        team = self.env["crm.team"].create({"name": "Lamps team"})
        tag = self.env["crm.tag"].create({"name": "From a workflow"})
        workflow = self.workflow(
            [self.step(user="marketer", team="Lamps team", tags=["From a workflow"], revenue=500)]
        )
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        lead = self.leads(workflow)
        self.assertEqual((lead.name, lead.type), ("Offer for Ada", "opportunity"))
        self.assertEqual((lead.partner_id, lead.email_from), (ada, ada.email))
        self.assertEqual((lead.user_id, lead.team_id), (self.marketer, team))
        self.assertEqual((lead.tag_ids, lead.expected_revenue), (tag, 500))
        self.assertEqual(lead.create_uid, self.marketer)
        self.assertIn(self.marketer.partner_id, lead.message_partner_ids)
        self.assertIn("Created by workflow", lead.message_ids.body)

    def test_an_order_brings_its_amount(self):
        workflow = self.workflow([self.step(title="Cart {{ object.name }}")], model="sale.order")
        cart = self.cart(self.person(), quantity=3)
        workflow.enroll(cart)
        self.run_engine()
        lead = self.leads(workflow)
        self.assertEqual(lead.name, f"Cart {cart.name}")
        self.assertEqual(lead.expected_revenue, cart.amount_untaxed)
        self.assertFalse(lead.user_id, "nobody is named: sales assigns it")

    def test_a_mailing_contact_has_one_by_the_address(self):
        workflow = self.workflow([self.step()], model="mailing.contact")
        contact = self.env["mailing.contact"].create({"name": "Eve", "email": "eve@x.example.com"})
        workflow.enroll(contact)
        self.run_engine()
        self.assertEqual(self.leads(workflow).email_normalized, "eve@x.example.com")

    def test_one_open_at_a_time_for_a_person(self):
        workflow = self.workflow([self.step()], reentry={"policy": "after_exit", "per": "record"})
        ada = self.person()
        guest = self.person("Ada as a guest", email=ada.email)
        workflow.enroll(ada | guest)
        self.run_engine()
        lead = self.leads(workflow)
        self.assertEqual(len(lead), 1)
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(self.leads(workflow), lead)
        last = self.runs(workflow, ada)[-1]
        self.assertEqual(self.reason(last, "deal"), "has an open opportunity of this workflow")
        lead.action_set_won()
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(len(self.leads(workflow)), 2)

    def test_several_where_the_step_says_so(self):
        workflow = self.workflow(
            [self.step(several=True)], reentry={"policy": "after_exit", "per": "record"}
        )
        ada = self.person()
        for _twice in range(2):
            workflow.enroll(ada)
            self.run_engine()
        self.assertEqual(len(self.leads(workflow)), 2)

    def test_somebody_elses_opportunity_does_not_count(self):
        workflow = self.workflow([self.step(), wait("day", days=1)])
        ada = self.person()
        self.env["crm.lead"].create({"name": "Other", "partner_id": ada.id})
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(len(self.leads(workflow)), 1)

    def test_a_name_with_code_is_refused(self):
        workflow = self.workflow(
            [self.step(title="{{ object.env['res.users'].search([]) }}")], start=False
        )
        self.assertIn("expressions that marketer", workflow.problems.replace("(", ""))

    def test_without_a_name_it_says_so(self):
        workflow = self.workflow([self.step(title="")], start=False)
        self.assertIn("what the opportunity is called", workflow.problems)
