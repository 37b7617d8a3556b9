"""Text messages, by Odoo's own queue; only the provider behind it is played."""

import re
from datetime import datetime, timedelta

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.sms.tests.common import MockSMS

from ..common import WORKFLOW_GROUP, mail, wait
from ..event_common import EventCase
from ..http_common import WorkflowHttpCase

PHONE = "+32470000001"
LOGGER = "odoo.addons.mail_workflow_automation_sms.models.sms_sms"
OFFER = "https://elsewhere.example.com/offer"


def sms(key="text", text="Hello {{ object.name }}", **values):
    """Return a text message as a step of a file."""
    return {"key": key, "kind": "sms", "text": text, **values}


class SmsCase(EventCase, MockSMS):
    def texting(self, *steps, **values):
        return self.workflow(list(steps) or [sms()], **values)

    def phone(self, name="Ada", number=PHONE, **values):
        return self.person(name, phone=number, **values)

    def messages(self, workflow):
        """Return the messages of a workflow, oldest first."""
        found = self.env["mailing.trace"].search([("workflow_id", "=", workflow.id)], order="id")
        return found.sms_id

    def send(self, workflow, **errors):
        """Let Odoo's queue hand the messages to a provider who answers so."""
        with self.mockSMSGateway(**errors):
            self.messages(workflow).send()
        self.env.invalidate_all()
        return list(self._sms)

    def work_off_the_queue(self):
        """Let Odoo's own job send what waits; return what the provider got."""
        job = self.env.ref("sms.ir_cron_sms_scheduler_action")
        with self.enter_registry_test_mode(), self.mockSMSGateway():
            job.method_direct_trigger()
        self.env.invalidate_all()
        return {one["number"] for one in self._sms}

    def enrolled(self, workflow, *people):
        for person in people:
            workflow.enroll(person)
        self.run_engine()
        return self.runs(workflow)


