from odoo import fields, models


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
