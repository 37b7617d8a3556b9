"""Rules are tested on people they were not suggested from, beside Odoo's own forecast."""

import re

from odoo.tests import tagged

from benchmarks import past
from odoo.addons.mail_workflow_automation.wizard import mail_workflow_score_test

from .past_common import PastCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestTheRules(PastCase):
    def aucs(self, screen):
        """Return the areas that the report shows: of the rules, of Odoo."""
        found = re.findall(r'display-6">([\d.]+)<', str(screen.report))
        return [float(one) for one in found]

    def trial(self, leads, rules):
        """Return ``{lead: score}`` on the day up to which leads are looked at."""
        pasts, trial = self.env["mail.workflow.score.past"], self.env["mail.workflow.score.trial"]
        found = pasts._read("leads", self.model, 24, 7, self.now)
        scores = trial._scores(found, rules, self.model)
        by_lead = {one.lead_id: score for one, score in zip(found.cases, scores, strict=True)}
        return [by_lead[lead.id] for lead in leads]

    def test_suggested_rules_tell_those_held_back_apart_better_than_odoo_does(self):
        self.write_past(past.people(6, 1500))
        for one in self.suggest().suggestion_ids:
            one.action_add()
        screen = self.tried()
        own, odoo = self.aucs(screen)
        self.assertGreater(own, 0.7)
        self.assertLess(odoo, own)
        report = str(screen.report)
        self.assertIn("<b>450</b> leads", report)
        self.assertIn("has not looked at them", report)
        self.assertIn("not as it was then", report)
        rows = re.findall(r'text-end">(\d+)</td>\s*<td class="text-end">(\d+)</td>', report)
        self.assertEqual(sum(int(people) for people, _won in rows), 2 * 450)
        self.assertGreater(len(rows), 10)

    def test_rules_that_mean_nothing_are_no_better_than_a_coin(self):
        self.write_past(past.people(1, 400, is_noise=True))
        self.rule("page_viewed", 5, filters={"url": "/blog/*"})
        screen = self.tried()
        self.assertIn("no better than a coin", str(screen.report))

    def test_too_few_are_said_to_be_too_few(self):
        self.write_past(self.won_and_lost(18))
        screen = self.tried()
        self.assertFalse(screen.report)
        self.assertIn("9 won and 9 lost", screen.message)

    def test_without_rules_it_says_so(self):
        self.write_past(self.won_and_lost(60))
        screen = self.tried()
        self.assertIn("no rule to test", str(screen.report))
        self.assertIn("too few to hold some back", str(screen.report))

    def test_the_score_is_that_of_the_day_by_all_that_a_rule_says(self):
        leads = self.write_past(self.won_and_lost(4))
        rules = self.rule("page_viewed", 10, filters={"url": "/pricing"}, repeat="each", cap=25)
        rules |= self.rule("page_viewed", 3, repeat="subject")
        rules |= self.rule("form_submitted", 7, repeat="each", expires_days=5)
        rules |= self.rule(points=20, record_model="crm.lead", domain="[('probability','=',100)]")
        self.engagement.half_life_days = 10
        days = {0: (-10, 6), 1: (6, 6, 6), 2: (8,)}
        for place, found in days.items():
            for day in found:
                at = leads[place].create_date + self.days(day)
                self.noted("page_viewed", leads[place], at, {"url": "/pricing"})
        for day in (0, 4):
            self.noted("form_submitted", leads[3], leads[3].create_date + self.days(day))
        scores = self.trial(leads, rules[:3])
        # at most 25 of the first rule; the 3 of the second once; a day of fading at the end
        self.assertIn(scores[1], (26, 27))
        self.assertIn(scores[0], range(15, 19))
        # what came after the days looked at, and what had ended by then, is not there
        self.assertEqual((scores[2], scores[3] > 0, scores[3] < 8), (0, True, True))

    def test_the_trial_gives_what_the_ledger_would_have_given(self):
        rules = self.rule("page_viewed", 5, filters={"url": "/*"}, day_cap=8)
        rules |= self.rule("page_viewed", 9, filters={"url": "/pricing"}, replaces_id=rules.id)
        leads = self.write_past(past.people(8, 40))
        rules.action_apply_to_past()
        self.job()
        told = self.trial(leads, rules)
        totals = {
            one.person_key: one.score
            for one in self.env["mail.workflow.score"].search([("dimension_id", "=", False)])
        }
        # nobody of this past did anything after the days looked at
        self.assertEqual(told, [totals.get(lead.email_normalized, 0) for lead in leads])
        self.assertGreater(max(told), 10)

    def test_rules_that_ask_how_it_ended_are_not_tested_and_named(self):
        self.write_past(self.won_and_lost(60))
        self.rule(
            points=20, record_model="crm.lead", domain="[('stage_id.is_won','=',True)]", name="Won"
        )
        report = str(self.tried().report)
        self.assertIn("ask how it ended: Won.", report)
        self.assertIn("no rule to test", report)

    def test_lost_leads_match_a_profile_though_they_are_archived(self):
        leads = self.write_past(self.won_and_lost(6))
        rule = self.rule(points=4, record_model="crm.lead", domain="[('country_id.code','=','BE')]")
        self.assertEqual(self.trial(leads, rule), [4] * 6)

    def test_the_forecast_is_odoos_own_where_odoo_has_learned_from_the_same_leads(self):
        self.env["ir.config_parameter"].set_param("crm.pls_fields", "country_id,source_id")
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        leads = self.write_past(past.people(4, 200))
        crm_leads = self.env["crm.lead"].sudo()
        crm_leads._rebuild_pls_frequency_table()
        like = leads[:20]
        asked = crm_leads.create(
            [
                {
                    "name": "Asked",
                    "country_id": lead.country_id.id,
                    "source_id": lead.source_id.id,
                    "team_id": False,
                }
                for lead in like
            ]
        )
        odoo, _tooltip = asked._pls_get_naive_bayes_probabilities(batch_mode=True)
        found = self.env["mail.workflow.score.past"]._read("leads", self.model, 24, 7, self.now)
        places = {case.lead_id: place for place, case in enumerate(found.cases)}
        trial = self.env["mail.workflow.score.trial"].with_user(self.marketer)
        everybody = list(range(len(found.cases)))
        chances = trial._chances(found, [places[lead.id] for lead in like], everybody)
        for lead, chance in zip(asked, chances, strict=True):
            self.assertAlmostEqual(odoo[lead.id], 100 * chance, delta=0.5)

    def test_of_very_many_the_newest_are_tried(self):
        self.patch(mail_workflow_score_test, "MOST", 40)
        self.write_past(past.people(1, 300, is_noise=True))
        self.rule("page_viewed", 5, filters={"url": "/blog/*"})
        screen = self.tried()
        self.assertIn("<b>40</b> leads", str(screen.report))
        self.assertEqual(screen.won_count + screen.lost_count, 300)
