from odoo import api, fields, models


class MailWorkflowStart(models.TransientModel):
    """Asks whom a workflow starts with."""

    _name = "mail.workflow.start"
    _description = "Start a Workflow"

    workflow_id = fields.Many2one("mail.workflow", required=True, ondelete="cascade")
    include_existing = fields.Selection(
        [("new", "Only those who come from now on"), ("existing", "Also those who match already")],
        default="new",
        required=True,
        string="Start With",
    )
    existing_count = fields.Integer(compute="_compute_existing_count", string="Match Already")

    @api.depends("workflow_id")
    def _compute_existing_count(self):
        for wizard in self:
            workflow = wizard.workflow_id
            wizard.existing_count = workflow._count_existing() if workflow else 0

    def action_start(self):
        self.ensure_one()
        self.workflow_id.action_start(include_existing=self.include_existing == "existing")
        return {"type": "ir.actions.act_window_close"}
