"""A test of a mail, or of a whole flow, goes to who asks, and is in no figure (rule 34)."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from .common import START, mail, wait
from .simulation_common import SimulationCase

COUNTED = (
    "mailing.trace",
    "mail.workflow.enrollment",
    "mail.workflow.execution",
    "mail.workflow.event",
    "link.tracker",
)


@tagged("post_install", "-at_install", "mail_workflow")
class TestSendTest(SimulationCase, CronMixinCase):
    def setUp(self):
        super().setUp()
        body = "<p>Hello <t t-out='object.name'/> <a href='/unsubscribe_from_list'>Stop</a></p>"
        steps = [mail("one", body=body), wait("w", days=3), mail("two")]
        self.flow = self.workflow(steps)

    def sent(self):
        return self.env["mail.mail"].search([("subject", "like", "[Test]")], order="id")

    def counts(self):
        self.env.flush_all()
        return {model: self.env[model].search_count([]) for model in COUNTED}

    def send(self, record, user=None, **values):
        return self.flow.with_user(user or self.marketer).send_test(record, **values)

    def test_whole_flow_comes_with_days_as_minutes(self):
        person, before = self.person(), self.counts()
        with self.capture_triggers("mail.ir_cron_mail_scheduler_action") as captured:
            self.assertEqual(self.send(person), 2)
        one, two = self.sent()
        self.assertEqual((one.subject, two.subject), ("[Test] one", "[Test] two"))
        self.assertEqual(one.scheduled_date, False)
        self.assertEqual(two.scheduled_date, START + timedelta(minutes=3))
        self.assertEqual(
            sorted(captured.records.mapped("call_at")), [START, START + timedelta(minutes=3)]
        )
        self.assertEqual(self.counts(), before)

    def test_it_goes_to_who_asks_and_to_nobody_else(self):
        self.send(self.person())
        for one in self.sent():
            self.assertEqual(one.email_to, self.marketer.email_formatted)
            self.assertFalse(one.recipient_ids)
            self.assertFalse(one.mailing_id or one.workflow_id or one.workflow_execution_id)
            self.assertFalse(one.mailing_trace_ids)

    def test_it_is_filled_in_for_the_person_with_sample_links(self):
        self.send(self.person(), step="one")
        [one] = self.sent()
        self.assertIn("Hello Ada", one.body_html)
        self.assertIn("/workflow/sample/unsubscribe", one.body_html)

    def test_mail_off_the_path_can_be_sent_alone(self):
        branch = {"yes": {"steps": [mail("rare")]}, "no": {"steps": []}}
        step = {"key": "c", "kind": "condition", "domain": [["city", "=", "Rome"]]}
        self.flow = self.workflow([{**step, "branches": branch}], start=False)
        self.assertEqual(self.send(self.person(), step="rare"), 1)
        self.assertEqual(self.sent().subject, "[Test] rare")
        with self.assertRaises(UserError):
            self.send(self.person("Bo"))

    def test_test_does_not_keep_anybody_from_the_real_mail(self):
        person = self.person()
        self.send(person)
        self.flow.enroll(person.with_user(self.marketer))
        self.run_engine()
        self.assertEqual(self.mails(self.flow).mapped("subject"), ["one"])

    def test_nothing_is_sent_while_all_sending_is_on_hold(self):
        self.env["ir.config_parameter"].set_param("mail_workflow_automation.hold_sending", "True")
        with self.assertRaises(UserError):
            self.send(self.person())

    def test_who_may_not_read_the_workflow_gets_no_test(self):
        colleague = new_test_user(self.env, login="colleague", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.send(self.person(), user=colleague)

    def test_who_has_no_address_is_told_so(self):
        self.marketer.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self.send(self.person())

    def test_wizard_sends_one_text_in_its_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        texts = {
            "en_US": {"subject": "Hello", "body_html": "<p>Hello</p>"},
            "fr_FR": {"subject": "Bonjour {{ object.name }}", "body_html": "<p>Bonjour</p>"},
        }
        steps = [{"key": "m", "kind": "email", "texts": texts}]
        self.flow = self.workflow(steps, start=False).with_user(self.marketer)
        french = self.flow.step_ids.text_ids.filtered(lambda text: text.lang == "fr_FR")
        action = french.action_open_test()
        wizard = self.env["mail.workflow.test"].with_user(self.marketer)
        with Form(wizard.with_context(**action["context"])) as form:
            form.save().action_send()
        self.assertEqual(self.sent().subject, f"[Test] Bonjour {self.marketer.name}")


@tagged("post_install", "-at_install", "mail_workflow")
class TestSampleLink(HttpCase):
    def test_sample_link_says_that_it_is_one(self):
        response = self.url_open("/workflow/sample/cart")
        self.assertEqual(response.status_code, 200)
        self.assertIn("This link is a sample", response.text)
