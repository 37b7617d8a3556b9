import logging
import re
import smtplib
from datetime import timedelta

from odoo import api, fields, models, modules
from odoo.tools import SQL

from ..engine.schedule import backoff

_logger = logging.getLogger(__name__)

# the address or the sender is wrong: trying again changes nothing
HOPELESS_FAILURES = (
    "mail_email_invalid",
    "mail_email_missing",
    "mail_from_invalid",
    "mail_from_missing",
)
# a mail server that is down for most of a day costs no mail: 5, 10, 20... minutes, 21 hours in all
MAIL_ATTEMPTS = 9
MAIL_FIRST_MINUTES = 5
REFUSED_FOR_GOOD = re.compile(r"\(5\d\d,")


class _Post:
    """What the mail lane remembers from mail to mail, in one pass.

    sessions   open SMTP sessions by configuration
    accepted   Message-Ids the server has taken: not sent again if a transaction is done again
    is_closed  the mail server cannot be reached: the pass ends
    """

    def __init__(self):
        self.sessions = {}
        self.accepted = set()
        self.is_closed = False
        self.last_workflow_id = 0


class IrMailServer(models.Model):
    _inherit = "ir.mail_server"

    def send_email(self, message, *args, **kwargs):
        """Remember what the server has accepted, for a caller who asks."""
        message_id = super().send_email(message, *args, **kwargs)
        accepted = self.env.context.get("workflow_accepted")
        if accepted is not None and message_id:
            accepted.add(message_id)
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
        """Send the queued mails of workflows, one transaction each; safe beside itself."""
        if self.env["mail.workflow"]._is_sending_held():
            return 0
        post = _Post()
        runner = self.env["mail.workflow.runner"]
        try:
            return self.env["mail.workflow.lane"]._passes(
                "mail", lambda: runner._retrying(lambda: self._send_next_workflow_mail(post))
            )
        finally:
            for session in post.sessions.values():
                self._quit(session)

    @api.model
    def _send_next_workflow_mail(self, post):
        """Claim one queued mail and send it; the claim lives as long as the transaction (rule 4).

        :param _Post post: what is remembered from mail to mail
        :returns: 1 when there was a mail
        """
        if post.is_closed:
            return 0
        now = fields.Datetime.now()
        self.env.cr.execute(self._workflow_claim_query(post.last_workflow_id, now))
        row = self.env.cr.fetchone()
        if not row:
            return 0
        mail_id, post.last_workflow_id = row
        mail_sudo = self.sudo().browse(mail_id)
        mail_sudo._lock_what_sending_writes()
        if mail_sudo.message_id in post.accepted:
            mail_sudo._note_accepted()
            return 1
        try:
            with self.env.cr.savepoint():
                refused = mail_sudo._refuse_late(now)
        except Exception as error:  # noqa: BLE001 a mail that cannot be judged must not stop the queue
            runner = self.env["mail.workflow.runner"]
            runner._reraise_if_serialization(error)
            mail_sudo._note_failed(error)
            return 1
        if not refused:
            mail_sudo._deliver(post)
        return 1

    @api.model
    def _workflow_claim_query(self, last_workflow_id, now):
        # one mail: of the next workflow, so that none waits behind the backlog of another. Those
        # of a paused workflow stay where they are; those of a stopped one are cancelled.
        return SQL(
            """
            SELECT due.id, w.id
              FROM (SELECT id
                      FROM mail_workflow
                     WHERE (state = 'running' AND active) OR state = 'stopped'
                     ORDER BY id <= %(last)s, id) w
             CROSS JOIN LATERAL (
                   SELECT id
                     FROM mail_mail
                    WHERE workflow_id = w.id AND state = 'outgoing'
                      AND (scheduled_date IS NULL OR scheduled_date <= %(now)s)
                    ORDER BY scheduled_date NULLS FIRST, id
                    LIMIT 1
                      FOR NO KEY UPDATE SKIP LOCKED) due
             LIMIT 1
            """,
            last=last_workflow_id,
            now=now,
        )

    def _lock_what_sending_writes(self):
        """Lock the rows that are written once the server has accepted the mail.

        A row that somebody changed meanwhile is then an error before the mail is sent, not after.
        """
        self.env.cr.execute(
            SQL(
                "SELECT FROM mail_workflow_execution WHERE id = %s FOR NO KEY UPDATE",
                self.workflow_execution_id.id,
            )
        )
        self.env.cr.execute(
            SQL("SELECT FROM mailing_trace WHERE mail_mail_id = %s FOR NO KEY UPDATE", self.id)
        )

    def _refuse_late(self, now):
        """Cancel a mail that may not go out any more: what forbids it came after it was queued.

        :returns: whether it was cancelled
        """
        execution_sudo = self.sudo().workflow_execution_id
        reason = execution_sudo._late_refusal(now)
        if not reason:
            return False
        self.write({"state": "cancel"})
        self.mailing_trace_ids.set_canceled()
        execution_sudo._advance("skipped", self.env._("mail cancelled"), now, reason=reason)
        execution_sudo._apply_on_skip(reason, now)
        return True

    def _deliver(self, post):
        """Send one mail; each way in which that ends is written to the mail and its execution."""
        for server_id, alias_domain_id, smtp_from, _ids in self._split_by_mail_configuration():
            server = self.env["ir.mail_server"].browse(server_id)
            if server.owner_user_id and not self._split_by_delayed_batch(server):
                return
            key = (server_id, alias_domain_id, smtp_from)
            try:
                session = self._session(post, key)
            except Exception as error:  # noqa: BLE001 whatever keeps the server from us
                # the server's trouble, not that of the mails behind: they stay in the queue
                post.is_closed = True
                self._note_failed(error)
                return
            self._send_by_session(post, key, session, server)
        if self.exists() and self.state == "outgoing":
            if modules.module.current_test:
                # Odoo sends nothing in tests unless its gateway is mocked
                self.write({"state": "sent"})
            else:
                self._note_failed(self.env._("Odoo did not send it"))

    @api.model
    def _session(self, post, key):
        """Return an open SMTP session; one that the server has closed is opened anew."""
        session = post.sessions.get(key)
        if session is not None and not self._is_alive(session):
            self._quit(post.sessions.pop(key))
            session = None
        if session is None:
            server_id, _alias_domain_id, smtp_from = key
            session = self.env["ir.mail_server"]._connect__(
                mail_server_id=server_id, smtp_from=smtp_from
            )
            post.sessions[key] = session
        return session

    @api.model
    def _is_alive(self, session):
        try:
            return session.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def _send_by_session(self, post, key, session, server):
        _server_id, alias_domain_id, _smtp_from = key
        mail = self.with_context(workflow_accepted=post.accepted)
        try:
            with self.env.cr.savepoint():
                mail._send(
                    smtp_session=session, alias_domain_id=alias_domain_id, mail_server=server
                )
        except Exception as error:  # noqa: BLE001 the connection's trouble is this mail's failed attempt
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            self._quit(post.sessions.pop(key, None))
            if self.message_id not in post.accepted:
                self._note_failed(error)
        if self.exists() and self.state != "sent" and self.message_id in post.accepted:
            # accepted, and then something went wrong here: never send it again
            self._note_accepted()

    def _note_failed(self, error):
        reason = str(error) or type(error).__name__
        _logger.info("Workflow mail %s: %s", self.id, reason)
        self.write({"state": "exception", "failure_type": "mail_smtp", "failure_reason": reason})
        self._postprocess_sent_message([], [], failure_reason=reason, failure_type="mail_smtp")

    def _note_accepted(self):
        self.write({"state": "sent", "failure_type": False, "failure_reason": False})
        self._postprocess_sent_message([], [self.email_to])

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
            hopeless = failure_type in HOPELESS_FAILURES or (
                # what keeps us from the server is not the mail's fault, whatever its code
                failure_type != "mail_smtp" and REFUSED_FOR_GOOD.search(reason)
            )
            if hopeless or execution.attempt >= MAIL_ATTEMPTS:
                execution._advance(
                    "dead", self.env._("given up"), now, reason=reason[:200], error=reason
                )
                execution._apply_on_skip(self.env._("mail could not be delivered"), now)
                execution.step_id.workflow_id._report_trouble(execution.step_id, reason)
            else:
                again = now + backoff(
                    execution.attempt, f"mail{execution.id}", first_minutes=MAIL_FIRST_MINUTES
                )
                execution._advance(
                    "failed",
                    self.env._("will be sent again"),
                    now,
                    reason=reason[:200],
                    retry_at=again,
                )

    def _apply_on_skip(self, reason, now):
        """Let the run leave if its step says so of a mail that was not delivered."""
        if self.step_id.on_skip == "leave" and self.enrollment_id.state == "active":
            self.enrollment_id._leave("exited", reason, now)

    def _late_refusal(self, now):
        """Return why the queued mail of an execution may not go out any more, or None.

        Hours can lie between the queue and the server (a backlog, a retry, a hold): the run may
        have left, its person unsubscribed, the workflow ended (rule 18).
        """
        run, step = self.enrollment_id, self.step_id
        workflow = run.workflow_id
        if workflow.state == "stopped":
            return self.env._("workflow stopped")
        if run.state in ("goal", "exited") and run.left_at > self.executed_at:
            return run.exit_reason
        if run.goal_at and run.goal_at > self.executed_at:
            return "goal"
        limit = timedelta(hours=workflow.lateness_hours)
        if limit and self.executed_at + limit < now:
            return self.env._("too late")
        if not self.env[run.res_model].sudo().browse(run.res_id).exists():
            return self.env._("record deleted")
        return self.env["mail.workflow.gate"]._refusals(step, run, queued=True).get(run.id)

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
        """Put the mails of executions back into the queue, under their one Message-Id.

        :param now: of the engine's pass; None: a person asks, who decides anew from the first
            attempt
        """
        if not self:
            return
        by_hand = now is None
        now = now or fields.Datetime.now()
        if by_hand:
            self.write({"attempt": 0, "executed_at": now})
        mails = (
            self.env["mail.mail"]
            .sudo()
            .search(
                [
                    ("workflow_execution_id", "in", self.ids),
                    ("state", "in", ("exception", "outgoing")),
                ]
            )
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
