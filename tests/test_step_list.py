"""Mailing list: subscribed through Odoo's subscriptions; who opted out stays out."""

from odoo.tests import tagged

from .common import WorkflowCase, mail


@tagged("post_install", "-at_install", "mail_workflow")
class TestList(WorkflowCase):
    def setUp(self):
        super().setUp()
        self.news, self.offers = self.env["mailing.list"].create(
            [{"name": "News"}, {"name": "Offers"}]
        )

    def step(self, **values):
        return {"key": "list", "kind": "list", **values}

    def subscriptions(self, email):
        """Return ``{list name: opted out}`` of an address."""
        found = self.env["mailing.subscription"].search(
            [("contact_id.email_normalized", "=", email)]
        )
        return {one.list_id.name: one.opt_out for one in found}

    def member(self, email, *lists, **values):
        contact = self.env["mailing.contact"].create({"name": email, "email": email})
        self.env["mailing.subscription"].create(
            [{"contact_id": contact.id, "list_id": one.id, **values} for one in lists]
        )
        return contact

    def test_who_is_new_becomes_a_mailing_contact_on_the_list(self):
        workflow = self.workflow([self.step(add=["News", "Offers"])])
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        contact = self.env["mailing.contact"].search([("email_normalized", "=", ada.email)])
        self.assertEqual((contact.name, contact.list_ids), ("Ada", self.news | self.offers))
        self.assertEqual(self.subscriptions(ada.email), {"News": False, "Offers": False})

    def test_who_is_known_is_not_made_twice(self):
        workflow = self.workflow([self.step(add=["News", "Offers"])])
        ada = self.person()
        known = self.member(ada.email, self.news)
        workflow.enroll(ada)
        self.run_engine()
        contact = self.env["mailing.contact"].search([("email_normalized", "=", ada.email)])
        self.assertEqual(contact, known)
        self.assertEqual(self.subscriptions(ada.email), {"News": False, "Offers": False})

    def test_two_contacts_with_one_address_are_subscribed_once(self):
        workflow = self.workflow(
            [self.step(add=["News"])], reentry={"policy": "never", "per": "record"}
        )
        people = self.person("Ada", email="home@customer.example.com")
        people |= self.person("Bob", email="home@customer.example.com")
        workflow.enroll(people)
        self.run_engine()
        found = self.env["mailing.subscription"].search([("list_id", "=", self.news.id)])
        self.assertEqual(len(found), 1)
        self.assertEqual(len(self.runs(workflow)), 2)

    def test_who_opted_out_stays_out(self):
        workflow = self.workflow([self.step(add=["News"])])
        ada = self.person()
        self.member(ada.email, self.news, opt_out=True)
        self.member(ada.email, self.offers)
        workflow.enroll(ada)
        self.run_engine()
        self.assertPath(self.runs(workflow), ("list", "skipped"))
        self.assertEqual(self.reason(self.runs(workflow), "list"), "opted out of the list")
        self.assertTrue(self.subscriptions(ada.email)["News"])

    def test_who_opted_out_comes_back_where_the_step_says_so(self):
        workflow = self.workflow([self.step(add=["News"], resubscribe=True)])
        ada = self.person()
        self.member(ada.email, self.news, opt_out=True)
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(self.subscriptions(ada.email), {"News": False})

    def test_unsubscribing_is_an_opt_out_of_this_list_alone(self):
        workflow = self.workflow([self.step(remove=["News"])])
        ada, bob = self.person(), self.person("Bob")
        self.member(ada.email, self.news, self.offers)
        workflow.enroll(ada | bob)
        self.run_engine()
        self.assertEqual(self.subscriptions(ada.email), {"News": True, "Offers": False})
        self.assertEqual(self.subscriptions(bob.email), {})
        self.assertEqual(self.runs(workflow).mapped("state"), ["done", "done"])

    def test_who_has_no_address_is_skipped(self):
        workflow = self.workflow([self.step(add=["News"])])
        workflow.enroll(self.person(email=False))
        self.run_engine()
        self.assertEqual(self.reason(self.runs(workflow), "list"), "no address")

    def test_subscribing_starts_the_welcome_of_another_workflow(self):
        welcome = self.workflow(
            [mail("welcome")], name="Welcome", triggers=[{"kind": "list_subscribed"}]
        )
        workflow = self.workflow([self.step(add=["News"])])
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        self.run_engine()
        self.assertEqual(self.runs(welcome).partner_id, ada)
        self.assertEqual(len(self.mails(welcome)), 1)

    def test_what_is_missing_is_said(self):
        workflow = self.workflow([self.step()], start=False)
        self.assertIn("choose a mailing list", workflow.problems)
        workflow = self.workflow([self.step(add=["News"], remove=["News"])], start=False)
        self.assertIn("both to subscribe", workflow.problems)
