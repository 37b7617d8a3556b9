import logging
import platform
import time
from functools import partial
from zlib import crc32

import psycopg2
from psycopg2 import errors as pg_errors

from odoo import SUPERUSER_ID, api, fields, models, modules
from odoo.http import request
from odoo.tools import SQL, config

from .. import waker

_logger = logging.getLogger(__name__)

# how many crons each kind of work has where the settings say nothing. One serves events in their
# order; with more than one turn for the engine the others make use of it.
LANES = {"dispatcher": 1, "runner": 2, "mail": 2}
MOST_LANES = 32
XMLID = "mail_workflow_automation.ir_cron_mail_workflow_%s"
# a lane gives its cron worker back after so many seconds (rule 6)
LANE_SECONDS = 2.0
# a pass that has handled so many rows and finds more asks another cron of the lane to help
BACKLOG = 500
WOKEN = "mail_workflow_woken"
# in the context of a turn that is no cron's
IN_TURN = "mail_workflow_in_turn"


def _request_pass(registry, lane, choice, cron_id):
    """Request a pass of a lane, in a transaction of its own after the commit of what it is for.

    A pass takes its request away when it begins, uncommitted until it ends: such a request is
    locked, and what was committed since needs another. Hence after the commit, which also keeps
    the lock of the caller's business short.
    """
    try:
        with registry.cursor() as cr:
            lanes = api.Environment(cr, SUPERUSER_ID, {})["mail.workflow.lane"]
            lanes._request(lane, choice, cron_id)
    except psycopg2.Error:
        # the minutely turn of the lane comes anyway; what was committed must not seem failed
        _logger.info("Workflow lane %s could not be woken", lane, exc_info=True)


