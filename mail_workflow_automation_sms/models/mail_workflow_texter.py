import re
from collections import defaultdict

from odoo import api, models, tools
from odoo.fields import Command
from odoo.tools import SQL, plaintext2html
from odoo.tools.mail import TEXT_URL_REGEX

from odoo.addons.mail_workflow_automation.sql import unnested

# in the international form, E.164
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
LINK = re.compile(TEXT_URL_REGEX)
PERSONAL = re.compile(r"(?<!\S)/workflow/[\w/]*\w")
# after an address: of the sentence, not of the address
SENTENCE = ".,;:!?)"


class MailWorkflowTexter(models.AbstractModel):
    """Makes the text messages of a step: rendered, traced and queued, all in batches."""

    _name = "mail.workflow.texter"
    _description = "Workflow Texter"

    @api.model
    def _numbers(self, step, runs):
        """Return ``{run id: number}`` of runs whose record, or its contact, has a valid one."""
        company = step.workflow_id.company_id or self.env.company
        # whom a message reaches does not depend on who asks
        model_sudo = self.env[step.workflow_id.model_name].sudo().with_company(company)
        found = model_sudo.browse(set(runs.mapped("res_id")))._sms_get_recipients_info()
        numbers = {run.id: (found.get(run.res_id) or {}).get("sanitized") for run in runs}
        # without the library for phone numbers Odoo passes on what somebody typed
        return {
            run_id: number for run_id, number in numbers.items() if NUMBER.fullmatch(number or "")
        }

    @api.model
    def _lang(self, texts, run):
        """Return the language of ``{lang: text}`` for a reader: theirs, one of the same tongue,
        else the first."""
        mailer = self.env["mail.workflow.mailer"]
        lang = run.partner_id.lang or mailer._record_lang(run)
        if lang not in texts:
            tongue = (lang or "").split("_")[0]
            lang = next((one for one in texts if one.split("_")[0] == tongue), None)
        return lang or next(iter(texts), self.env.lang)

    @api.model
    def _bodies(self, step, words, runs, lang):
        """Return ``{run id: text}`` in one language, rendered with the rights of ``run_as_id``."""
        workflow = step.workflow_id
        env = workflow._run_env()
        env = env(context={**env.context, "lang": lang})
        rendered = env["mail.render.mixin"]._render_template(
            words,
            workflow.model_name,
            list(set(runs.mapped("res_id"))),
            engine="inline_template",
        )
        return {run.id: rendered[run.res_id] for run in runs}

    @api.model
    def _queue(self, step, runs, executions):
        """Create the messages of runs, with their traces; Odoo's own queue sends them.

        :param dict executions: ``{run id: execution id}``
        """
        texts, groups = step._handler()._texts(step), defaultdict(list)
        for run in runs:
            groups[(self._lang(texts, run), run.website_id)].append(run.id)
        numbers = self._numbers(step, runs)
        vals_list = []
        for (lang, website), ids in groups.items():
            vals_list += self._prepare_messages(
                step, (lang, texts[lang]), website, runs.browse(ids), numbers, executions
            )
        notes = self._prepare_notes(step, vals_list)
        # the engine writes queued messages and traces itself, whatever rights run_as_id has on them
        notes_sudo = self.env["mail.message"].sudo().create(notes)
        for vals, note in zip(vals_list, notes_sudo, strict=True):
            vals["mail_message_id"] = note.id
        messages_sudo = self.env["sms.sms"].sudo().create(vals_list)
        self.env["mail.workflow.mailer"]._link_traces(list(executions.values()))
        self._track_links(step, messages_sudo, list(executions.values()))

    @api.model
    def _track_links(self, step, messages_sudo, execution_ids):
        """Give each reader links of their own; the notes on their records keep the plain ones,
        which a colleague may follow."""
        mailer = self.env["mail.workflow.mailer"]
        codes = mailer._trackers(self._mailing(step))
        if not codes and not PERSONAL.search(self._words(step)):
            return
        domain = [("workflow_execution_id", "in", execution_ids)]
        traces_sudo = self.env["mailing.trace"].sudo().search(domain)
        base_urls, rows = {}, []
        for trace_sudo in traces_sudo:
            website = trace_sudo.workflow_enrollment_id.website_id
            if website not in base_urls:
                base_urls[website] = mailer._base_url(website)
            message = messages_sudo.browse(trace_sudo.sms_id_int)
            rows.append(
                (message.id, self._with_links(message.body, codes, base_urls[website], trace_sudo))
            )
        messages_sudo.flush_model(["body"])
        self.env.cr.execute(
            SQL(
                "UPDATE sms_sms m SET body = r.body FROM %s AS r (id, body) WHERE m.id = r.id",
                unnested(rows, "int", "text"),
            )
        )
        messages_sudo.invalidate_recordset(["body"])

    @api.model
    def _with_links(self, body, codes, base_url, trace_sudo):
        """Return a message with the personal links of its reader, and those that publishing made
        trackers for led through them."""
        mailer, execution_id = self.env["mail.workflow.mailer"], trace_sudo.workflow_execution_id.id

        def tracked(found):
            url = found[0].rstrip(SENTENCE)
            if url not in codes:
                return found[0]
            link = f"{base_url}/r/{codes[url]}{trace_sudo._click_path()}"
            return f"{link}{found[0].removeprefix(url)}"

        def own(name):
            run_sudo = trace_sudo.workflow_enrollment_id
            return mailer._personal_link(name, run_sudo, None, base_url, execution_id)

        return self._with_personal(LINK.sub(tracked, body), own)

    @api.model
    def _with_personal(self, body, link_of):
        """Return a message with the paths of personal links as addresses.

        :param link_of: ``callable(name)``, returns the address
        """

        def led(found):
            name = self.env["mail.workflow.mailer"]._personal_name(found[0])
            return link_of(name) if name else found[0]

        return PERSONAL.sub(led, body)

    @api.model
    def _check_personal(self, step):
        """Return the problems of the personal links of a step, a list of str."""
        mailer = self.env["mail.workflow.mailer"]
        paths = dict.fromkeys(PERSONAL.findall(self._words(step)))
        return [
            self.env._("“%s” is no personal link", path)
            for path in paths
            if not mailer._personal_name(path)
        ]

    @api.model
    def _words(self, step):
        """Return the texts of a step in all languages, as one."""
        return "\n".join(step._handler()._texts(step).values())

    @api.model
    def _prepare_messages(self, step, text, website, runs, numbers, executions):
        """Return the values of the messages in one language, for runs of one website.

        :param text: ``(lang, words)``
        """
        lang, words = text
        mailing_sudo = self._mailing(step)
        bodies = self._bodies(step, words, runs, lang)
        traces = self.env["mailing.trace"]
        base_url = self.env["mail.workflow.mailer"]._base_url(website)
        composer = self.env["sms.composer"].with_context(lang=lang)
        vals_list = []
        for run in runs:
            code, body = traces._get_random_code(), bodies[run.id]
            if step.workflow_id.purpose == "marketing":
                stop = f"{base_url}/sms/{mailing_sudo.id}/{code}"
                body = f"{body}\n{composer._get_unsubscribe_info(stop)}"
            uuid = self._uuid(step, run)
            trace = {
                "trace_type": "sms",
                "mass_mailing_id": mailing_sudo.id,
                "model": run.res_model,
                "res_id": run.res_id,
                "sms_code": code,
                "sms_number": numbers[run.id],
                "sms_tracker_ids": [Command.create({"sms_uuid": uuid})],
                "workflow_execution_id": executions[run.id],
                "workflow_enrollment_id": run.id,
                "workflow_step_id": step.id,
            }
            vals_list.append(
                {
                    "uuid": uuid,
                    "number": numbers[run.id],
                    "body": body,
                    "partner_id": run.partner_id.id,
                    "mailing_id": mailing_sudo.id,
                    "mailing_trace_ids": [Command.create(trace)],
                }
            )
        return vals_list

    @api.model
    def _prepare_notes(self, step, vals_list):
        """Return the values of the notes that tell on each record what was sent; they also say of
        which company the message is."""
        workflow, author = step.workflow_id, step.workflow_id.run_as_id.partner_id
        note_id = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
        traces = [vals["mailing_trace_ids"][0][2] for vals in vals_list]
        return [
            {
                "model": trace["model"],
                "res_id": trace["res_id"],
                "message_type": "sms",
                "subtype_id": note_id,
                "body": plaintext2html(vals["body"]),
                "author_id": author.id,
                # nobody answers it, and Odoo would look for where to, one by one
                "email_from": author.email_formatted,
                "reply_to": False,
                "record_company_id": workflow.company_id.id,
            }
            for vals, trace in zip(vals_list, traces, strict=True)
        ]

    @api.model
    def _uuid(self, step, run):
        """Return the one number of (run, step, visit), by which the provider tells messages apart;
        a retry has the same (rule 12)."""
        key = f"{run.id}-{step.id}-{run.visit_no}"
        return tools.hmac(self.env(su=True), "mail_workflow_sms", key)[:32]

    @api.model
    def _mailing(self, step):
        """Return the step's own mailing: its figures, and what its reader's stop is from."""
        domain = [("workflow_step_id", "=", step.id), ("mailing_type", "=", "sms")]
        return self.env["mailing.mailing"].sudo().search(domain, limit=1)

    @api.model
    def _publish(self, step):
        workflow, mailing_sudo = step.workflow_id, self._mailing(step)
        values = {
            "subject": step.name or workflow.name,
            "body_plaintext": step.sms_text,
            "contact_list_ids": [Command.set(workflow.list_id.ids)],
            "state": "done",
        }
        if mailing_sudo:
            mailing_sudo.write(values)
        else:
            mailing_sudo = mailing_sudo.create(
                {
                    **values,
                    "mailing_type": "sms",
                    "mailing_model_id": workflow.model_id.id,
                    "mailing_domain": "[('id', '=', 0)]",
                    "workflow_id": workflow.id,
                    "workflow_step_id": step.id,
                }
            )
        found = LINK.findall(self._words(step))
        links = dict.fromkeys(url.rstrip(SENTENCE) for url in found)
        self.env["mail.workflow.mailer"]._make_trackers(mailing_sudo, links)
