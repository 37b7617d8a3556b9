import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.entry import entry_key, next_chain, split_key
from ..engine.shares import share
from ..sql import unnested
from .mail_workflow_circle import FINISHED
from .mail_workflow_enrollment import BLOCKED, TAKEN_OUT
from .mail_workflow_gate import OCCASION_SUFFIX

BATCH = 1000
# other workflows bring the same person or record in no more often (rule 25), nor what was made of
# what was made of it, however new each is
MOST_A_DAY = 10
# record, contact, address, entry key, run number, website, held out, due at, entered at, event,
# chain
RUN_TYPES = (
    *("int", "int", "varchar", "varchar", "int", "int"),
    *("bool", "timestamp", "timestamp", "int", "jsonb"),
)


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
        occasions=None,
        by_hand=False,
        by_workflow=False,
        why="",
    ):
        """Enroll those of the records that may come in.

        :param records: of the workflow's model
        :param dict events: ``{record id: event row}`` that brings each in; None without an event
        :param dict due: ``{record id: datetime}`` when the first step is due, default ``now``
        :param dict occasions: ``{record id: date or year}`` of what the clock brings round again;
            each lets a person or record in once, at its ``due``
        :param bool by_hand: a person brings them in: somebody taken out by hand may come back
        :param bool by_workflow: a step of another workflow brings them in
        :param str why: what their log begins with, where neither a trigger nor a person tells
        :returns: the runs made
        """
        why = self._why(trigger, by_hand) or why
        run_ids = []
        for batch_ids in self._batches(records.ids):
            run_ids += self._enroll_batch(
                workflow,
                batch_ids,
                now,
                trigger,
                data,
                events or {},
                due or {},
                occasions,
                by_hand,
                by_workflow,
                why,
            ).ids
        if run_ids:
            self.env["mail.workflow.lane"]._wake("runner")
        return self.env["mail.workflow.enrollment"].sudo().browse(run_ids)

    @api.model
    def _batches(self, ids):
        return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]

    @api.model
    def _enroll_batch(
        self, workflow, ids, now, trigger, data, events, due, occasions, by_hand, by_workflow, why
    ):
        records = self._eligible(workflow, ids)
        persons = self.env["mail.workflow.person"]._of_all(records)
        entries = {}
        for record_id in records.ids:
            person = persons.get(record_id)
            if person:
                base = self._entry_key(workflow, record_id, person, events.get(record_id))
                key = entry_key(base, (occasions or {}).get(record_id))
                # the caller's order counts: of two records of one person the first comes in
                entries.setdefault(key, (record_id, person))
        used_up = {}
        if occasions is not None:
            entries = self._without_taken_out(workflow, entries)
            used_up = {key: due[record_id] for key, (record_id, _person) in entries.items()}
        chains = {
            key: next_chain(self._chain(events.get(record_id)), now)
            for key, (record_id, _person) in entries.items()
            if by_workflow or self._is_of_workflow(events.get(record_id))
        }
        near = [key for key in entries if chains.get(key, [0])[0] <= MOST_A_DAY]
        if len(near) < len(entries):
            workflow._report_trouble(workflow, self._chain_error())
        keys = {key: self._contact(key, entries[key][1]) for key in near}
        runs_no = self._run_numbers(workflow, keys, now, by_hand, used_up, chains)
        if not runs_no:
            return self.env["mail.workflow.enrollment"].sudo()
        websites = self._websites(workflow, records)
        rows = []
        for key, run_no in runs_no.items():
            record_id, person = entries[key]
            event = events.get(record_id)
            is_holdout = bool(
                workflow.holdout_percent
                and share(workflow.salt, person.key or split_key(key)[0]) * 100
                < workflow.holdout_percent
            )
            rows.append(
                (
                    record_id,
                    person.partner_id,
                    person.email_normalized,
                    key,
                    run_no,
                    # the record's shop, else where it happened, else the workflow's
                    websites.get(record_id) or (event and event["website_id"]) or None,
                    is_holdout,
                    due.get(record_id, now),
                    # what happened since the event counts, even what was committed before us
                    min(event["occurred_at"], now) if event else now,
                    event["id"] if event else None,
                    json.dumps(chains[key]) if key in chains else None,
                )
            )
        return self._insert(workflow, rows, trigger, data, why, now)

    @api.model
    def _without_taken_out(self, workflow, entries):
        """Drop those whom somebody took out on an earlier occasion (rule 24): each has a key of
        its own, found by the record, address or contact.

        :param dict entries: ``{entry key: (record id, Person)}``
        """
        persons = [person for _record_id, person in entries.values()]
        self.env["mail.workflow.enrollment"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT entry_key, partner_id
                  FROM mail_workflow_enrollment
                 WHERE workflow_id = %s AND state = 'exited' AND exit_reason = ANY(%s)
                   AND ((res_model = %s AND res_id = ANY(%s)) OR email_normalized = ANY(%s)
                        OR partner_id = ANY(%s))
                """,
                workflow.id,
                [TAKEN_OUT, BLOCKED],
                workflow.model_name,
                [record_id for record_id, _person in entries.values()],
                [person.email_normalized for person in persons if person.email_normalized],
                [person.partner_id for person in persons if person.partner_id],
            )
        )
        rows = self.env.cr.fetchall()
        taken_out = {split_key(key)[0] for key, _partner_id in rows}
        contacts = {partner_id for _key, partner_id in rows} - {None}
        return {
            key: (record_id, person)
            for key, (record_id, person) in entries.items()
            if split_key(key)[0] not in taken_out and self._contact(key, person) not in contacts
        }

    @api.model
    def _contact(self, key, person):
        """Return the contact of an entry that is counted by person: one contact is one person, also
        under another address. None for other entries."""
        return person.partner_id if split_key(key)[0] == person.key else None

    @api.model
    def _eligible(self, workflow, ids):
        """Return the records within reach of ``run_as_id``, of the company and website, in the
        audience; in the caller's order."""
        model = workflow._records([])
        if not model.has_access("read"):
            return model
        domain = workflow._audience() & fields.Domain("id", "in", ids)
        if "company_id" in model._fields:
            domain &= fields.Domain("company_id", "in", [workflow.company_id.id, False])
        if workflow.website_id and "website_id" in model._fields:
            domain &= fields.Domain("website_id", "in", [workflow.website_id.id, False])
        found = set(model.search(domain, order="id").ids)
        return model.browse([record_id for record_id in ids if record_id in found])

    @api.model
    def _websites(self, workflow, records):
        """Return ``{record id: website id}`` of the shops that records belong to."""
        if "website_id" not in records._fields:
            return {}
        records_sudo = records.sudo()
        records_sudo.fetch(["website_id"])
        return {record.id: record.website_id.id for record in records_sudo}

    @api.model
    def _why(self, trigger, by_hand):
        if by_hand:
            return self.env._("brought in by hand by %s", self.env.user.name)
        return trigger.sudo().summary if trigger else ""

    @api.model
    def _entry_key(self, workflow, record_id, person, event):
        """Return what makes two entries the same (design.md, "Re-entry")."""
        if workflow.reentry_per == "person" and person.key:
            return person.key
        if workflow.reentry_per == "event" and event:
            if event["res_model"] and event["res_id"]:
                return f"{event['res_model']},{event['res_id']}"
            return f"event:{event['key'] or event['id']}"
        return f"{workflow.model_name},{record_id}"

    @api.model
    def _is_of_workflow(self, event):
        """Tell whether an event is another workflow's doing."""
        data = event and event["data"] or {}
        return bool(event) and (event["kind"] == FINISHED or "origin_workflow_id" in data)

    @api.model
    def _chain(self, event):
        """Return the chain of the run that brings somebody in, by an event or a step, or None."""
        if event:
            return (event["data"] or {}).get("origin_chain")
        return self.env.context.get("mail_workflow_chain")

    @api.model
    def _run_numbers(self, workflow, keys, now, by_hand, used_up, circling=()):
        """Return ``{entry key: next run number}`` of the keys that may come in now.

        :param dict keys: ``{entry key: see _contact}``
        :param dict used_up: ``{entry key: datetime}``: who came in since has had this occasion
        :param circling: keys that other workflows bring in, which may be a circle (rule 25)
        """
        numbers = dict.fromkeys(keys, 1)
        goes_round = False
        for key, run_no, *history, today in self._histories(workflow, keys, now):
            had_it = key in used_up and history[0] >= used_up[key]
            may_return = not had_it and self._may_return(workflow, now, *history, by_hand)
            is_too_often = may_return and key in circling and today >= MOST_A_DAY
            if may_return and not is_too_often:
                numbers[key] = run_no + 1
            else:
                del numbers[key]
            goes_round |= is_too_often
        if goes_round:
            workflow._report_trouble(workflow, self._circle_error())
        return numbers

    @api.model
    def _histories(self, workflow, keys, now):
        """Return ``[(entry key, last run number, last entry, is open, was taken out, entries within
        a day)]`` of those who have been in the workflow, under the key or by their contact."""
        if not keys:
            return []
        self.env["mail.workflow.enrollment"].flush_model()
        return self.env.execute_query(
            SQL(
                """
                WITH wanted AS MATERIALIZED (
                    SELECT * FROM %(rows)s AS r (key, partner_id)
                ), been AS (
                    SELECT w.key, e.id
                      FROM wanted w
                      JOIN mail_workflow_enrollment e
                        ON e.workflow_id = %(workflow)s AND e.entry_key = w.key
                     UNION
                    SELECT w.key, e.id
                      FROM wanted w
                      JOIN mail_workflow_enrollment e
                        ON e.workflow_id = %(workflow)s AND e.partner_id = w.partner_id
                       AND substring(e.entry_key FROM %(occasion)s)
                           IS NOT DISTINCT FROM substring(w.key FROM %(occasion)s)
                )
                SELECT been.key, COALESCE(max(run_no) FILTER (WHERE entry_key = been.key), 0),
                       max(entered_at), bool_or(state IN ('active', 'holdout')),
                       bool_or(state = 'exited' AND exit_reason = ANY(%(out)s)),
                       count(*) FILTER (WHERE entered_at > %(yesterday)s)
                  FROM been
                  JOIN mail_workflow_enrollment e ON e.id = been.id
                 GROUP BY been.key
                """,
                rows=unnested(list(keys.items()), "varchar", "int"),
                workflow=workflow.id,
                occasion=OCCASION_SUFFIX,
                out=[TAKEN_OUT, BLOCKED],
                yesterday=now - timedelta(days=1),
            )
        )

    @api.model
    def _circle_error(self):
        return UserError(
            self.env._(
                "other workflows bring the same people in again and again, more than %s times a "
                "day; add a wait to one of them, or days between two entries",
                MOST_A_DAY,
            )
        )

    @api.model
    def _chain_error(self):
        return UserError(
            self.env._(
                "workflows make ever new records that bring in the next, more than %s in a row "
                "within a day: those are not brought in; change the steps that create them",
                MOST_A_DAY,
            )
        )

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
    def _insert(self, workflow, rows, trigger, data, why, now):
        """Insert runs; one that another worker made meanwhile is left out.

        :param rows: ``[(record id, partner id, address, entry key, run number, website id,
            is it held out, due at, entered at, event id, chain)]``
        """
        runs = self.env["mail.workflow.enrollment"].sudo()
        to_json = self.env["mail.workflow.execution"]._json
        logs = [
            to_json([runs._line(None, state, why, now, "engine")])
            for state in ("active", "holdout")
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_workflow_enrollment (
                       workflow_id, trigger_id, company_id, res_model, visit_no, attempt, data,
                       res_id, partner_id, email_normalized, entry_key, run_no, website_id,
                       is_holdout, state, step_id, due_at, planned_at, log,
                       entered_at, event_id, chain)
                SELECT %(workflow)s, %(trigger)s, %(company)s, %(model)s, 1, 0, %(data)s::jsonb,
                       r.res_id, r.partner_id, r.email, r.entry_key, r.run_no,
                       COALESCE(r.website_id, %(website)s),
                       r.held, CASE WHEN r.held THEN 'holdout' ELSE 'active' END,
                       CASE WHEN NOT r.held THEN %(step)s::int END,
                       CASE WHEN NOT r.held THEN r.due_at END,
                       CASE WHEN NOT r.held THEN r.due_at END,
                       CASE WHEN r.held THEN %(log_held)s::jsonb ELSE %(log_active)s::jsonb END,
                       r.entered_at, r.event_id, r.chain
                  FROM %(rows)s
                       AS r (res_id, partner_id, email, entry_key, run_no, website_id,
                             held, due_at, entered_at, event_id, chain)
                ON CONFLICT DO NOTHING
                RETURNING id
                """,
                workflow=workflow.id,
                trigger=trigger.id if trigger else None,
                company=workflow.company_id.id,
                website=workflow.website_id.id or None,
                model=workflow.model_name,
                data=to_json(data) if data is not None else None,
                step=workflow._tree().first(),
                log_active=logs[0],
                log_held=logs[1],
                rows=unnested(rows, *RUN_TYPES),
            )
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        runs.invalidate_model()
        return runs.browse(ids)
