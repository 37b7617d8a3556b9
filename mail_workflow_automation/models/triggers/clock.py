from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ...engine.schedule import parse_time
from ..mail_workflow_trigger import NO_PORTION

# how many records may come in by one look: who is over comes in with the next
PORTION = 2000


class MailWorkflowTriggerClock(models.AbstractModel):
    """What the kinds share that find their records by the time that has passed.

    A look finds who became due between the last one and now, in portions: a look that is not over
    keeps its end (``portion_until``) and goes on after the last record it saw.
    """

    _name = "mail.workflow.trigger.clock"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger of the Clock"

    _is_event = False
    _icon = "fa-clock-o"

    @api.model
    def _look(self, trigger, since, until, after, limit):
        """Find the records that become due after ``since``, up to ``until``.

        :param int after: only records of a higher id
        :param int limit: how many records to look at, in the order of their ids
        :returns: the ids looked at, and ``{record id: (due at, occasion)}`` of those that are due;
            a record comes in once for an occasion (a date or year, or empty) and due date
        """
        raise NotImplementedError

    @api.model
    def _poll(self, trigger, since, until):
        now, until = until, trigger.portion_until or until
        lateness = trigger.workflow_id.lateness_hours
        # after a long pause or outage: who is too late for the first mail gets no other either
        earliest = max(since, until - timedelta(hours=lateness)) if lateness else since
        ids, found = self._look(trigger, earliest, until, trigger.portion_after, PORTION)
        found = self._not_entered(trigger, found)
        made = 0
        if found:
            made = trigger._enroll_safely(
                trigger.workflow_id._records(list(found)),
                now,
                due={record_id: due_at for record_id, (due_at, _occasion) in found.items()},
                occasions={record_id: occasion for record_id, (_due, occasion) in found.items()},
            )
        if len(ids) == PORTION:
            trigger.write({"polled_at": since, "portion_until": until, "portion_after": max(ids)})
            trigger._look_again(now)
        elif trigger.portion_until:
            trigger.write({"polled_at": until, **NO_PORTION})
            trigger._look_again(now)
        return made

    @api.model
    def _not_entered(self, trigger, found):
        """Drop the records that came in since they were due: by an earlier look, or by hand."""
        if not found:
            return found
        workflow = trigger.workflow_id
        self.env["mail.workflow.enrollment"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT res_id, max(entered_at)
                  FROM mail_workflow_enrollment
                 WHERE workflow_id = %s AND res_model = %s AND res_id = ANY(%s)
                 GROUP BY res_id
                """,
                workflow.id,
                workflow.model_name,
                list(found),
            )
        )
        entered = dict(self.env.cr.fetchall())
        return {
            record_id: (due_at, occasion)
            for record_id, (due_at, occasion) in found.items()
            if record_id not in entered or entered[record_id] < due_at
        }

    @api.model
    def _check_time(self, text):
        """Return the problem of a time of day, a list of str."""
        try:
            parse_time(text or "")
        except ValueError:
            return [self.env._("“%s” is no time of day; write it as 09:00", text or "")]
        return []
