from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.shares import share
from .mail_workflow_enrollment import BLOCKED, TAKEN_OUT

BATCH = 1000


class MailWorkflowEnroller(models.AbstractModel):
    """Brings records into workflows: audience, re-entry, holdout, all in batches."""

    _name = "mail.workflow.enroller"
    _description = "Workflow Enrollment"

    @api.model
    def _enroll_records(
        self,
        workflow,
        records,
        *,
        now,
        trigger=None,
        data=None,
        events=None,
        due=None,
        by_hand=False,
    ):
        """Enroll those of the records that may come in.

        :param records: of the workflow's model
        :param dict events: ``{record id: event row}`` that brings each in; None without an event
        :param dict due: ``{record id: datetime}`` when the first step is due, default ``now``
        :param bool by_hand: a person brings them in: somebody taken out by hand may come back
        :returns: the runs made
        """
        run_ids = []
        for batch_ids in self._batches(records.ids):
            run_ids += self._enroll_batch(
                workflow, batch_ids, now, trigger, data, events or {}, due or {}, by_hand
            ).ids
        if run_ids:
            self.env["mail.workflow.lane"]._wake("runner")
        return self.env["mail.workflow.enrollment"].sudo().browse(run_ids)

    @api.model
    def _batches(self, ids):
        return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]

    @api.model
    def _enroll_batch(self, workflow, ids, now, trigger, data, events, due, by_hand):
        records = self._eligible(workflow, ids)
        persons = self.env["mail.workflow.person"]._of(records)
        records = records.filtered(lambda record: record.id in persons)
        entries, seen = [], set()
        for record in records:
            person = persons[record.id]
            entry_key = self._entry_key(workflow, record, person, events.get(record.id))
            if entry_key not in seen:
                seen.add(entry_key)
                entries.append((record, person, entry_key))
        runs_no = self._run_numbers(workflow, [entry[2] for entry in entries], now, by_hand)
        entries = [entry for entry in entries if entry[2] in runs_no]
        if not entries:
            return self.env["mail.workflow.enrollment"].sudo()
        first_step = workflow._tree().first()
        rows = []
        for record, person, entry_key in entries:
            event = events.get(record.id)
            is_holdout = bool(
                workflow.holdout_percent
                and share(workflow.salt, person.key) * 100 < workflow.holdout_percent
            )
            due_at = due.get(record.id, now)
            rows.append(
                {
                    "workflow_id": workflow.id,
                    "trigger_id": trigger.id if trigger else None,
                    "company_id": workflow.company_id.id,
                    "website_id": self._website_id(workflow, record, event),
                    "res_model": record._name,
                    "res_id": record.id,
                    "partner_id": person.partner_id,
                    "email_normalized": person.email_normalized,
                    "entry_key": entry_key,
                    "run_no": runs_no[entry_key],
                    "state": "holdout" if is_holdout else "active",
                    "is_holdout": is_holdout,
                    "step_id": None if is_holdout else first_step,
                    "due_at": None if is_holdout else due_at,
                    "planned_at": None if is_holdout else due_at,
                    "visit_no": 1,
                    "attempt": 0,
                    # what happened since the event counts, even what was committed before us
                    "entered_at": min(event["occurred_at"], now) if event else now,
                    "event_id": event["id"] if event else None,
                    "data": data,
                    "why": self._why(trigger, by_hand),
                }
            )
        return self._insert(rows, now)

    @api.model
    def _eligible(self, workflow, ids):
        """Return the records within reach of ``run_as_id``, of the company and website, in the
        audience."""
        records = workflow._records(ids).exists()
        records = records._filtered_access("read") if records else records
        domain = workflow._audience() & fields.Domain("id", "in", records.ids)
        if "company_id" in records._fields:
            domain &= fields.Domain("company_id", "in", [workflow.company_id.id, False])
        if workflow.website_id and "website_id" in records._fields:
            domain &= fields.Domain("website_id", "in", [workflow.website_id.id, False])
        found = records.search(domain)
        # the caller's order counts: of two records of one person the first comes in
        return found.browse([record_id for record_id in ids if record_id in set(found.ids)])

    @api.model
    def _website_id(self, workflow, record, event):
        """Return the shop a run is about: the record's, else where it happened, else the
        workflow's."""
        own = record.sudo().website_id.id if "website_id" in record._fields else None
        return own or (event and event["website_id"]) or workflow.website_id.id or None

    @api.model
    def _why(self, trigger, by_hand):
        if by_hand:
            return self.env._("brought in by hand by %s", self.env.user.name)
        return trigger.sudo().summary if trigger else ""

    @api.model
    def _entry_key(self, workflow, record, person, event):
        """Return what makes two entries the same (design.md, "Re-entry")."""
        if workflow.reentry_per == "person":
            return person.key
        if workflow.reentry_per == "event" and event:
            if event["res_model"] and event["res_id"]:
                return f"{event['res_model']},{event['res_id']}"
            return f"event:{event['key'] or event['id']}"
        return f"{record._name},{record.id}"

    @api.model
    def _run_numbers(self, workflow, keys, now, by_hand):
        """Return ``{entry key: next run number}`` of the keys that may come in now."""
        if not keys:
            return {}
        self.env["mail.workflow.enrollment"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT entry_key, max(run_no), max(entered_at),
                       bool_or(state IN ('active', 'holdout')),
                       bool_or(state = 'exited' AND exit_reason = ANY(%s))
                  FROM mail_workflow_enrollment
                 WHERE workflow_id = %s AND entry_key = ANY(%s)
                 GROUP BY entry_key
                """,
                [TAKEN_OUT, BLOCKED],
                workflow.id,
                list(keys),
            )
        )
        numbers = dict.fromkeys(keys, 1)
        for key, run_no, entered_at, is_open, taken_out in self.env.cr.fetchall():
            if self._may_return(workflow, now, entered_at, is_open, taken_out, by_hand):
                numbers[key] = run_no + 1
            else:
                del numbers[key]
        return numbers

    @api.model
    def _may_return(self, workflow, now, entered_at, is_open, taken_out, by_hand):
        if is_open or (taken_out and not by_hand):
            return False
        if by_hand and taken_out:
            return True
        if workflow.reentry_policy == "never" or workflow.reentry_per == "event":
            return False
        return not workflow.reentry_days or entered_at <= now - timedelta(
            days=workflow.reentry_days
        )

    @api.model
    def _insert(self, rows, now):
        """Insert runs; one that another worker made meanwhile is left out."""
        runs = self.env["mail.workflow.enrollment"].sudo()
        executions = self.env["mail.workflow.execution"]
        columns = [name for name in rows[0] if name not in ("why", "data")]
        values = SQL(", ").join(
            SQL(
                "(%s, %s::jsonb, %s::jsonb)",
                SQL(", ").join(SQL("%s", row[name]) for name in columns),
                executions._json(row["data"]) if row["data"] is not None else None,
                executions._json([runs._line(None, row["state"], row["why"], now, "engine")]),
            )
            for row in rows
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_workflow_enrollment (%s, data, log)
                VALUES %s
                ON CONFLICT DO NOTHING
                RETURNING id
                """,
                SQL(", ").join(SQL.identifier(name) for name in columns),
                values,
            )
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        runs.invalidate_model()
        return runs.browse(ids)
