import re
from collections import defaultdict

from markupsafe import Markup

from odoo import api, models, tools
from odoo.tools import SQL

CART_PATH = "/workflow/cart"
COUPON_PATH = "/workflow/coupon"
ORDER_PATH = "/workflow/order"
REVIEW_PATH = "/workflow/review"
PRODUCT_PATH = re.compile(r"/workflow/product/(\d+)/?")
SAMPLE_PATH = "/workflow/sample"
CONTENT_PATH = re.compile(r"/workflow/content/(\d+)/?")
UNSUBSCRIBE_PATH, VIEW_PATH = "/unsubscribe_from_list", "/view"
OPTION_PREFIX = "data-mwa-"
BLOCK_ATTRIBUTE = "data-mwa-block"
# in the mail designer the part that holds a block, and goes with it
SHELL_CLASS = "s_mwa_block"


class MailWorkflowMailer(models.AbstractModel):
    """Makes the mails of a step: rendered, tracked and queued, all in batches.

    Merge fields are those Odoo lets a marketer use (``mail_allowed_qweb_expressions``), our blocks
    (``data-mwa-block``) and personal links. They are filled in a text that was parsed once; a text
    with other
    expressions is rendered by Odoo for each record, with the rights of ``run_as_id``.
    """

    _name = "mail.workflow.mailer"
    _description = "Workflow Mailer"

    @api.model
    def _queue(self, step, runs, executions, now):
        """Create the mails of runs, with their traces, and wake the mail lane.

        :param dict executions: ``{run id: execution id}``
        """
        vals_list = self._prepare_all(step, runs, executions)
        # the engine writes queued mails and traces itself, whatever rights run_as_id has on them
        mails_sudo = self.env["mail.mail"].sudo().with_context(mail_notrack=True).create(vals_list)
        self._link_traces(list(executions.values()))
        if mails_sudo:
            self.env["mail.workflow.lane"]._wake("mail")

    @api.model
    def _readdress(self, step, mails):
        """Make queued mails anew, for the address that their people have by now: their links for
        unsubscribing are of the address. Each stays the one mail of its execution.

        :param mails: of one step, of each run one
        """
        mail_of = {mail.workflow_execution_id: mail for mail in mails}
        executions = {execution.enrollment_id.id: execution.id for execution in mail_of}
        runs = mails.workflow_execution_id.enrollment_id
        for vals in self._prepare_all(step, runs, executions):
            mail = mail_of[mails.workflow_execution_id.browse(vals["workflow_execution_id"])]
            ((_create, _id, trace),) = vals.pop("mailing_trace_ids")
            # its links are of another reader, record and text by now: so is its trace
            about = ("email", "mass_mailing_id", "model", "res_id")
            mail.mailing_trace_ids.write({name: trace[name] for name in about})
            # its run may be further by now: the number of the visit is in the Message-Id
            kept = {"message_id": mail.message_id, "references": mail.references}
            mail.write(vals | kept)

    @api.model
    def _prepare_all(self, step, runs, executions):
        """Return the values of the mails of runs, each in the language of its reader."""
        groups = defaultdict(list)
        for run in runs:
            groups[(self._text_for(step, run), run.website_id)].append(run.id)
        vals_list = []
        for (text, website), ids in groups.items():
            vals_list += self._prepare_mails(step, text, website, runs.browse(ids), executions)
        return vals_list

    @api.model
    def _text_for(self, step, run):
        """Return the text of a mail in the language of its reader."""
        return step.text_ids._for_lang(run.partner_id.lang or self._record_lang(run))

    @api.model
    def _record_lang(self, run):
        website = run.website_id
        return website.default_lang_id.code if website else run.company_id.partner_id.lang

    @api.model
    def _link_traces(self, execution_ids):
        self.env["mailing.trace"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_execution x
                   SET mailing_trace_id = t.id
                  FROM mailing_trace t
                 WHERE t.workflow_execution_id = x.id AND x.id = ANY(%s)
                """,
                execution_ids,
            )
        )
        self.env["mail.workflow.execution"].invalidate_model(["mailing_trace_id"])

    @api.model
    def _prepare_mails(self, step, text, website, runs, executions):
        """Return the values of the mails of one text, for runs of one website."""
        workflow = step.workflow_id
        mailing = text.mailing_id.sudo()  # texts belong to the workflow; its runs read them
        bodies, texts, subjects = self._render(text, website, runs, executions)
        email_from = workflow.email_from or mailing.email_from
        records = workflow._records(runs.mapped("res_id"))
        reply_to = self._reply_to(workflow, records, email_from)
        note = self.env._("Workflow “%(workflow)s”: %(subject)s")
        return [
            {
                "subject": subjects[run.id],
                "body_html": bodies[run.id],
                "body": Markup("<p>%s</p>")
                % (note % {"workflow": workflow.name, "subject": subjects[run.id]}),
                "email_from": email_from,
                "email_to": tools.formataddr((self._name_of(run), run.email_normalized)),
                "reply_to": reply_to.get(run.res_id) or email_from,
                "author_id": workflow.run_as_id.partner_id.id,
                "model": run.res_model,
                "res_id": run.res_id,
                "message_type": "email_outgoing",
                "message_id": message_id,
                "references": message_id,
                "mail_server_id": mailing.mail_server_id.id,
                "record_company_id": run.company_id.id,
                "auto_delete": True,
                "is_notification": True,
                "mailing_id": mailing.id,
                "workflow_text": texts.get(run.id),
                "workflow_id": workflow.id,
                "workflow_execution_id": executions[run.id],
                "mailing_trace_ids": [
                    (
                        0,
                        0,
                        {
                            "email": run.email_normalized,
                            "mass_mailing_id": mailing.id,
                            "message_id": message_id,
                            "model": run.res_model,
                            "res_id": run.res_id,
                            "workflow_execution_id": executions[run.id],
                            "workflow_enrollment_id": run.id,
                            "workflow_step_id": step.id,
                        },
                    )
                ],
            }
            for run in runs
            for message_id in [self._message_id(step, run)]
        ]

    @api.model
    def _name_of(self, run):
        name = run.partner_id.name or ""
        return "" if "@" in name else name

    @api.model
    def _message_id(self, step, run):
        """Return the one Message-Id of (run, step, visit); a retry has the same."""
        key = f"{run.id}-{step.id}-{run.visit_no}"
        signature = tools.hmac(self.env(su=True), "mail_workflow_message", key)[:16]
        host = tools.email_domain_extract(run.company_id.email or "") or "workflow.invalid"
        return f"<workflow-{key}-{signature}@{host}>"

    @api.model
    def _reply_to(self, workflow, records, email_from):
        if workflow.reply_to:
            return dict.fromkeys(records.ids, workflow.reply_to)
        return records.sudo()._notify_get_reply_to(default=email_from)
