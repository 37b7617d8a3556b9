import logging
import smtplib
import time
from collections import defaultdict
from email.utils import format_datetime
from functools import partial

import psycopg2

from odoo import api, fields, models, modules, tools
from odoo.tools import SQL

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..engine.letter import letter
from .mail_workflow_accepted import Accepted

_logger = logging.getLogger(__name__)

# mails claimed in one transaction, and how long they may keep it open
BATCH = 50
BATCH_SECONDS = 1.0
# a server that takes so long to fail is left alone by this process for some time
PATIENCE_SECONDS = 5.0
AVOIDED_SECONDS = 300.0
# (database, workflow id) -> until when, by this process's clock
AVOIDED = {}


class UnnotedError(Exception):
    """An acceptance could not be noted: with the next mail a second one could go out again."""


class Post:
    """What the mail lane remembers from batch to batch, in one pass.

    accepted     the mails that servers have taken: never sent again, whatever goes wrong here
    sessions     open SMTP sessions by mail configuration
    unreachable  ids of the workflows whose mail server does not answer: left out of this pass
    """

    def __init__(self, accepted, database):
        self.accepted = accepted
        self.sessions = {}
        self._database = database
        now = time.monotonic()
        self.unreachable = {
            workflow_id
            for (name, workflow_id), until in AVOIDED.items()
            if name == database and until > now
        }

    def avoid(self, workflow_id, seconds):
        """Leave the mails of a workflow in the queue after a failure that took so long.

        A server that stalls costs a minute each time: the others' mails and steps come first.
        """
        self.unreachable.add(workflow_id)
        if seconds > PATIENCE_SECONDS:
            AVOIDED[self._database, workflow_id] = time.monotonic() + AVOIDED_SECONDS

    def close(self):
        self.accepted.close()
        for key in list(self.sessions):
            self.hang_up(key)

    def hang_up_dead(self):
        """Give up the sessions that servers have closed meanwhile."""
        for key, session in list(self.sessions.items()):
            try:
                is_alive = session.noop()[0] == 250
            except (smtplib.SMTPException, OSError):
                is_alive = False
            if not is_alive:
                self.hang_up(key)

    def hang_up(self, key):
        session = self.sessions.pop(key, None)
        if session:
            try:
                session.quit()
            except (smtplib.SMTPException, OSError):
                _logger.debug("SMTP session was closed by the server")


