"""What customers tell of themselves on their account page and in the shop."""

from datetime import date

from odoo import fields, http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.website_sale.controllers.main import WebsiteSale

FIRST_DAY = date(1900, 1, 1)


class WorkflowAddress(CustomerPortal):
    """Their birthday; and who buys as a guest is known by the address they type."""

    def _create_or_update_address(self, partner_sudo, **form_data):
        if not self._is_birthday(form_data.get("birthday")):
            message = request.env._("Please give your birthday as a date in the past, or no date.")
            return partner_sudo, {"invalid_fields": ["birthday"], "messages": [message]}
        is_buyer = self._is_buyer(partner_sudo, form_data.get("order_sudo"))
        partner_sudo, feedback = super()._create_or_update_address(partner_sudo, **form_data)
        if is_buyer and not feedback.get("invalid_fields"):
            request.env["mail.workflow.visitor"]._note_address(partner_sudo.email)
        return partner_sudo, feedback

    def _is_buyer(self, partner_sudo, order_sudo):
        """Tell whether an address is that of a guest who buys; where it is delivered, somebody
        else may live."""
        if not order_sudo or not request.env.user._is_public():
            return False
        return order_sudo._is_anonymous_cart() or order_sudo.partner_id == partner_sudo

    def _is_birthday(self, text):
        if not (text or "").strip():
            return True
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            return False
        return FIRST_DAY <= day <= fields.Date.today()


class WorkflowExpressCheckout(WebsiteSale):
    @http.route()
    def process_express_checkout(self, *args, **kwargs):
        partner_id = super().process_express_checkout(*args, **kwargs)
        if request.env.user._is_public():
            # the contact was just made of what this guest told
            partner_sudo = request.env["res.partner"].sudo().browse(partner_id)
            request.env["mail.workflow.visitor"]._note_address(partner_sudo.email)
        return partner_id
