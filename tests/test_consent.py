"""Who is not written to, why, and how somebody says so."""

from odoo.http import Request
from odoo.tests import tagged

from .common import WorkflowCase, mail, wait
from .http_common import BODY, WorkflowHttpCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestGate(WorkflowCase):
    """What happens between the entry and the moment of sending counts, with a reason of its own,
    and is not tried again."""

    def setUp(self):
        super().setUp()
        self.topic = self.env["mailing.list"].create({"name": "Offers"})

    def after_entry(self, change, **values):
        """Let something happen while a person waits for the first mail; return their run."""
        workflow = self.workflow([wait("day", days=1), mail("a"), mail("b")], **values)
        ada = self.person()
        run = workflow.enroll(ada)
        self.run_engine()
        change(ada)
        self.run_engine(days=1)
        self.assertFalse(self.mails(workflow))
        self.assertPath(run, ("day", "done"), ("a", "skipped"), ("b", "skipped"))
        self.assertState(run, "done")
        reason = self.reason(run, "a")
        self.run_engine(days=1)
        self.assertEqual(len(run.execution_ids), 3, "nothing is tried again")
        self.assertFalse(run.execution_ids.filtered("retry_at"))
        return reason

    def subscribed(self, partner, opt_out):
        contact = self.env["mailing.contact"].create({"name": "Ada", "email": partner.email})
        self.env["mailing.subscription"].create(
            {"contact_id": contact.id, "list_id": self.topic.id, "opt_out": opt_out}
        )

    def test_opted_out_of_the_workflows_list(self):
        reason = self.after_entry(lambda ada: self.subscribed(ada, True), list="Offers")
        self.assertEqual(reason, "opted out")

    def test_opted_out_of_another_list_is_written_to(self):
        other = self.env["mailing.list"].create({"name": "Newsletter"})
        self.topic, topic = other, self.topic
        ada = self.person()
        self.subscribed(ada, True)
        workflow = self.workflow([mail("a")], list=topic.name)
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_blacklisted(self):
        reason = self.after_entry(lambda ada: self.env["mail.blacklist"]._add(ada.email))
        self.assertEqual(reason, "blacklisted")

    def test_bounced(self):
        reason = self.after_entry(lambda ada: ada.write({"message_bounce": 1}))
        self.assertEqual(reason, "address bounced")

    def test_lead_or_subscriber_without_a_contact_bounced(self):
        who = {"name": "Leo", "email_from": "leo@customer.example.com"}
        lead = self.env["crm.lead"].create(who)
        who = {"name": "Mia", "email": "mia@customer.example.com"}
        subscriber = self.env["mailing.contact"].create(who)
        for record in (lead, subscriber):
            workflow = self.workflow([wait("day", days=1), mail("a")], model=record._name)
            run = workflow.enroll(record)
            self.run_engine()
            record.message_bounce = 1
            self.run_engine(days=1)
            self.assertEqual(self.reason(run, "a"), "address bounced")

    def test_archived(self):
        reason = self.after_entry(lambda ada: ada.write({"active": False}))
        self.assertEqual(reason, "archived")

    def test_address_removed(self):
        workflow = self.workflow([wait("day", days=1), mail("a")])
        run = workflow.enroll(self.person("Zoe", email=""))
        self.run_engine(days=1)
        self.run_engine(days=1)
        self.assertEqual(self.reason(run, "a"), "no address")

    def test_internal_user(self):
        workflow = self.workflow([mail("a")])
        run = workflow.enroll(self.marketer.partner_id)
        self.run_engine()
        self.assertEqual(self.reason(run, "a"), "internal user")

    def test_every_reason_is_a_reason_of_its_own(self):
        workflow = self.workflow([mail("a")])
        people = [self.person(name) for name in ("One", "Two", "Three")]
        runs = [workflow.enroll(partner) for partner in people]
        self.env["mail.blacklist"]._add(people[0].email)
        people[1].message_bounce = 3
        people[2].active = False
        self.run_engine()
        self.assertEqual(
            [self.reason(run, "a") for run in runs], ["blacklisted", "address bounced", "archived"]
        )

    def test_a_skipped_mail_lets_leave_where_the_step_says_so(self):
        workflow = self.workflow([mail("a", on_skip="leave"), mail("b")])
        ada = self.person()
        self.env["mail.blacklist"]._add(ada.email)
        run = workflow.enroll(ada)
        self.run_engine()
        self.assertState(run, "exited", "blacklisted")

    def test_who_came_back_is_written_to(self):
        ada = self.person()
        self.env["mail.blacklist"]._add(ada.email)
        self.env["mail.blacklist"]._remove(ada.email)
        workflow = self.workflow([mail("a")])
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestUnsubscribe(WorkflowHttpCase):
    def setUp(self):
        super().setUp()
        self.topic, self.newsletter = self.env["mailing.list"].create(
            [{"name": "Offers"}, {"name": "Newsletter"}]
        )
        self.ada = self.person()
        self.contact = self.env["mailing.contact"].create(
            {
                "name": "Ada",
                "email": self.ada.email,
                "subscription_ids": [(0, 0, {"list_id": self.newsletter.id})],
            }
        )

    def sent(self, **values):
        workflow = self.workflow(
            [mail("a", body=BODY), wait("day", days=1), mail("b", body=BODY)], **values
        )
        run = workflow.enroll(self.ada)
        self.run_engine()
        return workflow, run, self.mails(workflow)

    def consent(self):
        """Return ``(blacklisted, {list: opted out})`` of Ada."""
        blacklisted = bool(
            self.env["mail.blacklist"].search([("email", "=", self.ada.email_normalized)])
        )
        subscriptions = self.env["mailing.subscription"].search(
            [("contact_id.email_normalized", "=", self.ada.email_normalized)]
        )
        return blacklisted, {s.list_id.name: s.opt_out for s in subscriptions}

    def test_one_click_by_the_header_of_the_mail(self):
        workflow, run, sent = self.sent()
        answer = self.ask(self.one_click(sent), "POST", {"List-Unsubscribe": "One-Click"})
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(self.consent(), (True, {"Newsletter": False}))
        self.run_engine(days=1)
        self.assertEqual(len(self.mails(workflow)), 1)
        self.assertEqual(self.reason(run, "b"), "blacklisted")

    def test_operational_mail_offers_no_unsubscribing_that_would_not_hold(self):
        admin = self.env.ref("base.user_admin")

        def headers(body):
            workflow = self.workflow([mail("a", body=body)], user=admin, purpose="operational")
            workflow.enroll(self.ada)
            self.run_engine()
            return self.outgoing(self.mails(workflow))["headers"]

        self.assertNotIn("List-Unsubscribe", headers("<p>Your invoice</p>"))
        self.assertNotIn("List-Unsubscribe-Post", headers("<p>Your invoice</p>"))
        self.assertIn("List-Unsubscribe", headers(BODY))

    def test_one_click_leaves_the_workflows_list_only(self):
        workflow, run, sent = self.sent(list="Offers")
        self.ask(self.one_click(sent), "POST", {"List-Unsubscribe": "One-Click"})
        self.assertEqual(self.consent(), (False, {"Newsletter": False, "Offers": True}))
        self.run_engine(days=1)
        self.assertEqual(self.reason(run, "b"), "opted out")
        self.ask(self.one_click(sent), "POST", {"List-Unsubscribe": "One-Click"})
        self.assertEqual(self.consent(), (False, {"Newsletter": False, "Offers": True}))

    def test_an_exit_on_unsubscribing_ends_the_run(self):
        workflow, run, sent = self.sent(list="Offers", exits=[{"kind": "email_unsubscribed"}])
        self.ask(self.one_click(sent), "POST", {"List-Unsubscribe": "One-Click"})
        self.assertEqual(self.events(workflow), [("email_unsubscribed", "human")])
        self.run_engine()
        self.assertState(run, "exited", "Unsubscribed from a mail")

    def test_link_of_an_old_mail_holds_for_the_address_they_have_by_now(self):
        for values, reason in (({"list": "Offers"}, "opted out"), ({}, "blacklisted")):
            self.ada = self.person(f"Ada{reason[:3]}")
            _workflow, run, sent = self.sent(**values)
            address = self.one_click(sent)
            self.ada.email = f"new-{self.ada.email}"
            self.ask(address, "POST", {"List-Unsubscribe": "One-Click"})
            self.run_engine(days=1)
            self.assertEqual(run.email_normalized, self.ada.email)
            self.assertEqual(self.reason(run, "b"), reason)

    def test_link_of_a_mail_before_a_merge_holds_for_the_merged_person(self):
        _workflow, run, sent = self.sent(list="Offers")
        address = self.one_click(sent)
        twin = self.person("Twin")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.ada | twin).ids, twin)
        self.env.invalidate_all()
        self.ask(address, "POST", {"List-Unsubscribe": "One-Click"})
        self.run_engine(days=1)
        self.assertEqual(run.email_normalized, twin.email)
        self.assertEqual(self.reason(run, "b"), "opted out")

    def test_everything_is_the_second_choice_on_the_page(self):
        workflow, _run, sent = self.sent(list="Offers", exits=[{"kind": "email_unsubscribed"}])
        page = self.ask(self.link(sent, "confirm_unsubscribe"))
        self.assertEqual(page.status_code, 200)
        query = self.link(sent, "confirm_unsubscribe").partition("?")[2]
        page = self.ask(f"/mailing/{sent.mailing_id.id}/unsubscribe?{query}")
        self.assertIn("blocklist", page.text)
        token = dict(pair.split("=") for pair in query.split("&"))["hash_token"]
        self.make_jsonrpc_request(
            "/mailing/blocklist/add",
            {
                "mailing_id": sent.mailing_id.id,
                "document_id": self.ada.id,
                "email": self.ada.email_normalized,
                "hash_token": token,
            },
        )
        self.env.invalidate_all()
        self.assertEqual(self.consent(), (True, {"Newsletter": False}))
        self.assertEqual(self.events(workflow), [("email_unsubscribed", "human")])

    def test_a_get_shows_a_page_and_changes_nothing(self):
        workflow, _run, sent = self.sent(list="Offers", exits=[{"kind": "email_unsubscribed"}])
        before = self.consent()
        query = self.one_click(sent).partition("?")[2]
        for address in (
            self.link(sent, "confirm_unsubscribe"),
            f"/mailing/{sent.mailing_id.id}/unsubscribe?{query}",
        ):
            for method in ("GET", "HEAD"):
                with self.subTest(address=address.partition("?")[0], method=method):
                    answer = self.ask(address, method)
                    self.assertEqual(answer.status_code, 200)
                    self.assertEqual(self.consent(), before)
        for method in ("GET", "HEAD"):
            answer = self.ask(self.one_click(sent), method)
            self.assertGreaterEqual(answer.status_code, 400)
            self.assertEqual(self.consent(), before)
        self.assertEqual(self.events(workflow), [])

    def test_the_page_of_the_link_unsubscribes_by_its_button(self):
        _workflow, _run, sent = self.sent(list="Offers")
        query = self.link(sent, "confirm_unsubscribe").partition("?")[2]
        values = dict(pair.split("=") for pair in query.split("&"))
        self.authenticate(None, None)
        answer = self.url_open(
            "/mailing/confirm_unsubscribe",
            data={
                **values,
                "email": self.ada.email_normalized,
                "mailing_id": sent.mailing_id.id,
                "csrf_token": Request.csrf_token(self),
            },
        )
        self.assertEqual(answer.status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(self.consent(), (False, {"Newsletter": False, "Offers": True}))

    def test_wrong_foreign_and_missing_tokens_change_nothing(self):
        workflow, _run, sent = self.sent(exits=[{"kind": "email_unsubscribed"}])
        bob = self.person("Bob")
        workflow.enroll(bob)
        self.run_engine()
        other = self.mails(workflow) - sent
        address = self.one_click(sent)
        token = address.rpartition("=")[2]
        foreign = self.one_click(other).rpartition("=")[2]
        before = self.consent()
        for bad in (
            address.replace(token, "0" * len(token)),
            address.replace(token, foreign),
            address.replace(token, ""),
            address.replace(token, "é"),
            address.partition("&hash_token")[0],
            address.partition("?")[0],
            address.replace(f"document_id={self.ada.id}", f"document_id={bob.id}"),
            address.replace(f"document_id={self.ada.id}", "document_id=abc"),
            address.replace(f"/mailing/{sent.mailing_id.id}/", "/mailing/99999999/"),
        ):
            for target in (bad, bad.replace("_oneclick", "")):
                for method in ("POST", "GET"):
                    with self.subTest(bad=target, method=method):
                        answer = self.ask(target, method, {"a": "b"} if method == "POST" else None)
                        self.assertIn(answer.status_code, (400, 401, 403, 404, 405))
                        self.assertNotIn(self.ada.email_normalized, answer.text)
                        self.assertEqual(self.consent(), before)
        self.assertFalse(self.env["mail.blacklist"].search([("email", "=", bob.email_normalized)]))
        self.assertEqual(self.events(workflow), [])
