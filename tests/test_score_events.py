"""Points for what people do."""

from datetime import timedelta

from odoo.tests import tagged

from .common import START
from .score_common import ScoreCase

PRICING = {"url": "/pricing"}


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreEvents(ScoreCase):
    def setUp(self):
        super().setUp()
        self.ada = self.person()

    def test_the_example_of_the_mission(self):
        """10 for an account, 5 for a page, 10 for the one with the prices: which gives 15."""
        self.rule("account_created", 10)
        self.rule("page_viewed", 5)
        self.rule("page_viewed", 10, filters=PRICING)
        self.happens("account_created", self.ada, record=self.ada)
        self.assertScore(self.ada, 10)
        self.views(self.ada, "/blog")
        self.assertScore(self.ada, 15)
        self.views(self.ada, "/pricing")
        self.assertScore(self.ada, 30)
        self.assertEqual(self.points(self.ada), [10, 5, 5, 10])

    def test_a_special_rule_counts_instead_of_the_general_one_where_it_says_so(self):
        general = self.rule("page_viewed", 5)
        special = self.rule("page_viewed", 10, filters=PRICING, replaces_id=general.id)
        self.views(self.ada, "/pricing")
        self.assertScore(self.ada, 10)
        self.views(self.ada, "/blog")
        self.assertScore(self.ada, 15)
        special.active = False
        self.views(self.ada, "/contactus")
        self.views(self.ada, "/pricing")
        self.assertScore(self.ada, 25)

    def test_a_page_counts_once_in_its_window(self):
        self.rule("page_viewed", 5, window_days=1)
        for _ in range(3):
            self.views(self.ada, "/blog")
        self.assertScore(self.ada, 5)
        self.after(days=1)
        self.views(self.ada, "/blog")
        self.assertScore(self.ada, 10)

    def test_once_only_and_each_time(self):
        self.rule("page_viewed", 5, repeat="once")
        each = self.rule("page_viewed", 1, repeat="each")
        for url in ("/a", "/b", "/a"):
            self.views(self.ada, url)
        self.assertScore(self.ada, 8)
        self.assertEqual(each.entry_count, 3)

    def test_a_click_and_the_open_of_one_message_count_once_each(self):
        self.rule("email_clicked", 5, window_days=0)
        self.rule("email_opened", 1, window_days=0)
        for kind, trace in (
            *(("email_opened", 1), ("email_clicked", 1)),
            *(("email_clicked", 1), ("email_opened", 1)),
        ):
            self.happens(kind, self.ada, record=self.ada, data={"trace_id": trace, "url": "/x"})
        self.assertScore(self.ada, 6)
        self.happens("email_clicked", self.ada, record=self.ada, data={"trace_id": 2})
        self.assertScore(self.ada, 11)

    def test_ten_times_five_capped_at_twenty_a_day(self):
        self.rule("page_viewed", 5, repeat="each", day_cap=20)
        for number in range(10):
            self.views(self.ada, f"/page/{number}")
        self.assertScore(self.ada, 20)
        self.after(days=1)
        self.views(self.ada, "/page")
        self.assertScore(self.ada, 25)

    def test_a_dimension_has_a_limit(self):
        self.engagement.cap = 12
        self.rule("page_viewed", 5, repeat="each")
        for number in range(4):
            self.views(self.ada, f"/page/{number}")
        self.assertScore(self.ada, 12)
        self.assertEqual(self.points(self.ada), [5, 5, 2])

    def test_nobody_has_less_than_nothing_and_the_ledger_says_what_was_applied(self):
        self.rule("page_viewed", 10)
        self.rule("email_unsubscribed", -50)
        self.views(self.ada, "/blog")
        self.happens("email_unsubscribed", self.ada, record=self.ada)
        self.assertScore(self.ada, 0)
        self.assertEqual(self.points(self.ada), [10, -10])

    def test_dimensions_stand_apart_and_the_sum_is_of_all(self):
        self.rule("page_viewed", 5)
        self.rule("form_submitted", 7, dimension_id=self.fit.id)
        self.views(self.ada, "/blog")
        self.happens("form_submitted", self.ada, record=self.ada)
        self.assertScore(self.ada, 5, self.engagement)
        self.assertScore(self.ada, 7, self.fit)
        self.assertScore(self.ada, 12)

    def test_only_what_a_person_did_counts(self):
        self.rule("page_viewed", 5, repeat="each")
        for verdict in ("bot", "suspect", "human"):
            self.happens("page_viewed", self.ada, data={"url": "/a", "verdict": verdict})
        self.assertScore(self.ada, 5)

    def test_what_a_machine_turns_out_to_have_done_is_taken_back_by_a_line(self):
        rule = self.rule("email_clicked", 5, repeat="once")
        for second in range(2):
            data = {"trace_id": 1, "url": f"/{second}"}
            self.happens("email_clicked", self.ada, record=self.ada, data=data)
            self.after(seconds=1)
        self.assertEqual(self.points(self.ada), [5, -5])
        self.assertScore(self.ada, 0)
        lines = self.env["mail.workflow.score.entry"].search([("rule_id", "=", rule.id)])
        self.assertEqual(sorted(lines.mapped("reason")), ["reversal", "rule"])
        self.after(minutes=5)
        data = {"trace_id": 1, "url": "/1"}
        self.happens("email_clicked", self.ada, record=self.ada, data=data)
        self.assertScore(self.ada, 5)

    def test_serving_an_event_again_changes_nothing(self):
        self.rule("page_viewed", 5, repeat="each")
        self.views(self.ada, "/blog")
        self.env.cr.execute("UPDATE mail_workflow_event SET dispatched_at = NULL")
        self.serve()
        self.assertScore(self.ada, 5)

    def test_contacts_with_one_address_are_one_person(self):
        self.rule("page_viewed", 5)
        other = self.person("Ada again", email=self.ada.email)
        self.views(self.ada, "/a")
        self.views(other, "/b")
        self.assertEqual([self.ada.lead_score, other.lead_score], [10, 10])

    def test_who_has_no_address_is_the_contact(self):
        self.rule("page_viewed", 5)
        nobody = self.person("No address", email="")
        self.views(nobody, "/a")
        self.assertScore(f"partner:{nobody.id}", 5)
        self.assertEqual(nobody.lead_score, 5)

    def test_an_address_without_a_contact_has_a_score_too(self):
        self.rule("list_subscribed", 5)
        self.happens("list_subscribed", None, email="news@customer.example.com")
        self.assertScore("news@customer.example.com", 5)
        late = self.person("News", email="News@Customer.example.com")
        self.assertEqual(late.lead_score, 5)

    def test_what_a_visitor_did_counts_once_they_are_known(self):
        self.rule("page_viewed", 5)
        visitor = self.env["website.visitor"].create({"access_token": "f" * 32})
        self.views(None, "/blog", visitor_id=visitor.id)
        self.views(None, "/pricing", visitor_id=visitor.id)
        self.assertScore(self.ada, 0)
        self.after(hours=1)
        visitor.access_token = str(self.ada.id)
        self.env.cr.flush()
        self.serve()
        self.assertScore(self.ada, 10)
        self.assertEqual(
            self.env["mail.workflow.score.entry"].search([]).mapped("occurred_at"), [START] * 2
        )
        self.views(None, "/blog", visitor_id=visitor.id)
        self.assertScore(self.ada, 10)

    def test_an_event_from_the_future_gives_nothing(self):
        self.rule("page_viewed", 5)
        with self.assertLogs("odoo.addons.mail_workflow_automation", "WARNING") as logs:
            self.views(self.ada, "/a", occurred_at=self.now + timedelta(days=1))
        self.assertIn("is to come", logs.output[0])
        self.assertScore(self.ada, 0)
        self.views(self.ada, "/b")
        self.assertScore(self.ada, 5)

    def test_a_rule_of_another_company_gives_nothing(self):
        company = self.env["res.company"].create({"name": "Other shop"})
        other = self.env["mail.workflow.score.model"].create(
            {"name": "Other", "company_id": company.id}
        )
        self.rule("order_confirmed", 5)
        self.rule("order_confirmed", 5, user=self.env.user, score_model_id=other.id)
        cart = self.cart(self.ada)
        cart.action_confirm()
        self.serve()
        self.assertScore(self.ada, 5)
        self.assertScore(self.ada, 0, model=other)

    def test_a_filter_that_fails_keeps_nobody_else_from_their_points(self):
        self.rule("page_viewed", 5)
        broken = self.rule("page_viewed", 7, filters=PRICING)
        self.env.cr.execute(
            "UPDATE mail_workflow_scoring_rule SET event = %s WHERE id = %s",
            ['{"kind": "page_viewed", "filters": {"url": 7}}', broken.id],
        )
        self.env["mail.workflow.listening"]._changed()
        self.env.invalidate_all()
        logger = "odoo.addons.mail_workflow_automation.models.mail_workflow_dispatcher"
        with self.assertLogs(logger, "ERROR"):
            self.views(self.ada, "/a")
        self.assertScore(self.ada, 5)

    def test_hooks_are_free_where_no_rule_listens(self):
        events = self.env["mail.workflow.event"]
        self.assertFalse(events._is_listened("page_viewed"))
        rule = self.rule("page_viewed", 5)
        self.assertTrue(events._is_listened("page_viewed"))
        rule.active = False
        self.assertFalse(events._is_listened("page_viewed"))

    def test_the_past_counts_where_asked_for_in_batches_and_starts_nothing(self):
        self.rule("page_viewed", 1, repeat="each")
        for url in ("/a", "/b"):
            self.views(self.ada, url)
        late = self.rule("page_viewed", 10, repeat="each")
        self.assertScore(self.ada, 2)
        late.action_apply_to_past()
        self.assertTrue(late.is_at_work)
        self.assertScore(self.ada, 2)
        self.job()
        self.assertFalse(late.is_at_work)
        self.assertScore(self.ada, 22)
        late.action_apply_to_past()
        self.job()
        self.assertScore(self.ada, 22)
