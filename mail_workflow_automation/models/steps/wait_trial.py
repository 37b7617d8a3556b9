from odoo import api, models

from ..mail_workflow import parse_domain
from .wait import TIMEOUT


class MailWorkflowStepWait(models.AbstractModel):
    """Waits in a simulation: what they saw, and what could happen meanwhile."""

    _inherit = "mail.workflow.step.wait"

    @api.model
    def _explain(self, step, run, result, now):
        simulator = self.env["mail.workflow.simulator"]
        record = step.workflow_id._records(run.res_id)
        if step.wait_mode == "field":
            facts = simulator._facts(record, [(step.wait_field, "!=", False)])
            return ". ".join(filter(None, [facts, result.reason]))
        if step.wait_mode == "condition":
            return simulator._facts(record, parse_domain(step.wait_domain))
        if result.action == "done" and step.wait_mode == "events":
            if result.branch == TIMEOUT:
                return self.env._("Nothing of it happened in time.")
            return self.env._("It has happened already.")
        return result.reason

    @api.model
    def _asks(self, step):
        if step.wait_mode == "condition":
            answer = {"kind": "record_matches", "after": {"hours": 1}}
            return [(answer, self.env._("The record matches"))]
        if step.wait_mode == "field":
            return []
        return super()._asks(step)

    @api.model
    def _stands_until(self, step, run, result, now):
        if step.wait_mode == "condition":
            return self._limits(step, run, now)[run.id]
        return result.due_at
