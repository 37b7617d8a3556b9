import logging
from datetime import timedelta

from odoo import fields, models

_logger = logging.getLogger(__name__)


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    trouble_reported_at = fields.Datetime(copy=False, readonly=True)

    def _report_trouble(self, source, error):
        """Tell the owner, at most once a day, that something is wrong, and where to look.

        :param source: the step or trigger that failed
        """
        self.ensure_one()
        now = fields.Datetime.now()
        _logger.info("Workflow %s, %s: %s", self.id, source, type(error).__name__)
        if self.trouble_reported_at and self.trouble_reported_at > now - timedelta(days=1):
            return
        try:
            # who is told must not cost the people of this batch their step
            with self.env.cr.savepoint():
                self._tell_owner(source, error, now)
        except Exception as trouble:  # noqa: BLE001 a note that cannot be sent is only a note
            self.env["mail.workflow.runner"]._reraise_if_serialization(trouble)
            _logger.exception("The owner of workflow %s could not be told", self.id)

    def _tell_owner(self, source, error, now):
        workflow_sudo = self.sudo()  # a note to the owner, whoever's rights the workflow borrows
        workflow_sudo.trouble_reported_at = now
        body = self.env._(
            "%(what)s failed: %(why)s. Open the workflow's runs and filter on Failed to see "
            "who is concerned, then retry or skip.",
            what=source.display_name or source._description,
            why=str(error).strip() or type(error).__name__,
        )
        workflow_sudo._message_log(body=body)
        workflow_sudo.message_notify(
            partner_ids=workflow_sudo.user_id.partner_id.ids,
            subject=self.env._("Workflow “%s” needs you", self.name),
            body=body,
        )
