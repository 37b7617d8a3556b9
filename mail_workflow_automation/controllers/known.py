"""An unknown visitor says who they are: what they did before is given its person."""

from odoo import http
from odoo.http import request

from odoo.addons.website_mass_mailing.controllers.main import MassMailController


class KnownByNewsletter(MassMailController):
    @http.route()
    def subscribe(self, list_id, value, subscription_type, **post):
        answer = super().subscribe(list_id, value, subscription_type, **post)
        if subscription_type == "email" and answer.get("toast_type") == "success":
            request.env["mail.workflow.visitor"]._note_address(value)
        return answer
