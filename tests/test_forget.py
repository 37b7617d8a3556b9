"""Who is made anonymous, or deleted, leaves no address in what workflows keep, only counts."""

import json

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import WorkflowCase, mail, wait

ADDRESS = "ada@customer.example.com"
# what people leave, by table
TABLES = (
    "mail_workflow_enrollment",
    "mail_workflow_execution",
    "mail_workflow_event",
    "mail_workflow_content_request",
    "mailing_trace",
    "mail_mail",
    "website_visitor",
    "mail_workflow_coupon",
    "mail_workflow_score_entry",
    "mail_workflow_score",
)
# by whom nobody here asked for a content, visited the shop, had a code or points
WITHOUT_BOB = 6


@tagged("post_install", "-at_install", "mail_workflow")
class TestForget(WorkflowCase):
    def setUp(self):
        super().setUp()
        self.flow = self.workflow(
            [mail("a"), wait("day", days=1), mail("b")],
            triggers=[{"kind": "custom", "name": "hello"}],
            goal={"kind": "custom", "name": "bought"},
        )
        self.ada, self.bob = self.person(), self.person("Bob")

    def came(self, *people):
        for person in people:
            data = {"name": "hello", "email": person.email}
            self.emit("custom", record=person, data=data)
        self.run_engine()
        self.env["mail.mail"]._cron_send_workflow_mail()
        return self.runs(self.flow)

    def left(self, address=ADDRESS):
        """Return the tables in which an address is still to be found."""
        self.env.flush_all()
        found = []
        for table in TABLES:
            query = SQL(
                "SELECT count(*) FROM %s t WHERE to_jsonb(t)::text ILIKE %s",
                SQL.identifier(table),
                f"%{address}%",
            )
            if self.env.execute_query(query)[0][0]:
                found.append(table)
        return found

    def counts(self):
        self.env.invalidate_all()
        figures = self.env["mail.workflow.figures"]._of_flow(self.flow, None)
        runs = self.runs(self.flow)
        return json.dumps([figures, len(runs), len(runs.execution_ids)], default=str)

    def test_anonymised_contact_leaves_no_address_and_the_same_counts(self):
        runs = self.came(self.ada, self.bob)
        self.assertIn("mail_workflow_enrollment", self.left())
        run = runs.filtered(lambda one: one.res_id == self.ada.id)
        run.execution_ids[:1].write({"error": f"refused: <{ADDRESS}>", "reason": f"<{ADDRESS}>"})
        before = self.counts()
        self.ada.write({"name": "Anonymous", "email": False})
        self.assertEqual(self.left(), [])
        self.assertEqual(self.counts(), before)
        self.assertEqual(len(self.left("bob@customer.example.com")), len(TABLES) - WITHOUT_BOB)

    def test_later_mail_is_impossible(self):
        runs = self.came(self.ada)
        self.ada.write({"name": "Anonymous", "email": False})
        self.run_engine(days=1, hours=1)
        self.env["mail.mail"]._cron_send_workflow_mail()
        self.assertEqual(self.reason(runs, "b"), "no address")
        self.assertEqual(len(self.mails(self.flow)), 1)
        self.assertEqual(self.left(), [])

    def test_mail_in_the_queue_is_cancelled(self):
        self.emit("custom", record=self.ada, data={"name": "hello"})
        self.run_engine()
        self.ada.email = False
        self.after(minutes=5)
        self.env["mail.mail"]._cron_send_workflow_mail()
        self.assertEqual(self.mails(self.flow).state, "cancel")
        self.assertEqual(self.reason(self.runs(self.flow), "a"), "no address")

    def test_keys_stay_apart_and_open_runs_stay_the_only_ones(self):
        runs = self.came(self.ada, self.bob)
        (self.ada | self.bob).email = False
        keys = runs.mapped("entry_key")
        self.assertEqual(len(set(keys)), 2)
        self.assertTrue(all(key.startswith("forgotten-") for key in keys))
        self.assertFalse(any(runs.mapped("email_normalized")))

    def test_address_that_somebody_else_has_stays(self):
        twin = self.person("Twin", email=ADDRESS)
        run = self.came(self.ada)
        self.ada.email = False
        self.assertEqual(run.email_normalized, ADDRESS)
        twin.unlink()
        self.assertEqual(self.left(), [])

    def test_deleted_contact_and_emptied_lead_leave_no_address(self):
        self.came(self.ada)
        lead = self.env["crm.lead"].create({"name": "Eve", "email_from": "eve@lead.example.com"})
        leads = self.workflow([mail("a")], model="crm.lead")
        leads.enroll(lead)
        self.run_engine()
        lead.email_from = False
        self.ada.unlink()
        self.assertEqual(self.left(), [])
        self.assertEqual(self.left("eve@lead.example.com"), [])

    def test_who_comes_back_can_be_forgotten_again(self):
        for forget in (lambda ada: ada.write({"email": False}), lambda ada: ada.unlink()):
            for _twice in range(2):
                self.came(self.person())
                forget(self.env["res.partner"].search([("email", "=", ADDRESS)]))
                self.assertEqual(self.left(), [])
        self.assertEqual(len(self.runs(self.flow)), 4)

    def test_what_is_no_address_is_none(self):
        self.came(self.ada)
        self.ada.email = "deleted"
        self.assertEqual(self.left(), [])

    def test_lead_or_subscriber_that_is_deleted_leaves_no_address_and_no_points(self):
        self.env["mail.workflow.scoring.rule"].create(
            {"points": 5, "event": {"kind": "custom", "filters": {}, "name": "hello"}}
        )
        values = {"name": "Ada", "email": ADDRESS}
        lead = self.env["crm.lead"].create({"name": "Ada", "email_from": ADDRESS})
        people = [lead, self.env["mailing.contact"].create(values)]
        for record in people:
            flow = self.workflow([mail("a"), wait("day", days=1)], model=record._name)
            flow.enroll(record)
        self.came(self.ada)
        self.assertIn("mail_workflow_score", self.left())
        self.ada.unlink()
        for record in people:
            self.assertIn("mail_workflow_enrollment", self.left())
            record.unlink()
        self.assertEqual(self.left(), [])
        self.assertEqual(self.env["mail.workflow.enrollment"].search_count([]), 3)

    def test_whose_code_it_was_is_forgotten(self):
        program = self.env["loyalty.program"].create(
            {
                "name": "Ten off",
                "program_type": "coupons",
                "trigger": "with_code",
                "is_released_for_workflows": True,
                "reward_ids": [Command.create({"reward_type": "discount", "discount": 10})],
            }
        )
        flow = self.workflow([{"key": "code", "kind": "coupon", "program": "Ten off"}])
        flow.enroll(self.ada)
        self.run_engine()
        self.assertIn("mail_workflow_coupon", self.left())
        self.ada.unlink()
        self.assertEqual(self.left(), [])
        codes = self.env["mail.workflow.coupon"].search([("program_id", "=", program.id)])
        self.assertEqual(len(codes), 1)

    def test_addresses_they_had_before_go_too(self):
        self.came(self.ada)
        self.run_engine(days=1, hours=1)
        self.ada.email = "ada@elsewhere.example.com"
        self.ada.email = False
        self.assertEqual(self.left(), [])

    def test_who_changes_the_address_is_not_forgotten(self):
        run = self.came(self.ada)
        self.ada.email = "ada@elsewhere.example.com"
        self.assertEqual(run.email_normalized, ADDRESS)
