"""Whom triggers owe their entry: who matches at the start, and what passed by during a pause.

A start only notes the wish on the trigger; what passes by a paused workflow is noted when it does,
in the transaction that dispatches it. A start or resume serves a first batch. The runner's passes
serve the rest, batch by batch; where they are is noted with each, so that a killed worker, a pause
or a restart of the server neither loses nor doubles anybody.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .mail_workflow_dispatcher import EVENT_COLUMNS

RECORDS = 1000
EVENTS = 500


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    existing_after = fields.Integer(
        copy=False,
        groups=fields.NO_ACCESS,
        help="Existing records up to this id have been looked at.",
    )
    existing_until = fields.Integer(
        copy=False,
        groups=fields.NO_ACCESS,
        help="Existing records up to this id may come in.",
    )

    def _owe_existing(self):
        """Note that who is there already shall come in; who comes later comes by the trigger."""
        for workflow, triggers_sudo in self.sudo().grouped("workflow_id").items():
            table = self.env[workflow.model_name]._table
            self.env.cr.execute(SQL("SELECT max(id) FROM %s", SQL.identifier(table)))
            last = self.env.cr.fetchone()[0] or 0
            triggers_sudo.write({"existing_after": 0, "existing_until": last})

    def _forgive(self):
        """Forget what is owed."""
        self.sudo().write({"existing_after": 0, "existing_until": 0})
        self.flush_recordset()  # the triggers' rows are locked first, as by who serves them
        self.env.cr.execute(
            "DELETE FROM mail_workflow_missed WHERE trigger_id = ANY(%s)", [self.ids]
        )

    @api.model
    def _bring_in(self, now):
        """Serve the next batch of each trigger of a running workflow that owes something.

        What another worker is serving is left to it.

        :returns: how many records and events were looked at
        """
        self.flush_model()
        self.env["mail.workflow"].flush_model(["state", "active"])
        self.env.cr.execute(
            """
            SELECT t.id
              FROM mail_workflow_trigger t
              JOIN mail_workflow w ON w.id = t.workflow_id
             WHERE w.state = 'running' AND w.active
               AND (t.existing_after < t.existing_until
                    OR EXISTS (SELECT FROM mail_workflow_missed m WHERE m.trigger_id = t.id))
             ORDER BY t.id
               FOR NO KEY UPDATE OF t SKIP LOCKED
            """
        )
        triggers = self.sudo().browse([row[0] for row in self.env.cr.fetchall()])
        return sum(trigger._serve_owed(now) for trigger in triggers)

    def _serve_owed(self, now):
        """Serve the next batch of this trigger.

        :returns: how many records and events were looked at
        """
        self.ensure_one()
        if self.workflow_id._pause_without_rights():
            return 0
        looked = 0
        try:
            with self.env.cr.savepoint():
                if self.existing_after < self.existing_until:
                    looked += self._serve_existing(now)
                looked += self.env["mail.workflow.intake"]._serve_missed(self, now)
        except Exception as error:  # noqa: BLE001 one bad domain must not stop the others
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            self.workflow_id._report_trouble(self, error)
            return 0
        return looked

    def _serve_existing(self, now):
        """Enroll the next batch of those who were there at the start."""
        workflow = self.workflow_id
        found = workflow._records([]).search(
            self._handler()._existing(self, now)
            & Domain("id", ">", self.existing_after)
            & Domain("id", "<=", self.existing_until),
            order="id",
            limit=RECORDS,
        )
        is_last = len(found) < RECORDS
        self.existing_after = self.existing_until if is_last else found[-1].id
        entered = self._entered(found, now)
        fresh = found.browse([id_ for id_ in found.ids if id_ not in entered])
        self._enroll_safely(self._handler()._worth_entering(self, fresh), now)
        return len(found)

    def _entered(self, records, now):
        """Return the ids of those who came in since the start: by the trigger, or by hand."""
        self.env["mail.workflow.enrollment"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT res_id FROM mail_workflow_enrollment
                 WHERE workflow_id = %s AND res_model = %s AND res_id = ANY(%s)
                   AND entered_at >= %s
                """,
                self.workflow_id.id,
                records._name,
                records.ids,
                self.workflow_id.started_at or now,
            )
        )
        return {row[0] for row in self.env.cr.fetchall()}

    def _enroll_safely(self, records, now, due=None, occasions=None):
        """Enroll records; after an error in ever smaller parts: it stays with its record.

        :returns: how many runs were made
        """
        if not records:
            return 0
        try:
            with self.env.cr.savepoint():
                runs = self.env["mail.workflow.enroller"]._enroll_records(
                    self.workflow_id,
                    records,
                    now=now,
                    trigger=self,
                    due=due,
                    occasions=occasions,
                )
                return len(runs)
        except Exception as error:  # noqa: BLE001 one bad record must not keep the others out
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            if len(records) == 1:
                self.workflow_id._report_trouble(self, error)
                return 0
        half = len(records) // 2
        parts = (records[:half], records[half:])
        return sum(self._enroll_safely(part, now, due, occasions) for part in parts)


class MailWorkflowMissed(models.Model):
    """An event that a trigger of a paused workflow missed, until it is served after the resume."""

    _name = "mail.workflow.missed"
    _description = "Event Missed by a Paused Workflow"
    _log_access = False

    trigger_id = fields.Many2one("mail.workflow.trigger", required=True, ondelete="cascade")
    event_id = fields.Integer(required=True)  # it may be pruned meanwhile

    _once = models.UniqueIndex("(trigger_id, event_id)")

    @api.model
    def _note(self, trigger_ids, events):
        """Note that triggers missed events."""
        if trigger_ids and events:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO mail_workflow_missed (trigger_id, event_id)
                    SELECT t, e FROM unnest(%s) AS t, unnest(%s) AS e
                        ON CONFLICT DO NOTHING
                    """,
                    list(trigger_ids),
                    [event["id"] for event in events],
                )
            )

    @api.model
    def _take(self, trigger, limit):
        """Take the oldest events that a trigger missed away from its list.

        :returns: their number, and those of the trigger's kind that are still there
        """
        self.env.cr.execute(self._take_query(trigger, limit))
        ids = [row[0] for row in self.env.cr.fetchall()]
        if not ids:
            return 0, []
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM mail_workflow_event WHERE id = ANY(%s) AND kind = %s"
                " ORDER BY occurred_at, id",
                EVENT_COLUMNS,
                ids,
                trigger.kind,
            )
        )
        return len(ids), self.env.cr.dictfetchall()

    @api.model
    def _take_query(self, trigger, limit):
        return SQL(
            """
            DELETE FROM mail_workflow_missed
             WHERE id = ANY(ARRAY(SELECT id FROM mail_workflow_missed
                                   WHERE trigger_id = %(trigger)s
                                   ORDER BY event_id
                                   LIMIT %(limit)s))
            RETURNING event_id
            """,
            trigger=trigger.id,
            limit=limit,
        )


class MailWorkflowIntake(models.AbstractModel):
    _inherit = "mail.workflow.intake"

    @api.model
    def _serve_missed(self, trigger, now):
        """Bring in whom the next batch of events concerned while the workflow was paused.

        As with carts, who is too late for the first mail stays out.

        :returns: how many events were looked at
        """
        looked, events = self.env["mail.workflow.missed"]._take(trigger, EVENTS)
        workflow = trigger.workflow_id
        since = workflow.started_at
        if workflow.lateness_hours:
            since = max(since, now - timedelta(hours=workflow.lateness_hours))
        fresh = [event for event in events if event["occurred_at"] >= since]
        if fresh:
            self._serve_safely(trigger, fresh, now)
        return looked
