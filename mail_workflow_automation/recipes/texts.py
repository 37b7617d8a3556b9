"""Mails of recipes, once for each installed language.

A mail is a QWeb template ``recipe_<recipe>_<key>`` in ``data/recipes/<recipe>.xml``, written as
plain HTML, which is also what translators see:

- ``div class="subject"`` and ``div class="preview"``
- ``h1``, ``h2``, ``p``, ``ul``, ``hr``; ``p class="small"``, ``p class="button"`` with its link
- content blocks, ``data-mwa-block``; the heading of one is its ``title``, which is translated
- ``span data-field="object.name"``: a merge field; in the subject ``{{ object.name }}``

What mail programs need, inline styles and tables, is put on here.
"""

import re

import lxml.etree
import lxml.html
from markupsafe import Markup

ADDON = "mail_workflow_automation"
BUTTON_COLORS = {"button_color": "#714b67", "button_text_color": "#ffffff"}
STYLES = {
    "h1": "margin:0 0 16px;font-size:26px;line-height:1.3;font-weight:bold;color:#111827;",
    "h2": "margin:24px 0 8px;font-size:18px;line-height:1.4;font-weight:bold;color:#111827;",
    "p": "margin:0 0 16px;font-size:16px;line-height:1.6;color:#374151;",
    "ul": "margin:0 0 16px;padding:0 0 0 24px;font-size:16px;line-height:1.6;color:#374151;",
    "li": "margin:0 0 8px;",
    "hr": "margin:24px 0;border:0;border-top:1px solid #e5e7eb;",
    "p.small": "margin:0 0 16px;font-size:14px;line-height:1.6;color:#6b7280;",
    "p.button": "margin:24px 0;text-align:center;",
}
BUTTON_STYLE = (
    "display:inline-block;padding:14px 32px;border:1px solid {button_color};"
    "background-color:{button_color};color:{button_text_color};border-radius:6px;font-size:16px;"
    "line-height:1.3;font-weight:bold;text-decoration:none;"
)


def mail(env, recipe, key, name, *, addon=ADDON, is_service=False, **values):
    """Return a mail step of a recipe.

    :param str recipe: key of the recipe, which with the key of the step names the template
    :param str addon: that has the template
    :param is_service: of an operational workflow: there is nothing to unsubscribe from
    :param values: more keys of the step
    """
    texts = _in_each_language(env, f"{addon}.recipe_{recipe}_{key}", is_service)
    return {"key": key, "kind": "email", "name": name, "texts": texts, **values}


def _in_each_language(env, template, is_service):
    """Return ``{lang: text}``.

    Nothing with ``workflow_outline`` in the context, for who wants to know the steps only.
    """
    if env.context.get("workflow_outline"):
        return {}
    installed = env["res.lang"].get_installed()
    return {lang: _text(env, template, lang, is_service) for lang, _name in installed}


def _text(env, template, lang, is_service):
    colors = _button_colors(env.company)
    root = lxml.html.fragment_fromstring(_render(env, template, lang, {}), create_parent="div")
    subject, preview = (_take(root, name) for name in ("subject", "preview"))
    _dress(env, root, colors, lang)
    logo = env["mail.workflow.block"]._of("company_logo")._sample_with(env, lang, {})
    parts = {"parts": list(_parts(root)), "is_service": is_service, "logo": logo, **colors}
    content = _render(env, f"{ADDON}.recipe_mail_layout", lang, parts)
    return {
        "subject": subject,
        "preview": preview,
        "body_html": _render(env, f"{ADDON}.recipe_mail_html", lang, {"content": content}),
        "body_arch": _render(env, f"{ADDON}.recipe_mail_arch", lang, {"content": content}),
    }


def _render(env, template, lang, values):
    html = env["ir.qweb"]._render(template, values, lang=lang, minimal_qcontext=True)
    # a text is read in files and diffs: one tag a line is enough, no empty lines
    return html.__class__(re.sub(r"\s*\n\s*", "\n", html).strip())


def _take(root, name):
    """Take an element out of a mail; return its words."""
    (element,) = root.find_class(name)
    words = " ".join(element.text_content().split())
    element.drop_tree()
    return words


def _dress(env, root, colors, lang):
    """Put on a mail what mail programs and the designer need."""
    for element in root.iter("h1", "h2", "p", "ul", "li", "hr"):
        name = f"{element.tag}.{element.get('class')}" if element.get("class") else element.tag
        element.set("style", STYLES[name])
    for link in root.xpath("//p[@class='button']/a"):
        link.set("class", "btn btn-primary btn-lg")
        link.set("style", BUTTON_STYLE.format(**colors))
    for block in root.xpath("//div[@data-mwa-block]"):
        _dress_block(env, block, lang)
    for field in root.xpath("//span[@data-field]"):
        field.tag = "t"
        field.set("t-out", field.attrib.pop("data-field"))


def _dress_block(env, block, lang):
    if block.get("title"):
        block.set("data-mwa-heading", block.attrib.pop("title"))
    block.set("class", "o_not_editable")
    block.set("contenteditable", "false")
    env = env(context={**env.context, "lang": lang})
    shown = env["mail.workflow.block"]._of(block.get("data-mwa-block"))
    options = env["mail.workflow.mailer"]._options_of(block)
    sample = shown._sample_with(env, lang, options)
    block.append(lxml.html.fragment_fromstring(sample, create_parent="div"))


def _parts(root):
    """Yield the parts of a mail, as the designer takes them: each block by itself, and what
    stands between them."""
    words = []
    for element in root:
        html = lxml.etree.tostring(element, encoding="unicode", method="html")
        block = element.get("data-mwa-block")
        if not block:
            words.append(html)
            continue
        if words:
            yield {"block": None, "html": Markup("".join(words))}
            words = []
        yield {"block": block, "html": Markup(html)}
    if words:
        yield {"block": None, "html": Markup("".join(words))}


def _button_colors(company):
    """Return the colors of a company's own mails, as its settings have them."""
    colors = {
        "button_color": company.email_secondary_color,
        "button_text_color": company.email_primary_color,
    }
    return {name: color or BUTTON_COLORS[name] for name, color in colors.items()}
