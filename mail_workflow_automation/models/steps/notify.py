from collections import defaultdict

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import plaintext2html
from odoo.tools.translate import LazyTranslate

from ...engine import outcome
from ..mail_workflow_assignee import ASSIGNEE_FIELDS

_lt = LazyTranslate(__name__)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("notify", "Notify")], ondelete={"notify": "cascade"})
    notify_as = fields.Selection(
        [("message", "As a notification"), ("note", "As an internal note on the record")],
        string="Told",
        default="message",
    )
    notify_subject = fields.Char(
        string="Title", help="Merge fields as in a mail's subject: {{ object.name }}."
    )
    notify_text = fields.Text(
        string="Message", help="Merge fields as in a mail's subject: {{ object.name }}."
    )


class MailWorkflowStepNotify(models.AbstractModel):
    """Tells colleagues something: by Odoo's notification, in their inbox or by mail as they chose,
    or by an internal note on the record. Never the customer.

    What one pass has to tell somebody of several records comes in one notification.
    """

    _name = "mail.workflow.step.notify"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Notify"

    _step_order = 3
    _step_icon = "fa-bell-o"
    _step_help = _lt("Tells colleagues that somebody came here, or leaves a note on the record.")
    _step_category = "people"
    _names_people = True
    _can_skip = True
    _has_effects = False
    _step_fields = {
        **ASSIGNEE_FIELDS,
        "as": "notify_as",
        "subject": "notify_subject",
        "text": "notify_text",
    }

    @api.model
    def _asks_whom(self, step):
        return step.notify_as != "note"

    @api.model
    def _check_config(self, step):
        problems = []
        if self._asks_whom(step):
            problems += step._assignee_problems(step.workflow_id)
        elif not hasattr(self.env.get(step.workflow_id.model_name), "_message_log_batch"):
            problems.append(
                self.env._("records of “%s” take no notes", step.workflow_id.model_id.name)
            )
        if not (step.notify_text or "").strip():
            problems.append(self.env._("the message has no text"))
        return problems

    @api.model
    def _check_rights(self, step, env):
        model_name = step.workflow_id.model_name
        if model_name not in env:
            return []
        problems = []
        operation = getattr(env[model_name], "_mail_post_access", "read")
        if not env[model_name].has_access(operation):
            problems.append(
                self.env._(
                    "%(user)s may not post on %(model)s",
                    user=env.user.name,
                    model=step.workflow_id.model_id.name,
                )
            )
        is_unsafe = env["mail.render.mixin"]._has_unsafe_expression_template_inline_template
        texts = [text for text in (step.notify_subject, step.notify_text) if text]
        if any(is_unsafe(text, model_name) for text in texts) and not env.user.has_group(
            "mail.group_mail_template_editor"
        ):
            problems.append(
                self.env._(
                    "the message has expressions that %s may not use; keep to merge fields",
                    env.user.name,
                )
            )
        return problems

    @api.model
    def _decide(self, step, runs, now):
        if not self._asks_whom(step):
            return {run.id: outcome.done() for run in runs}
        found = step._assignees(step.workflow_id, runs)
        nobody = outcome.skip(self.env._("nobody is there to be told"))
        return {
            run.id: outcome.done(data={"users": found[run.id]}) if found[run.id] else nobody
            for run in runs
        }

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        workflow = step.workflow_id
        records = workflow._records(list(dict.fromkeys(runs.mapped("res_id"))))
        bodies = {
            record_id: plaintext2html(text)
            for record_id, text in self._rendered(step.notify_text, records).items()
        }
        if not self._asks_whom(step):
            # writing a log asks for no right of itself
            records.check_access(getattr(records, "_mail_post_access", "read"))
            records._message_log_batch(bodies)
            return
        subjects = self._rendered(step.notify_subject or workflow.name, records)
        for user_ids, record_ids in self._grouped(runs, outcomes).items():
            partners_sudo = self.env["res.users"].sudo().browse(user_ids).partner_id
            self._tell(records.browse(record_ids), partners_sudo, subjects, bodies)
        # the engine does not talk to a mail server; for who wants mail the queue does
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    @api.model
    def _rendered(self, text, records):
        return records.env["mail.render.mixin"]._render_template(
            text, records._name, records.ids, engine="inline_template"
        )

    @api.model
    def _grouped(self, runs, outcomes):
        """Return ``{users who are told the same: the records}``, ids in tuples."""
        of_user = defaultdict(list)
        for run in runs:
            for user_id in outcomes[run.id].data["users"]:
                of_user[user_id].append(run.res_id)
        groups = defaultdict(list)
        for user_id, record_ids in of_user.items():
            groups[tuple(dict.fromkeys(record_ids))].append(user_id)
        return {tuple(user_ids): record_ids for record_ids, user_ids in groups.items()}

    @api.model
    def _tell(self, records, partners, subjects, bodies):
        """Notify partners of records: one notification, about the record where it is one."""
        thread = records.env["mail.thread"]
        if len(records) == 1:
            thread.message_notify(
                model=records._name,
                res_id=records.id,
                partner_ids=partners.ids,
                subject=subjects[records.id],
                body=bodies[records.id],
                force_send=False,
            )
            return
        subject = self.env._(
            "%(subject)s (and %(count)s more)",
            subject=subjects[records[0].id],
            count=len(records) - 1,
        )
        entry = Markup('<p><a href="/mail/view?model=%s&amp;res_id=%s">%s</a></p>%s')
        body = Markup().join(
            entry % (record._name, record.id, record.display_name, bodies[record.id])
            for record in records
        )
        thread.message_notify(
            partner_ids=partners.ids, subject=subject, body=body, force_send=False
        )

    @api.model
    def _summary(self, step):
        people = step._people_name() if self._asks_whom(step) else self.env._("Internal note")
        text = (step.notify_subject or step.notify_text or "").strip().splitlines()[:1]
        return ": ".join(filter(None, [people, *text]))

    @api.model
    def _export(self, step):
        values = self.env["mail.workflow.assignee"]._export_people(step, self._step_fields)
        if values.get("as") == "message":
            values.pop("as")
        return values
