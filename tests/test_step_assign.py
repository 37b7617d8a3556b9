"""The owner of a record: who becomes it, in turn by load, and whom it is not taken from."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import wait
from .people_common import PeopleCase


def assign(**values):
    """Return a step of a file that gives the record an owner."""
    return {"key": "own", "kind": "assign", **values}


@tagged("post_install", "-at_install", "mail_workflow")
class TestAssign(PeopleCase):
    def test_record_without_an_owner_gets_one_and_another_keeps_theirs(self):
        workflow = self.workflow([assign(user="bert")], model="crm.lead")
        free, owned = self.lead(user_id=False), self.lead(user_id=self.cleo.id)
        runs = workflow.enroll(free | owned)
        self.run_engine()
        self.assertEqual((free.user_id, owned.user_id), (self.bert, self.cleo))
        reasons = {run.res_id: self.reason(run, "own") for run in runs}
        self.assertEqual(reasons, {free.id: False, owned.id: "has an owner already"})

    def test_owner_is_replaced_where_asked_for(self):
        workflow = self.workflow([assign(user="bert", overwrite=True)])
        ada = self.person(user_id=self.cleo.id)
        workflow.enroll(ada)
        self.run_engine()
        self.assertEqual(ada.user_id, self.bert)

    def test_team_in_turn_shares_leads_by_load_and_gives_the_team(self):
        for _lead in range(2):
            self.lead(user_id=self.bert.id, team_id=self.team.id)
        workflow = self.workflow([assign(assignee="team", team="Shop team")], model="crm.lead")
        leads = self.env["crm.lead"].union(*(self.lead(user_id=False) for _lead in range(4)))
        leads.user_id = False
        workflow.enroll(leads)
        self.run_engine()
        counts = {
            user: len(leads.filtered(lambda one, u=user: one.user_id == u))
            for user in self.team.member_ids
        }
        self.assertEqual(counts, {self.bert: 0, self.cleo: 2, self.dora: 2})
        self.assertEqual(leads.team_id, self.team)

    def test_archived_member_gets_none(self):
        self.cleo.active = False
        workflow = self.workflow([assign(assignee="team", team="Shop team")])
        people = self.people(4)
        workflow.enroll(people)
        self.run_engine()
        self.assertEqual(people.user_id, self.bert | self.dora)

    def test_record_that_has_no_owner_field_is_refused_at_the_start(self):
        with self.assertRaisesRegex(UserError, "have no owner"):
            self.workflow([assign(user="bert")], model="mailing.contact")

    def test_publisher_who_may_not_change_the_record_is_refused(self):
        access = self.env["ir.model.access"].search([("model_id.model", "=", "crm.lead")])
        workflow = self.workflow([wait("day", days=1), assign(user="bert")], model="crm.lead")
        lead = self.lead(user_id=False)
        workflow.enroll(lead)
        self.run_engine()
        access.write({"perm_write": False})
        self.run_engine(days=1)
        self.assertEqual(workflow.state, "paused")
        self.assertFalse(lead.user_id)
        with self.assertRaisesRegex(UserError, "may not change"):
            self.workflow([assign(user="bert")], model="crm.lead")
