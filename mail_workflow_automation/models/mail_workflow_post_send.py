import logging
import smtplib
import time
from email.utils import format_datetime
from functools import partial

import psycopg2

from odoo import api, fields, models, tools

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..engine.letter import letter
from .mail_workflow_accepted import UnnotedError

_logger = logging.getLogger(__name__)

# before the mail itself was handed over
TURNED_AWAY = "SMTPSenderRefused: (421,"


class MailWorkflowPost(models.AbstractModel):
    """Sends one mail, and tells each way in which that ends."""

    _inherit = "mail.workflow.post"

    @api.model
    def _send_by_key(self, mail, key, post, is_second=False):
        """Send a mail by the session of its configuration.

        :returns: None, or ``(failure type, reason)``
        """
        server_id, _alias_domain_id, smtp_from = key
        started = time.monotonic()

        def connect():
            return self.env["ir.mail_server"]._connect__(
                mail_server_id=server_id, smtp_from=smtp_from
            )

        try:
            session = post.session(key, connect)
        except Exception as error:  # noqa: BLE001 whatever keeps the server from us
            post.refused(key, time.monotonic() - started)
            return "mail_smtp", str(error) or type(error).__name__
        fate = self._send_one(mail, key, session, post)
        if fate and TURNED_AWAY in fate[1] and not is_second:
            # so many mails a session: a new one goes on where this one ended
            post.hang_up(key)
            return self._send_by_key(mail, key, post, is_second=True)
        if fate and fate[0] == "mail_smtp":
            post.lost(key, time.monotonic() - started)
        return fate

    @api.model
    def _send_one(self, mail, key, session, post):
        """Send one mail by an open session; what happens once the server has accepted it cannot
        make it fail any more.

        :returns: None, or ``(failure type, reason)``
        """
        emails = []
        server_id = key[0]
        try:
            # built while the acceptance of the mail before is being noted
            emails = mail._prepare_outgoing_list(
                mail_server=self.env["ir.mail_server"].browse(server_id) or mail.mail_server_id
            )
            sender = self._sender(key, emails)
            messages = [self._build(mail, sender, email, session) for email in emails]
            if not post.accepted.wait():
                raise UnnotedError
            # with our connection our claim has ended: another worker may have this mail in hand
            self.env.cr.execute("SELECT 1")
            if session:
                session.workflow_accepted = partial(post.accepted.note, mail.id)
            for email, message in zip(emails, messages, strict=True):
                sender.with_context(send_validated_to=email["email_to_normalized"]).send_email(
                    message, mail_server_id=server_id, smtp_session=session
                )
        except (MemoryError, psycopg2.Error, UnnotedError):
            raise
        except Exception as error:  # noqa: BLE001 each has its failure type
            if mail.id not in post.accepted.ids:
                _logger.info("Workflow mail %s was not accepted: %s", mail.id, error)
                return self._failure(error, emails)
            _logger.warning("Workflow mail %s was accepted, then:", mail.id, exc_info=True)
        return None

    @api.model
    def _sender(self, key, emails):
        """Return the model that sends, with what Odoo hands down for an alias domain."""
        sender = self.env["ir.mail_server"]
        alias_domain_id = key[1]
        if not alias_domain_id:
            return sender
        domain_sudo = self.env["mail.alias.domain"].sudo().browse(alias_domain_id)
        bounce = emails[0]["headers"].get("Return-Path") if emails else None
        return sender.with_context(
            domain_notifications_email=domain_sudo.default_from_email,
            domain_bounce_address=bounce or domain_sudo.bounce_email,
        )

    @api.model
    def _build(self, mail, sender, email, session):
        """Build the message for a session: our own letter where it is plain SMTP, else Odoo's."""
        senders = tools.mail.email_split_and_format_normalize(mail.email_from)
        email_from = senders[0] if senders else mail.email_from
        if not isinstance(session, smtplib.SMTP) or email["attachments"] or not email_from:
            return sender._build_email__(
                email_from=email_from,
                email_to=email["email_to"],
                subject=email["subject"],
                body=email["body"],
                body_alternative=email["body_alternative"],
                email_cc=email["email_cc"],
                reply_to=email["reply_to"],
                attachments=email["attachments"],
                message_id=email["message_id"],
                references=email["references"],
                object_id=email["object_id"],
                subtype="html",
                subtype_alternative="plain",
                headers=email["headers"],
            )
        headers = [
            ("Message-Id", email["message_id"]),
            ("References", email["references"]),
            ("Subject", email["subject"]),
            ("From", email_from),
            ("Reply-To", email["reply_to"] or email_from),
            ("To", ", ".join(email["email_to"])),
            ("Cc", ", ".join(email["email_cc"])),
            ("Date", format_datetime(fields.Datetime.now())),
            *email["headers"].items(),
        ]
        return letter(headers, email["body_alternative"], str(email["body"]))

    @api.model
    def _failure(self, error, emails):
        """Return Odoo's failure type of an error, and the reason in words."""
        servers = self.env["ir.mail_server"]
        reason = tools.exception_to_unicode(error)
        if isinstance(error, AssertionError):
            code = error.args[0] if error.args else ""
            reason = str(error.args[-1]) if error.args else reason
            if code == servers.NO_VALID_RECIPIENT:
                has_recipient = any(email["email_to"] for email in emails)
                return "mail_email_invalid" if has_recipient else "mail_email_missing", reason
            if code == servers.NO_VALID_FROM:
                return "mail_from_invalid", reason
            if code in (servers.NO_FOUND_FROM, servers.NO_FOUND_SMTP_FROM):
                return "mail_from_missing", reason
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return "mail_smtp", reason or type(error).__name__
        if isinstance(error, MailDeliveryException) and "OutboundSpamException" in str(error):
            return "mail_spam", reason
        return "unknown", reason
