from werkzeug.urls import url_encode

from odoo import http
from odoo.http import request

from . import limits
from .visitor import is_visit, judged, same_token


class WorkflowCart(http.Controller):
    @http.route(
        "/workflow/cart/<int:execution_id>/<string:token>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        multilang=False,
    )
    def cart(self, execution_id, token, **_params):
        """Bring a reader back to their cart by the personal link of a mail.

        The target is computed here, never taken from the address; a wrong token and a cart that is
        gone lead to the shop alike. A HEAD request does nothing.
        """
        expected = request.env["mail.workflow.mailer"]._cart_token(execution_id)
        return self._lead("cart", execution_id, same_token(token, expected), self._target)

    def _lead(self, name, execution_id, is_own, target_of):
        """Lead a reader to where they find what is theirs, and note the click.

        :param str name: of the link, as its path has it
        :param bool is_own: whether the token is right
        :param target_of: called with the execution, returns the address
        """
        too_often = limits.same_link(name, execution_id) if is_own else limits.wrong_token()
        if too_often:
            return too_often
        target = "/shop"
        if is_own and is_visit():
            # the signed token stands for the reader, who is not logged in
            executions_sudo = request.env["mail.workflow.execution"].sudo()
            execution_sudo = executions_sudo.browse(execution_id).exists()
            if execution_sudo:
                target = target_of(execution_sudo)
                self._note_click(execution_sudo, f"/workflow/{name}")
        response = request.redirect(target, code=302)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _target(self, execution_sudo):
        """Return where the reader's cart is.

        Odoo's link moves the lines into the cart the session has and cancels the other, even where
        both are the same cart: that one must not pass through it.
        """
        cart_sudo = execution_sudo.enrollment_id._open_cart()
        if not cart_sudo or cart_sudo == request.cart:
            return "/shop/cart"
        query = url_encode(
            {
                "id": cart_sudo.id,
                "access_token": cart_sudo._portal_ensure_token(),
                "revive_method": "merge",
            }
        )
        return f"/shop/cart?{query}"

    def _note_click(self, execution_sudo, url):
        trace_sudo = execution_sudo.mailing_trace_id
        seen = judged()
        if not seen:
            trace_sudo.set_opened()
            trace_sudo.set_clicked()
            request.env["mail.workflow.visitor"]._note_came_by(trace_sudo)
        trace_sudo._note_event("email_clicked", url=url, **seen)
