"""Events of mailing lists, forms and other workflows; imports."""

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import hmac

from .common import mail, wait
from .event_common import EventCase
from .http_common import BROWSER, WorkflowHttpCase


class ListCase(EventCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.news, cls.offers = cls.env["mailing.list"].create(
            [{"name": "News", "is_public": True}, {"name": "Offers", "is_public": True}]
        )

    def subscriber(self, name="ada", **values):
        values = {"email": f"{name}@lists.example.com", **values}
        return self.env["mailing.contact"].create(values)

    def what(self, kind):
        """Return ``[(address, list id)]`` of the events of a kind."""
        return [(event.email_normalized, event.data["list"]) for event in self.noted(kind)]


@tagged("post_install", "-at_install", "mail_workflow")
class TestLists(ListCase):
    def setUp(self):
        super().setUp()
        self.joined = self.listening("list_subscribed", list="News")
        self.left = self.listening("list_unsubscribed", list="News")

    def assertNoted(self, joined, left):
        self.assertEqual(len(self.what("list_subscribed")), joined)
        self.assertEqual(len(self.what("list_unsubscribed")), left)

    def test_by_a_subscription(self):
        ada = self.subscriber()
        row = self.env["mailing.subscription"].create(
            {"contact_id": ada.id, "list_id": self.news.id}
        )
        self.assertEqual(self.what("list_subscribed"), [(ada.email, self.news.id)])
        row.opt_out = True
        self.assertEqual(self.what("list_unsubscribed"), [(ada.email, self.news.id)])
        row.opt_out = True
        self.assertNoted(1, 1)
        row.opt_out = False
        self.assertNoted(2, 1)
        row.unlink()
        self.assertNoted(2, 2)

    def test_by_a_reason_for_leaving(self):
        ada = self.subscriber(list_ids=self.news.ids)
        reason = self.env["mailing.subscription.optout"].search([], limit=1)
        ada.subscription_ids.opt_out_reason_id = reason
        self.assertNoted(1, 1)

    def test_by_the_lists_of_a_contact_which_odoo_writes_by_sql(self):
        ada = self.subscriber(list_ids=(self.news + self.offers).ids)
        self.assertNoted(2, 0)
        ada.list_ids = self.offers
        self.assertNoted(2, 1)
        ada.write({"list_ids": [Command.link(self.news.id)]})
        self.assertNoted(3, 1)

    def test_by_the_contacts_of_a_list(self):
        ada, bob = self.subscriber("ada"), self.subscriber("bob")
        self.news.contact_ids = ada
        self.assertNoted(1, 0)
        self.news.write({"contact_ids": [Command.link(bob.id)]})
        self.assertNoted(2, 0)
        self.news.write({"contact_ids": [Command.unlink(ada.id)]})
        self.assertEqual(self.what("list_unsubscribed"), [(ada.email, self.news.id)])

    def test_merged_lists_are_noted_and_welcome_nobody(self):
        ada, bob = self.subscriber("ada"), self.subscriber("bob")
        (self.news + self.offers).write({"contact_ids": [Command.link(ada.id)]})
        self.offers.contact_ids = ada + bob
        self.assertEqual(self.came_in(self.joined), [1])
        waits = {"kind": "list_subscribed", "filters": {"list": "News"}}
        waiting = self.workflow([wait("day", days=1)], model="mailing.contact", exits=[waits])
        waiting.enroll(bob)
        self.news.action_merge(self.offers, archive=True)
        news = [(email, one) for email, one in self.what("list_subscribed") if one == self.news.id]
        self.assertEqual(news, [(ada.email, self.news.id), (bob.email, self.news.id)])
        self.assertEqual(self.came_in(self.joined), [1], "nobody asked for it just now")
        self.assertState(self.runs(waiting), "exited")

    def test_by_the_address(self):
        self.subscriber("ada", list_ids=self.news.ids)
        self.news._update_subscription_from_email("ada@lists.example.com", opt_out=True)
        self.news._update_subscription_from_email("ada@lists.example.com", opt_out=False)
        self.assertNoted(2, 1)

    def test_each_list_by_itself(self):
        self.subscriber("ada", list_ids=self.offers.ids)
        self.subscriber("bob", list_ids=self.news.ids)
        self.assertEqual(self.came_in(self.joined, self.left), [1, 0])
        self.news.contact_ids = False
        self.offers.contact_ids = False
        self.assertEqual(self.came_in(self.joined, self.left), [1, 1])
        self.assertEqual(self.runs(self.left).email_normalized, "bob@lists.example.com")


@tagged("post_install", "-at_install", "mail_workflow")
class TestOverHttp(WorkflowHttpCase, ListCase):
    def form(self, model="crm.lead", page="/contactus", **values):
        answer = self.ask(
            f"/website/form/{model}",
            "POST",
            data=values,
            headers={**BROWSER, "Referer": f"{self.base_url()}{page}"},
        )
        self.assertEqual(answer.status_code, 200)
        self.assertIn('"id"', answer.text)

    def test_a_form_sent_brings_its_sender_in(self):
        contact_page = self.listening("form_submitted", page="/contactus")
        landing = self.listening("form_submitted", page="/landing/*")
        leads = self.listening("form_submitted", "crm.lead", model="crm.lead")
        mails = self.listening("form_submitted", model="mail.mail")
        who = {"contact_name": "Fay", "email_from": "Fay@form.example.com", "name": "A question"}
        self.form(**who)
        self.assertEqual(self.came_in(contact_page, landing, leads, mails), [1, 0, 1, 0])
        self.assertEqual(self.runs(contact_page).email_normalized, "fay@form.example.com")
        self.assertEqual(self.noted("form_submitted").website_id, self.website.id)
        self.form(page="/fr/landing/lamps?utm_source=x", **who)
        self.assertEqual(self.noted("form_submitted")[-1].data["page"], "/landing/lamps")
        self.assertEqual(self.came_in(contact_page, landing), [1, 1])

    def test_a_form_of_a_strange_browser_is_taken(self):
        page = self.listening("form_submitted")
        answer = self.ask(
            "/website/form/crm.lead",
            "POST",
            data={"contact_name": "Fay", "email_from": "fay@form.example.com", "name": "What?"},
            headers={**BROWSER, "Referer": "http://[shop/contactus"},
        )
        self.assertIn('"id"', answer.text)
        self.assertEqual(self.came_in(page), [1])

    def test_a_form_that_is_sent_as_a_mail_is_from_who_filled_it_in(self):
        mails = self.listening("form_submitted", model="mail.mail")
        self.env["ir.model"]._get("mail.mail").website_form_access = True
        self.form(
            "mail.mail",
            email_from="gil@form.example.com",
            email_to="shop@shop.example.com",
            subject="Hello",
            website_form_signature=self.signature("shop@shop.example.com"),
        )
        self.assertEqual(self.came_in(mails), [1])
        self.assertEqual(self.runs(mails).email_normalized, "gil@form.example.com")

    def signature(self, to):
        return hmac(self.env(su=True), "website_form_signature", to)

    def test_a_newsletter_box_brings_the_subscriber_in(self):
        workflow = self.listening("list_subscribed", list="News")
        for _twice in range(2):
            self.env.flush_all()
            answer = self.make_jsonrpc_request(
                "/website_mass_mailing/subscribe",
                {
                    "list_id": self.news.id,
                    "value": "hal@x.example.com",
                    "subscription_type": "email",
                },
            )
            self.assertEqual(answer["toast_type"], "success")
            self.env.invalidate_all()
        self.assertEqual(self.came_in(workflow), [1])
        self.assertEqual(self.runs(workflow).email_normalized, "hal@x.example.com")
        self.assertEqual(len(self.mails(workflow, "hal@x.example.com")), 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestFinished(EventCase):
    def chain(self, outcome=None, name="First", **values):
        first = self.workflow([wait("day", days=1)], name=name, **values)
        filters = {"workflow": name, **({"outcome": outcome} if outcome else {})}
        trigger = {"kind": "workflow_finished", "filters": filters}
        return first, self.workflow([mail("next")], name=f"After {name}", triggers=[trigger])

    def test_the_next_workflow_begins_where_the_last_ends(self):
        first, then = self.chain()
        first.enroll(self.people(3))
        self.run_engine()
        self.assertEqual(len(self.runs(then)), 0)
        self.run_engine(days=1)
        self.assertEqual(len(self.runs(then)), 3)
        self.run_engine()
        self.assertEqual(len(self.mails(then)), 3)
        self.assertEqual({e.data["outcome"] for e in self.noted("workflow_finished")}, {"done"})

    def test_by_its_outcome(self):
        goal = {"kind": "custom", "name": "bought"}
        first, then = self.chain("goal", goal=goal)
        ada, bob = self.person("Ada"), self.person("Bob")
        first.enroll(ada + bob)
        self.run_engine()
        self.emit("custom", partner=ada, data={"name": "bought"})
        self.run_engine()
        self.run_engine(days=2)
        self.assertEqual(self.runs(then).partner_id, ada)

    def test_who_leaves_is_noted_once(self):
        first, then = self.chain("exited")
        run = first.enroll(self.person())
        self.run_engine()
        run.action_take_out()
        run.action_take_out()
        noted = self.noted("workflow_finished").mapped("data")
        self.assertEqual(noted, [{"workflow": first.id, "outcome": "exited"}])
        self.assertEqual(self.came_in(then), [1])

    def test_another_workflow_does_not_matter(self):
        _first, then = self.chain()
        other = self.workflow([mail("o")], name="Other")
        other.enroll(self.person())
        self.assertEqual(self.came_in(then), [0])

    def test_workflows_that_start_each_other_are_refused(self):
        first, then = self.chain()
        first.action_stop()
        self.env["mail.workflow.trigger"].create(
            {
                "workflow_id": first.id,
                "kind": "workflow_finished",
                "filters": {"workflow": then.id},
            }
        )
        self.assertIn("start each other", first.problems)
        alone = self.workflow([mail("a")], name="Alone", start=False)
        trigger = self.env["mail.workflow.trigger"].create(
            {"workflow_id": alone.id, "kind": "workflow_finished"}
        )
        self.assertIn("choose the workflow", alone.problems)
        trigger.filter_workflow_id = alone
        self.env.invalidate_all()
        self.assertIn("cannot follow itself", alone.problems)


@tagged("post_install", "-at_install", "mail_workflow")
class TestImport(EventCase):
    """The real import of a file, as its screen calls it."""

    def imported(self, content, model="res.partner", dryrun=False, **options):
        columns = content.splitlines()[0].split(",")
        wizard = self.env["base_import.import"].create(
            {
                "res_model": model,
                "file": content.encode(),
                "file_type": "text/csv",
                "file_name": "people.csv",
            }
        )
        options = {"quoting": '"', "separator": ",", "has_headers": True, **options}
        answer = wizard.execute_import(columns, columns, options, dryrun=dryrun)
        self.assertFalse(answer["messages"])
        return answer["ids"]

    def welcome(self):
        return [
            self.listening("contact_created"),
            self.listening("record_changed", model="res.partner", on="created"),
            self.listening("record_changed", model="res.partner", on="changed", field="city"),
        ]

    def test_an_import_starts_nothing_by_itself(self):
        welcome = self.welcome()
        self.imported("name,email\nAda,ada@import.example.com\nBob,bob@import.example.com\n")
        self.assertEqual(self.came_in(*welcome), [0, 0, 0])
        self.person("Cleo")
        self.assertEqual(self.came_in(*welcome), [1, 1, 0])

    def test_who_imports_may_say_that_it_does(self):
        welcome = self.welcome()
        self.imported("name,email\nAda,ada@import.example.com\n", workflow_start=True)
        self.assertEqual(self.came_in(*welcome), [1, 1, 0])

    def test_a_test_of_the_import_starts_nothing(self):
        welcome = self.welcome()
        content = "name,email\nAda,ada@import.example.com\n"
        self.imported(content, dryrun=True, workflow_start=True)
        self.assertFalse(self.noted("contact_created"))
        self.assertEqual(self.came_in(*welcome), [0, 0, 0])

    def test_imported_subscribers_are_not_welcomed_either(self):
        workflow = self.listening("list_subscribed", "mailing.contact")
        self.env["mailing.list"].create({"name": "News"})
        content = "name,email,list_ids\nAda,ada@import.example.com,News\n"
        self.imported(content, "mailing.contact")
        self.assertEqual(self.came_in(workflow), [0])
        content = content.replace("ada", "bob")
        self.imported(content, "mailing.contact", workflow_start=True)
        self.assertEqual(self.came_in(workflow), [1])

    def test_nor_are_addresses_that_are_pasted_into_a_list(self):
        workflow = self.listening("list_subscribed", "mailing.contact")
        news = self.env["mailing.list"].create({"name": "News"})
        wizard = self.env["mailing.contact.import"].create(
            {"mailing_list_ids": news.ids, "contact_list": "ada@paste.example.com"}
        )
        answer = wizard.action_import()
        self.assertEqual(news.contact_ids.mapped("email"), ["ada@paste.example.com"])
        self.assertEqual(self.came_in(workflow), [0])
        contacts = self.env["mailing.contact"].with_context(answer["params"]["next"]["context"])
        contacts.create({"name": "Bob", "email": "bob@x.example.com", "list_ids": news.ids})
        self.assertEqual(self.came_in(workflow), [1], "what follows the import counts")
