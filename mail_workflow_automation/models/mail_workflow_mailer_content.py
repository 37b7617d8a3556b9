import lxml.etree
import lxml.html
from markupsafe import Markup, escape

from odoo import api, fields, models, tools

from .mail_workflow_mailer import (
    BLOCK_ATTRIBUTE,
    CART_PATH,
    CONTENT_PATH,
    COUPON_PATH,
    OPTION_PREFIX,
    ORDER_PATH,
    PRODUCT_PATH,
    REVIEW_PATH,
    SHELL_CLASS,
    UNSUBSCRIBE_PATH,
    VIEW_PATH,
)

SKIPPED_SCHEMES = ("mailto:", "tel:", "sms:", "#")
# where a personal link of ours leads in a mailing that is not of a workflow
SHOP_PATHS = {
    CART_PATH: "/shop/cart",
    COUPON_PATH: "/shop",
    ORDER_PATH: "/my/orders",
    REVIEW_PATH: "/my/orders",
}

# what the other paths that are each reader's own stand for
PERSONAL_NAMES = {
    CART_PATH: "cart",
    COUPON_PATH: "coupon",
    ORDER_PATH: "order",
    REVIEW_PATH: "review",
    UNSUBSCRIBE_PATH: "unsubscribe",
    VIEW_PATH: "view",
}


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
    def _make_trackers(self, mailing, labels):
        """Make the link trackers that a mailing lacks, with a title each (Odoo would fetch the page
        for one).

        :param dict labels: ``{absolute url: words of the link}``
        """
        mailing_sudo = mailing.sudo()
        values, existing = mailing_sudo._get_link_tracker_values(), self._trackers(mailing_sudo)
        wanted = [
            {**values, "url": url, "title": label or url}
            for url, label in labels.items()
            if url not in existing
        ]
        if wanted:
            self.env["link.tracker"].sudo().search_or_create(wanted)

    @api.model
    def _publish_text(self, text):
        """Make the link trackers of a text, for each address of the shops it may go out from."""
        mailing_sudo = text.mailing_id.sudo()
        websites = text.workflow_id.website_id or self.env["website"].sudo().search(
            [("company_id", "=", text.workflow_id.company_id.id)]
        )
        base_urls = {self._base_url(website) for website in websites} | {
            self._base_url(self.env["website"])
        }
        labels = {}
        for href, label in self._static_links(mailing_sudo.body_html):
            for base_url in sorted(base_urls) if href.startswith("/") else [""]:
                labels.setdefault(self._absolute(href, base_url), label)
        self._make_trackers(mailing_sudo, labels)
        mailing_sudo.write({"state": "done"})
        affinity = self.env["mail.workflow.affinity"]
        affinity._ensure(text.workflow_id.company_id, fields.Datetime.now())

    @api.model
    def _static_links(self, html):
        """Yield ``(href, label)`` of the links that are the same for every reader."""
        if tools.is_html_empty(html):
            return
        for element in lxml.html.fragment_fromstring(str(html), create_parent="div").iter("a"):
            href = (element.get("href") or "").strip()
            personal = href.startswith(SKIPPED_SCHEMES) or self._personal_name(href)
            if href and not personal and "{{" not in href and href.startswith(("/", "http")):
                yield href, " ".join(element.text_content().split())

    @api.model
    def _personal_name(self, path):
        """Return the name of the personal link that a path of ours stands for, None for others."""
        if path in PERSONAL_NAMES:
            return PERSONAL_NAMES[path]
        for kind, pattern in (("content", CONTENT_PATH), ("product", PRODUCT_PATH)):
            found = pattern.fullmatch(path)
            if found:
                return f"{kind} {found.group(1)}"
        return None

    @api.model
    def _options_of(self, element):
        """Return the options of a block, ``{name: str}`` as they stand in its element."""
        return {
            name.removeprefix(OPTION_PREFIX): value
            for name, value in element.attrib.items()
            if name.startswith(OPTION_PREFIX) and name != BLOCK_ATTRIBUTE
        }

    @api.model
    def _shell_of(self, element):
        """Return the part of the designer that holds a block and goes with it, None where it
        stands in another."""
        shells = element.xpath(f"ancestor::*[contains(@class, '{SHELL_CLASS}')][1]")
        return shells[0] if shells else None

    @api.model
    def _outside_workflows(self, html):
        """Return a text as a mailing that is not of a workflow sends it: no run, no blocks. Words
        stay those of the text, and personal links lead to the shop."""
        html = str(html)
        if not any(mark in html for mark in (BLOCK_ATTRIBUTE, *SHOP_PATHS)):
            return html
        root = lxml.html.fragment_fromstring(html, create_parent="div")
        blocks = self.env["mail.workflow.block"]
        words = {name for name in blocks._names() if blocks._of(name)._is_inline}
        gone = []
        for element in root.xpath(f"//*[@{BLOCK_ATTRIBUTE}]"):
            if element.get(BLOCK_ATTRIBUTE) not in words:
                shell = self._shell_of(element)
                gone.append(element if shell is None else shell)
        for element in dict.fromkeys(gone):
            element.drop_tree()
        for link in root.iter("a"):
            href = (link.get("href") or "").strip()
            if href in SHOP_PATHS:
                link.set("href", SHOP_PATHS[href])
        return escape(root.text or "") + Markup("").join(
            Markup(lxml.etree.tostring(child, encoding="unicode", method="html")) for child in root
        )

    @api.model
    def _check_text(self, text, workflow):
        """Return the problems of a text, a list of str: unknown blocks, expressions that may not
        run."""
        mailing = text.mailing_id.sudo()
        problems = []
        if not (mailing.body_html or "").strip():
            return problems
        root = lxml.html.fragment_fromstring(str(mailing.body_html), create_parent="div")
        problems += self._check_blocks(text, root)
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
                    lang=text._language(),
                    user=user.name,
                )
            )
        return problems

    @api.model
    def _check_blocks(self, text, root):
        """Return the problems of the content blocks: each is known, and so are its options."""
        blocks = self.env["mail.workflow.block"]
        names, problems = blocks._names(), []
        for element in root.xpath(f"//*[@{BLOCK_ATTRIBUTE}]"):
            name = element.get(BLOCK_ATTRIBUTE)
            if name not in names:
                problems.append(
                    self.env._(
                        "the text in %(lang)s has an unknown block “%(block)s”",
                        lang=text._language(),
                        block=name,
                    )
                )
                continue
            problems += [
                self.env._(
                    "the text in %(lang)s, block “%(block)s”: %(problem)s",
                    lang=text._language(),
                    block=name,
                    problem=problem,
                )
                for problem in blocks._of(name)._check(self._options_of(element))
            ]
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
                lang=text._language(),
                path=f"/workflow/content/{content_id}",
            )
            for content_id in sorted(ids - set(there.ids))
        ]