class MailWorkflowLane(models.AbstractModel):
    """How the engine's crons work: woken once per transaction, in short bounded passes.

    Each kind of work is a lane of one or more crons, which Odoo runs at the same time, on any
    number of servers. The first has its turn every minute; the others help with a backlog.
    """

    _name = "mail.workflow.lane"
    _description = "Lane of the Workflow Engine"

    @api.model
    def _wake(self, lane):
        """Ask for a pass of a lane once this transaction is committed; at most once for each
        transaction."""
        self._ask(lane, "_first_free")

    @api.model
    def _ask(self, lane, choice, cron_id=None):
        """Ask for a pass after the commit; of a request a moment after it, so that nobody waits
        for the answer to see a second connection come and go.

        :param choice: the method that chooses which cron of the lane
        """
        postcommit = self.env.cr.postcommit
        woken = postcommit.data.setdefault(WOKEN, set())
        if (lane, choice) not in woken:
            woken.add((lane, choice))
            ask = partial(_request_pass, self.env.registry, lane, choice, cron_id)
            if request and not modules.module.current_test:
                key = (self.env.cr.dbname, lane, choice, cron_id)
                ask = partial(waker.later, key, ask)
            postcommit.add(ask)

    @api.model
    def _request(self, lane, choice, cron_id):
        """Request a pass, in a transaction that sees what it is for."""
        if choice == "_first_free" and self._is_requested(self._cron_ids(lane)):
            # it has not begun: it will see what was committed
            return
        cron = getattr(self, choice)(self._crons(lane), cron_id)
        if cron:
            cron._trigger()

    @api.model
    def _in_turn(self):
        """Tell whether this is the short turn of a cron or job; by hand a pass goes to the end."""
        return bool(self.env.context.get("cron_id") or self.env.context.get(IN_TURN))

    @api.model
    def _passes(self, lane, work):
        """Call ``work()`` in fresh transactions until it finds nothing.

        In its turn the lane stops after ``LANE_SECONDS``, reports nothing remaining and asks for
        the next one, so that it never keeps a worker from Odoo's own jobs. By hand it goes on to
        the end.

        :param work: does one bounded batch, returns how many rows it handled
        :returns: how many rows were handled in all
        """
        started = time.monotonic()
        in_turn, cron_id = self._in_turn(), self.env.context.get("cron_id")
        total = 0
        self._checkpoint()
        while True:
            begun = time.monotonic()
            handled = work()
            total += handled
            # another batch as long as this one would end too late
            ended = time.monotonic()
            is_over = (ended - started) + (ended - begun) >= LANE_SECONDS
            if in_turn and handled and (is_over or total >= BACKLOG):
                self._ask(lane, "_helper", cron_id)
            left = self._checkpoint(handled)
            if not handled:
                break
            if in_turn and (is_over or left <= 0):
                self._ask(lane, "_same", cron_id)
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

    # --- which cron -------------------------------------------------------------------------------

    @api.model
    def _crons(self, lane):
        """Return the crons that work in a lane, as many as the settings say, first to last."""
        return self._known(lane)[: self._wanted(lane)].filtered("active")

    @api.model
    def _known(self, lane):
        """Return all crons of a lane, also those put away; the first is always needed."""
        crons_sudo = self.env["ir.cron"].sudo().with_context(active_test=False)
        return crons_sudo.search([("workflow_lane", "=", lane)], order="id")

    @api.model
    def _first_free(self, crons, _cron_id):
        """Return the first that is not at work."""
        return self._unrequested(crons)[:1] or crons[:1]

    @api.model
    def _helper(self, crons, cron_id):
        """Return another one than the one at work, that nobody has asked yet."""
        return self._unrequested(crons.filtered(lambda cron: cron.id != cron_id))[:1]

    @api.model
    def _same(self, crons, cron_id):
        """Return the one at work, for its next turn."""
        same = crons.filtered(lambda cron: cron.id == cron_id)
        return same.browse() if self._is_requested(SQL("%s", cron_id)) else same

    @api.model
    def _cron_ids(self, lane):
        """Return the query for the ids of ``_crons``, for one that asks with them.

        It reads the setting itself: a sign-up empties the cache of parameters, and its visitor
        would pay for asking apart.
        """
        return SQL(
            """
            SELECT id
              FROM (SELECT id, active FROM ir_cron WHERE workflow_lane = %(lane)s
                     ORDER BY id
                     LIMIT COALESCE((SELECT LEAST(GREATEST(value::int, 1), %(most)s)
                                       FROM ir_config_parameter
                                      WHERE key = %(key)s AND value ~ '^-?[0-9]{1,9}$'),
                                    %(default)s)) AS wanted
             WHERE active
            """,
            lane=lane,
            most=MOST_LANES,
            key=self._wanted_key(lane),
            default=LANES.get(lane, 1),
        )

    @api.model
    def _is_requested(self, cron_ids):
        """Tell whether a pass is requested that has not begun: one query, in each wake-up.

        Nobody waits until the disk has this transaction, a lock of a row at least: what a crash
        would take of it is a wake-up, and the lane has its turn every minute.

        :param SQL cron_ids: ids, or a query for them
        """
        try:
            self.env.cr.execute(
                SQL(
                    """
                    SELECT (SELECT 1
                              FROM ir_cron_trigger
                             WHERE cron_id IN (%s) AND call_at <= %s
                             LIMIT 1
                               FOR KEY SHARE SKIP LOCKED),
                           set_config('synchronous_commit', 'off', true)
                    """,
                    cron_ids,
                    fields.Datetime.now(),
                ),
                log_exceptions=False,
            )
        except pg_errors.SerializationFailure:  # taken away this moment
            self.env.cr.rollback()
            return False
        return bool(self.env.cr.fetchone()[0])

    @api.model
    def _unrequested(self, crons):
        """Return those without a request, whether or not its pass has begun."""
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT cron_id FROM ir_cron_trigger"
                " WHERE cron_id = ANY(%s) AND call_at <= %s",
                crons.ids,
                fields.Datetime.now(),
            )
        )
        requested = {row[0] for row in self.env.cr.fetchall()}
        return crons.filtered(lambda cron: cron.id not in requested)

    # --- turns ------------------------------------------------------------------------------------

    @api.model
    def _take_turn(self):
        """Take one of the turns that this server gives to lanes, until the end of the transaction.

        :returns: whether there was one
        """
        self.env.cr.execute(
            SQL(
                "SELECT FROM generate_series(1, %s) AS turn"
                " WHERE pg_try_advisory_xact_lock(%s, turn) LIMIT 1",
                self._turns(),
                crc32(f"mail_workflow_lane@{platform.node()}".encode()) - 2**31,
            )
        )
        return bool(self.env.cr.rowcount)

    @api.model
    def _turns(self):
        """Return how many cron workers of a server lanes may take: all but one, at least one."""
        wanted = self.env["mail.workflow"]._get_int_param("cron_workers", 0)
        return wanted if wanted > 0 else max(1, config["max_cron_threads"] - 1)

    # --- how many ---------------------------------------------------------------------------------

    @api.model
    def _wanted(self, lane):
        """Return how many crons of a lane may work."""
        default = LANES.get(lane, 1)
        wanted = self.env["mail.workflow"]._get_int_param(f"{lane}_lanes", default)
        return min(max(wanted, 1), MOST_LANES)

    @api.model
    def _wanted_key(self, lane):
        return f"mail_workflow_automation.{lane}_lanes"

    @api.model
    def _is_surplus(self, lane, cron_id):
        """Tell whether the settings ask for fewer crons than this one's place in the lane."""
        return cron_id in self._known(lane)[self._wanted(lane) :].ids

    @api.model
    def _fit_crons(self):
        """Make the crons that the settings ask for, and put the surplus away.

        One that is at work cannot be changed: nobody requests it any more, and at its next turn it
        puts itself away.
        """
        for lane in LANES:
            known, wanted = self._known(lane), self._wanted(lane)
            # whoever switched the lane off, or made this database a copy, meant all of it
            is_on = known[:1].active
            free = known[1:].try_lock_for_update(allow_referencing=True)
            (free & known[:wanted]).filtered(lambda c, on=is_on: c.active != on).active = is_on
            (free & known[wanted:]).filtered("active").active = False
            self._add_crons(lane, known, range(len(known) + 1, wanted + 1))

    @api.model
    def _add_crons(self, lane, known, numbers):
        base = known[:1].with_context(lang=None)
        self.env["ir.cron"].sudo()._load_records(
            [
                {
                    "xml_id": f"{XMLID % lane}_{number}",
                    "noupdate": True,
                    "values": {
                        "name": f"{base.name} ({number})",
                        "model_id": base.model_id.id,
                        "state": "code",
                        "code": base.code,
                        "interval_number": 1,
                        "interval_type": "hours",
                        "user_id": base.user_id.id,
                        "priority": base.priority,
                        "workflow_lane": lane,
                        "active": base.active,
                    },
                }
                for number in numbers
            ]
        )
