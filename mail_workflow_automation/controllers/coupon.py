from werkzeug.urls import url_encode, url_quote

from odoo import http
from odoo.http import request

from . import limits
from .cart import WorkflowCart
from .visitor import is_visit, same_token


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
        is_own = same_token(token, request.env["mail.workflow.mailer"]._coupon_token(execution_id))
        too_often = limits.same_link("coupon", execution_id) if is_own else limits.wrong_token()
        if too_often:
            return too_often
        target = "/shop"
        if is_own and is_visit():
            # the signed token stands for the reader, who is not logged in
            executions_sudo = request.env["mail.workflow.execution"].sudo()
            execution_sudo = executions_sudo.browse(execution_id).exists()
            if execution_sudo:
                target = self._target(execution_sudo)
                cards = request.env["mail.workflow.coupon"]._newest_of(execution_sudo.enrollment_id)
                for card_sudo in cards.values():
                    query = url_encode({"r": target})
                    target = f"/coupon/{url_quote(card_sudo.code, safe='')}?{query}"
                self._note_click(execution_sudo, "/workflow/coupon")
        response = request.redirect(target, code=302)
        response.headers["Cache-Control"] = "no-store"
        return response
