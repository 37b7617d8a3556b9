"""Messages to colleagues: who is told, what, how often; never the customer."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import mail, wait
from .people_common import PeopleCase


def tell(**values):
    """Return a step of a file that tells colleagues something."""
    return {"key": "tell", "kind": "notify", "text": "{{ object.name }} looked again", **values}


@tagged("post_install", "-at_install", "mail_workflow")
class TestNotify(PeopleCase):
    def start(self, *people, **values):
        workflow = self.workflow([tell(**values), mail("after")])
        before = self.env["mail.message"].search([], order="id desc", limit=1).id
        for person in people:
            workflow.enroll(person)
        self.run_engine()
        made = self.env["mail.message"].search([("id", ">", before)], order="id")
        self.made = made.filtered(lambda message: "looked again" in message.body)
        return workflow

    def test_colleague_is_told_by_odoos_notification(self):
        self.bert.notification_type = "inbox"
        ada = self.person()
        self.start(ada, user="bert", subject="Look at {{ object.name }}")
        self.assertEqual((self.made.model, self.made.res_id), ("res.partner", ada.id))
        self.assertEqual(self.made.notified_partner_ids, self.bert.partner_id)
        self.assertEqual(self.made.notification_ids.notification_type, "inbox")
        self.assertEqual(self.made.subject, "Look at Ada")
        self.assertIn("Ada looked again", self.made.body)
        self.assertTrue(self.made.is_internal)
        self.assertEqual(self.made.author_id, self.marketer.partner_id)

    def test_who_wants_mail_gets_it_by_odoos_queue(self):
        self.bert.notification_type = "email"
        self.start(self.person(), user="bert")
        queued = self.env["mail.mail"].search([("mail_message_id", "=", self.made.id)])
        self.assertEqual(queued.state, "outgoing")
        self.assertEqual(queued.recipient_ids, self.bert.partner_id)

    def test_customer_who_follows_the_record_hears_nothing(self):
        for how in ("message", "note"):
            with self.subTest(how=how):
                ada = self.person()
                ada.message_subscribe(partner_ids=ada.ids)
                self.start(ada, user="bert", **{"as": how})
                self.assertTrue(self.made)
                self.assertNotIn(ada, self.made.notified_partner_ids)
                ada.unlink()

    def test_what_is_to_tell_of_many_comes_in_one_notification(self):
        people = self.people(3)
        self.start(*people, assignee="team", team="Shop team")
        self.assertEqual(len(self.made), 1)
        self.assertEqual(self.made.notified_partner_ids, self.team.member_ids.partner_id)
        for person in people:
            self.assertIn(f"{person.name} looked again", self.made.body)
            self.assertIn(f"res_id={person.id}", self.made.body)

    def test_owners_are_told_of_their_own(self):
        ada, grace = self.person("Ada", user_id=self.bert.id), self.person("Grace")
        grace.user_id = self.cleo
        self.start(ada, grace, assignee="owner")
        told = {message.res_id: message.notified_partner_ids for message in self.made}
        self.assertEqual(told, {ada.id: self.bert.partner_id, grace.id: self.cleo.partner_id})

    def test_internal_note_stands_on_each_record_and_notifies_nobody(self):
        people = self.people(2)
        self.start(*people, **{"as": "note"})
        self.assertEqual(sorted(self.made.mapped("res_id")), people.ids)
        self.assertEqual(self.made.subtype_id, self.env.ref("mail.mt_note"))
        self.assertFalse(self.made.notified_partner_ids)

    def test_text_is_text(self):
        ada = self.person("<b>Ada</b>", email="ada@customer.example.com")
        self.start(ada, user="bert")
        self.assertIn("&lt;b&gt;Ada&lt;/b&gt; looked again", self.made.body)

    def test_expressions_of_a_program_are_refused_at_the_start(self):
        with self.assertRaisesRegex(UserError, "expressions that"):
            self.workflow([tell(user="bert", text="{{ object.env.cr }}")])

    def test_nobody_there_is_said_and_the_run_goes_on(self):
        self.bert.active = True
        workflow = self.workflow([wait("day", days=1), tell(user="bert"), mail("after")])
        run = workflow.enroll(self.person())
        self.run_engine()
        self.bert.active = False
        self.run_engine(days=1)
        self.assertEqual(self.reason(run, "tell"), "nobody is there to be told")
        self.assertEqual(self.path(run)[-1], ("after", "queued"))
