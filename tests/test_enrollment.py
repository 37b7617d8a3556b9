from odoo import fields
from odoo.tests import tagged

from .common import WorkflowCase, mail, wait

ORDERED = {"kind": "order_confirmed"}


def custom(name, **values):
    return {"kind": "custom", "name": name, **values}


class EntryCase(WorkflowCase):
    def happened(self, record, name="signed", **values):
        self.emit("custom", record=record, data={"name": name}, **values)

    def signed(self, steps=None, **values):
        """Start a workflow that people come into when they signed."""
        return self.workflow(
            steps or [mail("m"), wait("day", days=1)],
            **{"triggers": [custom("signed")], **values},
        )

    def order(self, partner, **values):
        return self.env["sale.order"].create({"partner_id": partner.id, **values})


@tagged("post_install", "-at_install", "mail_workflow")
class TestEntry(EntryCase):
    def test_event_brings_in_once_however_often_the_crons_pass(self):
        workflow = self.signed()
        ada = self.person()
        self.happened(ada)
        for _pass in range(3):
            self.run_engine()
        run = self.runs(workflow)
        self.assertEqual(len(run), 1)
        self.assertPath(run, ("m", "queued"))
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_draft_brings_in_nobody_and_the_start_does_not_reach_back(self):
        listening = self.signed(name="Keeps the events coming")
        draft = self.signed(start=False)
        self.happened(self.person())
        self.run_engine()
        self.after(minutes=1)
        draft.action_start()
        self.run_engine()
        self.assertFalse(self.runs(draft))
        self.assertEqual(len(self.runs(listening)), 1)

    def test_existing_come_in_only_where_asked_for_and_are_counted_first(self):
        domain = [["city", "=", "Paris"], ["email", "like", "customer.example.com"]]
        values = {"triggers": [{"kind": "segment", "domain": domain}], "start": False}
        self.person("Ada", city="Paris")
        self.person("Bob", city="Rome")
        only_new, all_too = (
            self.workflow([mail("m")], **values),
            self.workflow([mail("m")], **values),
        )
        only_new.action_start()
        start = self.env["mail.workflow.start"].with_user(self.marketer)
        wizard = start.create({"workflow_id": all_too.id, "include_existing": "existing"})
        self.assertEqual(wizard.existing_count, 1)
        wizard.action_start()
        self.run_engine()
        self.run_engine()
        self.assertFalse(self.runs(only_new))
        self.assertEqual(len(self.runs(all_too)), 1)

    def test_outside_the_audience_nobody_comes_in(self):
        workflow = self.signed(audience=[["city", "=", "Paris"]])
        ada = self.person(city="Rome")
        self.happened(ada)
        self.run_engine()
        self.assertFalse(self.runs(workflow))
        ada.city = "Paris"
        self.happened(ada)
        self.run_engine()
        self.run_engine()
        self.assertEqual(len(self.runs(workflow)), 1)

    def test_leaving_the_audience_ends_a_run_only_where_said(self):
        values = {"audience": [["city", "=", "Paris"]]}
        keeps = self.signed([wait("day", days=1), mail("m")], **values)
        drops = self.signed([wait("day", days=1), mail("m")], recheck_audience=True, **values)
        ada = self.person(city="Paris")
        self.happened(ada)
        self.run_engine()
        ada.city = "Rome"
        self.run_engine(days=1)
        self.run_engine()
        self.assertState(self.runs(keeps), "done")
        self.assertState(self.runs(drops), "exited", "left the audience")

    def test_members_that_drop_out_and_return_between_passes_change_nothing(self):
        workflow = self.workflow(
            [wait("day", days=1), mail("m")],
            triggers=[{"kind": "segment", "domain": [["city", "=", "Paris"]]}],
            reentry={"policy": "after_exit", "per": "person"},
        )
        ada = self.person(city="Paris")
        self.run_engine()
        run = self.runs(workflow)
        self.assertState(run, "active")
        ada.city = "Rome"
        ada.city = "Paris"
        self.run_engine(hours=1)
        self.run_engine()
        self.assertEqual(self.runs(workflow), run)

    def test_segment_brings_in_again_after_the_exit_when_it_starts_to_match_anew(self):
        workflow = self.workflow(
            [mail("m")],
            triggers=[{"kind": "segment", "domain": [["city", "=", "Paris"]]}],
            reentry={"policy": "after_exit", "per": "person"},
        )
        ada = self.person(city="Paris")
        self.run_engine(minutes=5)
        self.run_engine(minutes=5)
        self.assertEqual(len(self.runs(workflow)), 1, "still matching is not starting to match")
        ada.city = "Rome"
        self.run_engine(minutes=5)
        ada.city = "Paris"
        self.run_engine(minutes=5)
        self.run_engine(minutes=5)
        self.assertEqual(self.runs(workflow).mapped("run_no"), [1, 2])

    def test_number_of_events_within_days(self):
        workflow = self.signed(triggers=[custom("visited", count=3, within_days=7)])
        ada = self.person()
        for days in (0, 8, 1):
            self.after(days=days)
            self.happened(ada, "visited")
            self.run_engine()
        self.assertFalse(self.runs(workflow), "the first is too long ago")
        self.happened(ada, "visited")
        self.run_engine(hours=1)
        self.run_engine()
        self.assertEqual(len(self.runs(workflow)), 1)

    def test_filters_of_the_event_count(self):
        workflow = self.signed(triggers=[custom("signed", filters={"plan": "pro"})])
        ada, bob = self.person("Ada"), self.person("Bob")
        self.emit("custom", record=ada, data={"name": "signed", "plan": "pro"})
        self.emit("custom", record=bob, data={"name": "signed", "plan": "free"})
        self.run_engine()
        self.assertEqual(self.runs(workflow).partner_id, ada)

    def test_late_abandoned_never_follows_an_ordered(self):
        workflow = self.signed(
            triggers=[custom("abandoned")], goal=custom("ordered"), exits=[custom("closed")]
        )
        ada, bob, eve = self.person("Ada"), self.person("Bob"), self.person("Eve")
        occurred = self.now
        self.after(minutes=5)
        self.happened(ada, "ordered")
        self.happened(bob, "closed")
        self.run_engine()
        for person in (ada, bob, eve):
            self.happened(person, "abandoned", occurred_at=occurred)
        self.run_engine()
        self.run_engine()
        self.assertEqual(self.runs(workflow).partner_id, eve)

    def test_ordered_in_the_second_of_the_abandoned_counts_too(self):
        workflow = self.signed(triggers=[custom("abandoned")], goal=custom("ordered"))
        ada = self.person()
        self.happened(ada, "abandoned")
        self.happened(ada, "ordered")
        self.run_engine()
        self.assertFalse(self.runs(workflow))

    def test_several_triggers_bring_a_person_in_once(self):
        workflow = self.signed(triggers=[custom("signed"), custom("asked")])
        ada = self.person()
        self.happened(ada)
        self.happened(ada, "asked")
        self.run_engine()
        self.happened(ada, "asked")
        self.run_engine(hours=1)
        self.assertEqual(len(self.runs(workflow)), 1)
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_record_gone_before_its_event_is_served(self):
        workflow = self.signed()
        ada, bob = self.person("Ada"), self.person("Bob")
        self.happened(ada)
        self.happened(bob)
        ada.unlink()
        self.run_engine()
        self.run_engine()
        self.assertEqual(self.runs(workflow).partner_id, bob)

    def test_error_over_one_event_keeps_nobody_else_out(self):
        workflow = self.signed()
        ada, bob, eve = self.person("Ada"), self.person("Bob"), self.person("Eve")
        for person in (ada, bob, eve):
            self.happened(person)

        def over_bob(_intake, _workflow, events):
            return any(event["res_id"] == bob.id for event in events)

        with self.failing("mail.workflow.intake", "_ended_since", ValueError, over_bob):
            self.run_engine()
        self.run_engine()
        self.assertEqual(self.runs(workflow).partner_id, ada | eve)

    def test_records_out_of_reach_of_who_runs_it_stay_out(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        workflow = self.signed()
        self.happened(self.person("Ada", company_id=company.id))
        self.happened(self.person("Bob"))
        self.run_engine()
        self.run_engine()
        self.assertEqual(self.runs(workflow).partner_id.name, "Bob")

    def test_one_bad_trigger_keeps_no_other_from_its_events(self):
        bad, good = self.signed(), self.signed()
        self.env.cr.execute(
            'UPDATE mail_workflow SET audience_domain = \'[("gone", "=", 1)]\' WHERE id = %s',
            [bad.id],
        )
        self.env.invalidate_all()
        self.happened(self.person())
        self.run_engine()
        self.run_engine()
        self.assertFalse(self.runs(bad))
        self.assertEqual(len(self.runs(good)), 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestWhoComesIn(EntryCase):
    def test_contact_created_but_not_its_delivery_address(self):
        workflow = self.workflow([mail("m")], triggers=[{"kind": "contact_created"}])
        ada = self.person()
        self.person("Depot", type="delivery", parent_id=ada.id)
        self.run_engine()
        self.run_engine()
        self.assertEqual(self.runs(workflow).partner_id, ada)

    def test_account_created(self):
        workflow = self.workflow([mail("m")], triggers=[{"kind": "account_created"}])
        ada = self.person()
        self.env["res.users"].create(
            {
                "login": ada.email,
                "partner_id": ada.id,
                "group_ids": [fields.Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        self.run_engine()
        self.run_engine()
        self.assertEqual(self.runs(workflow).partner_id, ada)
        self.assertEqual(len(self.mails(workflow)), 1)

    def subscribe(self, email, **values):
        news = self.env["mailing.list"].search([("name", "=", "News")])
        news = news or self.env["mailing.list"].create({"name": "News"})
        return self.env["mailing.contact"].create(
            {"name": "Ada", "email": email, "list_ids": [fields.Command.link(news.id)], **values}
        )

    def list_flow(self, **values):
        self.env["mailing.list"].create({"name": "News"})
        return self.workflow(
            [mail("m")],
            triggers=[{"kind": "list_subscribed", "filters": {"list": "News"}}],
            **values,
        )

    def test_subscriber_gets_a_contact_made_once(self):
        workflow = self.list_flow()
        self.subscribe("new@customer.example.com")
        self.subscribe("New@customer.example.com")
        self.run_engine()
        self.run_engine()
        contact = self.env["res.partner"].search(
            [("email_normalized", "=", "new@customer.example.com")]
        )
        self.assertEqual(contact.name, "Ada")
        self.assertEqual(self.runs(workflow).partner_id, contact)

    def test_subscriber_without_a_contact_stays_out_where_none_is_to_be_made(self):
        workflow = self.list_flow(create_contact=False)
        self.subscribe("new@customer.example.com")
        self.run_engine()
        self.assertFalse(self.runs(workflow))

    def test_archived_contact_is_not_made_anew(self):
        workflow = self.list_flow()
        ada = self.person()
        ada.active = False
        self.subscribe(ada.email)
        self.run_engine()
        self.assertFalse(self.runs(workflow))
        everybody = self.env["res.partner"].with_context(active_test=False)
        self.assertEqual(everybody.search([("email_normalized", "=", ada.email)]), ada)

    def test_a_workflow_does_not_enroll_what_its_own_steps_created(self):
        values = {
            "triggers": [
                {"kind": "list_subscribed", "filters": {"list": "News"}},
                {"kind": "contact_created"},
            ],
            "reentry": {"policy": "each_event", "per": "record"},
        }
        self.env["mailing.list"].create({"name": "News"})
        other = self.workflow([mail("o")], triggers=[{"kind": "contact_created"}])
        workflow = self.workflow([mail("m")], **values)
        self.subscribe("new@customer.example.com")
        for _pass in range(3):
            self.run_engine(minutes=1)
        self.assertEqual(len(self.runs(workflow)), 1, "not again by the contact it made")
        self.assertEqual(len(self.runs(other)), 1, "another workflow may")

    def test_order_confirmed_and_cancelled(self):
        confirmed = self.workflow([mail("c")], model="sale.order", triggers=[ORDERED])
        cancelled = self.workflow(
            [mail("x")], model="sale.order", triggers=[{"kind": "order_cancelled"}]
        )
        order = self.order(self.person())
        order.action_confirm()
        self.run_engine()
        self.assertEqual(len(self.runs(confirmed, order)), 1)
        self.assertFalse(self.runs(cancelled))
        order._action_cancel()
        self.run_engine()
        self.run_engine()
        self.assertEqual(len(self.runs(cancelled, order)), 1)
        self.assertEqual(len(self.runs(confirmed)), 1)

    def test_address_without_a_contact_in_a_workflow_on_subscribers(self):
        workflow = self.list_flow(model="mailing.contact")
        subscriber = self.subscribe("new@customer.example.com")
        self.run_engine()
        self.run_engine()
        self.assertEqual(self.runs(workflow).res_id, subscriber.id)
        self.assertEqual(len(self.mails(workflow, "new@customer.example.com")), 1)

    def test_lead_without_a_contact(self):
        workflow = self.workflow([mail("m"), wait("day", days=1), mail("n")], model="crm.lead")
        lead = self.env["crm.lead"].create({"name": "Hot", "email_from": "lead@x.example.com"})
        workflow.enroll(lead)
        self.run_engine()
        self.run_engine(days=1)
        self.run_engine()
        self.assertEqual(len(self.mails(workflow, "lead@x.example.com")), 2)
