"""An open alone never qualifies a lead (rule 31): it gives points, and reaches no threshold."""

from odoo.tests import tagged

from .common import wait
from .past_common import PastCase
from .score_common import ScoreCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestOpensAlone(ScoreCase):
    def setUp(self):
        super().setUp()
        self.rule("email_opened", 30, window_days=0)
        self.rule("page_viewed", 5)
        self.ada = self.person()
        self.lead = self.env["crm.lead"].create({"name": "Lamps", "partner_id": self.ada.id})
        self.hot = self.workflow(
            [wait("w", days=30)],
            triggers=[{"kind": "score_crossed", "filters": {"points": 50}}],
            reentry={"policy": "each_event", "per": "event"},
        )
        self.mails = 0

    def opens(self, partner=None, mails=3):
        for _mail in range(mails):
            self.mails += 1
            data = {"trace_id": self.mails}
            self.happens("email_opened", partner or self.ada, record=self.ada, data=data)

    def hot_runs(self):
        self.run_engine()
        return len(self.runs(self.hot))

    def grades(self):
        self.env.invalidate_all()
        return self.ada.lead_grade, self.lead.lead_grade

    def test_whoever_only_opens_has_points_and_is_not_hot(self):
        self.opens()
        self.assertScore(self.ada, 90)
        self.assertEqual(self.ada.lead_score_engagement, 90)
        self.assertEqual(self.grades(), ("d3", "d3"))
        self.assertEqual(self.hot_runs(), 0)
        leads = self.env["crm.lead"].search([("lead_grade", "in", ("a1", "b1", "c1", "d1"))])
        self.assertNotIn(self.lead, leads)
        self.assertIn("Opened mails alone make nobody warm", self.ada.lead_score_story)

    def test_a_visit_beside_them_makes_them_count_once(self):
        self.opens()
        self.views(self.ada, "/pricing")
        self.assertEqual(self.grades(), ("d1", "d1"))
        self.assertEqual(self.hot_runs(), 1)
        self.assertNotIn("Opened mails alone", self.ada.lead_score_story)
        self.opens()
        self.views(self.ada, "/blog")
        self.assertEqual(self.hot_runs(), 1)
        self.assertRebuilt()

    def test_points_of_a_colleague_or_a_workflow_are_no_opens(self):
        self.opens()
        self.adjust(self.ada, 1)
        self.assertEqual(self.grades()[0], "d1")
        self.assertEqual(self.hot_runs(), 1)

    def test_who_they_are_is_not_what_they_did(self):
        """A profile alone lifts nobody who only opens over a threshold of the sum."""
        self.rule(points=40, domain="[]")
        self.job()
        self.opens()
        self.assertScore(self.ada, 130)
        self.assertEqual(self.grades()[0], "a3")
        self.assertEqual(self.hot_runs(), 0)

    def test_when_a_machine_made_the_visit_only_opens_are_left(self):
        self.rule("email_clicked", 5, repeat="once")
        self.opens()
        for url in ("/0", "/1"):
            data = {"trace_id": 99, "url": url}
            self.happens("email_clicked", self.ada, record=self.ada, data=data)
            self.after(seconds=1)
        self.assertScore(self.ada, 90)
        self.assertEqual(self.grades()[0], "d3")
        self.assertRebuilt()

    def test_what_ends_counts_no_more(self):
        self.rule("form_submitted", 5, expires_days=3)
        self.opens()
        self.happens("form_submitted", self.ada, record=self.ada)
        self.assertEqual(self.grades()[0], "d1")
        self.job(days=4)
        self.assertScore(self.ada, 90)
        self.assertEqual(self.grades()[0], "d3")

    def test_merged_contacts_are_warm_if_one_of_them_was(self):
        bob = self.person("Bob")
        self.opens()
        self.views(bob, "/a")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.ada | bob).ids, self.ada)
        self.env.invalidate_all()
        self.assertScore(self.ada, 95)
        self.assertEqual(self.ada.lead_grade, "d1")

    def test_the_preview_knows_it(self):
        self.opens()
        previews = self.env["mail.workflow.score.model"].with_user(self.marketer)
        found = previews.get_preview(self.model.id, thresholds={"hot_from": 60, "warm_from": 10})
        hot = next(one for one in found["crossings"] if one["name"] == "hot_from")
        self.assertEqual((hot["now"], hot["then"]), (0, 0))
        rule = {"basis": "event", "points": 60, "dimension_id": self.engagement.id}
        rule |= {"repeat": "each", "window_days": 0}
        for kind, then in (("email_opened", "d3"), ("email_clicked", "d1")):
            data = {"trace_id": 77}
            self.env["mail.workflow.scoring.rule"].search([]).active = False
            listens = self.rule(kind, 1, repeat="once")
            self.happens(kind, self.person(kind), record=self.ada, data=data)
            listens.active = False
            found = previews.get_preview(self.model.id, rule={**rule, "event": {"kind": kind}})
            with self.subTest(kind):
                mover = [one for one in found["movers"] if one["name"] == kind]
                self.assertEqual(bool(mover), then == "d1")


@tagged("post_install", "-at_install", "mail_workflow")
class TestOpensOfThePast(PastCase):
    def test_opens_are_not_suggested(self):
        leads = self.write_past(self.won_and_lost(240))
        for lead in leads[::2]:
            for kind in ("email_opened", "form_submitted"):
                self.noted(kind, lead, lead.create_date + self.days(1))
        for kind in ("email_opened", "form_submitted"):
            self.noted(kind, leads[1], leads[0].create_date - self.days(300))
        self.assertEqual(self.suggest().suggestion_ids.mapped("name"), ["Form submitted"])
