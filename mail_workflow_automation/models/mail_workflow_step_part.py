from odoo import api, fields, models


class MailWorkflowStepPart(models.Model):
    """One more task of a task step, given at the same time as the first: IT and HR at once."""

    _name = "mail.workflow.step.part"
    _inherit = ["mail.workflow.assignee"]
    _description = "Further Task of a Workflow Step"
    _order = "sequence, id"

    step_id = fields.Many2one("mail.workflow.step", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="step_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    summary = fields.Char(string="Task", required=True)
    people = fields.Char(compute="_compute_people", string="Assigned to")

    @api.depends(
        "assignee_mode",
        "assignee_user_id",
        "assignee_user_ids",
        "assignee_group_id",
        "assignee_team_id",
    )
    def _compute_people(self):
        for part in self:
            part.people = part._people_name()

    @api.model_create_multi
    def create(self, vals_list):
        steps = self.env["mail.workflow.step"].browse([vals["step_id"] for vals in vals_list])
        steps.workflow_id._check_editable()
        parts = super().create(vals_list)
        steps.workflow_id._edited()
        return parts

    def write(self, vals):
        self.step_id.workflow_id._check_editable()
        if not self.env.su:
            self.env["mail.workflow"]._check_stays(self, vals, "step_id")
        result = super().write(vals)
        self.step_id.workflow_id._edited()
        return result

    def unlink(self):
        workflows = self.step_id.workflow_id
        workflows._check_editable()
        result = super().unlink()
        workflows._edited()
        return result
