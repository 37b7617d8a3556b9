from odoo import api, fields, models

from ..mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("workflow_finished", "Workflow finished")],
        ondelete={"workflow_finished": "cascade"},
    )
    filter_workflow_id = filter_field(
        fields.Many2one, "mail.workflow", string="Workflow Left", help="The workflow that ended."
    )
    filter_outcome = filter_field(
        fields.Selection,
        [("done", "Last step done"), ("goal", "Goal met"), ("exited", "Left before the end")],
        string="Outcome",
    )


class MailWorkflowTriggerWorkflowFinished(models.AbstractModel):
    """A run of another workflow came to its end: the last step, its goal, or an exit."""

    _name = "mail.workflow.trigger.workflow_finished"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Workflow Finished"

    _icon = "fa-flag-checkered"
    _filter_fields = {"workflow": "filter_workflow_id", "outcome": "filter_outcome"}

    @api.model
    def _describe_filter(self, key, trigger):
        described = super()._describe_filter(key, trigger)
        if key == "workflow":
            # it cannot follow itself
            live = trigger.workflow_id and trigger.workflow_id._live()
            described["domain"] = [*described["domain"], ("id", "!=", live.id)]
        return described

    @api.model
    def _check_filters(self, filters, workflow):
        problems = super()._check_filters(filters, workflow)
        if not filters.get("workflow"):
            problems.append(self.env._("choose the workflow that is left"))
        elif filters["workflow"] == workflow.id:
            problems.append(self.env._("a workflow cannot follow itself; use a jump, or re-entry"))
        return problems

    @api.model
    def _check_config(self, trigger):
        problems = super()._check_config(trigger)
        if self._leads_back(trigger.workflow_id, (trigger.filters or {}).get("workflow")):
            problems.append(
                self.env._("that one comes after this one: they would start each other for ever")
            )
        return problems

    @api.model
    def _leads_back(self, workflow, before_id):
        """Tell whether a workflow that is followed comes, in some way, after this one itself."""
        triggers_sudo = self.env["mail.workflow.trigger"].sudo()
        follows = {}
        for trigger in triggers_sudo.search([("kind", "=", "workflow_finished")]):
            followed = (trigger.filters or {}).get("workflow")
            follows.setdefault(trigger.workflow_id.id, set()).add(followed)
        seen, todo = set(), set(follows.get(before_id, ()))
        while todo:
            one = todo.pop()
            seen.add(one)
            todo |= follows.get(one, set()) - seen
        return workflow.id in seen


class MailWorkflowEnrollment(models.Model):
    _inherit = "mail.workflow.enrollment"

    def _note_finished(self, outcome):
        """Note that these runs came to an end."""
        events = self.env["mail.workflow.event"]
        if not events._is_listened("workflow_finished"):
            return
        events._note_rows(
            [
                {
                    "kind": "workflow_finished",
                    "res_model": run.res_model,
                    "res_id": run.res_id,
                    "partner_id": run.partner_id.id or None,
                    "email_normalized": run.email_normalized or None,
                    "company_id": run.company_id.id,
                    "website_id": run.website_id.id or None,
                    "data": {
                        "workflow": run.workflow_id.id,
                        "outcome": outcome,
                        **({"origin_chain": run.chain} if run.chain else {}),
                    },
                }
                for run in self
                if not run.is_holdout
            ]
        )
