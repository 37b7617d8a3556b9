from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(
        selection_add=[("leave", "Take out of workflows")], ondelete={"leave": "cascade"}
    )
    leave_workflow_ids = fields.Many2many(
        "mail.workflow",
        "mail_workflow_step_leave_rel",
        string="Workflows to Leave",
        domain="[('id', '!=', workflow_id)]",
    )


class MailWorkflowStepLeave(models.AbstractModel):
    """Ends what the person has open in other workflows."""

    _name = "mail.workflow.step.leave"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Take out of Workflows"

    _step_order = 7
    _step_icon = "fa-sign-out"
    _step_help = _lt("Takes them out of other workflows.")
    _step_fields = {"workflows": "leave_workflow_ids"}

    @api.model
    def _check_config(self, step):
        if not step.leave_workflow_ids:
            return [self.env._("choose the workflows to leave")]
        if step.workflow_id in step.leave_workflow_ids:
            return [self.env._("to leave this workflow itself, use “End”")]
        return []

    @api.model
    def _check_rights(self, step, env):
        return [
            self.env._(
                "%(user)s may not take people out of “%(workflow)s”",
                user=env.user.name,
                workflow=workflow.name,
            )
            for workflow in step.leave_workflow_ids
            if not workflow.with_env(env).has_access("write")
        ]

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        emails = [email for email in runs.mapped("email_normalized") if email]
        person = Domain("email_normalized", "in", emails)
        person |= Domain("partner_id", "in", runs.partner_id.ids)
        open_runs = runs.search(
            Domain("workflow_id", "in", step.leave_workflow_ids.ids)
            & Domain("company_id", "=", step.workflow_id.company_id.id)
            & Domain("state", "in", ("active", "holdout", "failed"))
            & person
        )
        reason = self.env._("taken out by workflow “%s”", step.workflow_id.name)
        open_runs._leave("exited", reason, now)

    @api.model
    def _summary(self, step):
        return ", ".join(step.leave_workflow_ids.mapped("name"))