class MailWorkflowPost(models.AbstractModel):
    """Hands the queued mails of workflows over to mail servers: the mail lane.

    A batch is claimed, checked, sent and written in one transaction; each acceptance by a server
    is noted at once on a connection of its own (``mail.workflow.accepted``), so that a mail is
    not sent again when that transaction is lost.
    """

    _name = "mail.workflow.post"
    _description = "Mail Lane of Workflows"

    @api.model
    def _run(self):
        """One pass: send what is queued; safe beside itself.

        :returns: how many mails were handled
        """
        if self.env["mail.workflow"]._is_sending_held():
            return 0
        runner = self.env["mail.workflow.runner"]
        # inside a test there is no second connection that would see its rows
        registry = None if modules.module.current_test else self.env.registry
        post = Post(Accepted(registry), self.env.cr.dbname)

        def work():
            post.accepted.forget_settled()  # the last batch is committed by now
            return runner._retrying(lambda: self._send_batch(post))

        try:
            handled = self.env["mail.workflow.lane"]._passes("mail", work)
            post.accepted.forget_settled()
            return handled
        finally:
            post.close()

    @api.model
    def _send_batch(self, post):
        """Claim queued mails and send them; the claim lives as long as the transaction (rule 4).

        :returns: how many were handled; as long as there were any, at least 1
        """
        now = fields.Datetime.now()
        ids = self._claim(now, post.unreachable)
        if not ids:
            return 0
        post.accepted.look_up(ids)
        try:
            handled = self._send_safely(self.env["mail.mail"].sudo().browse(ids), post, now)
        finally:
            # others may claim these mails once this transaction ends, whichever way
            post.accepted.wait()
        post.accepted.settled = post.accepted.among(ids)
        # what was not tried is left to the next batch, without those who cannot be reached
        return max(handled, 1)

    @api.model
    def _claim(self, now, unreachable=(), batch=BATCH):
        """Lock queued mails, of each workflow as many, and return their ids in turns.

        Uses the index ``_workflow_queue``. Must be the first statement of its transaction.
        """
        self.env.cr.execute(self._claim_query(now, unreachable, batch))
        places, order = defaultdict(int), []
        for mail_id, workflow_id in self.env.cr.fetchall():
            order.append((places[workflow_id], workflow_id, mail_id))
            places[workflow_id] += 1
        return [mail_id for _place, _workflow_id, mail_id in sorted(order)]

    @api.model
    def _claim_query(self, now, unreachable, batch):
        # mails of a paused workflow stay where they are; those of a stopped one are cancelled
        return SQL(
            """
            WITH sending AS MATERIALIZED (
                SELECT w.id
                  FROM mail_workflow w
                 WHERE ((w.state = 'running' AND w.active) OR w.state = 'stopped')
                   AND w.id != ALL(%(unreachable)s)
                   AND EXISTS (SELECT FROM mail_mail m
                                WHERE m.workflow_id = w.id AND m.state = 'outgoing'
                                  AND (m.scheduled_date IS NULL OR m.scheduled_date <= %(now)s))
            )
            SELECT due.id, w.id
              FROM sending w
             CROSS JOIN LATERAL (
                   SELECT id
                     FROM mail_mail
                    WHERE workflow_id = w.id AND state = 'outgoing'
                      AND (scheduled_date IS NULL OR scheduled_date <= %(now)s)
                    ORDER BY scheduled_date NULLS FIRST, id
                    LIMIT (SELECT GREATEST(1, %(batch)s / GREATEST(count(*), 1)) FROM sending)
                      FOR NO KEY UPDATE SKIP LOCKED) due
            """,
            now=now,
            unreachable=list(unreachable),
            batch=batch,
        )

    @api.model
    def _send_safely(self, mails, post, now):
        """Send mails; after an error one by one, so that it stays with its mail (rule 13).

        :returns: how many were sent, failed or refused
        """
        try:
            with self.env.cr.savepoint():
                return self._send_claimed(mails, post, now)
        except Exception as error:  # noqa: BLE001 one mail's error must not stop the queue
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            if len(mails) == 1:
                _logger.warning("Workflow mail %s failed", mails.id, exc_info=True)
                mails._note_fates({mails.id: ("unknown", tools.exception_to_unicode(error))})
                return 1
        return sum(self._send_safely(mail, post, now) for mail in mails)

    @api.model
    def _send_claimed(self, mails, post, now):
        accepted = mails.browse(post.accepted.among(mails.ids))
        waiting = mails - accepted
        refused = waiting._refuse_late(now)
        waiting -= refused
        fates = dict.fromkeys(accepted.ids)
        if self.env["ir.mail_server"]._disable_send():
            waiting.write({"state": "sent"})  # Odoo sends nothing in its tests
            refused |= waiting
        elif waiting:
            post.hang_up_dead()
            # a trace alone would be read alone, mail by mail
            waiting.mailing_trace_ids.fetch(["workflow_enrollment_id"])
            deadline = time.monotonic() + BATCH_SECONDS
            for (
                server_id,
                alias_domain_id,
                smtp_from,
                ids,
            ) in waiting._split_by_mail_configuration():
                server = self.env["ir.mail_server"].browse(server_id)
                group = mails.browse(ids)
                if server.owner_user_id:
                    group = group._split_by_delayed_batch(server)
                key = (server_id, alias_domain_id, smtp_from)
                fates.update(self._send_group(group, key, post, deadline))
        mails._note_fates(fates)
        return len(refused) + len(fates)

    @api.model
    def _send_group(self, mails, key, post, deadline):
        """Send mails of one configuration, until the deadline at the latest.

        :returns: ``{mail id: None | (failure type, reason)}`` of those that were tried
        """
        server_id, alias_domain_id, _smtp_from = key
        sender = self.env["ir.mail_server"]
        server = sender.browse(server_id)
        if alias_domain_id:
            domain_sudo = self.env["mail.alias.domain"].sudo().browse(alias_domain_id)
            sender = sender.with_context(
                domain_notifications_email=domain_sudo.default_from_email,
                domain_bounce_address=domain_sudo.bounce_email,
            )
        fates = {}
        for mail in mails:
            if mail.workflow_id.id in post.unreachable or time.monotonic() > deadline:
                continue
            started = time.monotonic()
            try:
                session = self._session(post, key)
            except Exception as error:  # noqa: BLE001 whatever keeps the server from us
                # the server's trouble, not that of the mails behind: they stay in the queue
                post.avoid(mail.workflow_id.id, time.monotonic() - started)
                fates[mail.id] = ("mail_smtp", str(error) or type(error).__name__)
                continue
            try:
                fates[mail.id] = self._send_one(mail, sender, server, session, post)
            except UnnotedError:
                break
            if fates[mail.id] and fates[mail.id][0] == "mail_smtp":
                post.hang_up(key)
                if time.monotonic() - started > PATIENCE_SECONDS:
                    post.avoid(mail.workflow_id.id, time.monotonic() - started)
        return fates

    @api.model
    def _send_one(self, mail, sender, server, session, post):
        """Send one mail by an open session; what happens once the server has accepted it cannot
        make it fail any more.

        :returns: None, or ``(failure type, reason)``
        """
        emails = []
        try:
            # built while the acceptance of the mail before is being noted
            emails = mail._prepare_outgoing_list(mail_server=server or mail.mail_server_id)
            bounce = emails and emails[0]["headers"].get("Return-Path")
            if bounce and "domain_bounce_address" in sender.env.context:
                sender = sender.with_context(domain_bounce_address=bounce)
            messages = [self._build(mail, sender, email, session) for email in emails]
            if not post.accepted.wait():
                raise UnnotedError
            session.workflow_accepted = partial(post.accepted.note, mail.id)
            for email, message in zip(emails, messages, strict=True):
                sender.with_context(send_validated_to=email["email_to_normalized"]).send_email(
                    message, mail_server_id=server.id, smtp_session=session
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

    @api.model
    def _session(self, post, key):
        """Return an open SMTP session; one that the server has closed is opened anew."""
        session = post.sessions.get(key)
        if session is None:
            server_id, _alias_domain_id, smtp_from = key
            session = self.env["ir.mail_server"]._connect__(
                mail_server_id=server_id, smtp_from=smtp_from
            )
            post.sessions[key] = session
        return session
