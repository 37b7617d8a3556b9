import lxml.html
from markupsafe import escape

from odoo import api, models, tools

from .mail_workflow_mailer import BLOCK_ATTRIBUTE, CART_PATH, CONTENT_PATH, COUPON_PATH, LOCAL_PATHS

SKIPPED_SCHEMES = ("mailto:", "tel:", "sms:", "#")


class MailWorkflowMailer(models.AbstractModel):
    """What a text can hold: tracked links, content blocks; and what is wrong with it."""

    _inherit = "mail.workflow.mailer"

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
            personal = (
                href in (CART_PATH, COUPON_PATH, *LOCAL_PATHS)
                or href.startswith(SKIPPED_SCHEMES)
                or CONTENT_PATH.fullmatch(href)
            )
            if href and not personal and "{{" not in href and href.startswith(("/", "http")):
                yield href, " ".join(element.text_content().split())

    @api.model
    def _block_names(self):
        """Return the names of the content blocks there are."""
        return ("cart_lines", "company_name", "contact_name", "coupon_code", "coupon_expiry")

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
        if name in ("coupon_code", "coupon_expiry"):
            return self._coupons(name, text, runs)
        raise KeyError(name)

    @api.model
    def _coupons(self, name, text, runs):
        """Return ``{run id: Markup}``: the code each run was given last, or until when it is
        good."""
        cards = self.env["mail.workflow.coupon"]._newest_of(runs)
        if name == "coupon_code":
            return {run_id: escape(card.code) for run_id, card in cards.items()}
        return {
            run_id: escape(tools.format_date(self.env, card.expiration_date, lang_code=text.lang))
            for run_id, card in cards.items()
            if card.expiration_date
        }

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
        problems += self._check_contents(text, workflow, root)
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
    def _check_contents(self, text, workflow, root):
        """Return the problems of the links to contents: each is there, and of the company."""
        found = [CONTENT_PATH.fullmatch((a.get("href") or "").strip()) for a in root.iter("a")]
        ids = {int(match.group(1)) for match in found if match}
        contents_sudo = self.env["mail.workflow.content"].sudo()
        there = contents_sudo.search(
            [("id", "in", list(ids)), ("company_id", "=", workflow.company_id.id)]
        )
        return [
            self.env._(
                "the text in %(lang)s links to a content that is not there: %(path)s",
                lang=text.lang,
                path=f"/workflow/content/{content_id}",
            )
            for content_id in sorted(ids - set(there.ids))
        ]
