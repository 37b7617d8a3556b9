"""Texts of recipes, once for each installed language."""

from markupsafe import Markup


def in_each_language(env, build):
    """Return ``{lang: text}``.

    :param build: called with an environment in the language, returns ``{"subject", "preview",
    "body"}``, the
        body being the name of a QWeb template of this addon
    """
    texts = {}
    for lang, _name in env["res.lang"].get_installed():
        text = build(env(context={**env.context, "lang": lang}))
        body = env["ir.qweb"]._render(
            f"mail_workflow_automation.{text['body']}", {}, lang=lang, minimal_qcontext=True
        )
        texts[lang] = {
            "subject": text["subject"],
            "preview": text["preview"],
            "body_html": str(Markup(body)).strip(),
        }
    return texts
