import json
import logging

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.document import first_flaw

_logger = logging.getLogger(__name__)

# in the context of an import: who imports said that it starts workflows
STARTS = "workflow_import_starts"
COLUMNS = (
    "kind",
    "occurred_at",
    "res_model",
    "res_id",
    "partner_id",
    "email_normalized",
    "visitor_id",
    "company_id",
    "website_id",
    "data",
    "verdict",
    "key",
)
# made once: an event is a visitor's wait
LIST = SQL(", ").join(map(SQL.identifier, COLUMNS))
ROW = f"({', '.join(['%s'] * len(COLUMNS))})"
# in the data: which workflow brought it about, and how late in a row of workflows
ORIGIN = ("origin_workflow_id", "origin_chain")
# mark in the data of what counts, and brings nobody in
SILENT = "silent"
# one cart event per transaction is enough, however many lines change
ONCE_PER_TRANSACTION = ("cart_updated",)
PENDING = "mail_workflow_events"


class MailWorkflowEvent(models.Model):
    """Something that happened. Written once, in one INSERT at commit; then only ``dispatched_at``,
    ``verdict`` and, once known, the person change.

    Its references are plain numbers: an event has nothing to fail on, and outlives its record.
    """

    _name = "mail.workflow.event"
    _description = "Workflow Event"
    _order = "occurred_at desc, id desc"
    _log_access = False

    kind = fields.Char(required=True)
    occurred_at = fields.Datetime(required=True)
    dispatched_at = fields.Datetime()
    res_model = fields.Char()
    res_id = fields.Integer()
    partner_id = fields.Integer(string="Contact ID")
    email_normalized = fields.Char()
    visitor_id = fields.Integer(string="Visitor ID")
    company_id = fields.Integer(string="Company ID")
    website_id = fields.Integer(string="Website ID")
    data = fields.Json()
    verdict = fields.Selection([("human", "Human"), ("suspect", "Suspect"), ("bot", "Bot")])
    key = fields.Char()

    _undispatched = models.Index("(id) WHERE dispatched_at IS NULL")
    _by_email = models.Index(
        "(email_normalized, kind, occurred_at) WHERE email_normalized IS NOT NULL"
    )
    _by_partner = models.Index("(partner_id, kind, occurred_at) WHERE partner_id IS NOT NULL")
    _by_record = models.Index("(res_model, res_id, kind, occurred_at) WHERE res_id IS NOT NULL")
    _by_visitor = models.Index("(visitor_id) WHERE visitor_id IS NOT NULL")
    # for pruning: events come in the order of their time, a few pages tell where old ones lie
    _by_time = models.Index("USING brin (occurred_at)")
    _by_key = models.UniqueIndex("(kind, key) WHERE key IS NOT NULL")

    @api.model
    @api.private
    def emit(self, kind, record=None, partner=None, data=None, key=None, occurred_at=None):
        """Note that something happened, if a workflow listens to that kind.

        The event is written at commit; a keyed one at once, and only the first of its key.
        Never raises into the caller's business.

        :param str kind: an event kind
        :param record: what it happened to
        :param partner: contact it is about, where the record does not tell
        :param dict data: JSON-able details
        :param str key: the same key of the same kind is the same event
        :param datetime occurred_at: naive UTC, default now
        """
        self._emit(kind, record, partner, data, key, occurred_at)

    @api.model
    def _emit(
        self,
        kind,
        record=None,
        partner=None,
        data=None,
        key=None,
        occurred_at=None,
        place=None,
        person=None,
        visitor_id=None,
    ):
        """Note an event, as ``emit``.

        :param place: record that tells the company and website, default ``record``
        :param Person person: whom it is about, where neither record nor partner tells
        :param int visitor_id: the website's visitor who did it
        :returns: whether it is noted; of a keyed event only the first is
        """
        try:
            if not self._is_listened(kind) or self._is_silent_import():
                return False
            values = self._prepare_event_values(
                kind, record, partner, data, key, occurred_at, place, person, visitor_id
            )
        except Exception:  # noqa: BLE001 a sale must never fail because of a marketing event
            _logger.exception("Workflow event %s could not be noted", kind)
            return False
        if key:
            is_new = bool(self._insert([values]))
            if is_new:
                self.env["mail.workflow.lane"]._wake("dispatcher")
            return is_new
        if kind in ONCE_PER_TRANSACTION:
            same = ("kind", "res_model", "res_id")
            pending = self._pending()
            pending[:] = [row for row in pending if any(row[name] != values[name] for name in same)]
        self._add_pending([values])
        return True

    @api.model
    def _note_rows(self, rows):
        """Note events of the engine itself, about which everything is known.

        :param rows: dicts with ``kind``, ``data`` (a dict) and columns of the event
        """
        now = fields.Datetime.now()
        known = {**dict.fromkeys(COLUMNS), "occurred_at": now, "verdict": "human"}
        self._add_pending([{**known, **row, "data": json.dumps(row["data"])} for row in rows])

    @api.model
    def _pending(self):
        """Return the events of this transaction that are not written yet."""
        return self.env.cr.precommit.data.setdefault(PENDING, [])

    @api.model
    def _add_pending(self, rows):
        pending = self._pending()
        if rows and not pending:
            self.env.cr.precommit.add(self._write_pending)
        pending += rows

    @api.model
    def _already_noted(self, kind, records):
        """Return those of the records about which there is an event of the kind already."""
        self.env.cr.execute(
            SQL(
                "SELECT res_id FROM mail_workflow_event"
                " WHERE res_model = %s AND res_id = ANY(%s) AND kind = %s",
                records._name,
                records.ids,
                kind,
            )
        )
        ids = {row[0] for row in self.env.cr.fetchall()}
        for row in self._pending():
            if (row["kind"], row["res_model"]) == (kind, records._name):
                ids.add(row["res_id"])
        return records.filtered(lambda record: record.id in ids)

    @api.model
    def _is_listened(self, kind):
        return kind in self.env["mail.workflow.listening"]._kinds()

    @api.model
    def _is_silent_import(self):
        """Tell whether a file is being imported by somebody who did not say that workflows start
        because of it."""
        return bool(self.env.context.get("import_file") and not self.env.context.get(STARTS))

    @api.model
    def _wanted(self, kind):
        """Return the filters by which somebody listens to a kind, a frozenset: what is dear to
        find out is found out for those only."""
        return self.env["mail.workflow.listening"]._kinds().get(kind, frozenset())

    @api.model
    def _prepare_event_values(
        self,
        kind,
        record,
        partner,
        data,
        key,
        occurred_at,
        place=None,
        person=None,
        visitor_id=None,
    ):
        flaw = first_flaw(data)
        if flaw:
            # found at the commit of the sale, it would be the sale that fails
            raise ValueError(f"data cannot be stored: {flaw}")
        persons = self.env["mail.workflow.person"]
        if partner is not None:
            person = persons._of_partner(partner, unread=not key)
        elif person is None and record is not None:
            person = persons._of(record).get(record.id)
        origin = self._acting()
        if origin:
            data = {**(data or {}), **origin}
        place = place or record
        place_sudo = place.sudo() if place is not None else None
        return {
            "kind": kind,
            "occurred_at": fields.Datetime.to_datetime(occurred_at) or fields.Datetime.now(),
            "res_model": record._name if record is not None else None,
            "res_id": record.id if record is not None else None,
            "partner_id": person.partner_id if person else None,
            "email_normalized": person.email_normalized if person else None,
            "visitor_id": visitor_id,
            "company_id": self._field_id(place_sudo, "company_id"),
            "website_id": self._field_id(place_sudo, "website_id"),
            "data": json.dumps(data) if data else None,
            "verdict": (data or {}).get("verdict", "human"),
            "key": key,
        }

    @api.model
    def _acting(self):
        """Return which workflow acts now, as the data of an event tell it; empty for people."""
        known = {
            "origin_workflow_id": self.env.context.get("mail_workflow_id"),
            "origin_chain": self.env.context.get("mail_workflow_chain"),
        }
        if not known["origin_workflow_id"]:
            return {}
        return {name: value for name, value in known.items() if value}

    @api.model
    def _field_id(self, record, name):
        if record is None:
            return None
        if record._name == "website" and name == "website_id":
            return record.id
        if name not in record._fields:
            return None
        return record[name].id or None

    def _write_pending(self):
        """Write the events of this transaction in one INSERT, and wake the dispatcher once."""
        rows = self.env.cr.precommit.data.pop(PENDING, [])
        if rows:
            self._insert(rows)
            self.env["mail.workflow.lane"]._wake("dispatcher")

    @api.model
    def _insert(self, rows):
        """Write events; return how many, less those whose key was there."""
        values = SQL(", ").join(SQL(ROW, *(row[name] for name in COLUMNS)) for row in rows)
        # DO NOTHING concerns keyed events only: without a key no unique index covers the row
        conflict = SQL("ON CONFLICT DO NOTHING") if any(row["key"] for row in rows) else SQL()
        self.env.cr.execute(
            SQL("INSERT INTO mail_workflow_event (%s) VALUES %s %s", LIST, values, conflict)
        )
        return self.env.cr.rowcount

    @api.model
    def _cron_dispatch(self):
        """Serve the events that nobody has served yet; safe by hand and beside itself."""
        return self.env["mail.workflow.dispatcher"]._run()

    @api.autovacuum
    def _gc_old_events(self):
        """Prune events after the retention of the settings; the runs they made stay."""
        days = self.env["mail.workflow"]._get_int_param("event_retention_days", 365)
        if not days:
            return None
        before = fields.Datetime.subtract(fields.Datetime.now(), days=days)
        self.env.cr.execute(
            """
            DELETE FROM mail_workflow_event
             WHERE id IN (SELECT id FROM mail_workflow_event
                           WHERE dispatched_at IS NOT NULL AND occurred_at < %s
                           LIMIT 10000)
            """,
            [before],
        )
        return self.env.cr.rowcount, int(self.env.cr.rowcount == 10000)
