import logging
import time

from odoo import api, fields, models, modules

_logger = logging.getLogger(__name__)

CRONS = {
    "runner": "mail_workflow_automation.ir_cron_mail_workflow_runner",
    "dispatcher": "mail_workflow_automation.ir_cron_mail_workflow_dispatcher",
    "mail": "mail_workflow_automation.ir_cron_mail_workflow_mail",
}
# a lane gives its cron worker back after so many seconds (rule 6)
LANE_SECONDS = 2.0
WOKEN = "mail_workflow_woken"


class MailWorkflowLane(models.AbstractModel):
    """How the engine's crons work: woken once per transaction, in short bounded passes."""

    _name = "mail.workflow.lane"
    _description = "Lane of the Workflow Engine"

    @api.model
    def _wake(self, lane):
        """Ask for a pass of a lane once this transaction is committed; at most one request for each
        transaction, and none beside one that is already waiting."""
        woken = self.env.cr.precommit.data.setdefault(WOKEN, set())
        if lane in woken:
            return
        woken.add(lane)
        cron_sudo = self.env.ref(CRONS[lane], raise_if_not_found=False)
        if not cron_sudo:
            return
        now = fields.Datetime.now()
        self.env.cr.execute(
            """
            INSERT INTO ir_cron_trigger (cron_id, call_at, create_date, write_date)
            SELECT %(cron)s, %(now)s, %(now)s, %(now)s
             WHERE NOT EXISTS (SELECT FROM ir_cron_trigger WHERE cron_id = %(cron)s AND call_at <=
             %(now)s)
            """,
            {"cron": cron_sudo.id, "now": now},
        )
        self.env.cr.postcommit.add(cron_sudo.sudo()._notifydb)

    @api.model
    def _passes(self, lane, work):
        """Call ``work()`` in fresh transactions until it finds nothing.

        In a cron the lane stops after ``LANE_SECONDS``, reports nothing remaining and asks for its
        next
        turn, so that it never keeps a worker from Odoo's own jobs. By hand it goes on to the end.

        :param work: does one bounded batch, returns how many rows it handled
        :returns: how many rows were handled in all
        """
        started = time.monotonic()
        in_cron = bool(self.env.context.get("cron_id"))
        total = 0
        self._checkpoint()
        while True:
            handled = work()
            total += handled
            left = self._checkpoint(handled)
            if not handled:
                break
            if in_cron and (left <= 0 or time.monotonic() - started >= LANE_SECONDS):
                self._wake(lane)
                self._checkpoint()
                break
        if total:
            _logger.info("Workflow %s: %s rows in %.2f s", lane, total, time.monotonic() - started)
        return total

    @api.model
    def _checkpoint(self, processed=0):
        """Commit what was done, and return the seconds left in a cron.

        Inside a test (whose transaction is not ours to commit) only the pending events are written.
        """
        if modules.module.current_test and not self.env.context.get("ir_cron_progress_id"):
            self.env.cr.flush()
            return float("inf")
        return self.env["ir.cron"]._commit_progress(processed, remaining=0)
