from odoo import api, models
from odoo.tools import SQL


class MailWorkflowGate(models.AbstractModel):
    _inherit = "mail.workflow.gate"

    @api.model
    def _duplicates(self, step, runs):
        """Who booked several seats at an event under one address is told once: each seat is an
        entry of its own, so that two events are two."""
        found, seen = super()._duplicates(step, runs), set()
        reason = self.env._("duplicate address")
        for run_id, email, event_id, is_told in self._seats(step, runs):
            if is_told or (email, event_id) in seen:
                found.setdefault(run_id, reason)
            seen.add((email, event_id))
        return found

    @api.model
    def _queued_twice(self, step, runs):
        found = super()._queued_twice(step, runs)
        reason = self.env._("duplicate address")
        for run_id, _email, _event_id, is_told in self._seats(step, runs, only_earlier=True):
            if is_told:
                found.setdefault(run_id, reason)
        return found

    @api.model
    def _seats(self, step, runs, only_earlier=False):
        """Return ``[(run id, address, event id, whether another seat of theirs got the mail)]``,
        oldest first; empty where seats are no entries of their own.

        :param only_earlier: of the other seats those before
        """
        workflow = step.workflow_id
        if workflow.model_name != "event.registration" or workflow.reentry_per != "event":
            return []
        self.env["mail.workflow.execution"].flush_model()
        self.env["event.registration"].flush_model(["event_id"])
        return self.env.execute_query(
            SQL(
                """
                SELECT e.id, e.email_normalized, r.event_id,
                       EXISTS (
                           SELECT FROM mail_workflow_enrollment other
                             JOIN event_registration seat
                               ON seat.id = other.res_id AND seat.event_id = r.event_id
                             JOIN mail_workflow_execution x
                               ON x.enrollment_id = other.id AND x.step_id = %(step)s
                              AND x.state IN ('queued', 'done', 'failed')
                            WHERE other.workflow_id = e.workflow_id AND other.id != e.id
                              AND (other.id < e.id OR NOT %(only_earlier)s)
                              AND other.email_normalized = e.email_normalized)
                  FROM mail_workflow_enrollment e
                  JOIN event_registration r ON r.id = e.res_id
                 WHERE e.id = ANY(%(ids)s)
                 ORDER BY e.id
                """,
                step=step.id,
                ids=runs.ids,
                only_earlier=only_earlier,
            )
        )
