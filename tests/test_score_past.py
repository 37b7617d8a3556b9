"""Rules from the past: what won and lost leads say is worth points, and what they cannot say."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from benchmarks import past

from .past_common import PastCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestSuggestRules(PastCase):
    def names(self, screen):
        return screen.suggestion_ids.mapped("name")

    def test_the_causes_are_suggested_with_their_evidence_and_nothing_else(self):
        self.write_past(past.people(6, 1500))
        screen = self.suggest()
        self.assertEqual(
            set(self.names(screen)),
            {
                "Page visited (Address: /pricing)",
                "Form submitted (Page: /contactus)",
                "Custom event “trial_started”",
                "Unsubscribed from a mail",
                "Country: Belgium",
            },
        )
        self.assertEqual(screen.won_count + screen.lost_count, 1500)
        self.assertIn("450 newest are held back", screen.message)
        by_name = {one.name: one for one in screen.suggestion_ids}
        trial, gone = by_name["Custom event “trial_started”"], by_name["Unsubscribed from a mail"]
        self.assertIn(trial.points, range(10, 19))
        self.assertLess(gone.points, 0)
        self.assertTrue(1 < trial.lift_low < trial.lift < trial.lift_high)
        self.assertTrue(gone.lift_low < gone.lift < gone.lift_high < 1)
        self.assertEqual(trial.support, trial.won_with + trial.lost_with)
        self.assertEqual(
            trial.of_won,
            f"{round(100 * trial.won_with / trial.won_known)}%"
            f" ({trial.won_with} of {trial.won_known})",
        )

    def test_one_click_adds_a_rule_that_scores_from_then_on(self):
        self.write_past(past.people(3, 700))
        screen = self.suggest()
        one = next(found for found in screen.suggestion_ids if "/pricing" in found.name)
        one.action_add()
        rule = one.rule_id
        self.assertEqual((rule.points, rule.repeat, rule.active), (one.points, "once", True))
        self.assertEqual(rule.create_uid, self.marketer)
        ada = self.person()
        self.views(ada, "/pricing")
        self.views(ada, "/pricing")
        self.assertScore(ada, rule.points)
        self.assertScore("past1@customer.example.com", 0)
        with self.assertRaisesRegex(UserError, "there already"):
            one.action_add()
        again = next(found for found in self.suggest().suggestion_ids if "/pricing" in found.name)
        self.assertEqual(again.rule_id, rule)

    def test_an_added_rule_can_count_the_past_too(self):
        self.write_past(past.people(3, 700))
        screen = self.suggest(count_past=True)
        for one in screen.suggestion_ids:
            one.action_add()
        self.job()
        scored = self.env["mail.workflow.score"].search_count([("dimension_id", "=", False)])
        self.assertGreater(scored, 200)
        self.assertRebuilt()

    def test_noise_suggests_nothing_and_says_so(self):
        self.write_past(past.people(1, 300, is_noise=True))
        screen = self.suggest()
        self.assertFalse(screen.suggestion_ids)
        self.assertIn("Nothing that people did or were", screen.message)

    def test_fewer_than_thirty_of_each_are_too_few(self):
        self.write_past(self.won_and_lost(58))
        screen = self.suggest()
        self.assertEqual(screen.display_name, "Suggest Rules")
        self.assertFalse(screen.suggestion_ids)
        self.assertIn("too few to learn from: 29 won and 29 lost", screen.message)

    def test_months_and_days_have_limits(self):
        for values in ({"months": 0}, {"months": 1000}, {"days": -1}, {"days": 10_000}):
            with self.assertRaisesRegex(ValidationError, "Look back"):
                self.suggest(**values)

    def test_leads_of_other_companies_and_those_not_asked_for_do_not_count(self):
        leads = self.write_past(self.won_and_lost(100))
        company = self.env["res.company"].create({"name": "Other shop"})
        leads[:20].write({"company_id": company.id})
        self.env.flush_all()
        screen = self.suggest()
        self.assertEqual((screen.won_count, screen.lost_count), (40, 40))
        screen = self.suggest(months=6)
        self.assertLess(screen.won_count, 40)

    def test_salespeople_and_portal_users_have_no_such_screen(self):
        for login, group in (
            ("seller", "sales_team.group_sale_salesman_all_leads"),
            ("visitor", "base.group_portal"),
        ):
            user = new_test_user(self.env, login=login, groups=group)
            for model in ("mail.workflow.score.suggest", "mail.workflow.score.test"):
                with self.assertRaises(AccessError):
                    self.opened(model, user=user)

    def test_it_takes_as_many_queries_however_long_the_past(self):
        def queries():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.suggest()
            return self.env.cr.sql_log_count - before

        self.write_past(past.people(1, 80, is_noise=True))
        self.suggest()
        few = queries()
        self.env.cr.execute("UPDATE crm_lead SET email_normalized = 'x' || email_normalized")
        self.env["crm.lead"].search([]).invalidate_recordset()
        self.write_past(past.people(2, 400, is_noise=True))
        self.assertLessEqual(queries(), few + 2)


@tagged("post_install", "-at_install", "mail_workflow")
class TestNoLeakage(PastCase):
    """What is so only because somebody was won must not look like a reason."""

    def setUp(self):
        super().setUp()
        self.leads = self.write_past(self.won_and_lost(240))
        self.won = self.leads.filtered(lambda lead: lead.won_status == "won")

    def assertNothing(self, **values):
        screen = self.suggest(**values)
        self.assertEqual(screen.suggestion_ids.mapped("name"), [])
        return screen

    def test_what_is_done_in_time_is_seen(self):
        for lead in self.won[::2]:
            self.noted("page_viewed", lead, lead.create_date + self.days(3), {"url": "/pricing"})
        first = self.leads[0].create_date
        self.noted("page_viewed", self.leads[1], first - self.days(40), {"url": "/x"})
        screen = self.suggest()
        self.assertEqual(screen.suggestion_ids.name, "Page visited (Address: /pricing)")

    def test_long_talks_are_no_reason(self):
        for lead in self.won:
            for day in (8, 9, 10):
                at = lead.create_date + self.days(day)
                self.noted("page_viewed", lead, at, {"url": "/my/quotes"})
        self.noted("page_viewed", self.leads[0], self.leads[0].create_date - self.days(1))
        self.assertNothing()

    def test_orders_invoices_stages_and_tasks_of_the_sale_are_no_reason(self):
        kinds = ("order_confirmed", "invoice_posted", "lead_stage_changed", "task_done", "lead_won")
        for lead in self.won:
            for kind in kinds:
                data = {"result": "done", "stage": 1, "type": "out_invoice"}
                self.noted(kind, lead, lead.create_date + self.days(2), data)
        for kind in kinds:
            self.noted(kind, self.leads[1], self.leads[0].create_date - self.days(300))
        self.assertNothing()

    def test_an_order_of_long_before_is_one(self):
        for lead in self.won[::2]:
            self.noted("order_confirmed", lead, lead.create_date - self.days(20))
        screen = self.suggest()
        self.assertEqual(screen.suggestion_ids.mapped("name"), ["Order confirmed"])

    def test_tags_given_for_winning_are_no_reason(self):
        tag = self.env["crm.tag"].create({"name": "Customer"})
        self.env.cr.execute(
            "INSERT INTO crm_tag_rel (lead_id, tag_id) SELECT unnest(%s), %s",
            [self.won.ids, tag.id],
        )
        for lead in self.won:
            self.noted("tag_added", lead, lead.date_closed, {"lead_tag": tag.id})
        self.noted("tag_added", self.leads[1], self.leads[0].create_date - self.days(300))
        self.assertNothing()

    def test_a_field_that_is_filled_in_when_somebody_buys_is_no_reason(self):
        lost = self.leads - self.won
        lost.write({"country_id": False})
        self.env.flush_all()
        self.assertNothing()

    def test_what_was_noted_only_lately_says_nothing_of_those_before(self):
        # of late more are won, and pages are noted only of late
        late = self.leads[120:]
        for lead in late[::2]:
            self.noted("page_viewed", lead, lead.create_date, {"url": "/blog"})
        for leads, usual, seldom in ((late, "won", "lost"), (self.leads[:120], "lost", "won")):
            self.env.cr.execute(
                "UPDATE crm_lead SET won_status = CASE WHEN (id / 2) %% 4 = 0 THEN %s ELSE %s END"
                " WHERE id = ANY(%s)",
                [seldom, usual, leads.ids],
            )
        self.env.invalidate_all()
        self.assertNothing()

    def test_who_was_decided_within_the_days_looked_at_is_left_out(self):
        self.env.cr.execute(
            "UPDATE crm_lead SET date_closed = create_date + interval '7 days 23 hours'"
            " WHERE id = ANY(%s)",
            [self.leads[:30].ids],
        )
        # bought first, and was put down as won weeks later
        partner = self.person(email=self.won[-1].email_from)
        self.order(partner, self.won[-1].create_date + self.days(4))
        self.env.flush_all()
        self.env.invalidate_all()
        screen = self.suggest()
        self.assertEqual(screen.won_count + screen.lost_count, 209)
        self.assertEqual(screen.too_soon, 31)
        self.assertEqual(self.suggest(days=1).too_soon, 0)

    def test_what_a_machine_did_is_no_reason(self):
        for lead in self.won:
            self.noted("email_clicked", lead, lead.create_date + self.days(1))
        self.noted("email_clicked", self.leads[1], self.leads[0].create_date - self.days(300))
        self.env.cr.execute("UPDATE mail_workflow_event SET verdict = 'bot'")
        self.assertNothing()

    def test_somebody_with_two_leads_counts_once(self):
        self.env.cr.execute(
            "UPDATE crm_lead SET email_normalized = 'same@customer.example.com' WHERE id = ANY(%s)",
            [self.leads[:10].ids],
        )
        self.env.invalidate_all()
        screen = self.suggest()
        self.assertEqual(screen.won_count + screen.lost_count, 231)


@tagged("post_install", "-at_install", "mail_workflow")
class TestMemory(PastCase):
    """What Odoo itself keeps counts too, and first orders teach as leads do."""

    def contacts(self, count):
        """Make contacts who came one after the other, long ago."""
        contacts = self.people(count)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = %s - (id - %s + 110) * interval '1 day'"
            " WHERE id = ANY(%s)",
            [self.now, contacts[0].id, contacts.ids],
        )
        self.env.invalidate_all()
        return contacts.sorted("create_date")

    def tracked(self, contacts, url):
        """Let contacts have seen a page that Odoo tracked."""
        visitors = self.env["website.visitor"].create(
            [{"access_token": str(one.id), "partner_id": one.id} for one in contacts]
        )
        self.env["website.track"].create(
            [
                {
                    "visitor_id": visitor.id,
                    "url": f"https://shop.example.com{url}?x=1",
                    "visit_datetime": visitor.partner_id.create_date + self.days(1),
                }
                for visitor in visitors
            ]
        )

    def test_first_orders_teach_with_the_pages_odoo_tracked(self):
        contacts = self.contacts(120)
        for contact in contacts[::4]:
            self.order(contact, contact.create_date + self.days(20))
        self.order(contacts[1], contacts[1].create_date + self.days(3))
        self.order(contacts[2], contacts[2].create_date + self.days(109))
        self.tracked(contacts[::4] | contacts[1:20:3], "/shop/lamp")
        self.env.flush_all()
        screen = self.suggest(past="orders")
        self.assertEqual((screen.won_count, screen.lost_count, screen.too_soon), (30, 89, 1))
        self.assertEqual(screen.suggestion_ids.name, "Page visited (Address: /shop/lamp)")
