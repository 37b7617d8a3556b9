from odoo import api, models

# lane -> model and method that pass once; each lane has a channel of its own
WORK = {
    "dispatcher": ("mail.workflow.event", "_cron_dispatch"),
    "runner": ("mail.workflow.enrollment", "_cron_run"),
    "mail": ("mail.mail", "_cron_send_workflow_mail"),
}


class MailWorkflowLane(models.AbstractModel):
    """A pass that is asked for is a job. The crons' turns go on, should the job runner be down."""

    _inherit = "mail.workflow.lane"

    @api.model
    def _request(self, lane, choice, cron_id):
        """Enqueue a job, unless one waits that has not begun: it will see what was committed."""
        if lane not in WORK:
            super()._request(lane, choice, cron_id)
            return
        role = "helper" if choice == "_helper" else "pass"
        self.env["mail.workflow"].with_delay(
            channel=f"root.workflow_{lane}",
            identity_key=f"mail_workflow_{lane}_{role}",
            description=f"Workflows: {lane}",
            max_retries=1,
        )._run_lane_job(lane)


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    @api.model
    def _run_lane_job(self, lane):
        """Let a lane pass once, in a short turn as in a cron."""
        model, method = WORK[lane]
        return getattr(self.env[model].with_context(mail_workflow_in_turn=True), method)()
