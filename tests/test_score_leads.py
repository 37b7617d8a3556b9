"""Scores of leads: merged ones, those of people who came by a mail, and Odoo's own probability."""

from odoo.tests import tagged

from .common import wait
from .score_common import ScoreCase

VISITOR = "9" * 32


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreLeads(ScoreCase):
    def setUp(self):
        super().setUp()
        self.rule("form_submitted", 10, repeat="once")
        self.rule("page_viewed", 5)

    def leads(self, *emails, **values):
        return self.env["crm.lead"].create(
            [{"name": f"Lead {email}", "email_from": email, **values} for email in emails]
        )

    def merge(self, leads, *, auto_unlink=True):
        merged = leads.merge_opportunity(auto_unlink=auto_unlink)
        if not auto_unlink:
            (leads - merged).unlink()
        self.env.cr.flush()
        self.serve()
        return merged

    def test_merged_leads_without_a_contact_keep_both_ledgers(self):
        """Also where they are converted: then Odoo deletes the other lead by itself."""
        for auto_unlink in (True, False):
            with self.subTest(auto_unlink=auto_unlink):
                self._merge_both(auto_unlink)

    def _merge_both(self, auto_unlink):
        emails = {f"{name}{auto_unlink}@x.example.com".lower() for name in ("ada", "bob")}
        leads = self.leads(*sorted(emails))
        for lead in leads:
            self.happens("form_submitted", None, record=lead, email=lead.email_normalized)
            self.views(None, f"/{lead.id}", email=lead.email_normalized)
        merged = self.merge(leads, auto_unlink=auto_unlink)
        self.assertScore(merged.email_normalized, 20)
        self.assertEqual(merged.lead_score, 20)
        self.assertEqual(sorted(self.points(merged.email_normalized)), [-10, 5, 5, 10, 10])
        other = (emails - {merged.email_normalized}).pop()
        self.assertFalse(self.points(other))

    def test_a_merged_lead_leaves_what_a_contact_has(self):
        bob = self.person("Bob")
        self.views(bob, "/a")
        merged = self.merge(self.leads("ada@x.example.com", bob.email))
        self.assertEqual(bob.lead_score, 5)
        self.assertEqual(merged.lead_score, 5 if merged.email_normalized == bob.email else 0)

    def test_who_came_by_a_mail_scores_but_stays_unknown(self):
        ada = self.person()
        workflow = self.workflow(
            [wait("w", days=1)], triggers=[{"kind": "page_viewed", "filters": {"url": "/pricing"}}]
        )
        sent = self.workflow([wait("w", days=1)], name="Sent")
        run = sent.enroll(ada)
        visitor = self.env["website.visitor"].create({"access_token": VISITOR})
        data = {"url": "/pricing", "workflow_came_by": run.id}
        self.happens("page_viewed", None, visitor_id=visitor.id, data=data)
        self.assertScore(ada, 5)
        event = self.env["mail.workflow.event"].search([("kind", "=", "page_viewed")])
        self.assertFalse(event.partner_id or event.email_normalized)
        self.assertFalse(self.runs(workflow))
        # known now: what counted once does not count twice
        visitor.access_token = str(ada.id)
        self.env.cr.flush()
        self.serve()
        self.assertScore(ada, 5)

    def test_an_archived_score_model_gives_and_keeps_nothing_until_it_is_back(self):
        ada = self.person(city="Ghent")
        model = self.env["mail.workflow.score.model"].create({"name": "Second"})
        domain = "[('city', '=', 'Ghent')]"
        self.rule(points=9, domain=domain, user=self.env.user, score_model_id=model.id)
        self.job()
        self.assertScore(ada, 9, model=model)
        model.active = False
        self.job()
        self.assertScore(ada, 0, model=model)
        model.active = True
        self.job()
        self.assertScore(ada, 9, model=model)


@tagged("post_install", "-at_install", "mail_workflow")
class TestPredictedProbability(ScoreCase):
    """Odoo's predictive probability knows the grade where somebody asks for it, else nothing."""

    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        self.stages = self.env["crm.stage"].search([], order="sequence")
        self.team = self.env["crm.team"].create({"name": "Predicted"})
        self.people(24)
        people = self.env["res.partner"].search([("name", "=like", "Person %")], order="id")
        self.adjust_all(people[:12])
        # of twelve hot leads ten are won, of twelve cold ones two
        for number, partner in enumerate(people):
            lead = self.lead(partner)
            if (number % 12 < 10) == (number < 12):
                lead.action_set_won()
            else:
                lead.action_set_lost()
        self.hot, self.cold = self.person("Hot"), self.person("Cold")
        self.adjust_all(self.hot)

    def adjust_all(self, people):
        for partner in people:
            self.adjust(partner, 60)

    def lead(self, partner):
        return self.env["crm.lead"].create(
            {
                "name": partner.name,
                "partner_id": partner.id,
                "type": "opportunity",
                "team_id": self.team.id,
                "stage_id": self.stages[0].id,
            }
        )

    def probabilities(self, fields_):
        self.env["ir.config_parameter"].set_param("crm.pls_fields", fields_)
        self.env["crm.lead"]._rebuild_pls_frequency_table()
        leads = self.lead(self.hot) | self.lead(self.cold)
        self.env.flush_all()
        found, _tooltip = leads._pls_get_naive_bayes_probabilities(batch_mode=True)
        one_by_one, _tooltip = leads._pls_get_naive_bayes_probabilities()
        self.assertEqual(found, one_by_one)
        return leads, [found[lead.id] for lead in leads]

    def test_the_grade_is_a_choice_and_not_chosen(self):
        choice = self.env.ref("mail_workflow_automation.frequency_field_lead_grade")
        self.assertIn("Grade", choice.name)
        self.assertNotIn(
            "lead_grade",
            self.env["res.config.settings"].create({}).predictive_lead_scoring_fields_str or "",
        )

    def test_without_the_choice_hot_and_cold_are_as_likely(self):
        _leads, (hot, cold) = self.probabilities("source_id")
        self.assertEqual(hot, cold)

    def test_with_the_choice_hot_leads_are_likelier(self):
        leads, (hot, cold) = self.probabilities("source_id,lead_grade")
        self.assertGreater(hot, 70)
        self.assertGreater(hot, cold)
        data = leads[0].prepare_pls_tooltip_data()
        shown = {part["field"]: part["value"] for part in data["top_3_data"]}
        self.assertEqual(shown["lead_grade"], "D, hot")

    def test_a_lead_that_is_won_is_counted_with_its_grade(self):
        self.probabilities("lead_grade")
        frequencies = self.env["crm.lead.scoring.frequency"]
        domain = [("variable", "=", "lead_grade"), ("value", "=", "d1")]
        before = sum(frequencies.search(domain).mapped("won_count"))
        self.lead(self.hot).action_set_won()
        self.assertEqual(sum(frequencies.search(domain).mapped("won_count")), before + 1)
