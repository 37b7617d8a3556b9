from datetime import date

from odoo import fields
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

FIRST_DAY = date(1900, 1, 1)


class WorkflowAddress(CustomerPortal):
    """The birthday that customers give on their account page and in the shop."""

    def _create_or_update_address(self, partner_sudo, **form_data):
        if not self._is_birthday(form_data.get("birthday")):
            message = request.env._("Please give your birthday as a date in the past, or no date.")
            return partner_sudo, {"invalid_fields": ["birthday"], "messages": [message]}
        return super()._create_or_update_address(partner_sudo, **form_data)

    def _is_birthday(self, text):
        if not (text or "").strip():
            return True
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            return False
        return FIRST_DAY <= day <= fields.Date.today()
