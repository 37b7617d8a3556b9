import logging
import time
from functools import partial

import psycopg2
from psycopg2 import errors as pg_errors

from odoo import SUPERUSER_ID, api, fields, models, modules
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

CRONS = {
    "runner": "mail_workflow_automation.ir_cron_mail_workflow_runner",
    "dispatcher": "mail_workflow_automation.ir_cron_mail_workflow_dispatcher",
    "mail": "mail_workflow_automation.ir_cron_mail_workflow_mail",
}
# a lane gives its cron worker back after so many seconds (rule 6)
LANE_SECONDS = 2.0
WOKEN = "mail_workflow_woken"


def _request_pass(registry, lane):
    """Request a pass of a lane, unless one is requested already that has not begun.

    A pass takes its request away when it begins, uncommitted until it ends: such a request is
    locked, and what was committed since needs another. Hence after the commit, in a transaction
    of its own, which also keeps the lock of the caller's business short.
    """
    try:
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            cron = env.ref(CRONS[lane], raise_if_not_found=False)
            if cron and not _is_requested(cr, cron.id):
                cron._trigger()
    except psycopg2.Error:
        # the minutely turn of the lane comes anyway; what was committed must not seem failed
        _logger.info("Workflow lane %s could not be woken", lane, exc_info=True)


def _is_requested(cr, cron_id):
    try:
        cr.execute(
            SQL(
                """
                SELECT FROM ir_cron_trigger
                 WHERE cron_id = %s AND call_at <= %s
                 LIMIT 1
                   FOR KEY SHARE SKIP LOCKED
                """,
                cron_id,
                fields.Datetime.now(),
            ),
            log_exceptions=False,
        )
    except pg_errors.SerializationFailure:  # taken away this moment
        cr.rollback()
        return False
    return bool(cr.rowcount)


class MailWorkflowLane(models.AbstractModel):
    """How the engine's crons work: woken once per transaction, in short bounded passes."""

    _name = "mail.workflow.lane"
    _description = "Lane of the Workflow Engine"

    @api.model
    def _wake(self, lane):
        """Ask for a pass of a lane once this transaction is committed; at most once for each
        transaction."""
        postcommit = self.env.cr.postcommit
        woken = postcommit.data.setdefault(WOKEN, set())
        if lane not in woken:
            woken.add(lane)
            postcommit.add(partial(_request_pass, self.env.registry, lane))

    @api.model
    def _passes(self, lane, work):
        """Call ``work()`` in fresh transactions until it finds nothing.

        In a cron the lane stops after ``LANE_SECONDS``, reports nothing remaining and asks for its
        next turn, so that it never keeps a worker from Odoo's own jobs. By hand it goes on to the
        end.

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
