from odoo import api, models
from odoo.tools import SQL

# people at removed steps who are looked at in one pass
REMOVED_BATCH = 1000


class MailWorkflowRunner(models.AbstractModel):
    """Lets those go on, or leave, who stand at steps that were removed."""

    _inherit = "mail.workflow.runner"

    @api.model
    def _pass_removed(self, now):
        """Let a batch of those who stand at removed steps go on, or leave, as was chosen.

        Who is being carried on by another worker is left to a later pass. Uses the indexes
        ``_removed`` and ``_by_step``: whose steps these are is asked first, so that the plan knows
        that hardly anybody stands there.

        :returns: how many
        """
        self.env["mail.workflow.step"].flush_model(["active", "after_removal", "successor_id"])
        self.env["mail.workflow.enrollment"].flush_model(["state", "step_id"])
        self.env.cr.execute(
            """
            SELECT s.id
              FROM mail_workflow_step s
              JOIN mail_workflow w ON w.id = s.workflow_id AND w.state IN ('running', 'paused')
             WHERE s.after_removal IS NOT NULL AND NOT s.active
            """
        )
        step_ids = [row[0] for row in self.env.cr.fetchall()]
        if not step_ids:
            return 0
        self.env.cr.execute(
            SQL(
                """
                SELECT id
                  FROM mail_workflow_enrollment
                 WHERE step_id = ANY(%s) AND state IN ('active', 'failed')
                 LIMIT %s
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                step_ids,
                REMOVED_BATCH,
            )
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        runs_sudo = self.env["mail.workflow.enrollment"].sudo().browse(ids)
        reason = self.env._("step removed")
        for step in runs_sudo.step_id:
            here = runs_sudo.filtered(lambda run, step=step: run.step_id == step)
            by = step.write_uid.name
            if step.after_removal == "leave":
                here._leave("exited", reason, now, by=by)
            else:
                target = step._next_that_stays().id or None
                self._pass_over(here, {step.id: target}, reason, now, by=by)
        return len(ids)
