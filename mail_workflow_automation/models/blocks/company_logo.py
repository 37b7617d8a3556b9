from odoo import api, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

TEMPLATE = "mail_workflow_automation.block_company_logo"
SVG = b"P"  # how one begins in base 64


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
        html = {}
        for company_sudo in runs.company_id.sudo():  # whoever the workflow runs as
            values = {
                "name": company_sudo.name,
                "logo": self._has_logo(company_sudo) and f"{base_url}{self._path(company_sudo)}",
            }
            html[company_sudo.id] = self._html(env, TEMPLATE, values, text.lang)
        return {run.id: html[run.company_id.id] for run in runs if run.company_id}

    @api.model
    def _has_logo(self, company_sudo):
        if company_sudo.uses_default_logo:
            return False
        return not company_sudo.with_context(bin_size=False).logo.startswith(SVG)

    @api.model
    def _path(self, company_sudo):
        return f"/logo.png?company={company_sudo.id}"

    @api.model
    def _sample(self, env, lang, options):
        company_sudo = env.company.sudo()
        logo = self._has_logo(company_sudo) and self._path(company_sudo)
        return self._html(env, TEMPLATE, {"name": company_sudo.name, "logo": logo}, lang)
