from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.schedule import parse_time
from .mail_workflow_lane import LANES, MOST_LANES

# Odoo forgets a setting of 0, which would then be the default
ZERO_COUNTS = (
    "mail_workflow_bounce_limit",
    "mail_workflow_event_retention_days",
    "mail_workflow_log_retention_days",
)


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
    mail_workflow_cap_mails = fields.Integer(
        string="Marketing mails a person gets at most",
        config_parameter="mail_workflow_automation.cap_mails",
        help="Over all workflows, those of a higher priority first. 0: no limit.",
    )
    mail_workflow_cap_days = fields.Integer(
        string="Within days",
        config_parameter="mail_workflow_automation.cap_days",
        default=1,
    )
    mail_workflow_quiet_from = fields.Char(
        string="Quiet from", config_parameter="mail_workflow_automation.quiet_from"
    )
    mail_workflow_quiet_to = fields.Char(
        string="Quiet until", config_parameter="mail_workflow_automation.quiet_to"
    )
    mail_workflow_sending_weekdays = fields.Char(
        string="Days for sending", config_parameter="mail_workflow_automation.sending_weekdays"
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
    mail_workflow_dispatcher_lanes = fields.Integer(
        string="Jobs that serve events",
        config_parameter="mail_workflow_automation.dispatcher_lanes",
        default=LANES["dispatcher"],
        help="With one, events are served in the order in which they happened.",
    )
    mail_workflow_runner_lanes = fields.Integer(
        string="Jobs that carry out steps",
        config_parameter="mail_workflow_automation.runner_lanes",
        default=LANES["runner"],
    )
    mail_workflow_mail_lanes = fields.Integer(
        string="Jobs that send mail",
        config_parameter="mail_workflow_automation.mail_lanes",
        default=LANES["mail"],
    )
    mail_workflow_webhook_hosts = fields.Char(
        string="Hosts that webhooks may call",
        config_parameter="mail_workflow_automation.webhook_hosts",
        help="With commas between them. A port other than the usual one is named, too. Addresses "
        "inside the own network must stand here by number.",
    )
    mail_workflow_cron_workers = fields.Integer(
        string="Cron workers workflows may use at once",
        config_parameter="mail_workflow_automation.cron_workers",
        help="On each server. 0: all but one, which is left for Odoo's own jobs.",
    )

    def set_values(self):
        for lane in LANES:
            if not 1 <= self[f"mail_workflow_{lane}_lanes"] <= MOST_LANES:
                raise ValidationError(
                    self.env._("Workflows: choose from 1 to %s jobs of each kind.", MOST_LANES)
                )
        self._check_mail_workflow_window()
        result = super().set_values()
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        for name in ZERO_COUNTS:
            if not self[name]:
                parameters_sudo.set_param(self._fields[name].config_parameter, "0")
        self.env["mail.workflow.lane"]._fit_crons()
        return result

    def _check_mail_workflow_window(self):
        hours = [self.mail_workflow_quiet_from or "", self.mail_workflow_quiet_to or ""]
        try:
            [parse_time(text) for text in hours if any(hours)]
        except ValueError as error:
            raise ValidationError(
                self.env._("Workflows: write both ends of the quiet hours as times, like 22:00.")
            ) from error
        if self.mail_workflow_cap_mails < 0 or self.mail_workflow_cap_days < 1:
            raise ValidationError(
                self.env._(
                    "Workflows: the frequency cap is a number of mails within 1 day or more."
                )
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
