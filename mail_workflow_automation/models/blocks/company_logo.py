from odoo import api, models
from odoo.tools.translate import LazyTranslate

from ..res_company import size_of

_lt = LazyTranslate(__name__)

TEMPLATE = "mail_workflow_automation.block_company_logo"
LOGO_PATH = "/workflow/logo"
# the room there is for a logo, in pixels
WIDTH, HEIGHT = 180, 44


class MailWorkflowBlockCompanyLogo(models.AbstractModel):
    """The logo of the company that writes; its name where it has none of its own, or one that mail
    programs do not show."""

    _name = "mail.workflow.block.company_logo"
    _inherit = "mail.workflow.block"
    _description = "Logo"

    _block_label = _lt("Logo")
    _block_sequence = 5
    _block_help = _lt("The logo of the company that writes, its name where it has no logo.")

    @api.model
    def _render(self, text, runs, env, base_url, options):
        # whoever the workflow runs as
        html = {
            company_sudo.id: self._logo(env, company_sudo, base_url, text.lang)
            for company_sudo in runs.company_id.sudo()
        }
        return {run.id: html[run.company_id.id] for run in runs if run.company_id}

    @api.model
    def _logo(self, env, company_sudo, base_url, lang):
        """Return the logo of a company, or its name, as Markup."""
        values = {"name": company_sudo.name, "logo": None}
        picture = company_sudo.with_context(bin_size=False).workflow_logo
        if picture:
            width, height = size_of(picture)
            scale = min(WIDTH / width, HEIGHT / height)
            values["logo"] = f"{base_url}{LOGO_PATH}/{company_sudo.id}.png"
            values |= {"width": round(width * scale), "height": round(height * scale)}
        return self._html(env, TEMPLATE, values, lang)

    @api.model
    def _sample(self, env, lang, options):
        return self._logo(env, env.company.sudo(), "", lang)
