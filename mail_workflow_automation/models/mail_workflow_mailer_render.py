import html
import re
import secrets
from functools import reduce

import lxml.etree
import lxml.html
from markupsafe import Markup, escape

from odoo import api, models, tools
from odoo.tools.misc import file_open

from ..engine.plain import in_words
from ..engine.template import END, SHELL, Template
from .mail_workflow_mailer import (
    BLOCK_ATTRIBUTE,
    CART_PATH,
    COUPON_PATH,
    ORDER_PATH,
    REVIEW_PATH,
    SAMPLE_PATH,
)

# a link of ours in a block that was rendered: text of a block has its quotes escaped
BLOCK_LINK = re.compile(r'(?<=href=")/workflow/[a-z]+(?:/\d+)?(?=")')
PATHS = {
    "cart": CART_PATH,
    "coupon": COUPON_PATH,
    "order": ORDER_PATH,
    "review": REVIEW_PATH,
}
# as it was designed, on a dark screen too: a program that were told otherwise would make white what
# has no color of its own, on a ground that has one
LIGHT = (
    '<meta name="color-scheme" content="light"/>'
    '<meta name="supported-color-schemes" content="light"/>'
)


class MailWorkflowMailer(models.AbstractModel):
    """Renders a text for its readers: parsed once, its slots filled for each."""

    _inherit = "mail.workflow.mailer"

    @api.model
    def _render(self, text, website, runs, executions):
        """Render a text for runs.

        :returns: ``({run id: html}, {run id: plain text}, {run id: subject})``; no plain text of
            one with free expressions: it is made of the html, when the mail goes out
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
            (name, options): self.env["mail.workflow.block"]
            ._of(name)
            ._fill(text, runs, env, base_url, dict(options))
            for name, options in template.names("block")
        }
        record_of = {record.id: record for record in records}
        bodies, texts = {}, {}
        for run in runs:
            values = [
                self._slot_value(
                    slot, run, record_of[run.res_id], blocks, text, base_url, executions
                )
                for slot in template.slots
            ]
            own = dynamic.get(run.res_id, template)
            bodies[run.id] = Markup(own.fill(values))
            if own is template:
                texts[run.id] = template.fill_text([self._in_words(value) for value in values])
        return bodies, texts, {run.id: subjects[run.res_id] for run in runs}

    @api.model
    def _in_words(self, value):
        """Return a slot's html as plain text."""
        return in_words(value) if "<" in value else html.unescape(str(value))

    @api.model
    def _base_url(self, website):
        # the address of the shop the record belongs to: links, pictures, unsubscribe page
        website_sudo = website.sudo()
        url = website_sudo.get_base_url() if website_sudo else ""
        return (url or self.env["ir.config_parameter"].sudo().get_param("web.base.url")).rstrip("/")

    @api.model
    def _slot_value(self, slot, run, record, blocks, text, base_url, executions):
        kind, name, default = slot
        if kind in (SHELL, END):
            return Markup()
        execution_id = executions.get(run.id)

        def link(name):
            return escape(self._personal_link(name, run, text, base_url, execution_id))

        if kind == "block":
            filled = blocks[name].get(run.id) or Markup(default)
            return Markup(BLOCK_LINK.sub(lambda path: self._block_link(path[0], link), filled))
        if kind == "link":
            return link(name)
        value = reduce(lambda current, field: current[field], name.split(".")[1:], record)
        if isinstance(value, models.BaseModel):
            value = value.display_name
        return escape(value) if value else Markup(default)

    @api.model
    def _block_link(self, path, link):
        name = self._personal_name(path)
        return link(name) if name else path

    @api.model
    def _personal_link(self, name, run, text, base_url, execution_id):
        execution_id = execution_id or 0
        if name in PATHS:
            token = getattr(self, f"_{name}_token")(execution_id)
            return f"{base_url}{PATHS[name]}/{execution_id}/{token}"
        kind, _space, number = name.partition(" ")
        if kind == "content":
            token = self._content_token(int(number), execution_id)
            return f"{base_url}/workflow/content/{number}/{execution_id}/{token}"
        if kind == "product":
            token = self._product_token(int(number), execution_id)
            return f"{base_url}/workflow/product/{number}/{execution_id}/{token}"
        mailing_sudo = text.mailing_id.sudo().with_context(workflow_base_url=base_url)
        if name == "unsubscribe":
            return mailing_sudo._get_unsubscribe_url(run.email_normalized, run.res_id)
        return mailing_sudo._get_view_url(run.email_normalized, run.res_id)

    @api.model
    def _sample_link(self, name, base_url):
        """Return what stands for a personal link where nobody's own may stand: it opens nothing
        of theirs. A product's page is everybody's."""
        kind, _space, number = name.partition(" ")
        if kind == "product":
            product_sudo = self.env["product.template"].sudo().browse(int(number))
            return f"{base_url}{product_sudo.website_url}"
        return f"{base_url}{SAMPLE_PATH}/{kind}"

    @api.model
    def _content_token(self, content_id, execution_id):
        """Sign the personal link to a content: one content, one execution."""
        message = (content_id, execution_id)
        return tools.hmac(self.env(su=True), "mail_workflow_content", message)[:40]

    @api.model
    def _cart_token(self, execution_id):
        """Sign the personal link to a cart: one purpose, one execution."""
        return tools.hmac(self.env(su=True), "mail_workflow_cart", execution_id)[:40]

    @api.model
    def _coupon_token(self, execution_id):
        """Sign the personal link to a coupon: one purpose, one execution."""
        return tools.hmac(self.env(su=True), "mail_workflow_coupon", execution_id)[:40]

    @api.model
    def _order_token(self, execution_id):
        """Sign the personal link to an order: one purpose, one execution."""
        return tools.hmac(self.env(su=True), "mail_workflow_order", execution_id)[:40]

    @api.model
    def _review_token(self, execution_id):
        """Sign the personal link to the reviews of an order: one purpose, one execution."""
        return tools.hmac(self.env(su=True), "mail_workflow_review", execution_id)[:40]

    @api.model
    def _product_token(self, product_id, execution_id):
        """Sign the personal link to a product: one product, one execution."""
        message = (product_id, execution_id)
        return tools.hmac(self.env(su=True), "mail_workflow_product", message)[:40]

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
            record_id: Template(str(body), template.slots, template.token)
            for record_id, body in rendered.items()
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
        page = self.env["ir.qweb"]._render(
            "mass_mailing.mass_mailing_mail_layout",
            {"body": Markup(inner), "mailing_style": style},
            minimal_qcontext=True,
        )
        page = str(page).replace("<head>", f"<head>{LIGHT}", 1)
        return Template(page, slots, token, in_words(page))

    @api.model
    def _take_blocks(self, root, slot):
        """Make slots of the blocks; the part of the designer that holds one goes with it."""
        for element in root.xpath(f"//*[@{BLOCK_ATTRIBUTE}]"):
            name = element.get(BLOCK_ATTRIBUTE)
            options = tuple(sorted(self._options_of(element).items()))
            default = ""
            if self.env["mail.workflow.block"]._of(name)._is_inline:
                default = str(escape(" ".join(element.text_content().split())))
            key = (name, options)
            shell = self._shell_of(element)
            if shell is not None:
                self._put_before(shell, slot(SHELL, key))
                shell.tail = slot(END, key) + (shell.tail or "")
            self._replace_by_text(element, slot("block", key, default))

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
        for element in root.iter("a"):
            href = (element.get("href") or "").strip()
            name = self._personal_name(href.removeprefix(base_url))
            if name:
                element.set("href", slot("link", name))
            elif self._absolute(href, base_url) in trackers:
                element.set("href", f"{base_url}/r/{trackers[self._absolute(href, base_url)]}")

    @api.model
    def _replace_by_text(self, element, content):
        self._put_before(element, content + (element.tail or ""))
        element.getparent().remove(element)

    @api.model
    def _put_before(self, element, content):
        parent, previous = element.getparent(), element.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + content
        else:
            parent.text = (parent.text or "") + content

    @api.model
    def _absolute(self, href, base_url):
        return f"{base_url}{href}" if href.startswith("/") else href

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
        bodies, _texts, _subjects = self._render(text, run.website_id, run, executions)
        return bodies[run.id]
