from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..sql import unnested

# when to look again at who is held because another mail to them is just being decided
AGAIN = timedelta(minutes=1)
# the ``_person_key`` of a run ``e``
PERSON = SQL("COALESCE(e.email_normalized, 'partner:' || e.partner_id)")


class MailWorkflowCap(models.AbstractModel):
    """How many marketing messages a person gets within some days, over all workflows.

    What was queued or sent is counted, in its executions. A mail moves its run in the transaction
    that queues it: locking the other runs of a person finds who is at work on them, and raises a
    serialization error (which does the batch anew) where somebody has been since our snapshot.
    """

    _name = "mail.workflow.cap"
    _description = "Frequency Cap of Workflow Mail"

    @api.model
    def _limit(self):
        """Return ``(mails, timedelta)``; 0 mails is no limit."""
        number = self.env["mail.workflow"]._get_int_param
        return max(number("cap_mails", 0), 0), timedelta(days=max(number("cap_days", 1), 1))

    @api.model
    def _kinds(self):
        """Return the kinds of steps that are messages to a person."""
        steps = self.env["mail.workflow.step"]
        kinds = steps._fields["kind"].get_values(self.env)
        return [kind for kind in kinds if steps._kind_model(kind)._is_message]

    @api.model
    def _freed_at(self, workflow, runs, now):
        """Return ``{run id: naive UTC}``: when those may get a message who may not get one now. A
        person is an address, or a contact without one who has a phone only.

        Not for simulations: it locks rows. Three queries, however many runs.
        """
        most, window = self._limit()
        runs = runs.filtered(lambda run: run.email_normalized or run.partner_id)
        if not most or not runs:
            return {}
        others = self._others(runs, now)
        busy = self._busy(others)
        sent = self._sent(runs, now - window)
        freed = {}
        for run in runs.sorted("id"):
            times = sent[run._person_key()]
            mine = others.get(run._person_key(), ())
            # of two runs in two hands one decides now: the elder
            is_contested = any(other["id"] in busy and other["id"] < run.id for other in mine)
            first = sum(
                other["is_pending"] and other["priority"] > workflow.priority for other in mine
            )
            if len(times) >= most:
                freed[run.id] = times[-most] + window
            elif is_contested or len(times) + first >= most:
                freed[run.id] = now + AGAIN
            else:
                times.append(now)
        return freed

    @api.model
    def _is_of_people(self, runs):
        """Return the SQL condition that a run ``e`` is of the people of these; each part of it has
        an index."""
        known, parts = runs.filtered("email_normalized"), []
        if known:
            emails = list(set(known.mapped("email_normalized")))
            parts.append(SQL("e.email_normalized = ANY(%s)", emails))
        if runs - known:
            ids = (runs - known).partner_id.ids
            parts.append(SQL("e.partner_id = ANY(%s) AND e.email_normalized IS NULL", ids))
        return SQL("(%s)", SQL(" OR ").join(parts))

    @api.model
    def _others(self, runs, now):
        """Return ``{person: [other open runs of marketing]}``; ``is_pending``: a mail is due."""
        self.env["mail.workflow"].flush_model(["priority", "purpose", "state"])
        self.env["mail.workflow.enrollment"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT e.id, %(person)s AS person, w.priority,
                       w.state = 'running' AND s.kind = ANY(%(kinds)s) AND e.due_at <= %(now)s
                           AS is_pending
                  FROM mail_workflow_enrollment e
                  JOIN mail_workflow w ON w.id = e.workflow_id AND w.purpose = 'marketing'
                  LEFT JOIN mail_workflow_step s ON s.id = e.step_id
                 WHERE %(is_of_people)s AND e.state = 'active'
                   AND e.id != ALL(%(ids)s)
                """,
                now=now,
                person=PERSON,
                is_of_people=self._is_of_people(runs),
                ids=runs.ids,
                kinds=self._kinds(),
            )
        )
        found = defaultdict(list)
        for row in self.env.cr.dictfetchall():
            found[row["person"]].append(row)
        return found

    @api.model
    def _busy(self, others):
        """Lock other runs; return the ids of those that somebody else is at work on."""
        ids = sorted(row["id"] for rows in others.values() for row in rows)
        if not ids:
            return set()
        self.env.cr.execute(
            "SELECT id FROM mail_workflow_enrollment WHERE id = ANY(%s) ORDER BY id"
            " FOR NO KEY UPDATE SKIP LOCKED",
            [ids],
        )
        return set(ids) - {row[0] for row in self.env.cr.fetchall()}

    @api.model
    def _sent(self, runs, since):
        """Return ``{person: [when marketing messages were queued]}`` after a moment, in order: to
        the address, or to its contact under an older one."""
        people = {
            (run._person_key(), run.email_normalized or None, run.partner_id.id or None)
            for run in runs
        }
        self.env["mail.workflow.execution"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH person AS MATERIALIZED (
                    SELECT * FROM %(people)s AS r (key, email, partner_id)
                ), run AS (
                    SELECT p.key, e.id, e.workflow_id
                      FROM person p
                      JOIN mail_workflow_enrollment e ON e.email_normalized = p.email
                     UNION
                    SELECT p.key, e.id, e.workflow_id
                      FROM person p
                      JOIN mail_workflow_enrollment e ON e.partner_id = p.partner_id
                )
                SELECT run.key, array_agg(x.executed_at ORDER BY x.executed_at)
                  FROM run
                  JOIN mail_workflow w ON w.id = run.workflow_id AND w.purpose = 'marketing'
                  JOIN mail_workflow_execution x ON x.enrollment_id = run.id
                  JOIN mail_workflow_step s ON s.id = x.step_id AND s.kind = ANY(%(kinds)s)
                 WHERE x.executed_at > %(since)s AND x.state IN ('queued', 'done', 'failed')
                 GROUP BY run.key
                """,
                people=unnested(list(people), "varchar", "varchar", "int"),
                kinds=self._kinds(),
                since=since,
            )
        )
        return defaultdict(list, self.env.cr.fetchall())
