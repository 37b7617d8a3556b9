"""Whose a score is: people are merged, change their address, are deleted; and who sees what."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .score_common import ScoreCase

NAMES = ["lead_score", "lead_score_fit", "lead_score_engagement", "lead_grade"]


@tagged("post_install", "-at_install", "mail_workflow")
class TestScorePeople(ScoreCase):
    def setUp(self):
        super().setUp()
        self.ada, self.bob = self.person(), self.person("Bob")
        self.once = self.rule("form_submitted", 10, repeat="once")
        self.rule("page_viewed", 5)

    def merge(self, sources, target):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((sources | target).ids, target)
        self.env.invalidate_all()

    def test_merged_contacts_keep_both_ledgers_and_once_is_once(self):
        for partner in (self.ada, self.bob):
            self.happens("form_submitted", partner, record=partner)
            self.views(partner, f"/{partner.name}")
        self.assertScore(self.bob, 15)
        self.merge(self.bob, self.ada)
        self.assertScore(self.ada, 20)
        self.assertEqual(sorted(self.points(self.ada)), [-10, 5, 5, 10, 10])
        self.assertFalse(self.points("bob@customer.example.com"))
        self.happens("form_submitted", self.ada, record=self.ada)
        self.assertScore(self.ada, 20)

    def test_a_merged_contact_leaves_what_another_with_its_address_has(self):
        other = self.person("Bob at home", email=self.bob.email)
        self.views(self.bob, "/a")
        self.views(other, "/b")
        self.merge(self.bob, self.ada)
        self.assertScore(self.ada, 5)
        self.assertScore(other, 5)

    def test_a_score_follows_its_person_to_another_address(self):
        self.views(self.ada, "/a")
        self.ada.email = "ada@home.example.com"
        self.env.cr.flush()
        self.serve()
        self.assertScore("ada@home.example.com", 5)
        self.assertFalse(self.points("ada@customer.example.com"))
        self.views(self.ada, "/b")
        self.assertScore(self.ada, 10)

    def test_what_was_done_right_before_the_change_is_theirs(self):
        eve = self.person("Eve", email="")
        for partner, email in ((self.ada, "ada@home.example.com"), (eve, "eve@home.example.com")):
            self.views(partner, "/a")
            self.env["mail.workflow.event"].emit("page_viewed", partner=partner, data={"url": "/b"})
            partner.email = email
            self.env.cr.flush()
            self.serve()
            self.assertScore(email, 10)

    def test_who_was_forgotten_gets_no_points_for_what_they_did_before(self):
        self.env["mail.workflow.event"].emit("page_viewed", partner=self.ada, data={"url": "/b"})
        self.ada.email = False
        self.env.cr.flush()
        self.serve()
        self.assertFalse(self.points("ada@customer.example.com"))

    def test_an_address_that_another_has_too_keeps_its_score(self):
        other = self.person("Ada at work", email=self.ada.email)
        self.views(self.ada, "/a")
        self.ada.email = "ada@home.example.com"
        self.env.cr.flush()
        self.serve()
        self.assertEqual([self.ada.lead_score, other.lead_score], [0, 5])

    def test_who_gets_an_address_keeps_the_score(self):
        eve = self.person("Eve", email="")
        self.views(eve, "/a")
        eve.email = "eve@customer.example.com"
        self.env.cr.flush()
        self.serve()
        self.assertScore("eve@customer.example.com", 5)

    def test_deleted_and_anonymised_contacts_leave_nothing(self):
        self.views(self.ada, "/a")
        self.views(self.bob, "/a")
        self.ada.unlink()
        self.bob.write({"name": "Anonymous", "email": False})
        self.env.cr.flush()
        self.serve()
        self.assertFalse(self.env["mail.workflow.score.entry"].search([]))
        self.assertFalse(self.env["mail.workflow.score"].search([]))
        changed = self.env["mail.workflow.event"].search([("kind", "=", "address_changed")])
        self.assertTrue(changed)
        self.assertFalse(any(changed.mapped("data")))
        addresses = ["ada@customer.example.com", "bob@customer.example.com"]
        noted = self.env["mail.workflow.event"].search([("email_normalized", "in", addresses)])
        self.assertFalse(noted, "what was noted before they went, and served after, is no one's")

    def test_a_deleted_contact_leaves_what_its_double_has(self):
        double = self.person("Ada again", email=self.ada.email)
        self.views(self.ada, "/a")
        self.ada.unlink()
        self.assertScore(double, 5)


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreShown(ScoreCase):
    def setUp(self):
        super().setUp()
        self.ada, self.bob, self.eve = self.person(), self.person("Bob"), self.person("Eve")
        self.adjust(self.ada, 45, dimension_id=self.fit.id)
        self.adjust(self.ada, 60)
        self.adjust(self.bob, 25)
        self.salesperson = new_test_user(
            self.env,
            "seller",
            groups="base.group_user,sales_team.group_sale_salesman",
            email="seller@shop.example.com",
        )
        self.people = self.ada | self.bob | self.eve

    def lead(self, partner=None, **values):
        return self.env["crm.lead"].create(
            {
                "name": f"Lead of {partner.name if partner else '?'}",
                "partner_id": partner.id if partner else False,
                "user_id": self.salesperson.id,
                **values,
            }
        )

    def test_contact_and_lead_show_the_score_of_their_person(self):
        lead = self.lead(self.ada)
        anonymous = self.lead(None, email_from="Ada <ADA@customer.example.com>")
        for record in (self.ada, lead, anonymous):
            self.assertEqual([record[name] for name in NAMES], [105, 45, 60, "a1"])
        self.assertEqual([self.bob[name] for name in NAMES], [25, 0, 25, "d2"])
        self.assertEqual([self.eve[name] for name in NAMES], [0, 0, 0, False])

    def test_sorting_filtering_and_grouping_ask_the_totals(self):
        for partner in self.people:
            self.lead(partner)
        for name, key in (("res.partner", "id"), ("crm.lead", "partner_id")):
            records = self.env[name].with_user(self.salesperson)
            of_people = [(key, "in", self.people.ids)]

            def found(*terms, order="id", records=records, of_people=of_people):
                rows = records.search(of_people + list(terms), order=order)
                return [(row.partner_id if "partner_id" in row else row).name for row in rows]

            with self.subTest(model=name):
                self.assertEqual(found(order="lead_score desc, id"), ["Ada", "Bob", "Eve"])
                self.assertEqual(found(order="lead_score, id"), ["Eve", "Bob", "Ada"])
                self.assertEqual(found(("lead_score", ">=", 25)), ["Ada", "Bob"])
                self.assertEqual(found(("lead_score", "=", 0)), ["Eve"])
                self.assertEqual(found(("lead_score_fit", ">", 0)), ["Ada"])
                self.assertEqual(found(("lead_grade", "in", ["a1", "d2"])), ["Ada", "Bob"])
                self.assertEqual(found(("lead_grade", "=", False)), ["Eve"])
                self.assertEqual(found(("lead_grade", "!=", "a1")), ["Bob", "Eve"])
                groups = records._read_group(of_people, ["lead_grade"], ["__count"])
                self.assertEqual(dict(groups), {"a1": 1, "d2": 1, False: 1})
                described = records.fields_get(NAMES, ["sortable", "groupable", "searchable"])
                for field in NAMES:
                    flags = ("sortable", "groupable", "searchable")
                    self.assertTrue(all(described[field][flag] for flag in flags), field)

    def test_an_order_shows_its_customers(self):
        cart = self.cart(self.ada).with_user(self.salesperson)
        self.assertEqual((cart.lead_score, cart.lead_grade), (105, "a1"))

    def test_changed_thresholds_count_at_once(self):
        self.model.write({"grade_a": 50, "hot_from": 70})
        self.env.invalidate_all()
        self.assertEqual(self.ada.lead_grade, "b2")
        for wrong in ({"grade_b": 60}, {"warm_from": 80}, {"grade_c": 0}):
            with self.assertRaisesRegex(Exception, "above"), self.env.cr.savepoint():
                self.model.write(wrong)

    def test_a_company_is_as_warm_as_its_warmest_contact(self):
        company = self.env["res.partner"].create({"name": "Lamps Ltd", "is_company": True})
        (self.ada | self.bob).parent_id = company
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual([company[name] for name in NAMES], [105, 45, 60, "a1"])
        self.assertEqual(self.bob.lead_score, 25)
        self.assertIn("Ada", company.lead_score_story)

    def test_a_team_shows_its_own_model(self):
        team = self.env["crm.team"].create({"name": "Projects"})
        own = self.env["mail.workflow.score.model"].create({"name": "Projects", "team_id": team.id})
        self.adjust(self.ada, 3, score_model_id=own.id)
        leads = self.lead(self.ada) | self.lead(self.ada, team_id=team.id)
        self.assertEqual(leads.mapped("lead_score"), [105, 3])
        leads = leads.search([("id", "in", leads.ids)], order="lead_score")
        self.assertEqual(leads.mapped("lead_score"), [3, 105])

    def test_another_companys_model_is_not_seen(self):
        company = self.env["res.company"].create({"name": "Other shop"})
        other = self.env["mail.workflow.score.model"].create(
            {"name": "Other", "company_id": company.id, "is_default": True}
        )
        self.adjust(self.ada, 7, score_model_id=other.id, user=self.env.user)
        self.assertEqual(self.ada.with_company(company).lead_score, 7)
        self.assertEqual(self.ada.lead_score, 105)
        marketer = self.env(user=self.marketer.id)
        self.assertNotIn("Other", self.ada.with_env(marketer).lead_score_story)
        self.assertFalse(marketer["mail.workflow.score.model"].search([("id", "=", other.id)]))
        for name in ("mail.workflow.score", "mail.workflow.score.entry"):
            self.assertFalse(marketer[name].search([("score_model_id", "=", other.id)]))
            self.assertTrue(marketer[name].search([]))

    def test_a_salesperson_sees_the_score_and_why(self):
        lead = self.lead(self.ada).with_user(self.salesperson)
        self.assertEqual(lead.lead_score, 105)
        self.assertEqual(lead.lead_score_trend, 105)
        for words in ("Met at the fair", "+60", "Engagement"):
            self.assertIn(words, lead.lead_score_story)
        view = self.env.ref("mail_workflow_automation.crm_lead_view_form_score")
        self.assertEqual(lead.action_view_score()["views"], [(view.id, "form")])
        with self.assertRaises(AccessError):
            self.env["mail.workflow.score.entry"].with_user(self.salesperson).search([])
        with self.assertRaises(AccessError):
            self.adjust(self.ada, 5, user=self.salesperson)

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_nobody_outside_sees_anything(self):
        portal = new_test_user(self.env, "portal_ada", groups="base.group_portal")
        plain = new_test_user(self.env, "plain", groups="base.group_user")
        public = self.env.ref("base.public_user")
        for user in (portal, plain, public):
            own = self.env["res.partner"].with_user(user).browse(user.partner_id.id)
            for name in (*NAMES, "lead_score_story"):
                with self.subTest(user=user.login, field=name):
                    self.assertNotIn(name, own.fields_get())
                    with self.assertRaises(AccessError):
                        own.read([name])
            with self.assertRaises(AccessError):
                own.search([], order="lead_score desc", limit=1)
            with self.assertRaises(AccessError):
                own.search([("lead_score", ">", 0)], limit=1)
            for model in ("score", "score.entry", "score.model", "scoring.rule"):
                with self.assertRaises(AccessError):
                    self.env[f"mail.workflow.{model}"].with_user(user).search([])

    def test_the_ledger_is_written_by_the_engine_only(self):
        line = self.env["mail.workflow.score.entry"].search([], limit=1)
        manager = self.env.ref("base.user_admin")
        for user in (self.marketer, manager):
            with self.assertRaises(AccessError):
                line.with_user(user).write({"points": 1})
            with self.assertRaises(AccessError):
                line.with_user(user).unlink()
            with self.assertRaises(AccessError):
                line.with_user(user).copy()


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreRules(ScoreCase):
    def refused(self, words, **values):
        with self.assertRaisesRegex(Exception, words), self.env.cr.savepoint():
            self.rule(**values)

    def test_what_makes_no_sense_is_refused_with_a_sentence(self):
        self.refused("10000", kind="page_viewed", points=10**9)
        self.refused("10000", kind="page_viewed", points=0)
        self.refused("not there", kind="nonsense")
        self.refused("given for points", kind="score_crossed", filters={"points": 5})
        self.refused("unknown filter", kind="page_viewed", filters={"colour": "red"})
        self.refused("begins with", kind="page_viewed", filters={"url": "pricing"})
        self.assertIn("choose what people do", self.rule(basis="event").problem)
        self.refused("x_gone", domain="[('x_gone', '=', 1)]")
        self.refused("list", domain="'nonsense'")
        self.refused("from 0 to", kind="page_viewed", cap=-1)

    def test_rules_that_replace_each_other_are_refused(self):
        first = self.rule("page_viewed")
        second = self.rule("page_viewed", replaces_id=first.id)
        with self.assertRaisesRegex(Exception, "replace each other"):
            first.replaces_id = second

    def test_a_kind_of_event_that_vanished_is_said_and_keeps_no_other_rule(self):
        """As after an addon was uninstalled whose kind a rule counts."""
        ada = self.person()
        gone = self.rule("form_submitted", 7)
        self.happens("form_submitted", ada, record=ada)
        self.rule("page_viewed", 5)
        self.env.cr.execute(
            "UPDATE mail_workflow_scoring_rule SET event = %s WHERE id = %s",
            ['{"kind": "gone_kind", "filters": {"of": "another addon"}}', gone.id],
        )
        self.env["mail.workflow.listening"]._changed()
        self.env.invalidate_all()
        self.views(ada, "/a")
        self.job(hours=1)
        self.assertScore(ada, 12)
        self.assertIn("gone_kind", gone.problem)
        self.assertTrue(gone.display_name and ada.lead_score_story)

    def test_a_rule_that_gave_points_is_archived_not_deleted(self):
        rule = self.rule("page_viewed")
        self.views(self.person(), "/a")
        with self.assertRaisesRegex(Exception, "Archive"), self.env.cr.savepoint():
            rule.unlink()
        with self.assertRaisesRegex(Exception, "Archive"), self.env.cr.savepoint():
            rule.basis = "profile"
        with self.assertRaisesRegex(Exception, "archive"), self.env.cr.savepoint():
            self.model.unlink()
        self.rule("page_viewed").unlink()

    def test_a_rule_says_what_it_counts(self):
        rule = self.rule("page_viewed", filters={"url": "/pricing"})
        self.assertIn("/pricing", rule.display_name)
        special = self.rule("page_viewed", filters={"url": "/x"}, replaces_id=rule.id)
        self.assertIn("instead of", special.summary)

    def test_a_profile_without_a_name_says_what_it_asks_for(self):
        rule = self.rule(points=5, domain="[('country_id.code', '=', 'BE')]")
        self.assertEqual(rule.display_name, "Profile: Contacts (Country › Country Code = BE)")
        self.assertEqual(self.rule(points=5, domain="[]").display_name, "Profile: Contacts")

    def test_a_rule_can_ask_for_one_mail_of_a_workflow(self):
        workflow = self.workflow(
            [
                {"key": "a", "kind": "email", "subject": "A", "body_html": "<p>a</p>"},
                {"key": "b", "kind": "email", "subject": "B", "body_html": "<p>b</p>"},
            ]
        )
        first = workflow.step_ids.filtered(lambda step: step.key == "a")
        self.rule("email_opened", 5, mail_step_id=first.id)
        ada = self.person()
        for key in ("b", "a"):
            data = {"trace_id": 1, "step": key, "workflow_id": workflow.id}
            self.happens("email_opened", ada, record=ada, data=data)
        self.assertScore(ada, 5)

    def test_the_form_offers_what_points_can_be_given_for(self):
        rules = self.env["mail.workflow.scoring.rule"].with_user(self.marketer)
        kinds = {one["kind"]: one for one in rules.get_event_kinds()}
        self.assertNotIn("score_crossed", kinds)
        self.assertEqual([one["name"] for one in kinds["page_viewed"]["filters"]], ["url"])
        self.assertNotIn("step", [one["name"] for one in kinds["email_clicked"]["filters"]])
