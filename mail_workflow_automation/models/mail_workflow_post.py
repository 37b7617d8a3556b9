import logging
import time
from collections import defaultdict

from odoo import api, fields, models, modules, tools
from odoo.tools import SQL

from ..engine.post import Post
from .mail_workflow_accepted import Accepted, UnnotedError

_logger = logging.getLogger(__name__)

# mails claimed in one transaction, and how long they may keep it open
BATCH = 50
BATCH_SECONDS = 1.0


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
        if self.env["mail.workflow"]._is_sending_held() or self._is_odoo_mute():
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
    def _is_odoo_mute(self):
        """Tell whether Odoo sends nothing by itself, outside of tests: while it loads."""
        return self.env["ir.mail_server"]._disable_send() and not modules.module.current_test

    @api.model
    def _send_batch(self, post):
        """Claim queued mails and send them; the claim lives as long as the transaction (rule 4).

        :returns: how many were handled; as long as there were any, at least 1
        """
        now = fields.Datetime.now()
        post.accepted.settled = []  # by an attempt that was rolled back
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
                is_accepted = mails.id in post.accepted.ids
                mails._note_plainly(None if is_accepted else tools.exception_to_unicode(error))
                return 1
        return sum(self._send_safely(mail, post, now) for mail in mails)

    @api.model
    def _send_claimed(self, mails, post, now):
        accepted = mails.browse(post.accepted.among(mails.ids))
        waiting = mails - accepted
        refused = waiting._refuse_late(now)
        waiting -= refused
        refused |= waiting._hold_closed(now)
        waiting -= refused
        fates = dict.fromkeys(accepted.ids)
        if self.env["ir.mail_server"]._disable_send():
            waiting.write({"state": "sent"})  # Odoo sends nothing in its tests
            refused |= waiting
        elif waiting:
            post.hang_up_dead()
            fates.update(self._send_in_turns(waiting, post))
        mails._note_fates(fates)
        return len(refused) + len(fates)

    @api.model
    def _send_in_turns(self, mails, post):
        """Send mails in the order of their claim, whatever server each goes to, for a time.

        :returns: ``{mail id: None | (failure type, reason)}`` of those that were tried
        """
        keys = self._configurations(mails)
        # a trace alone would be read alone, mail by mail
        mails.mailing_trace_ids.fetch(["workflow_enrollment_id"])
        deadline = time.monotonic() + BATCH_SECONDS
        fates = {}
        for mail in mails:
            if mail.id not in keys:
                continue  # its personal server has had enough for this minute
            if post.is_closed(keys[mail.id]):
                # the server's trouble, not that of the mails: they stay in the queue
                post.unreachable.add(mail.workflow_id.id)
                continue
            if fates and time.monotonic() > deadline:
                break
            try:
                fates[mail.id] = self._send_by_key(mail, keys[mail.id], post)
            except UnnotedError:
                break
        return fates

    @api.model
    def _configurations(self, mails):
        """Return ``{mail id: (server id, alias domain id, sender)}`` of the mails to send now."""
        keys = {}
        for server_id, alias_domain_id, smtp_from, ids in mails._split_by_mail_configuration():
            server = self.env["ir.mail_server"].browse(server_id)
            group = mails.browse(ids)
            if server.owner_user_id:
                group = group._split_by_delayed_batch(server)
            keys.update(dict.fromkeys(group.ids, (server_id, alias_domain_id, smtp_from)))
        return keys
