from textwrap import shorten

from odoo import api, fields, models
from odoo.tools import plaintext2html
from odoo.tools.translate import LazyTranslate

from odoo.addons.mail_workflow_automation.exceptions import DefinitionError
from odoo.addons.mail_workflow_automation.gone import step_gone

_lt = LazyTranslate(__name__)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("sms", "SMS")], ondelete={"sms": step_gone})
    sms_text = fields.Text(
        string="SMS",
        translate=True,
        help="Merge fields as in a mail's subject: {{ object.name }}. A marketing message ends "
        "with a link by which its reader stops them.",
    )


class MailWorkflowStepSms(models.AbstractModel):
    """Sends a text message by Odoo's SMS marketing, in the reader's language.

    The run moves on when the message is queued; its fate is read back into the execution.
    """

    _name = "mail.workflow.step.sms"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: SMS"

    _step_icon = "fa-mobile"
    _step_help = _lt("Sends a text message to their phone, in the language of its reader.")
    _step_category = "message"
    _can_skip = True
    _is_message = True

    @api.model
    def _texts(self, step):
        """Return ``{lang: text}`` of a step, of the languages that are installed."""
        stored = step._fields["sms_text"]._get_stored_translations(step) if step.id else None
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        texts = {code: stored[code] for code in sorted(installed) if (stored or {}).get(code)}
        if not texts and step.sms_text:
            texts = {installed[0]: step.sms_text}
        return texts

    @api.model
    def _check_config(self, step):
        workflow = step.workflow_id
        problems = []
        if not (step.sms_text or "").strip():
            problems.append(self.env._("the message has no text"))
        problems += self.env["mail.workflow.texter"]._check_personal(step)
        model = self.env.get(workflow.model_name)
        has_number = model is not None and (
            model._phone_get_number_fields() or model._mail_get_partner_fields()
        )
        if not has_number:
            problems.append(
                self.env._("records of “%s” have no phone number", workflow.model_id.name)
            )
        return problems

    @api.model
    def _check_rights(self, step, env):
        is_unsafe = env["mail.render.mixin"]._has_unsafe_expression_template_inline_template
        model_name, texts = step.workflow_id.model_name, self._texts(step).values()
        if env.user.has_group("mail.group_mail_template_editor") or not any(
            is_unsafe(text, model_name) for text in texts
        ):
            return []
        return [
            self.env._(
                "the message has expressions that %s may not use; keep to merge fields",
                env.user.name,
            )
        ]

    @api.model
    def _decide(self, step, runs, now):
        return self.env["mail.workflow.gate"]._decide(step, runs)

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        self.env["mail.workflow.texter"]._queue(step, runs, executions)

    @api.model
    def _explain(self, step, run, result, now):
        if result.action != "done":
            return result.reason
        return self.env._("To %s", self.env["mail.workflow.texter"]._numbers(step, run)[run.id])

    @api.model
    def _preview(self, step, run):
        texter, texts = self.env["mail.workflow.texter"], self._texts(step)
        mailer = self.env["mail.workflow.mailer"]
        lang = texter._lang(texts, run)
        body = texter._bodies(step, texts.get(lang, ""), run, lang)[run.id]
        base_url = mailer._base_url(run.website_id)
        body = texter._with_personal(body, lambda name: mailer._sample_link(name, base_url))
        return {
            "subject": self.env._("SMS"),
            "preview": "",
            "body_html": str(plaintext2html(body)),
            "lang": lang,
            "from": "",
            "to": texter._numbers(step, run).get(run.id) or "",
        }

    @api.model
    def _publish(self, step):
        self.env["mail.workflow.texter"]._publish(step)

    @api.model
    def _summary(self, step):
        return f"“{shorten(step.sms_text, 60, placeholder='…')}”" if step.sms_text else ""

    # --- the file ---------------------------------------------------------------------------------

    @api.model
    def _file_keys(self):
        return {"text", "texts"}

    @api.model
    def _export(self, step):
        texts = self._texts(step)
        return {"texts": texts} if texts else {}

    @api.model
    def _texts_of_file(self, values, path):
        """Return ``{lang: text}`` of a file, where one language may write ``text`` alone."""
        definition = self.env["mail.workflow.definition"]
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        if "texts" not in values:
            text = definition._text(values.get("text", ""), f"{path}.text")
            return {self.env.lang or installed[0]: text} if text else {}
        texts = values["texts"]
        if not isinstance(texts, dict):
            problem = self.env._("must be an object: language to text")
            raise DefinitionError(f"{path}.texts", problem)
        for lang, text in texts.items():
            definition._text(text, f"{path}.texts.{lang}")
        usable = {lang: text for lang, text in texts.items() if lang in installed}
        return usable or dict(zip(installed[:1], texts.values(), strict=False))

    @api.model
    def _import(self, values, workflow, path):
        texts = self._texts_of_file(values, path)
        return {"sms_text": next(iter(texts.values()), False)}

    @api.model
    def _import_after(self, step, values, path):
        texts = self._texts_of_file(values, path)
        if texts:
            step.update_field_translations(
                "sms_text", {"en_US": next(iter(texts.values())), **texts}
            )
