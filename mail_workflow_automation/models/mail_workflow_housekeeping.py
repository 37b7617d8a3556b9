from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

HOLDOUT_DAYS = 30
BATCH = 5000


class MailWorkflowHousekeeping(models.AbstractModel):
    """Daily care of the engine's tables."""

    _name = "mail.workflow.housekeeping"
    _description = "Workflow Housekeeping"

    @api.model
    def _run(self, now):
        """Do one kind of care after the other, in the turns of a lane.

        Each does one batch, and returns how many rows it handled.
        """
        retrying = self.env["mail.workflow.runner"]._retrying
        kinds = [self._end_orphans, self._end_holdouts, self._prune_logs, self._count_purchases]

        def work():
            while kinds:
                handled = retrying(lambda: kinds[0](now))
                if handled < BATCH:
                    kinds.pop(0)
                if handled:
                    return handled
            return 0

        self.env["mail.workflow.lane"]._passes("housekeeping", work)
        return True

    @api.model
    def _end_orphans(self, now):
        """End runs whose record is gone."""
        ended = 0
        runs = self.env["mail.workflow.enrollment"].sudo()
        groups = runs._read_group([("state", "in", ("active", "holdout"))], ["res_model"])
        for (model_name,) in groups:
            if model_name not in self.env:
                continue
            self.env.cr.execute(
                SQL(
                    """
                    SELECT e.id
                      FROM mail_workflow_enrollment e
                      LEFT JOIN %s r ON r.id = e.res_id
                     WHERE e.res_model = %s AND e.state IN ('active', 'holdout') AND r.id IS NULL
                     LIMIT %s
                       FOR NO KEY UPDATE OF e SKIP LOCKED
                    """,
                    SQL.identifier(self.env[model_name]._table),
                    model_name,
                    BATCH,
                )
            )
            orphans = runs.browse([row[0] for row in self.env.cr.fetchall()])
            orphans._leave("exited", self.env._("record deleted"), now)
            ended += len(orphans)
        return ended

    @api.model
    def _end_holdouts(self, now):
        """End holdouts whose goal's window (or 30 days) is over, so that they can be drawn
        again."""
        runs = self.env["mail.workflow.enrollment"].sudo()
        ended = 0
        for workflow in self.env["mail.workflow"].sudo().search([("holdout_percent", ">", 0)]):
            days = workflow.goal_window_days or HOLDOUT_DAYS
            over = runs.search(
                [
                    ("workflow_id", "=", workflow.id),
                    ("state", "=", "holdout"),
                    ("entered_at", "<", now - timedelta(days=days)),
                ],
                limit=BATCH - ended,
            ).try_lock_for_update(allow_referencing=True)
            over._leave("done", "", now)
            ended += len(over)
            if ended >= BATCH:
                break
        return ended

    @api.model
    def _prune_logs(self, now):
        """Drop the details of runs that ended long ago; the keys that stop a second run stay."""
        days = self.env["mail.workflow"]._get_int_param("log_retention_days", 365)
        if not days:
            return 0
        before = now - timedelta(days=days)
        self.env.cr.execute(
            SQL(
                """
                WITH old AS (
                    SELECT id FROM mail_workflow_enrollment
                     WHERE left_at < %(before)s AND (log IS NOT NULL OR data IS NOT NULL)
                     LIMIT %(batch)s
                       FOR NO KEY UPDATE SKIP LOCKED
                ), executions AS (
                    UPDATE mail_workflow_execution SET log = NULL, error = NULL
                     WHERE enrollment_id IN (SELECT id FROM old)
                )
                UPDATE mail_workflow_enrollment SET log = NULL, data = NULL WHERE id IN (SELECT id
                FROM old)
                """,
                before=before,
                batch=BATCH,
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _count_purchases(self, now):
        """Count anew what is bought together, for the companies that have workflows."""
        workflows_sudo = self.env["mail.workflow"].sudo()
        groups = workflows_sudo._read_group(
            [("state", "in", ("running", "paused"))], ["company_id"]
        )
        for (company,) in groups:
            self.env["mail.workflow.affinity"]._refresh(company, now)
        return 0
