import logging
from concurrent.futures import ThreadPoolExecutor

import psycopg2

from odoo import api, fields, models

_logger = logging.getLogger(__name__)


class MailWorkflowAccepted(models.Model):
    """Mails that a server has accepted, until that is written to the mails themselves.

    Inserted on a connection of its own and committed before the next mail goes out: when the
    worker dies, whoever claims the mail next finds it here and does not send it again. Only what
    died between the server's word and this note is sent twice.
    """

    _name = "mail.workflow.accepted"
    _description = "Accepted Workflow Mail"
    _log_access = False

    mail_id = fields.Integer(required=True)

    _mail = models.UniqueIndex("(mail_id)")

    @api.autovacuum
    def _gc_settled(self):
        """Drop the notes of mails that are not queued any more."""
        self.env.cr.execute(
            """
            DELETE FROM mail_workflow_accepted a
             WHERE NOT EXISTS (SELECT FROM mail_mail m
                                WHERE m.id = a.mail_id AND m.state = 'outgoing')
            """
        )


class UnnotedError(Exception):
    """An acceptance could not be noted: with the next mail a second one could go out again."""


class Accepted:
    """The notes of one pass, written by a thread beside it: one at a time is under way.

    ids       mails accepted in this pass, or found to be accepted before
    settled   ids whose acceptance the batch in hand writes to the mails
    is_blind  a note could not be written: nothing more is sent before the batch is committed
    """

    def __init__(self, registry):
        self.ids = set()
        self.settled = []
        self.is_blind = False
        self._registry = registry
        self._writer = ThreadPoolExecutor(1, "workflow mail accepted") if registry else None
        self._under_way = None

    def among(self, ids):
        """Return those of the ids that were accepted."""
        return [mail_id for mail_id in ids if mail_id in self.ids]

    def look_up(self, ids):
        """Find which of the mails were accepted by a worker that died; return all accepted."""
        rows = self._ask("SELECT mail_id FROM mail_workflow_accepted WHERE mail_id = ANY(%s)", ids)
        self.ids.update(row[0] for row in rows)
        self.is_blind = False
        return self.among(ids)

    def note(self, mail_id):
        """Begin to note that a server has accepted a mail; `wait` for its end."""
        self.wait()
        self.ids.add(mail_id)
        if self._writer:
            insert = (
                "INSERT INTO mail_workflow_accepted (mail_id) VALUES (%s) ON CONFLICT DO NOTHING"
            )
            self._under_way = self._writer.submit(self._execute, insert, mail_id)

    def wait(self):
        """Wait until what was noted is safe; tell whether it is, and more may be sent."""
        if self._under_way:
            under_way, self._under_way = self._under_way, None
            try:
                under_way.result()
            except psycopg2.Error:
                # we still know it ourselves; the transaction of the batch will tell the rest
                _logger.warning("An accepted workflow mail could not be noted", exc_info=True)
                self.is_blind = True
        return not self.is_blind

    def forget_settled(self):
        """Take the notes away of mails whose own state says it by now."""
        if self.settled:
            ids, self.settled = self.settled, []
            self._ask(
                "DELETE FROM mail_workflow_accepted WHERE mail_id = ANY(%s) RETURNING mail_id", ids
            )
            self.ids.difference_update(ids)

    def close(self):
        if self._writer:
            self._writer.shutdown()

    def _ask(self, query, ids):
        self.wait()
        if not self._writer or not ids:
            return []
        return self._writer.submit(self._execute, query, ids).result()

    def _execute(self, query, value):
        """Carry out and commit a statement; once more where the connection was lost."""
        try:
            return self._commit(query, value)
        except psycopg2.Error:
            return self._commit(query, value)

    def _commit(self, query, value):
        with self._registry.cursor() as cr:
            cr.execute(query, [value])
            return cr.fetchall() if cr.description else []
