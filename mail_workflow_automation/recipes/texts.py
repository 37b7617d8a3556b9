"""Texts of recipes, once for each installed language."""

import re

BUTTON_COLORS = {"button_color": "#714b67", "button_text_color": "#ffffff"}


def in_each_language(env, build):
    """Return ``{lang: text}``.

    None with ``workflow_outline`` in the context, for who wants to know the steps only.

    :param build: called with an environment in the language, returns ``{"subject", "preview",
        "body"}``, the body being the name of a QWeb template of this addon
    """
    if env.context.get("workflow_outline"):
        return {}
    texts = {}
    for lang, _name in env["res.lang"].get_installed():
        text = build(env(context={**env.context, "lang": lang}))
        content = _render(env, text["body"], lang, _button_colors(env.company))
        texts[lang] = {
            "subject": text["subject"],
            "preview": text["preview"],
            "body_html": _render(env, "recipe_mail_html", lang, {"content": content}),
            "body_arch": _render(env, "recipe_mail_arch", lang, {"content": content}),
        }
    return texts


def _render(env, template, lang, values):
    html = env["ir.qweb"]._render(
        f"mail_workflow_automation.{template}", values, lang=lang, minimal_qcontext=True
    )
    # a text is read in files and diffs: one tag a line is enough, no empty lines
    return html.__class__(re.sub(r"\s*\n\s*", "\n", html).strip())


def _button_colors(company):
    """Return the colors of a company's own mails, as its settings have them."""
    colors = {
        "button_color": company.email_secondary_color,
        "button_text_color": company.email_primary_color,
    }
    return {name: color or BUTTON_COLORS[name] for name, color in colors.items()}
