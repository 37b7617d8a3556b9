from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models

from ..engine import outcome as outcomes_of

HOLD_ALL_MINUTES = 15


class MailWorkflowRunner(models.AbstractModel):
    """Checks a run right before its step: what can have changed since it was planned."""

    _inherit = "mail.workflow.runner"

    @api.model
    def _recheck(self, step, runs, now):
        """Check what can have changed since the step was planned (rule 18).

        :returns: ``{run id: Outcome}`` of the runs that leave
        """
        found = {}
        if not runs:
            return found
        workflow = step.workflow_id
        lookup = self.env["mail.workflow.lookup"]
        entered = {run.id: run.entered_at for run in runs}
        for role, spec in self.env["mail.workflow.listening"]._ends(workflow):
            for run_id, event in lookup._first(runs, spec, entered).items():
                run = runs.browse(run_id)
                if run_id in found or not self.env["mail.workflow.dispatcher"]._in_window(
                    event, lookup._subject(run), spec
                ):
                    continue
                if role == "goal":
                    found[run_id] = outcomes_of.leave("goal", state="goal")
                else:
                    label = self.env["mail.workflow.dispatcher"]._kind_label(spec["kind"])
                    found[run_id] = outcomes_of.leave(label)
        by_trigger = defaultdict(list)
        for run in runs:
            if run.id not in found and run.trigger_id:
                by_trigger[run.trigger_id].append(run.id)
        for trigger, ids in by_trigger.items():
            for run_id, reason in (
                trigger._handler()._recheck(trigger, runs.browse(ids), now).items()
            ):
                found[run_id] = outcomes_of.leave(reason)
        open_runs = runs.filtered(lambda run: run.id not in found)
        found.update(self._recheck_records(workflow, open_runs))
        return found

    @api.model
    def _recheck_records(self, workflow, runs):
        """Return ``{run id: Outcome}`` of the runs whose record is out of reach or audience."""
        found = {}
        if not runs:
            return found
        records = workflow._records(list(set(runs.mapped("res_id"))))
        readable = self._readable(records)
        audience = readable
        if workflow.recheck_audience and readable:
            # as on the way in, without what is archived
            audience = workflow._matching(readable, workflow._audience())
        audience_ids = set(audience.ids)
        if not audience_ids.issuperset(records.ids):
            existing_ids, readable_ids = set(records.exists().ids), set(readable.ids)
            for run in runs:
                if run.res_id not in existing_ids:
                    found[run.id] = outcomes_of.leave(self.env._("record deleted"))
                elif run.res_id not in readable_ids:
                    user = workflow.run_as_id.name
                    found[run.id] = outcomes_of.leave(self.env._("out of reach of %s", user))
                elif run.res_id not in audience_ids:
                    found[run.id] = outcomes_of.leave(self.env._("left the audience"))
        staying = runs.browse([run_id for run_id in runs.ids if run_id not in found])
        for run_id, reason in staying._refresh_persons(readable).items():
            found[run_id] = outcomes_of.leave(reason)
        return found

    @api.model
    def _readable(self, records):
        """Return the records that are there and within reach of their user: one query."""
        if not records.browse().has_access("read"):
            return records.browse()
        found = records.with_context(active_test=False).search(
            fields.Domain("id", "in", records.ids), order="id"
        )
        return records.browse(found.ids)

    @api.model
    def _check_message(self, step, runs, now):
        """Skip messages that are too late; hold all while the settings say so."""
        workflow = step.workflow_id
        if workflow._is_sending_held():
            again = now + timedelta(minutes=HOLD_ALL_MINUTES)
            reason = self.env._("all sending is on hold")
            return {run.id: outcomes_of.hold(again, reason) for run in runs}
        if not workflow.lateness_hours:
            return {}
        earliest = now - timedelta(hours=workflow.lateness_hours)
        reason = self.env._("too late")
        return {
            run.id: outcomes_of.skip(reason)
            for run in runs
            if run.planned_at and run.planned_at < earliest
        }