@tagged("post_install", "-at_install", "mail_workflow")
class TestSms(SmsCase):
    def test_a_message_in_the_language_of_its_reader_with_merge_fields(self):
        texts = {"en_US": "Hello {{ object.name }}", "fr_FR": "Bonjour {{ object.name }}"}
        step = {"key": "text", "kind": "sms", "texts": texts}
        workflow = self.texting(step, wait("day", days=1))
        self.assertEqual(workflow.export_definition()["steps"][0]["texts"], texts)
        ada = self.phone()
        zoe = self.phone("Zoé", "+32470000002", lang="fr_FR")
        runs = self.enrolled(workflow, ada, zoe)
        self.assertEqual(runs.mapped("state"), ["active"] * 2)
        self.assertEqual([self.path(run) for run in runs], [[("text", "queued")]] * 2)
        sent = {one["number"]: one["body"] for one in self.send(workflow)}
        self.assertEqual(set(sent), {PHONE, "+32470000002"})
        self.assertTrue(sent[PHONE].startswith("Hello Ada\n"))
        self.assertTrue(sent["+32470000002"].startswith("Bonjour Zoé\n"))
        self.assertEqual([self.path(run) for run in runs], [[("text", "done")]] * 2)
        self.assertIn("Hello Ada", ada.message_ids.mapped("body")[0])

    def test_who_gets_none_and_why(self):
        topic = self.env["mailing.list"].create({"name": "Lamps"})
        self.env["phone.blacklist"].add("+32470000003")
        contact = {"name": "Out", "mobile": "+32470000004"}
        self.env["mailing.contact"].create(
            {**contact, "subscription_ids": [(0, 0, {"list_id": topic.id, "opt_out": True})]}
        )
        people = [
            self.phone(),
            self.person("Bob"),
            self.phone("Wrong", "no number"),
            self.phone("Listed", "+32470000003"),
            self.phone("Out", "+32470000004"),
            self.phone("Twin", PHONE),
        ]
        workflow = self.texting(list=topic.name)
        runs = self.enrolled(workflow, *people)
        reasons = [self.reason(run, "text") or "" for run in runs.sorted("id")]
        self.assertEqual(
            reasons,
            [
                "",
                "no valid phone number",
                "no valid phone number",
                "blacklisted",
                "opted out",
                "duplicate number",
            ],
        )
        self.assertEqual([one["number"] for one in self.send(workflow)], [PHONE])

    def test_what_must_be_told_passes_the_blacklist(self):
        self.env["phone.blacklist"].add(PHONE)
        manager = self.env.ref("base.user_admin")
        workflow = self.texting(purpose="operational", user=manager)
        self.enrolled(workflow, self.phone())
        self.assertEqual([one["body"] for one in self.send(workflow)], ["Hello Ada"])

    def test_quiet_hours_and_the_cap_hold_it(self):
        params = self.env["ir.config_parameter"]
        params.set_param("mail_workflow_automation.cap_mails", 1)
        params.set_param("mail_workflow_automation.cap_days", 1)
        ada = self.phone()
        mails, texts = self.workflow([mail("m")]), self.texting(name="Texts")
        mails.enroll(ada)
        self.run_engine()
        run = self.enrolled(texts, ada)
        self.assertPath(run, ("text", "held"))
        self.assertEqual(self.reason(run, "text"), "frequency cap")
        self.run_engine(days=1, hours=1)
        self.assertPath(run, ("text", "queued"))
        mails.enroll(self.phone("Bob", "+32470000009"))
        self.run_engine()
        self.assertEqual(len(self.mails(mails)), 2, "who got nothing is not capped")
        again = self.workflow([mail("m")], name="Mails again")
        again.enroll(ada)
        self.run_engine()
        self.assertPath(self.runs(again), ("m", "held"))

    def test_who_has_a_phone_only_is_no_other(self):
        self.env["ir.config_parameter"].set_param("mail_workflow_automation.cap_mails", 1)
        workflow = self.texting()
        people = [self.phone(f"Phone {n}", f"+3247000010{n}", email="") for n in (1, 2)]
        runs = self.enrolled(workflow, *people)
        self.assertEqual([self.path(run) for run in runs], [[("text", "queued")]] * 2)

    def test_the_cap_counts_who_has_a_phone_only(self):
        self.env["ir.config_parameter"].set_param("mail_workflow_automation.cap_mails", 1)
        ada = self.phone(email="")
        self.enrolled(self.texting(), ada)
        run = self.enrolled(self.texting(name="Second"), ada)
        self.assertPath(run, ("text", "held"))
        self.assertEqual(self.reason(run, "text"), "frequency cap")
        self.run_engine(days=1, hours=1)
        self.assertPath(run, ("text", "queued"))

    def test_a_batch_takes_as_many_queries_for_many_as_for_few(self):
        counts = []
        for number in (5, 50):
            workflow = self.texting(sms(text=f"Hello {OFFER}"), name=f"For {number}")
            people = self.env["res.partner"].create(
                [
                    {
                        "name": f"P{n}",
                        "email": f"p{number}.{n}@c.example.com",
                        "phone": f"+32471{n:06}",
                    }
                    for n in range(number)
                ]
            )
            runs = workflow.enroll(people).sudo()
            step = workflow.sudo().step_ids
            executions = self.env["mail.workflow.execution"]._reserve(
                [(run.id, step.id, 1, "queued", "then") for run in runs], self.now
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["mail.workflow.texter"]._queue(step, runs, executions)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[1], counts[0] + 8, counts)

    def test_a_provider_that_is_down_is_asked_again_a_number_that_is_wrong_is_not(self):
        workflow = self.texting(wait("first", hours=1), sms(on_skip="leave"), wait("day", days=1))
        ada = self.phone()
        bob = self.phone("Bob", "+32470000002")
        self.enrolled(workflow, ada, bob)
        self.run_engine(hours=1, minutes=5)
        errors = {PHONE: "server_error", "+32470000002": "wrong_number_format"}
        self.send(workflow, nbr_t_error=errors)
        run, other = self.runs(workflow, ada), self.runs(workflow, bob)
        self.assertPath(run, ("first", "done"), ("text", "failed"))
        self.assertEqual(
            other.execution_ids.filtered(lambda x: x.step_id.key == "text").state, "dead"
        )
        self.assertEqual(other.state, "exited")
        uuid = self.messages(workflow).filtered(lambda one: one.number == PHONE).uuid
        self.run_engine(minutes=30)
        self.assertPath(run, ("first", "done"), ("text", "queued"))
        sent = self.send(workflow)
        self.assertEqual([one["number"] for one in sent], [PHONE])
        again = self.messages(workflow).filtered(lambda one: one.number == PHONE)
        self.assertIn(again.uuid or uuid, {uuid}, "the provider knows it by the same number")
        self.assertPath(run, ("first", "done"), ("text", "done"))

    def test_a_message_that_waits_in_the_queue_over_the_weekend_is_put_off_and_not_late(self):
        self.at(datetime(2026, 3, 6, 17, 59))
        workflow = self.texting()
        run = self.enrolled(workflow, self.phone())
        closed = {
            "sending_weekdays": "mon,tue,wed,thu,fri",
            "quiet_from": "18:00",
            "quiet_to": "08:00",
        }
        for name, value in closed.items():
            self.env["ir.config_parameter"].set_param(f"mail_workflow_automation.{name}", value)
        self.after(minutes=2)
        self.assertEqual(self.send(workflow), [])
        self.assertEqual(self.reason(run, "text"), "quiet hours")
        self.assertEqual(run.execution_ids.retry_at, datetime(2026, 3, 9, 8))
        self.run_engine(days=1)
        self.assertEqual(self.send(workflow), [])
        self.at(datetime(2026, 3, 9, 8, 1))
        self.run_engine()
        self.assertEqual([one["number"] for one in self.send(workflow)], [PHONE])
        self.assertPath(run, ("text", "done"))
        self.assertEqual(run.execution_ids.attempt, 1, "to wait is no attempt")

    def test_the_messages_of_two_companies_go_out_of_one_queue(self):
        company = self.env["res.company"].create({"name": "Second shop"})
        groups = f"base.group_user,{WORKFLOW_GROUP}"
        theirs = {"company_id": company.id, "company_ids": [(6, 0, company.ids)]}
        other = new_test_user(self.env, "second", groups, email="second@x.example.com", **theirs)
        bob = self.phone("Bob", "+32470000002")
        for user, person in ((self.marketer, self.phone()), (other, bob)):
            self.texting(user=user, name=person.name).enroll(person)
        self.run_engine()
        self.assertEqual(self.work_off_the_queue(), {PHONE, "+32470000002"})

    def test_a_message_that_cannot_be_checked_keeps_no_other_waiting(self):
        bad, good = self.texting(name="Bad"), self.texting(name="Good")
        for workflow, number in ((bad, PHONE), (good, "+32470000002")):
            self.enrolled(workflow, self.phone(number, number))
        broken = self.failing(
            "mail.workflow.gate",
            "_archived",
            ValueError,
            when=lambda _self, step, _runs: step.workflow_id.id == bad.id,
        )
        with broken, mute_logger(LOGGER):
            self.assertEqual(self.work_off_the_queue(), {"+32470000002"})
        self.assertPath(self.runs(bad), ("text", "failed"))
        self.run_engine(minutes=30)
        self.assertEqual([one["number"] for one in self.send(bad)], [PHONE])

    def test_who_left_before_it_went_out_gets_none(self):
        workflow = self.texting(sms(), wait("day", days=1))
        run = self.enrolled(workflow, self.phone())
        self.env["phone.blacklist"].add(PHONE)
        self.assertEqual(self.send(workflow), [])
        self.assertPath(run, ("text", "skipped"))
        self.assertEqual(self.reason(run, "text"), "blacklisted")

    def test_a_message_without_text_or_for_nobody_with_a_phone_cannot_start(self):
        empty = self.texting(sms(text=""), start=False)
        self.assertIn("has no text", empty.problems)
        with self.assertRaisesRegex(UserError, "expressions"):
            self.texting(sms(text="{{ object.sudo().name }}"))
        nobody = self.texting(model="product.template", start=False)
        self.assertIn("no phone number", nobody.problems)

    def test_trying_out_sends_nothing_and_shows_the_text(self):
        workflow = self.texting()
        result = workflow.simulate(self.phone())
        line = next(line for line in result["lines"] if line["key"] == "text")
        self.assertIn("Hello Ada", line["mail"]["body_html"])
        self.assertFalse(self.messages(workflow))

    def test_a_message_that_bounced_is_no_bounced_mail(self):
        workflow = self.texting(sms(), wait("day", days=1))
        run = self.enrolled(workflow, self.phone())
        self.listening("email_bounced")
        self.send(workflow)
        tracker = run.execution_ids.mailing_trace_id.sms_tracker_ids
        tracker._action_update_from_provider_error("rejected")
        self.assertFalse(self.noted("email_bounced"))
        self.assertPath(run, ("text", "dead"))


