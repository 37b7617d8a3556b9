from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mail_workflow_hold_sending = fields.Boolean(
        string="Hold all sending",
        config_parameter="mail_workflow_automation.hold_sending",
        help="No workflow sends anything while this is on. People keep their place.",
    )
    mail_workflow_bounce_limit = fields.Integer(
        string="Bounces before marketing mail stops",
        config_parameter="mail_workflow_automation.bounce_limit",
        default=1,
        help="An address that bounced so often gets no more marketing mail of workflows, until "
        "it writes. "
        "0: no limit.",
    )
    mail_workflow_event_retention_days = fields.Integer(
        string="Keep events (days)",
        config_parameter="mail_workflow_automation.event_retention_days",
        default=365,
    )
    mail_workflow_log_retention_days = fields.Integer(
        string="Keep details of ended runs (days)",
        config_parameter="mail_workflow_automation.log_retention_days",
        default=365,
    )


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    @api.model
    def _get_int_param(self, key, default):
        """Read a setting of the addon as a number; a wrong one counts as the default."""
        raw = self.env["ir.config_parameter"].sudo().get_param(f"mail_workflow_automation.{key}")
        try:
            return int(raw) if raw not in (False, None, "") else default
        except ValueError:
            return default

    @api.model
    def _is_sending_held(self):
        raw = (
            self.env["ir.config_parameter"]
            .sudo()
            .get_param("mail_workflow_automation.hold_sending")
        )
        return str(raw).lower() in ("1", "true")
