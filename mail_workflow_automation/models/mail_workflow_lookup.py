from odoo import api, models
from odoo.tools import SQL


class MailWorkflowLookup(models.AbstractModel):
    """Looks back at events: for conditions, waits that begin late, and goals at the moment of
    sending."""

    _name = "mail.workflow.lookup"
    _description = "Look Back at Workflow Events"

    @api.model
    def _events(self, subjects, spec, since):
        """Return the events of a spec about any of the subjects.

        :param subjects: rows with ``res_model, res_id, partner_id, email_normalized``: runs or
            events
        :param dict spec: ``kind``, ``name``, ``filters``, ``same_record``
        :param datetime since: naive UTC, the first moment that counts
        :returns: list of event rows
        """
        emails = list({s["email_normalized"] for s in subjects if s["email_normalized"]})
        partner_ids = list({s["partner_id"] for s in subjects if s["partner_id"]})
        records = {
            (s["res_model"], s["res_id"]) for s in subjects if s["res_model"] and s["res_id"]
        }
        parts = []
        if records:
            parts.append(SQL("(res_model, res_id) IN %s", tuple(records)))
        if not spec.get("same_record"):
            if emails:
                parts.append(SQL("email_normalized = ANY(%s)", emails))
            if partner_ids:
                parts.append(SQL("partner_id = ANY(%s)", partner_ids))
        if not parts:
            return []
        self.env.cr.execute(
            SQL(
                """
                SELECT id, kind, occurred_at, res_model, res_id, partner_id, email_normalized,
                       company_id, data, verdict
                  FROM mail_workflow_event
                 WHERE kind = %s AND occurred_at >= %s AND (%s)
                 ORDER BY occurred_at, id
                """,
                spec["kind"],
                since,
                SQL(" OR ").join(parts),
            )
        )
        found = self.env.cr.dictfetchall()
        return self.env["mail.workflow.dispatcher"]._passing(found, spec) if found else []

    @api.model
    def _first(self, runs, spec, since):
        """Return ``{run id: first event}`` of a spec for each run, from its own moment on.

        One query for all runs.

        :param runs: enrollments
        :param dict since: ``{run id: datetime}``
        """
        if not runs or not since:
            return {}
        subjects = [self._subject(run) for run in runs]
        events = self._events(subjects, spec, min(since.values()))
        if not events:
            return {}
        dispatcher = self.env["mail.workflow.dispatcher"]
        found = {}
        for subject in subjects:
            start = since[subject["id"]]
            for event in events:
                if event["occurred_at"] < start:
                    continue
                if start >= subject["entered_at"] and not dispatcher._since_entry(event, subject):
                    continue
                if dispatcher._concerns(event, subject, spec):
                    found[subject["id"]] = event
                    break
        return found

    @api.model
    def _subject(self, run):
        return {
            "id": run.id,
            "res_model": run.res_model,
            "res_id": run.res_id,
            "partner_id": run.partner_id.id or None,
            "email_normalized": run.email_normalized or None,
            "company_id": run.company_id.id,
            "entered_at": run.entered_at,
            "event_id": run.event_id.id,
        }
