from odoo import api, fields, models, tools
from odoo.exceptions import UserError

from .mail_thread import AUTOMATIC
from .mail_workflow_step_text import MAKING
from .mail_workflow_verdict import READING

# what its reader sees
CONTENT = {"subject", "preview", "body_html", "body_arch"}


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    workflow_id = fields.Many2one(
        "mail.workflow", ondelete="set null", index="btree_not_null", copy=False
    )
    workflow_step_id = fields.Many2one(
        "mail.workflow.step", ondelete="set null", index="btree_not_null", copy=False
    )
    workflow_company_id = fields.Many2one(
        related="workflow_id.company_id",
        store=True,
        index="btree_not_null",
        string="Workflow Company",
    )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(
            [vals if vals.get("workflow_id") else self._outside(vals) for vals in vals_list]
        )

    def write(self, vals):
        if not CONTENT & vals.keys() or self.env.context.get("workflow_text") is MAKING:
            return super().write(vals)
        texts = self.filtered(lambda mailing: mailing.sudo().workflow_id)
        if self - texts:
            super(MailingMailing, self - texts).write(self._outside(vals))
        if texts:
            workflows_sudo = texts.sudo().workflow_id  # whoever edits a text is told of it
            # its links and language are those that were published
            workflows_sudo._check_editable()
            super(MailingMailing, texts).write(vals)
            workflows_sudo._edited()
        return True

    @api.model
    def _outside(self, vals):
        """Return values for a mailing that is not of a workflow: what it sends has no blocks,
        though its design shows them."""
        if not vals.get("body_html"):
            return vals
        mailer = self.env["mail.workflow.mailer"]
        return {**vals, "body_html": mailer._outside_workflows(vals["body_html"])}

    @api.model
    def get_workflow_block_sample(self, name, options):
        """Return the sample of a content block as its options have it by now, in the user's
        language, for the mail designer.

        :param dict options: as they stand in the text
        :raises AccessError: for those who may not edit mails
        :raises KeyError: when there is no such block
        """
        self.check_access("write")
        block = self.env["mail.workflow.block"]._of(name)
        return block._sample_with(self.env, self.env.lang, options)

    def get_base_url(self):
        return self.env.context.get("workflow_base_url") or super().get_base_url()

    def _action_send_mail(self, res_ids=None):
        """A workflow's mailing goes out by its step only."""
        self._check_no_workflow()
        return super()._action_send_mail(res_ids)

    def action_put_in_queue(self):
        self._check_no_workflow()
        return super().action_put_in_queue()

    def _check_no_workflow(self):
        for mailing in self:
            if mailing.workflow_id:
                raise UserError(
                    self.env._(
                        "“%(mailing)s” is a text of the workflow “%(workflow)s” and is sent by it.",
                        mailing=mailing.subject,
                        workflow=mailing.workflow_id.name,
                    )
                )


