import re
from contextlib import contextmanager

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError
from odoo.tools.translate import LazyTranslate

from ...exceptions import DefinitionError

_lt = LazyTranslate(__name__)

TEXT_KEYS = ("subject", "preview", "body_html", "body_arch")
LANG = re.compile(r"[a-z]{2,3}(_[A-Z0-9]{2,3})?(@[a-z]+)?")


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("email", "E-mail")], ondelete={"email": "cascade"})
    text_ids = fields.One2many("mail.workflow.step.text", "step_id", string="Texts")


class MailWorkflowStepEmail(models.AbstractModel):
    """Sends a mail, designed in Odoo's e-mail marketing, in the reader's language.

    The run moves on when the mail is queued; its fate is read back into the execution.
    """

    _name = "mail.workflow.step.email"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: E-mail"

    _step_order = 1
    _step_icon = "fa-envelope"
    _step_help = _lt("Sends a designed mail, in the language of its reader.")
    _can_skip = True
    _step_category = "message"
    _is_message = True
    _is_designed = True

    @api.model
    def _file_keys(self):
        return {"texts", *TEXT_KEYS}

    @api.model
    def _check_config(self, step):
        problems = []
        if not step.text_ids:
            problems.append(self.env._("the mail has no text: add one for a language"))
        for text in step.text_ids:
            language = text._language()
            if not text.subject:
                problems.append(self.env._("the text in %s has no subject", language))
            if text.mailing_id.is_body_empty:
                problems.append(
                    self.env._("the text in %s is empty: write it with “Design”", language)
                )
            problems += self.env["mail.workflow.mailer"]._check_text(text, step.workflow_id)
        model = self.env.get(step.workflow_id.model_name)
        if not getattr(model, "_mailing_enabled", False):
            problems.append(
                self.env._("records of “%s” cannot be mailed", step.workflow_id.model_id.name)
            )
        if not step.workflow_id.email_from and not step.text_ids.mailing_id.filtered("email_from"):
            problems.append(
                self.env._("the workflow has no sender: fill in “Send From” in its settings")
            )
        return problems

    @api.model
    def _check_rights(self, step, env):
        if not env["mailing.mailing"].has_access("read"):
            return [self.env._("%s may not send mailings", env.user.name)]
        return []

    @api.model
    def _decide(self, step, runs, now):
        return self.env["mail.workflow.gate"]._decide(step, runs)

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        self.env["mail.workflow.mailer"]._queue(step, runs, executions, now)

    @api.model
    def _explain(self, step, run, result, now):
        if result.action != "done":
            return result.reason
        return self.env._("To %s", run.email_normalized)

    @api.model
    def _preview(self, step, run):
        mailer, workflow = self.env["mail.workflow.mailer"], step.workflow_id
        text = mailer._text_for(step, run)
        bodies, _texts, subjects = mailer._render(text, run.website_id, run, {})
        return {
            "subject": subjects[run.id],
            "preview": text.preview or "",
            "body_html": str(bodies[run.id]),
            "lang": text.lang,
            "from": workflow.email_from or text.mailing_id.sudo().email_from,
            "to": tools.formataddr((mailer._name_of(run), run.email_normalized)),
        }

    @api.model
    def _asks(self, step):
        workflow, soon = step.workflow_id, {"hours": 1}
        kinds = ["email_opened", "email_clicked", "email_unsubscribed"]
        heard = self.env["mail.workflow.simulator"]._heard_kinds(workflow)
        kinds += [kind for kind in ("email_replied", "email_bounced") if kind in heard]
        return [
            ({"kind": kind, "step": step.key, "after": soon}, workflow._kind_in_words(kind))
            for kind in kinds
        ]

    @api.model
    def _publish(self, step):
        for text in step.text_ids:
            self.env["mail.workflow.mailer"]._publish_text(text)

    @api.model
    def _unpublish(self, step):
        # mailings in Odoo are read-only once done; a paused workflow's texts are edited
        step.text_ids.mailing_id.sudo().write({"state": "draft"})

    @api.model
    def _changes_in_words(self, old, new):
        before = {text.lang: text._entry() for text in old.text_ids}
        after = {text.lang: text._entry() for text in new.text_ids}
        names = dict(self.env["res.lang"].get_installed())
        langs = [
            names.get(lang, lang)
            for lang in sorted({*before, *after})
            if before.get(lang) != after.get(lang)
        ]
        words = super()._changes_in_words(old, new)
        if not langs:
            return words
        texts = self.env._("text in %s", ", ".join(langs))
        return [texts] if words == [self.env._("settings")] else [*words, texts]

    @api.model
    def _summary(self, step):
        text = step.text_ids._for_lang(self.env.lang)
        return f"“{text.subject}”" if text else ""

    @api.model
    def _export(self, step):
        texts = {}
        for text in step.text_ids.sorted("lang"):
            texts[text.lang] = text._entry()
        return {"texts": texts} if texts else {}

    @api.model
    def _texts(self, values, path):
        """Return ``{lang: {subject, ...}}`` of a step in a file."""
        definition = self.env["mail.workflow.definition"]
        entry = {key: values[key] for key in TEXT_KEYS if key in values}
        if "texts" not in values:
            return {self._default_lang(): definition._text_entry(entry, path)} if entry else {}
        if entry:
            raise DefinitionError(
                f"{path}.{next(iter(entry))}",
                self.env._("stands in “texts”, once for each language"),
            )
        texts = values["texts"]
        if not isinstance(texts, dict):
            raise DefinitionError(
                f"{path}.texts", self.env._("must be an object: language to text")
            )
        for lang in texts:
            if not LANG.fullmatch(lang):
                raise DefinitionError(
                    f"{path}.texts.{lang}", self.env._("write the language as en_US")
                )
        return {lang: definition._text_entry(texts[lang], f"{path}.texts.{lang}") for lang in texts}

    @api.model
    def _default_lang(self):
        return self.env.lang or self.env["res.lang"].get_installed()[0][0]

    @api.model
    def _import(self, values, workflow, path):
        self._texts(values, path)
        return {}

    @api.model
    def _import_all(self, made):
        """Make a text for each language that is installed; a file in several carries over to any
        shop. A text that is there keeps its mailing, with its links and figures."""
        new = []
        for step, values, path in made:
            usable = self._usable_texts(values, path)
            there = {text.lang: text for text in step.text_ids}
            step.text_ids.filtered(lambda text, usable=usable: text.lang not in usable).unlink()
            for lang, entry in usable.items():
                where = f"{path}.texts.{lang}" if "texts" in values else path
                if lang not in there:
                    new.append((where, {"step_id": step.id, "lang": lang, **entry}))
                    continue
                with self._refusing(where):
                    there[lang]._write_entry(entry)
        if new:
            self._make_texts(new)

    @api.model
    def _make_texts(self, new):
        """Make texts at once.

        :param new: ``[(path, values)]``
        :raises DefinitionError: naming the first that the user may not write
        """
        texts = self.env["mail.workflow.step.text"]
        try:
            with self.env.cr.savepoint():
                texts.create([dict(values) for _path, values in new])
        except AccessError:
            for path, values in new:
                with self._refusing(path):
                    texts.create([values])

    @api.model
    def _usable_texts(self, values, path):
        """Return the texts of a file in the languages that are installed; of none of them one in
        that of who reads the file."""
        texts = self._texts(values, path)
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        usable = {lang: entry for lang, entry in texts.items() if lang in installed}
        if texts and not usable:
            usable = {self._default_lang(): next(iter(texts.values()))}
        return usable

    @contextmanager
    def _refusing(self, path):
        """Name the place in the file of what the user may not write."""
        try:
            yield
        except AccessError as error:
            raise DefinitionError(path, str(error)) from error