@tagged("post_install", "-at_install", "mail_workflow")
class TestSmsReplies(SmsCase):
    def test_an_answer_resumes_the_run_that_waits_for_it(self):
        yes = {"kind": "sms_replied", "filters": {"word": "yes"}, "branch": "yes"}
        branches = {"yes": {"steps": [mail("thanks")]}, "timeout": {"steps": []}}
        workflow = self.texting(
            sms(text="Do you come? YES or NO"),
            wait("answer", days=2, events=[yes], branches=branches),
        )
        ada, bob = self.phone(), self.phone("Bob", "+32470000002")
        self.enrolled(workflow, ada, bob)
        self.send(workflow)
        note = self.env["mail.workflow.trigger.sms_replied"]._note_reply
        self.assertTrue(note(PHONE, "Yes, please!"))
        self.assertTrue(note("+32470000002", "no"))
        self.assertFalse(note("+32470009999", "yes"))
        self.env.cr.flush()
        self.run_engine(hours=1)
        self.assertEqual(len(self.mails(workflow, ada.email)), 1)
        self.assertFalse(self.mails(workflow, bob.email))


@tagged("post_install", "-at_install", "mail_workflow")
class TestLinksOverHttp(SmsCase, WorkflowHttpCase):
    def test_a_link_is_the_reader_s_own_and_its_click_is_waited_for(self):
        clicked = {"kind": "email_clicked", "filters": {"step": "text"}, "branch": "clicked"}
        branches = {"clicked": {"steps": [mail("thanks")]}, "timeout": {"steps": []}}
        workflow = self.texting(
            sms(text=f"Look at {OFFER}. It is new!"),
            wait("answer", days=2, events=[clicked], branches=branches),
        )
        ada, bob = self.phone(), self.phone("Bob", "+32470000002")
        runs = self.enrolled(workflow, ada, bob)
        links = {}
        for sent in self.send(workflow):
            self.assertNotIn(OFFER, sent["body"])
            found = re.match(r"Look at (http\S+/r/\S+)\. It is new!", sent["body"])
            links[sent["number"]] = found[1]
        self.assertEqual(len(set(links.values())), 2)
        self.assertIn(OFFER, ada.message_ids.mapped("body")[0], "a colleague may follow that one")
        traces = runs.execution_ids.mailing_trace_id
        traces.sent_datetime = self.now - timedelta(hours=1)
        wrong = self.ask(links["+32470000002"][:-1] + "~")
        answer = self.ask(links[PHONE])
        for one in (wrong, answer):
            self.assertEqual(one.status_code, 302)
            self.assertTrue(one.headers["Location"].startswith(OFFER))
        self.env.cr.flush()
        self.run_engine(hours=1)
        self.assertEqual(self.mails(workflow).mapped("subject"), ["thanks"])
        self.assertIn(ada.email, self.mails(workflow).email_to)
        self.assertEqual([bool(trace.workflow_clicked_at) for trace in traces], [True, False])

    def test_a_personal_link_leads_to_the_reader_s_own_cart(self):
        workflow = self.texting(sms(text="Your cart: /workflow/cart"), model="sale.order")
        cart = self.cart(self.phone())
        self.enrolled(workflow, cart)
        shown = [
            line["mail"]["body_html"] for line in workflow.simulate(cart)["lines"] if line["mail"]
        ]
        self.assertIn("/workflow/sample/cart", shown[0])
        body = self.send(workflow)[0]["body"]
        link = re.match(r"Your cart: (http\S+/workflow/cart/\S+)\n", body)[1]
        self.assertIn("/shop/cart", self.ask(link).headers["Location"])
        notes = " ".join(cart.message_ids.mapped("body"))
        self.assertIn("Your cart: /workflow/cart", notes)
        wrong = self.texting(sms(text="Your cart: /workflow/card"), start=False)
        self.assertIn("“/workflow/card” is no personal link", wrong.problems)


@tagged("post_install", "-at_install", "mail_workflow")
class TestStopOverHttp(SmsCase, WorkflowHttpCase):
    def test_the_link_of_a_message_stops_them(self):
        workflow = self.texting()
        ada = self.phone()
        self.enrolled(workflow, ada)
        body = self.send(workflow)[0]["body"]
        link = body.rpartition(" ")[2]
        page = self.ask(f"{link}", "GET")
        self.assertEqual(page.status_code, 200)
        self.ask(f"{link}?sms_number=%2B32470000001")
        code = link.rsplit("/", 2)[1:]
        self.ask(f"/sms/{code[0]}/unsubscribe/{code[1]}?sms_number=%2B32470000001")
        self.assertTrue(self.env["phone.blacklist"].search([("number", "=", PHONE)]))
