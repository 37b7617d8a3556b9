import re
import secrets
from collections import defaultdict
from functools import reduce

import lxml.etree
import lxml.html
from markupsafe import Markup, escape

from odoo import api, models, tools
from odoo.tools import SQL
from odoo.tools.misc import file_open

CART_PATH = "/workflow/cart"
LOCAL_PATHS = ("/unsubscribe_from_list", "/view")
BLOCK_ATTRIBUTE = "data-mwa-block"
SKIPPED_SCHEMES = ("mailto:", "tel:", "sms:", "#")


class Template:
    """A mail text, parsed once: fixed html between slots that each reader fills.

    ``slots`` has a ``(kind, name, default)`` for every slot: ``block``, ``link`` or ``field``.
    """

    def __init__(self, html, slots, token):
        self.parts = re.split(rf"{token}(\d+)x", html)
        self.slots = slots
        self.token = token

    def fill(self, values):
        """Return the html of one reader.

        :param values: called with each slot, returns Markup
        """
        out = []
        for index, part in enumerate(self.parts):
            out.append(part if index % 2 == 0 else values(self.slots[int(part)]))
        return "".join(out)

    def names(self, kind):
        return {name for slot_kind, name, _default in self.slots if slot_kind == kind}


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
        groups = defaultdict(list)
        for run in runs:
            text = step.text_ids._for_lang(run.partner_id.lang or self._record_lang(run))
            groups[(text, run.website_id)].append(run.id)
        vals_list = []
        for (text, website), ids in groups.items():
            vals_list += self._prepare_mails(step, text, website, runs.browse(ids), executions)
        # the engine writes queued mails and traces itself, whatever rights run_as_id has on them
        mails_sudo = self.env["mail.mail"].sudo().with_context(mail_notrack=True).create(vals_list)
        self._link_traces(list(executions.values()))
        if mails_sudo:
            self.env["mail.workflow.lane"]._wake("mail")

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
        bodies, subjects = self._render(text, website, runs, executions)
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

    # --- rendering --------------------------------------------------------------------------------

    @api.model
    def _render(self, text, website, runs, executions):
        """Render a text for runs.

        :returns: ``({run id: html}, {run id: subject})``
        """
        workflow = text.workflow_id
        env = workflow._run_env()
        env = env(context={**env.context, "lang": text.lang})
        records = env[workflow.model_name].browse(runs.mapped("res_id"))
        base_url = self._base_url(website)
        template = self._compile(text, base_url)
        renderer = env["mail.render.mixin"]
        subjects = renderer._render_template(
            text.mailing_id.sudo().subject,
            workflow.model_name,
            records.ids,
            engine="inline_template",
        )
        dynamic = self._render_dynamic(text, template, renderer, records)
        blocks = {
            name: self._block(name, text, runs, env, base_url) for name in template.names("block")
        }
        record_of = {record.id: record for record in records}
        bodies = {}
        for run in runs:
            record = record_of[run.res_id]
            own = dynamic.get(run.res_id, template)
            bodies[run.id] = Markup(
                own.fill(
                    lambda slot, run=run, record=record: self._slot_value(
                        slot, run, record, blocks, text, base_url, executions
                    )
                )
            )
        return bodies, {run.id: subjects[run.res_id] for run in runs}

    @api.model
    def _base_url(self, website):
        # the address of the shop the record belongs to: links, pictures, unsubscribe page
        website_sudo = website.sudo()
        url = website_sudo.get_base_url() if website_sudo else ""
        return (url or self.env["ir.config_parameter"].sudo().get_param("web.base.url")).rstrip("/")

    @api.model
    def _slot_value(self, slot, run, record, blocks, text, base_url, executions):
        kind, name, default = slot
        if kind == "block":
            return blocks[name].get(run.id) or Markup(default)
        if kind == "link":
            return escape(self._personal_link(name, run, text, base_url, executions.get(run.id)))
        value = reduce(lambda current, field: current[field], name.split(".")[1:], record)
        if isinstance(value, models.BaseModel):
            value = value.display_name
        return escape(value) if value else Markup(default)

    @api.model
    def _personal_link(self, name, run, text, base_url, execution_id):
        if name == "cart":
            return (
                f"{base_url}{CART_PATH}/{execution_id or 0}/{self._cart_token(execution_id or 0)}"
            )
        mailing_sudo = text.mailing_id.sudo().with_context(workflow_base_url=base_url)
        if name == "unsubscribe":
            return mailing_sudo._get_unsubscribe_url(run.email_normalized, run.res_id)
        return mailing_sudo._get_view_url(run.email_normalized, run.res_id)

    @api.model
    def _cart_token(self, execution_id):
        """Sign the personal link to a cart: one purpose, one execution."""
        return tools.hmac(self.env(su=True), "mail_workflow_cart", execution_id)[:40]

    @api.model
    def _render_dynamic(self, text, template, renderer, records):
        """Render a text with free expressions by Odoo; our slots stay and are filled afterwards.

        :returns: ``{record id: Template}``, empty when the text has merge fields only
        """
        source = Markup(self._with_tokens(template))
        model = records._name
        if not renderer._has_unsafe_expression_template_qweb(source, model):
            return {}
        rendered = renderer._render_template(source, model, records.ids, engine="qweb")
        return {
            record_id: Template(str(html), template.slots, template.token)
            for record_id, html in rendered.items()
        }

    @api.model
    def _with_tokens(self, template):
        return "".join(
            part if index % 2 == 0 else f"{template.token}{part}x"
            for index, part in enumerate(template.parts)
        )

    @api.model
    def _compile(self, text, base_url):
        """Parse a text once: layout, preview, absolute and tracked links, slots."""
        mailing = text.mailing_id.sudo()
        model_name = text.workflow_id.model_name
        body = mailing._prepend_preview(mailing.body_html or "", mailing.preview or "")
        root = lxml.html.fragment_fromstring(str(body), create_parent="div")
        token, slots = f"mwa{secrets.token_hex(6)}q", []

        def slot(kind, name, default=""):
            slots.append((kind, name, default))
            return f"{token}{len(slots) - 1}x"

        self._take_blocks(root, slot)
        self._take_fields(root, slot, model_name)
        self._take_links(root, slot, self._trackers(mailing), base_url)
        inner = lxml.etree.tostring(root, encoding="unicode", method="html")
        inner = self.env["mail.render.mixin"]._replace_local_links(inner, base_url)
        with file_open("mass_mailing/static/src/scss/mass_mailing_mail.scss", "r") as styles:
            style = Markup("<style>%s</style>") % Markup(styles.read())
        html = self.env["ir.qweb"]._render(
            "mass_mailing.mass_mailing_mail_layout",
            {"body": Markup(inner), "mailing_style": style},
            minimal_qcontext=True,
        )
        return Template(str(html), slots, token)

    @api.model
    def _take_blocks(self, root, slot):
        for element in root.xpath(f"//*[@{BLOCK_ATTRIBUTE}]"):
            # words in the block stand for a reader of whom nothing is known: “Hello there”
            default = "" if len(element) else str(escape((element.text or "").strip()))
            self._replace_by_text(element, slot("block", element.get(BLOCK_ATTRIBUTE), default))

    @api.model
    def _take_fields(self, root, slot, model_name):
        allowed = self.env["ir.qweb"]._is_expression_allowed
        for element in root.xpath("//*[@t-out]"):
            expression = element.get("t-out")
            simple = re.fullmatch(r"object(\.\w+)+", expression) and set(element.attrib) == {
                "t-out"
            }
            if not simple or len(element) or not allowed(expression, model_name):
                continue
            field = slot("field", expression, str(escape((element.text or "").strip())))
            if element.tag == "t":
                self._replace_by_text(element, field)
            else:
                element.text = field
                del element.attrib["t-out"]

    @api.model
    def _take_links(self, root, slot, trackers, base_url):
        names = {CART_PATH: "cart", LOCAL_PATHS[0]: "unsubscribe", LOCAL_PATHS[1]: "view"}
        for element in root.iter("a"):
            href = (element.get("href") or "").strip()
            path = href.removeprefix(base_url)
            if path in names:
                element.set("href", slot("link", names[path]))
            elif self._absolute(href, base_url) in trackers:
                element.set("href", f"{base_url}/r/{trackers[self._absolute(href, base_url)]}")

    @api.model
    def _replace_by_text(self, element, content):
        parent, previous = element.getparent(), element.getprevious()
        content += element.tail or ""
        if previous is not None:
            previous.tail = (previous.tail or "") + content
        else:
            parent.text = (parent.text or "") + content
        parent.remove(element)

    @api.model
    def _absolute(self, href, base_url):
        return f"{base_url}{href}" if href.startswith("/") else href

    # --- links ------------------------------------------------------------------------------------

    @api.model
    def _trackers(self, mailing):
        """Return ``{absolute url: code}`` of the link trackers that publishing made."""
        trackers_sudo = (
            self.env["link.tracker"].sudo().search([("mass_mailing_id", "=", mailing.id)])
        )
        return {tracker.url: tracker.code for tracker in trackers_sudo}

    @api.model
    def _publish_text(self, text):
        """Make the link trackers of a text, with a title each (Odoo would fetch the page for
        one)."""
        mailing_sudo = text.mailing_id.sudo()
        values = mailing_sudo._get_link_tracker_values()
        existing = self._trackers(mailing_sudo)
        websites = text.workflow_id.website_id or self.env["website"].sudo().search(
            [("company_id", "=", text.workflow_id.company_id.id)]
        )
        base_urls = {self._base_url(website) for website in websites} | {
            self._base_url(self.env["website"])
        }
        wanted = {}
        for href, label in self._static_links(mailing_sudo.body_html):
            for base_url in sorted(base_urls) if href.startswith("/") else [""]:
                url = self._absolute(href, base_url)
                if url not in existing:
                    wanted.setdefault(url, label)
        if wanted:
            self.env["link.tracker"].sudo().search_or_create(
                [{**values, "url": url, "title": label or url} for url, label in wanted.items()]
            )
        mailing_sudo.write({"state": "done"})

    @api.model
    def _static_links(self, html):
        """Yield ``(href, label)`` of the links that are the same for every reader."""
        if tools.is_html_empty(html):
            return
        for element in lxml.html.fragment_fromstring(str(html), create_parent="div").iter("a"):
            href = (element.get("href") or "").strip()
            personal = href in (CART_PATH, *LOCAL_PATHS) or href.startswith(SKIPPED_SCHEMES)
            if href and not personal and "{{" not in href and href.startswith(("/", "http")):
                yield href, " ".join(element.text_content().split())

    # --- blocks -----------------------------------------------------------------------------------

    @api.model
    def _block_names(self):
        """Return the names of the content blocks there are."""
        return ("cart_lines", "company_name", "contact_name")

    @api.model
    def _block(self, name, text, runs, env, base_url):
        """Return ``{run id: Markup}`` of a content block, values escaped.

        :raises KeyError: when there is no such block
        """
        if name == "company_name":
            return {run.id: escape(run.company_id.name) for run in runs}
        if name == "contact_name":
            return {run.id: escape(self._name_of(run)) for run in runs}
        if name == "cart_lines":
            return self._cart_lines(text, runs, env, base_url)
        raise KeyError(name)

    @api.model
    def _cart_lines(self, text, runs, env, base_url):
        orders = env["sale.order"].browse(
            [run.res_id for run in runs if run.res_model == "sale.order"]
        )
        orders = orders.with_context(lang=text.lang)
        orders.order_line.product_id.fetch(["name"])
        html = {}
        for order in orders:
            lines = order.order_line.filtered(
                lambda line: line._show_in_cart() and not line.display_type
            )
            html[order.id] = env["ir.qweb"]._render(
                "mail_workflow_automation.block_cart_lines",
                {
                    "order": order,
                    "lines": lines,
                    "base_url": base_url,
                    "format_amount": tools.format_amount,
                    "env": env,
                },
                lang=text.lang,
                minimal_qcontext=True,
            )
        return {run.id: html.get(run.res_id, "") for run in runs if run.res_model == "sale.order"}

    # --- checks -----------------------------------------------------------------------------------

    @api.model
    def _check_text(self, text, workflow):
        """Return the problems of a text, a list of str: unknown blocks, expressions that may not
        run."""
        mailing = text.mailing_id.sudo()
        problems = []
        if not (mailing.body_html or "").strip():
            return problems
        root = lxml.html.fragment_fromstring(str(mailing.body_html), create_parent="div")
        for element in root.xpath(f"//*[@{BLOCK_ATTRIBUTE}]"):
            name = element.get(BLOCK_ATTRIBUTE)
            if name not in self._block_names():
                problems.append(
                    self.env._(
                        "the text in %(lang)s has an unknown block “%(block)s”",
                        lang=text.lang,
                        block=name,
                    )
                )
        user = workflow.run_as_id or self.env.user
        renderer = self.env["mail.render.mixin"]
        unsafe = renderer._has_unsafe_expression_template_qweb(
            mailing.body_html, workflow.model_name
        ) or renderer._has_unsafe_expression_template_inline_template(
            mailing.subject, workflow.model_name
        )
        if unsafe and not user.has_group("mail.group_mail_template_editor"):
            problems.append(
                self.env._(
                    "the text in %(lang)s has expressions that %(user)s may not use; keep to "
                    "merge fields, or let a "
                    "manager who may run the workflow as themselves",
                    lang=text.lang,
                    user=user.name,
                )
            )
        return problems

    @api.model
    def _render_for_web(self, trace):
        """Return the html of a sent mail for its page in the browser."""
        run = trace.workflow_enrollment_id
        text = trace.workflow_step_id.text_ids.filtered(
            lambda one: one.mailing_id == trace.mass_mailing_id
        )[:1]
        if not run or not text:
            return None
        executions = {run.id: trace.workflow_execution_id.id}
        bodies, _subjects = self._render(text, run.website_id, run, executions)
        return bodies[run.id]