class MailingTrace(models.Model):
    _inherit = "mailing.trace"

    workflow_execution_id = fields.Many2one(
        "mail.workflow.execution", ondelete="set null", index="btree_not_null"
    )
    workflow_enrollment_id = fields.Many2one(
        "mail.workflow.enrollment", ondelete="set null", index="btree_not_null"
    )
    workflow_step_id = fields.Many2one(
        "mail.workflow.step", ondelete="set null", index="btree_not_null"
    )
    workflow_company_id = fields.Many2one(
        related="mass_mailing_id.workflow_company_id",
        store=True,
        index="btree_not_null",
        string="Workflow Company",
    )
    workflow_opened_at = fields.Datetime(
        readonly=True, help="When a person first opened it, as far as can be told from a machine."
    )
    workflow_clicked_at = fields.Datetime(
        readonly=True, help="When a person first followed a link in it."
    )

    # whose mail it is, by what the links of a mail say of its reader
    _workflow_reader = models.Index(
        "(res_id, mass_mailing_id) WHERE workflow_enrollment_id IS NOT NULL"
    )

    def write(self, vals):
        result = super().write(vals)
        events = self.env["mail.workflow.trigger.email_event"]
        for kind in events._kinds_of_status(vals.get("trace_status")):
            self._note_event(kind)
        return result

    def set_sent(self, domain=None):
        """What a reader did already says more than that the mail was sent: a mail can be opened
        before its batch is written."""
        done_more = self.filtered(
            lambda trace: (
                trace.workflow_enrollment_id and trace.trace_status in ("open", "reply", "bounce")
            )
        )
        done_more.filtered(lambda trace: not trace.sent_datetime).write(
            {"sent_datetime": fields.Datetime.now()}
        )
        return super(MailingTrace, self - done_more).set_sent(domain) + done_more

    def set_opened(self, domain=None):
        mine, others = self._of_machines("email_opened", domain)
        return super(MailingTrace, others).set_opened(None if mine else domain) + mine

    def set_replied(self, domain=None):
        mine, others = self._of_machines("email_replied", domain)
        return super(MailingTrace, others).set_replied(None if mine else domain) + mine

    def _of_machines(self, kind, domain):
        """Return the mails of workflows that a machine answers just now, of which that is noted
        and no more, and the others."""
        if not self.env.context.get(AUTOMATIC):
            return self.browse(), self
        traces = self + (self.search(domain) if domain else self.browse())
        mine = traces.filtered("workflow_enrollment_id")
        mine._note_event(kind, verdict="bot", reason="automatic")
        return mine, traces - mine if mine else self

    def _note_late_reader(self):
        """Note an open of a mail that a program opened before, as it came in: Odoo notes the first
        open only, which must not hide the reader's."""
        verdicts = self.env["mail.workflow.verdict"]
        for trace in self:
            if (
                trace.trace_status == "open"
                and not trace.workflow_opened_at
                and verdicts._of_trace(trace, trace.open_datetime or fields.Datetime.now())
            ):
                trace._note_event("email_opened")

    def _note_event(self, kind, **data):
        """Note an event of the mails of workflows; tests never count (rule 34)."""
        if not self.env["mail.workflow.event"]._is_listened(kind):
            return
        verdicts, now = self.env["mail.workflow.verdict"], fields.Datetime.now()
        is_reading = kind in READING and data.get("verdict", "human") == "human"
        for trace in self.sudo():
            run = trace.workflow_enrollment_id
            if not run or trace.is_test_trace:
                continue
            record = self.env[run.res_model].browse(run.res_id)
            self.env["mail.workflow.event"]._emit(
                kind,
                record=record,
                partner=run.partner_id or None,
                place=run,
                data={
                    "enrollment_id": run.id,
                    "workflow_id": run.workflow_id.id,
                    "step": trace.workflow_step_id.key,
                    "trace_id": trace.id,
                    **data,
                    **(verdicts._of_trace(trace, now) if is_reading else {}),
                },
            )

    def _click_token(self):
        """Sign the links of one mail: its trace's number alone can be guessed."""
        self.ensure_one()
        return tools.hmac(self.env(su=True), "mail_workflow_click", self.id)[:24]

    def _click_path(self):
        """Return what a tracked link of this mail ends with."""
        return f"/m/{self.id}?k={self._click_token()}"

    def _has_link(self, code):
        """Tell whether a tracked link stands in the mail of this trace."""
        codes_sudo = self.env["link.tracker.code"].sudo()
        links = codes_sudo.search([("code", "=", code)], limit=1).link_id
        return links.mass_mailing_id == self.mass_mailing_id

    @api.model
    def _of_reader(self, mailing, document_id, email):
        """Return the last trace of a workflow's mail for a reader, whom its token names."""
        if not str(document_id).isdigit():
            return self.browse()
        return self.search(
            [
                ("mass_mailing_id", "=", mailing.id),
                ("res_id", "=", int(document_id)),
                ("email", "=", email),
                ("workflow_enrollment_id", "!=", False),
            ],
            order="id desc",
            limit=1,
        )

    @api.model
    def _note_unsubscribed(self, mailing, document_id, email):
        """Note that a reader unsubscribed; return the other addresses they have by now: after a
        correction or a merge their run writes to those."""
        trace = self._of_reader(mailing, document_id, email)
        trace._note_event("email_unsubscribed")
        run = trace.workflow_enrollment_id
        record = self.env[run.res_model].browse(run.res_id).exists() if run else None
        persons = self.env["mail.workflow.person"]._of(record) if record else {}
        known = {run.email_normalized, *(one.email_normalized for one in persons.values())}
        return known - {False, None, tools.email_normalize(email)}


class LinkTrackerClick(models.Model):
    _inherit = "link.tracker.click"

    @api.model
    def add_click(self, code, **route_values):
        click = super().add_click(code, **route_values)
        if click and click.mailing_trace_id:
            click.mailing_trace_id._note_event("email_clicked", url=click.link_id.url)
        return click
