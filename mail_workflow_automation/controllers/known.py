"""Where an unknown visitor says who they are: what they did before is given its person."""

from odoo import http
from odoo.http import request

from odoo.addons.website.controllers.form import WebsiteForm
from odoo.addons.website_mass_mailing.controllers.main import MassMailController


class KnownByForm(WebsiteForm):
    def insert_record(self, request, model_sudo, values, custom, meta=None):
        # the address that was typed: for a mail Odoo puts the company's in its place
        email = next(filter(None, map(values.get, ("email_from", "email"))), None)
        record_id = super().insert_record(request, model_sudo, values, custom, meta=meta)
        if record_id:
            request.env["mail.workflow.visitor"]._note_address(email)
        return record_id


class KnownByNewsletter(MassMailController):
    @http.route()
    def subscribe(self, list_id, value, subscription_type, **post):
        answer = super().subscribe(list_id, value, subscription_type, **post)
        if subscription_type == "email" and answer.get("toast_type") == "success":
            request.env["mail.workflow.visitor"]._note_address(value)
        return answer
