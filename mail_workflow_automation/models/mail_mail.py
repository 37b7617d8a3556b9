import re

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, email_normalize

from .mail_workflow_mailer import UNSUBSCRIBE_PATH

# stands for the body of a mail while Odoo prepares the rest
BODY = Markup("workflow-mail-body")
TRACKED_LINK = re.compile(r"""href=["'][^"'\s]*/r/[\w-]+(?=["'])""")
TRACKED_ADDRESS = re.compile(r"https?://\S+/r/[\w-]+(?=\s|$)")
UNSUBSCRIBE_HEADERS = ("List-Unsubscribe", "List-Unsubscribe-Post")
LOCAL_MARKS = ('="/', "='/", "url(/", "url('/", 'url("/')


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
    # what a reader without HTML sees, made with the body
    workflow_text = fields.Text()

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
        """Prepare a workflow's mail as Odoo does, with a word in the place of its body.

        The body and its plain text are finished already, and large: each pass over them costs.
        """
        if not self.workflow_execution_id:
            return super()._prepare_outgoing_list(
                mail_server=mail_server, doc_to_followers=doc_to_followers
            )
        is_ready = bool(self.workflow_text and self.body_html and not self.attachment_ids)
        mail = self.with_context(
            workflow_base_url=self.get_base_url(), workflow_body_comes_later=is_ready
        )
        emails = super(MailMail, mail)._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        if is_ready:
            body, text = mail._own_body(), mail._own_text()
            for email in emails:
                email["body"] = email["body"].replace(BODY, body)
                email["body_alternative"] = email["body_alternative"].replace(BODY, text)
        if not mail._offers_unsubscribing():
            for email in emails:
                for name in UNSUBSCRIBE_HEADERS:
                    email["headers"].pop(name, None)
        return emails

    def _offers_unsubscribing(self):
        """Tell whether a reader can leave: by marketing mail always, by operational mail where
        its text says so. Who left would get the rest of it all the same."""
        if self.workflow_id.purpose == "marketing":
            return True
        return UNSUBSCRIBE_PATH in (self.mailing_id.sudo().body_html or "")

    def _prepare_outgoing_body(self):
        if not self.workflow_execution_id:
            return super()._prepare_outgoing_body()
        return BODY if self.env.context.get("workflow_body_comes_later") else self._own_body()

    def _own_body(self):
        """Return the body with the links and the pixel of its reader's trace.

        What else Odoo does to bodies here was done to the text when it was parsed.
        """
        body = str(self.body_html or "")
        if not body:
            return ""
        if any(mark in body for mark in LOCAL_MARKS):  # made by an expression of the text
            body = str(self.env["mail.render.mixin"]._replace_local_links(body))
        trace_sudo = self.sudo().mailing_trace_ids[:1]
        if not trace_sudo:
            return Markup(body)
        body = TRACKED_LINK.sub(rf"\g<0>{trace_sudo._click_path()}", body)
        pixel = f'<img src="{self._get_tracking_url()}"/>'
        end = body.rfind("</body>")
        return Markup(f"{body[:end]}{pixel}{body[end:]}" if end >= 0 else f"{body}{pixel}")

    def _own_text(self):
        trace_sudo = self.sudo().mailing_trace_ids[:1]
        own = trace_sudo._click_path() if trace_sudo else ""
        return TRACKED_ADDRESS.sub(rf"\g<0>{own}", self.workflow_text)

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
        # a mail that was put off is late from then on only, as a run that is held
        put_off = {mail.workflow_execution_id.id: mail.scheduled_date for mail in self}
        refusals = self._follow_addresses()
        going = self.filtered(lambda mail: mail.workflow_execution_id.id not in refusals)
        refusals |= going.workflow_execution_id._late_refusals(now, put_off)
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

    def _follow_addresses(self):
        """Let mails go to the address that their people have by now, not to the one they had.

        :returns: ``{execution id: reason}`` of those whose person has another run by now
        """
        reasons = {}
        for step in self.workflow_execution_id.step_id:
            mails = self.filtered(lambda mail, one=step: mail.workflow_execution_id.step_id == one)
            runs = mails.workflow_execution_id.enrollment_id
            model_sudo = self.env[step.workflow_id.model_name].sudo()
            records = model_sudo.browse(set(runs.mapped("res_id"))).exists()
            there = runs.filtered(lambda run, ids=frozenset(records.ids): run.res_id in ids)
            staying = there._refresh_persons(records)
            moved = mails.browse()
            for mail in mails:
                execution = mail.workflow_execution_id
                run = execution.enrollment_id
                if run.id in staying:
                    reasons[execution.id] = staying[run.id]
                elif run.email_normalized and run.email_normalized != email_normalize(
                    mail.email_to or ""
                ):
                    moved |= mail
            # the gate says of the others why they get none
            of_visits = moved.grouped(lambda mail: mail.workflow_execution_id.visit_no)
            for of_visit in of_visits.values():
                self.env["mail.workflow.mailer"]._readdress(step, of_visit)
        return reasons

    def _hold_closed(self, now):
        """Put off the mails whose readers are not to be written to at this time of their day.

        :returns: the mails put off
        """
        windows = self.env["mail.workflow.window"]
        held = self.browse()
        for workflow in self.workflow_id.filtered(lambda one: one.purpose == "marketing"):
            mails = self.filtered(lambda mail, one=workflow: mail.workflow_id == one)
            runs = mails.workflow_execution_id.enrollment_id
            allowed = windows._next(workflow, runs, dict.fromkeys(runs.ids, now))
            by_moment = {}
            for mail in mails:
                due_at, reason = allowed[mail.workflow_execution_id.enrollment_id.id]
                if reason:
                    by_moment[due_at] = by_moment.get(due_at, self.browse()) | mail
            for due_at, late in by_moment.items():
                late.write({"scheduled_date": due_at})
                held |= late
        return held

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

    def _note_plainly(self, error):
        """Write the fate of a mail of which the usual way fails: what hangs on it is left out.

        :param error: None for a mail that was accepted, and must not go out again
        """
        self.ensure_one()
        now = fields.Datetime.now()
        execution_sudo = self.sudo().workflow_execution_id
        self.invalidate_recordset(flush=False)
        state, failure_type = ("exception", "unknown") if error else ("sent", None)
        self.env.cr.execute(
            SQL(
                "UPDATE mail_mail SET state = %s, failure_type = %s, failure_reason = %s"
                " WHERE id = %s",
                state,
                failure_type,
                error,
                self.id,
            )
        )
        if error:
            reason = error.strip().splitlines()[0][:200] if error.strip() else "unknown"
            execution_sudo._advance("dead", self.env._("given up"), now, reason=reason, error=error)
        else:
            execution_sudo._advance("done", self.env._("mail accepted"), now)

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
