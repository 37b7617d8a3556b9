from odoo import api, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

TEMPLATE = "mail_workflow_automation.block_social_links"
# name, field of the company and of its website, number of the icon in the font
NETWORKS = (
    ("Facebook", "social_facebook", 61594),
    ("Instagram", "social_instagram", 61805),
    ("LinkedIn", "social_linkedin", 61665),
    ("YouTube", "social_youtube", 61802),
    ("X", "social_twitter", 61593),
    ("TikTok", "social_tiktok", 59419),
    ("GitHub", "social_github", 61595),
)


class MailWorkflowBlockSocialLinks(models.AbstractModel):
    """Where else the shop, or the company, is to be found."""

    _name = "mail.workflow.block.social_links"
    _inherit = "mail.workflow.block"
    _description = "Social Networks"

    _block_label = _lt("Social networks")
    _block_sequence = 40
    _block_help = _lt("Links to the social networks of the shop.")

    @api.model
    def _render(self, text, runs, env, base_url, options):
        # what a shop shows to everybody, whoever the workflow runs as
        place_sudo = self._website(text, runs) or text.workflow_id.company_id.sudo()
        links = self._links(place_sudo)
        if not links:
            return {}
        html = self._html(env, TEMPLATE, {"base_url": base_url, "links": links}, text.lang)
        return dict.fromkeys(runs.ids, html)

    @api.model
    def _links(self, place_sudo):
        return [
            {"name": name, "url": place_sudo[field], "icon": icon}
            for name, field, icon in NETWORKS
            if field in place_sudo._fields and place_sudo[field]
        ]

    @api.model
    def _sample(self, env, lang, options):
        links = [{"name": name, "url": "#", "icon": icon} for name, _field, icon in NETWORKS[:3]]
        return self._html(env, TEMPLATE, {"base_url": "", "links": links}, lang)
