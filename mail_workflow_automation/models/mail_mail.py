import logging
import re
import smtplib

from odoo import api, fields, models, modules
from odoo.tools import SQL

from ..engine.schedule import backoff
from .mail_workflow_execution import MAX_ATTEMPTS

_logger = logging.getLogger(__name__)

# the address or the sender is wrong: trying again changes nothing
HOPELESS_FAILURES = (
    "mail_email_invalid",
    "mail_email_missing",
    "mail_from_invalid",
    "mail_from_missing",
)
REFUSED_FOR_GOOD = re.compile(r"\(5\d\d,")


class MailMail(models.Model):
    _inherit = "mail.mail"

    workflow_execution_id = fields.Many2one(
        "mail.workflow.execution", ondelete="set null", index="btree_not_null"
    )

    _workflow_queue = models.Index("(id) WHERE state = 'outgoing'")

    def get_base_url(self):
        """The mails of a workflow carry the address of the record's shop."""
        if len(self) == 1 and self.workflow_execution_id:
            website = self.sudo().workflow_execution_id.enrollment_id.website_id
            return self.env["mail.workflow.mailer"]._base_url(website)
        return super().get_base_url()

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        if self.workflow_execution_id:
            self = self.with_context(workflow_base_url=self.get_base_url())  # noqa: PLW0642
        return super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )

    @api.model
    def process_email_queue(self, email_ids=(), batch_size=1000):
        """Leave the mails of workflows to their own lane, which locks what it sends."""
        if not email_ids:
            filters = [*self.env.context.get("filters", []), ("workflow_execution_id", "=", False)]
            self = self.with_context(filters=filters)  # noqa: PLW0642
        return super().process_email_queue(email_ids=email_ids, batch_size=batch_size)

    @api.model
    def _cron_send_workflow_mail(self):
        """Send the queued mails of workflows, one transaction each; safe beside itself."""
        if self.env["mail.workflow"]._is_sending_held():
            return 0
        sessions = {}
        runner = self.env["mail.workflow.runner"]
        try:
            return self.env["mail.workflow.lane"]._passes(
                "mail", lambda: runner._retrying(lambda: self._send_next_workflow_mail(sessions))
            )
        finally:
            for session in sessions.values():
                self._quit(session)

    @api.model
    def _send_next_workflow_mail(self, sessions):
        """Claim one queued mail and send it; the claim lives as long as the transaction (rule 4).

        :param dict sessions: open SMTP sessions by configuration, kept from mail to mail
        :returns: 1 when there was a mail
        """
        self.env["mail.mail"].flush_model(["state"])
        self.env.cr.execute(
            SQL(
                """
                SELECT id
                  FROM mail_mail
                 WHERE state = 'outgoing' AND workflow_execution_id IS NOT NULL
                   AND (scheduled_date IS NULL OR scheduled_date <= %s)
                 ORDER BY id
                 LIMIT 1
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                fields.Datetime.now(),
            )
        )
        row = self.env.cr.fetchone()
        if not row:
            return 0
        mail_sudo = self.sudo().browse(row[0])
        for server_id, alias_domain_id, smtp_from, _ids in mail_sudo._split_by_mail_configuration():
            mail_sudo._send_by_session(sessions, (server_id, alias_domain_id, smtp_from))
        return 1

    def _send_by_session(self, sessions, key):
        server_id, alias_domain_id, smtp_from = key
        server = self.env["ir.mail_server"].browse(server_id)
        if server.owner_user_id and not self._split_by_delayed_batch(server):
            return
        try:
            if key not in sessions:
                sessions[key] = self.env["ir.mail_server"]._connect__(
                    mail_server_id=server_id, smtp_from=smtp_from
                )
            with self.env.cr.savepoint():
                self._send(
                    smtp_session=sessions[key], alias_domain_id=alias_domain_id, mail_server=server
                )
        except Exception as error:  # noqa: BLE001 the connection's trouble is this mail's failed attempt
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            self._quit(sessions.pop(key, None))
            _logger.info("Workflow mail %s: %s", self.id, type(error).__name__)
            reason = str(error) or type(error).__name__
            self.write(
                {"state": "exception", "failure_type": "mail_smtp", "failure_reason": reason}
            )
            self._postprocess_sent_message([], [], failure_reason=reason, failure_type="mail_smtp")
            return
        if self.exists() and self.state == "outgoing" and modules.module.current_test:
            # Odoo sends nothing in tests unless its gateway is mocked: do not come back to the
            # same mail
            self.write({"state": "sent"})

    @api.model
    def _quit(self, session):
        if session:
            try:
                session.quit()
            except (smtplib.SMTPException, OSError):
                _logger.debug("SMTP session was closed by the server")

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Read the fate of a workflow's mail back into its execution."""
        mails = self.filtered("workflow_execution_id")
        executions_sudo = mails.sudo().workflow_execution_id
        if executions_sudo:
            reason = failure_reason or mails[:1].failure_reason
            executions_sudo._note_mail_fate(failure_type, reason or "", fields.Datetime.now())
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )


class MailWorkflowExecution(models.Model):
    _inherit = "mail.workflow.execution"

    def _note_mail_fate(self, failure_type, reason, now):
        """Move executions to done, failed (again later) or dead, as their mail went.

        The person does not move back; a mail dead for good applies the step's ``on_skip``.
        """
        if not failure_type:
            self._advance("done", self.env._("mail accepted"), now)
            return
        for execution in self:
            hopeless = failure_type in HOPELESS_FAILURES or REFUSED_FOR_GOOD.search(reason)
            if hopeless or execution.attempt >= MAX_ATTEMPTS:
                execution._advance(
                    "dead", self.env._("given up"), now, reason=reason[:200], error=reason
                )
                if (
                    execution.step_id.on_skip == "leave"
                    and execution.enrollment_id.state == "active"
                ):
                    execution.enrollment_id._leave(
                        "exited", self.env._("mail could not be delivered"), now
                    )
                execution.step_id.workflow_id._report_trouble(execution.step_id, reason)
            else:
                again = now + backoff(execution.attempt, f"mail{execution.id}")
                execution._advance(
                    "failed",
                    self.env._("will be sent again"),
                    now,
                    reason=reason[:200],
                    retry_at=again,
                )

    @api.model
    def _retry_mails(self, now):
        """Queue failed mails again whose time has come.

        :returns: how many
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT id
                  FROM mail_workflow_execution
                 WHERE state = 'failed' AND retry_at <= %s
                 ORDER BY retry_at
                 LIMIT 500
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                now,
            )
        )
        executions = self.sudo().browse([row[0] for row in self.env.cr.fetchall()])
        executions._requeue_mail("engine", now=now)
        return len(executions)

    def _requeue_mail(self, by, now=None):
        """Put the mails of executions back into the queue, under their one Message-Id."""
        if not self:
            return
        now = now or fields.Datetime.now()
        mails = (
            self.env["mail.mail"]
            .sudo()
            .search([("workflow_execution_id", "in", self.ids), ("state", "=", "exception")])
        )
        mails.write({"state": "outgoing", "failure_type": False, "failure_reason": False})
        mails.mailing_trace_ids.write({"trace_status": "outgoing", "failure_type": False})
        queued = mails.workflow_execution_id
        queued._advance("queued", self.env._("mail queued again"), now, attempts=1, by=by)
        (self - queued)._advance(
            "dead", self.env._("its mail is gone"), now, reason=self.env._("its mail is gone")
        )
        if queued:
            self.env["mail.workflow.lane"]._wake("mail")
