"""What comes back through the mail gateway: answers and bounces."""

from email.message import EmailMessage

from odoo.tests import tagged

from .tracking_common import TrackingCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestGateway(TrackingCase):
    def reply_to(self, sent):
        answer = EmailMessage()
        answer["From"] = "Ada <ada@customer.example.com>"
        answer["To"] = self.outgoing(sent).get("reply_to") or "catchall@shop.example.com"
        answer["Subject"] = "Re: First"
        answer["Message-ID"] = "<answer-1@customer.example.com>"
        answer["References"] = sent.message_id
        answer["In-Reply-To"] = sent.message_id
        answer.set_content("I have a question.")
        return answer.as_bytes()

    def bounce_of(self, sent):
        """Return what a mail server sends back, as RFC 3464 has it."""
        return (
            "Return-Path: <>\r\n"
            "From: MAILER-DAEMON@mx.example.com\r\n"
            f"To: {self.bounce_address}\r\n"
            "Subject: Undelivered Mail Returned to Sender\r\n"
            "Message-ID: <bounce-1@mx.example.com>\r\n"
            "MIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\r\n'
            "\r\n"
            "--b1\r\nContent-Type: text/plain\r\n\r\nUser unknown\r\n"
            "--b1\r\nContent-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; mx.example.com\r\n\r\n"
            "Final-Recipient: rfc822; ada@customer.example.com\r\n"
            "Action: failed\r\nStatus: 5.1.1\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 user unknown\r\n"
            "\r\n--b1\r\nContent-Type: message/rfc822\r\n\r\n"
            f"Message-ID: {sent.message_id}\r\n"
            "From: shop@shop.example.com\r\nTo: ada@customer.example.com\r\n"
            "Subject: First\r\n\r\nHello\r\n"
            "--b1--\r\n"
        ).encode()

    def receive(self, raw):
        self.env["mail.thread"].sudo().message_process(False, raw)
        self.env.invalidate_all()

    def setUp(self):
        super().setUp()
        domain = self.env["mail.alias.domain"].search([], limit=1)
        domain = domain or self.env["mail.alias.domain"].create({"name": "shop.example.com"})
        self.env.company.alias_domain_id = domain
        self.bounce_address = domain.bounce_email

    def test_an_answer_reaches_the_run(self):
        workflow, run, sent = self.waiting(("email_replied", "email_bounced"))
        self.receive(self.reply_to(sent))
        self.assertEqual(self.trace(sent).trace_status, "reply")
        self.assertIn(("email_replied", "human"), self.events(workflow))
        self.assertEqual(self.branch(run), "email_replied")
        self.assertEqual(sent.mailing_id.replied, 1)

    def test_a_note_that_somebody_is_away_is_no_answer(self):
        workflow, run, sent = self.waiting(("email_replied",))
        raw = b"Auto-Submitted: auto-replied\n" + self.reply_to(sent)
        self.receive(raw)
        self.assertIsNone(self.branch(run))
        self.assertEqual({verdict for _kind, verdict in self.events(workflow)}, {"bot"})
        self.assertFalse(self.trace(sent).reply_datetime)
        self.receive(self.reply_to(sent).replace(b"<answer-1@", b"<answer-2@"))
        self.assertEqual(self.branch(run), "email_replied")

    def test_a_bounce_reaches_the_run_and_stops_the_next_mail(self):
        workflow, run, sent = self.waiting(("email_replied", "email_bounced"))
        self.receive(self.bounce_of(sent))
        self.assertEqual(self.trace(sent).trace_status, "bounce")
        self.assertEqual(self.events(workflow), [("email_bounced", "human")])
        self.assertEqual(self.branch(run), "email_bounced")
        self.assertEqual(self.reason(run, "email_bounced"), "address bounced")
        self.assertEqual(sent.mailing_id.bounced, 1)

    def soft(self, sent, action, status):
        """Return what a server says that may yet deliver, or had no room."""
        raw = self.bounce_of(sent).replace(b"Action: failed", b"Action: " + action)
        return raw.replace(b"Status: 5.1.1", b"Status: " + status)

    def test_a_mail_that_is_only_late_is_no_bounce(self):
        workflow, run, sent = self.waiting(("email_bounced",))
        self.trace(sent).set_sent()
        self.receive(self.soft(sent, b"delayed", b"4.4.1"))
        self.assertEqual(self.trace(sent).trace_status, "sent")
        self.assertEqual((self.events(workflow), self.ada.message_bounce), ([], 0))
        self.assertIsNone(self.branch(run))

    def test_a_full_mailbox_opts_nobody_out(self):
        workflow, run, sent = self.waiting(("email_bounced",))
        self.receive(self.soft(sent, b"failed", b"4.2.2"))
        self.assertEqual(sent.mailing_id.bounced, 1, "it did not arrive")
        self.assertEqual(self.branch(run), "email_bounced")
        self.assertEqual(self.ada.message_bounce, 0)
        self.assertEqual(len(self.mails(workflow)), 2, "the next mail goes out")

    def test_an_answer_of_somebody_else_s_mail_changes_nothing(self):
        workflow, run, sent = self.waiting(("email_replied",))
        raw = self.reply_to(sent).replace(sent.message_id.encode(), b"<other@x.example.com>")
        self.receive(raw)
        self.assertEqual(self.events(workflow), [])
        self.assertIsNone(self.branch(run))
