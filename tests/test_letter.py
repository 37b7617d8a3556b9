"""A letter of the mail lane arrives as the mail that Odoo would have built."""

import smtplib
import tempfile

from odoo.tests import BaseCase, TransactionCase, tagged

from dev.receiver import Receiver
from odoo.addons.mail_workflow_automation.engine.letter import letter

SHOP = '"Shop, the best" <shop@shop.example.com>'
LINK = f"<https://shop.example.com/mailing/12/unsubscribe?hash_token={'a1' * 70}>"
CASES = {
    "plain": {"subject": "Hello", "html": "<p>Hello</p>", "text": "Hello"},
    "accents and emoji": {
        "subject": "Ça y est, l'été arrive 🌞 chez nous, et les prix tombent de façon inouïe",
        "html": "<p>Zoë — “déjà vu” 🎉 &amp; ëä</p>",
        "text": "Zoë — “déjà vu” 🎉",
        "to": "Zoë Müller <zoe@customer.example.com>",
    },
    "long lines": {
        "subject": "A subject of many words " * 12,
        "html": "<p>" + "x" * 3000 + "</p>\n" + "<td>cell</td>" * 400,
        "text": "word " * 900,
    },
    "line ends, dots and spaces": {
        "subject": "Dots",
        "html": "<p>\r\n.\r\n..two\rthree\nFrom here\n=3D = equal\n   trailing   \n\n</p>",
        "text": ".\n..\nFrom me to you \n\ttab\t\n",
    },
    "empty": {"subject": "", "html": "", "text": ""},
}


@tagged("post_install", "-at_install", "mail_workflow")
class TestLetter(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.receiver = cls.enterClassContext(Receiver(folder))

    def delivered(self, message):
        """Return a message as a real mail server gets it."""
        self.receiver.clear()
        with smtplib.SMTP("127.0.0.1", self.receiver.port) as session:
            session.send_message(message, "bounce@shop.example.com", ["zoe@customer.example.com"])
        (arrived,) = self.receiver.messages()
        return arrived

    def content(self, message):
        """Return what a mail program shows: headers and parts, decoded."""
        ignored = ("date", "content-type", "x-received-at")
        headers = {
            name.lower(): " ".join(str(value).split())
            for name, value in message.items()
            if name.lower() not in ignored
        }
        parts = [
            (part.get_content_type(), part.get_content().replace("\r\n", "\n").rstrip("\n"))
            for part in message.iter_parts()
        ]
        return headers, parts

    def test_it_arrives_as_the_mail_odoo_would_have_built(self):
        for name, case in CASES.items():
            with self.subTest(name):
                to = case.get("to", "Ada <ada@customer.example.com>")
                common = {"Return-Path": "bounce@shop.example.com", "List-Unsubscribe": LINK}
                common |= {"Precedence": "list", "X-Odoo-Objects": "res.partner-7"}
                headers = [
                    ("Message-Id", "<workflow-1-2-1-abc@shop.example.com>"),
                    ("References", "<workflow-1-2-1-abc@shop.example.com>"),
                    ("Subject", case["subject"]),
                    ("From", SHOP),
                    ("Reply-To", SHOP),
                    ("To", to),
                    ("Cc", ""),
                    *common.items(),
                ]
                ours = self.delivered(letter(headers, case["text"], case["html"]))
                theirs = self.delivered(
                    self.env["ir.mail_server"]._build_email__(
                        email_from=SHOP,
                        email_to=[to],
                        subject=case["subject"],
                        body=case["html"],
                        # without a text Odoo makes one
                        body_alternative=case["text"] or "\n",
                        reply_to=SHOP,
                        message_id="<workflow-1-2-1-abc@shop.example.com>",
                        references="<workflow-1-2-1-abc@shop.example.com>",
                        subtype="html",
                        headers=common,
                    )
                )
                our_headers, our_parts = self.content(ours)
                their_headers, their_parts = self.content(theirs)
                their_headers = {key: value for key, value in their_headers.items() if value}
                self.assertEqual(our_headers, their_headers)
                self.assertEqual(our_parts, self.mended(their_parts))
                self.assertFalse(ours.defects)
                self.assertLessEqual(max(map(len, ours.as_bytes().split(b"\n"))), 998)

    def mended(self, parts):
        """Return the parts as they were meant: lone carriage returns are line ends (RFC 5321,
        2.3.8), and Python puts a ">" before "From" that no mail program takes away again."""
        return [
            (kind, text.replace("\r", "\n").replace("\n>From ", "\nFrom ")) for kind, text in parts
        ]


@tagged("post_install", "-at_install", "mail_workflow")
class TestLetterHeaders(BaseCase):
    def test_a_line_break_in_a_header_is_refused(self):
        for value in ("Hello\nBcc: x@evil.example.com", "Hello\rBcc: x@evil.example.com"):
            with self.assertRaisesRegex(ValueError, "line break in the header Subject"):
                letter([("Subject", value)], "", "")
