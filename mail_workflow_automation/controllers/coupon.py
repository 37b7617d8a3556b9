from werkzeug.urls import url_encode, url_quote

from odoo import http
from odoo.http import request

from .cart import WorkflowCart
from .visitor import same_token


class WorkflowCoupon(WorkflowCart):
    @http.route(
        "/workflow/coupon/<int:execution_id>/<string:token>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        multilang=False,
    )
    def coupon(self, execution_id, token, **_params):
        """Take the code of a mail's reader into the shop, and the reader to their cart.

        As with the cart's link the target is computed here; a wrong token and a run without a code
        lead to the shop alike. A HEAD request does nothing.
        """
        expected = request.env["mail.workflow.mailer"]._coupon_token(execution_id)
        is_own = same_token(token, expected)
        return self._lead("coupon", execution_id, is_own, self._target_with_codes)

    def _target_with_codes(self, execution_sudo):
        """Return where the reader's cart is, by way of the codes that go into it."""
        target = self._target(execution_sudo)
        cards = request.env["mail.workflow.coupon"]._newest_of(execution_sudo.enrollment_id)
        for card_sudo in cards.values():
            query = url_encode({"r": target})
            target = f"/coupon/{url_quote(card_sudo.code, safe='')}?{query}"
        return target
