from odoo import api, fields, models


class IrMailServer(models.Model):
    _inherit = "ir.mail_server"

    def send_email(self, message, *args, **kwargs):
        """Say at once that the server has accepted a mail, to whom the session belongs."""
        message_id = super().send_email(message, *args, **kwargs)
        accepted = getattr(kwargs.get("smtp_session"), "workflow_accepted", None)
        if accepted and message_id:
            accepted()
        return message_id


class MailMail(models.Model):
    _inherit = "mail.mail"

    # with its workflow a mail goes: Odoo's own queue would send what has lost it
    workflow_id = fields.Many2one("mail.workflow", ondelete="cascade")
    workflow_execution_id = fields.Many2one(
        "mail.workflow.execution", ondelete="cascade", index="btree_not_null"
    )

    # the claim: the oldest of each workflow in turn, in an order that no other index has
    _workflow_queue = models.Index(
        "(workflow_id, state, scheduled_date NULLS FIRST, id) WHERE workflow_id IS NOT NULL"
    )

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
        """Send the queued mails of workflows; safe by hand and beside itself."""
        return self.env["mail.workflow.post"]._run()

    def _refuse_late(self, now):
        """Cancel the mails that may not go out any more: what forbids it came after they were
        queued.

        :returns: the cancelled mails
        """
        refusals = self.workflow_execution_id._late_refusals(now)
        refused = self.filtered(lambda mail: mail.workflow_execution_id.id in refusals)
        for reason in set(refusals.values()):
            mails = refused.filtered(
                lambda mail, reason=reason: refusals[mail.workflow_execution_id.id] == reason
            )
            mails.write({"state": "cancel"})
            mails.mailing_trace_ids.set_canceled()
            executions = mails.workflow_execution_id
            executions._advance("skipped", self.env._("mail cancelled"), now, reason=reason)
            executions._apply_on_skip(reason, now)
        return refused

    def _note_fates(self, fates):
        """Write what became of mails: to them, their traces and notifications, their executions.

        :param dict fates: ``{mail id: None when accepted | (failure type, reason)}``
        """
        for fate in set(fates.values()):
            mails = self.browse([mail_id for mail_id in fates if fates[mail_id] == fate])
            if fate is None:
                mails.write({"state": "sent", "failure_type": False, "failure_reason": False})
                mails._postprocess_sent_message([], mails.mapped("email_to"))
                continue
            failure_type, reason = fate
            mails.write(
                {"state": "exception", "failure_type": failure_type, "failure_reason": reason}
            )
            mails._postprocess_sent_message(
                [], [], failure_reason=reason, failure_type=failure_type
            )

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Read the fate of a workflow's mails back into their executions."""
        mails = self.filtered("workflow_execution_id")
        executions_sudo = mails.sudo().workflow_execution_id
        if executions_sudo:
            reason = failure_reason or mails[:1].failure_reason
            executions_sudo._note_mail_fate(failure_type, reason or "", fields.Datetime.now())
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
