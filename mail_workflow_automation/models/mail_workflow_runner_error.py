import logging
import random
import time
import traceback

from psycopg2 import errors as pg_errors

from odoo import api, models, modules
from odoo.exceptions import AccessError, UserError

from ..engine.schedule import backoff
from .mail_workflow_execution import MAX_ATTEMPTS
from .mail_workflow_runner import ATTEMPTS

_logger = logging.getLogger(__name__)

SERIALIZATION_ERRORS = (
    pg_errors.SerializationFailure,
    pg_errors.DeadlockDetected,
    pg_errors.LockNotAvailable,
)
# wrong by themselves: trying again changes nothing
HOPELESS = (UserError, AccessError)


class MailWorkflowRunner(models.AbstractModel):
    """What an error means: again later, given up, or the whole transaction once more."""

    _inherit = "mail.workflow.runner"

    @api.model
    def _fail(self, step, run, error, now):
        """Note a failed attempt: again later, or dead with the traceback."""
        attempt = run.attempt + 1
        dead = isinstance(error, HOPELESS) or attempt >= MAX_ATTEMPTS
        details = "".join(traceback.format_exception(error))
        again = None if dead else now + backoff(attempt, str(run.id))
        self.env["mail.workflow.execution"].sudo()._record(
            [
                {
                    "enrollment_id": run.id,
                    "step_id": step.id,
                    "visit_no": run.visit_no,
                    "state": "dead" if dead else "failed",
                    "reason": str(error).strip().splitlines()[0][:200]
                    if str(error).strip()
                    else repr(error),
                    "error": details,
                    "attempt": attempt,
                }
            ],
            now,
        )
        if dead:
            run.write({"state": "failed", "due_at": False, "attempt": attempt})
            run._note("active", "failed", type(error).__name__, now)
            step.workflow_id._report_trouble(step, error)
        else:
            run.write({"due_at": again, "attempt": attempt})
        run.flush_recordset()
        _logger.warning(
            "Workflow run %s, step %s: attempt %s failed%s: %s",
            run.id,
            step.id,
            attempt,
            ", given up" if dead else "",
            type(error).__name__,
        )

    @api.model
    def _reraise_if_serialization(self, error):
        """Errors of the database's bookkeeping concern the whole transaction: it is done again.

        A template's error may stand around one; it is the inner one that ``_retrying`` knows.
        """
        seen = error
        while seen is not None:
            if isinstance(seen, SERIALIZATION_ERRORS):
                raise seen
            seen = seen.__cause__ or seen.__context__

    @api.model
    def _retrying(self, work, attempts=ATTEMPTS):
        """Do a unit of work, all that it writes included; when the database asks for it, roll back
        and do it again.

        In a test, whose transaction is not ours, the error is raised.
        """
        for attempt in range(attempts):
            try:
                result = work()
                # at the commit a serialization error could not be answered by doing it again
                self.env.cr.flush()
                return result
            except SERIALIZATION_ERRORS:
                if modules.module.current_test or attempt == attempts - 1:
                    raise
                self.env.cr.rollback()
                # what the lost transaction computed may stand in the caches; what batches before it
                # changed is still to be told to other processes
                registry = self.env.registry
                if registry.cache_invalidated:
                    registry.clear_cache(*registry.cache_invalidated)
                time.sleep(random.uniform(0, 0.05 * 2**attempt))

    @api.model
    def _in_batches(self, work, most):
        """Return a function that does one batch, again and again.

        Of rows that others keep changing ever fewer at a time, until a batch comes through.

        :param work: does at most so many rows, returns how many it handled
        """
        size = most

        def batch():
            nonlocal size
            sizes = iter([max(1, size // 4**attempt) for attempt in range(ATTEMPTS)])

            def attempt():
                nonlocal size
                size = next(sizes)
                return work(size)

            handled = self._retrying(attempt)
            size = min(most, size * 2)
            return handled

        return batch
