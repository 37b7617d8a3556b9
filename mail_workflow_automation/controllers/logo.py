from odoo import http
from odoo.http import request

from ..models.blocks.company_logo import LOGO_PATH


class WorkflowLogo(http.Controller):
    @http.route(
        f"{LOGO_PATH}/<int:company_id>.png",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        save_session=False,
    )
    def logo(self, company_id):
        """Show the logo of a company, as its mails have it: like Odoo's own, to everybody."""
        company_sudo = request.env["res.company"].sudo().browse(company_id).exists()
        if not company_sudo.workflow_logo:
            return request.not_found()
        return (
            request.env["ir.binary"]
            ._get_stream_from(company_sudo, "workflow_logo")
            .get_response(immutable=False)
        )
