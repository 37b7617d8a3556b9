import logging
from contextlib import suppress
from contextvars import ContextVar
from functools import partial

import psycopg2
from psycopg2 import errors as pg_errors

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# a person runs a job, in a request or a shell: that takes no cron worker
BY_HAND = ContextVar("mail_workflow_cron_by_hand", default=False)


def _wake_for_waiting(registry):
    """Wake the cron workers if a lane is ready: it may have found no turn."""
    try:
        with registry.cursor() as cr:
            crons = api.Environment(cr, SUPERUSER_ID, {})["ir.cron"]
            cr.execute(
                SQL(
                    "SELECT FROM ir_cron WHERE workflow_lane IS NOT NULL AND %s LIMIT 1",
                    crons._get_ready_sql_condition(cr),
                )
            )
            if cr.rowcount:
                crons._notifydb()
    except psycopg2.Error:
        # the workers look by themselves every minute
        _logger.info("Cron workers could not be woken for the workflow lanes", exc_info=True)


def _has_waited_longer(registry, lane):
    """Tell whether another lane is ready, at work nowhere, and had its last turn before this one.

    In a transaction of its own: the row it locks to see that nobody is at work is free at once.
    """
    with registry.cursor() as cr, suppress(pg_errors.SerializationFailure):
        cr.execute(
            SQL(
                """
                WITH last AS (
                    SELECT workflow_lane, max(lastcall) AS turn
                      FROM ir_cron
                     WHERE workflow_lane IS NOT NULL
                     GROUP BY workflow_lane)
                SELECT
                  FROM ir_cron
                 WHERE workflow_lane IN (
                       SELECT other.workflow_lane
                         FROM last other
                         JOIN last own ON own.workflow_lane = %s
                        WHERE COALESCE(other.turn, '-infinity') < own.turn)
                   AND %s
                 LIMIT 1
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                lane,
                registry["ir.cron"]._get_ready_sql_condition(cr),
            ),
            log_exceptions=False,
        )
        found = bool(cr.rowcount)
        cr.rollback()
        return found
    return False  # it was at work until this moment


class IrCron(models.Model):
    """A lane's job works only in its turn, so that Odoo's own jobs find a worker (rule 6)."""

    _inherit = "ir.cron"

    workflow_lane = fields.Char(readonly=True)

    def method_direct_trigger(self):
        token = BY_HAND.set(True)
        try:
            return super().method_direct_trigger()
        finally:
            BY_HAND.reset(token)

    @classmethod
    def _process_job(cls, cron_cr, job):
        """Carry out the job of a lane if there is a turn for it.

        The turn is a lock of the transaction that holds the job: it ends with the job, and with a
        worker that is killed. Without a turn the job stays ready, and nobody is notified of it:
        two workers would keep each other awake. Who ends a turn wakes the workers, so that no job
        is forgotten: its refusal came before that end.

        Each worker goes through its list from the top: so that the last of the list have turns
        too, a lane leaves its turn to one that has waited longer.
        """
        if not job.get("workflow_lane") or BY_HAND.get():
            return super()._process_job(cron_cr, job)
        lanes = api.Environment(cron_cr, SUPERUSER_ID, {})["mail.workflow.lane"]
        if lanes._is_surplus(job["workflow_lane"], job["id"]):
            # only here it can be changed: the job's row is locked by ourselves
            cron = lanes.env["ir.cron"].browse(job["id"])
            cron.active = False
            cron._clear_schedule(job)
        elif lanes._take_turn():
            if not _has_waited_longer(cls.pool, job["workflow_lane"]):
                super()._process_job(cron_cr, job)
            cron_cr.postcommit.add(partial(_wake_for_waiting, cls.pool))
        return None
