from odoo import http
from odoo.http import request

from ..models.mail_workflow_mailer import SAMPLE_PATH


class WorkflowSample(http.Controller):
    """Where the links of a simulated mail or a test lead, which in a real one are its reader's."""

    @http.route(f"{SAMPLE_PATH}/<string:name>", type="http", auth="public", website=True)
    def sample_link(self, name):
        return request.render("mail_workflow_automation.sample_page")
