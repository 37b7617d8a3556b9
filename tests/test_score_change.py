"""A change of who somebody is counts within seconds, and costs what it concerns."""

from odoo.tests import new_test_user, tagged

from .common import wait
from .score_common import ScoreCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestProfileChanges(ScoreCase):
    def setUp(self):
        super().setUp()
        self.seller = new_test_user(
            self.env,
            "seller",
            groups="base.group_user,sales_team.group_sale_salesman,base.group_partner_manager",
        )
        self.ada = self.person(city="Lyon")

    def ghent(self, **values):
        rule = self.rule(**{"points": 20, "domain": "[('city', '=', 'Ghent')]", **values})
        self.job()
        return rule

    def notes(self):
        self.env.cr.flush()
        return self.env["mail.workflow.event"].search_count([("kind", "=", "profile_changed")])

    def changes(self, record, **values):
        """Let a salesperson change a record, and the dispatcher do what it is woken for."""
        record.with_user(self.seller).write(values)
        self.env.cr.flush()
        self.serve()

    def test_a_salesperson_sees_the_points_without_waiting_for_the_job(self):
        self.ghent()
        self.changes(self.ada, city="Ghent")
        self.assertScore(self.ada, 20, self.fit)
        self.changes(self.ada, city="Rome")
        self.assertScore(self.ada, 0)
        self.assertEqual(self.points(self.ada), [20, -20])
        self.job(hours=1)
        self.assertEqual(self.points(self.ada), [20, -20])

    def test_a_new_contact_has_its_points_at_once(self):
        self.ghent()
        bob = self.env["res.partner"].with_user(self.seller)
        bob = bob.create({"name": "Bob", "email": "bob@customer.example.com", "city": "Ghent"})
        self.env.cr.flush()
        self.serve()
        self.assertEqual(bob.lead_score, 20)

    def test_what_no_rule_asks_for_is_not_noted(self):
        self.ada.city = "Namur"
        self.assertFalse(self.notes(), "no rule for profiles is there")
        rule = self.ghent()
        self.ada.phone = "+32 470 00 00 00"
        self.assertFalse(self.notes())
        rule.active = False
        self.ada.city = "Ghent"
        self.assertFalse(self.notes())

    def test_a_transaction_notes_each_record_once_and_wakes_once(self):
        self.ghent()
        for city in ("Ghent", "Rome", "Bruges"):
            self.ada.city = city
            self.env.flush_all()
        self.assertEqual(self.notes(), 1)

    def test_the_notes_are_gone_when_they_are_served(self):
        self.ghent()
        self.changes(self.ada, city="Ghent")
        self.assertFalse(self.notes())

    def test_another_contact_of_the_person_may_still_match(self):
        self.ghent()
        other = self.person("Ada at work", email=self.ada.email, city="Ghent")
        self.env.cr.flush()
        self.serve()
        self.changes(self.ada, city="Ghent")
        self.changes(self.ada, city="Rome")
        self.assertScore(other, 20)
        self.changes(other, active=False)
        self.assertScore(self.ada, 0)

    def test_the_lead_of_a_contact_and_a_lead_alone(self):
        country = self.env.ref("base.be")
        self.ghent(record_model="crm.lead", domain="[('country_id.code', '=', 'BE')]")
        of_ada, alone = self.env["crm.lead"].create(
            [
                {"name": "Lamps", "partner_id": self.ada.id, "user_id": self.seller.id},
                {"name": "?", "email_from": "eve@x.example.com", "user_id": self.seller.id},
            ]
        )
        for lead in (of_ada, alone):
            self.changes(lead, country_id=country.id)
        self.assertScore(self.ada, 20)
        self.assertEqual(alone.lead_score, 20)
        self.changes(alone, country_id=False)
        self.assertEqual(alone.lead_score, 0)

    def test_a_threshold_that_is_reached_so_is_told(self):
        workflow = self.workflow(
            [wait("w", days=1)], triggers=[{"kind": "score_crossed", "filters": {"points": 20}}]
        )
        self.ghent()
        self.changes(self.ada, city="Ghent")
        self.run_engine()
        self.assertEqual(self.runs(workflow).partner_id, self.ada)

    def test_a_bad_domain_keeps_no_other_rule(self):
        gone = self.ghent()
        self.ghent(points=3)
        self.env.cr.execute(
            "UPDATE mail_workflow_scoring_rule SET domain = %s WHERE id = %s",
            ["[('city', '=', 'Ghent'), ('x_gone', '=', 1)]", gone.id],
        )
        self.env.invalidate_all()
        self.changes(self.ada, city="Ghent")
        self.assertScore(self.ada, 3)

    def test_many_changes_take_as_many_queries_as_few(self):
        self.ghent()

        def queries(count):
            people = self.people(count)
            self.env.cr.flush()
            self.serve()
            people.city = "Ghent"
            self.env.cr.flush()
            dispatcher = self.env["mail.workflow.dispatcher"]
            before = self.env.cr.sql_log_count
            dispatcher._dispatch_batch(self.now, count)
            found = self.env.cr.sql_log_count - before
            self.assertEqual(len(self.env["mail.workflow.score"].search([])), 2 * count)
            people.unlink()
            return found

        queries(5)
        few = queries(5)
        self.assertLessEqual(queries(400), few + 2)
