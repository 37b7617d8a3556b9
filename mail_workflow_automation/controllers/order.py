from odoo import http
from odoo.http import request

from .cart import WorkflowCart
from .visitor import same_token


class WorkflowOrder(WorkflowCart):
    @http.route(
        "/workflow/order/<int:execution_id>/<string:token>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        multilang=False,
    )
    def order(self, execution_id, token, **_params):
        """Bring a reader to the page of the order, or quotation, that a mail is about.

        As with the cart's link the target is computed here; a wrong token and an order that is
        gone lead to the shop alike. A HEAD request does nothing.
        """
        expected = request.env["mail.workflow.mailer"]._order_token(execution_id)
        is_own = same_token(token, expected)
        return self._lead("order", execution_id, is_own, self._order_page)

    def _order_page(self, execution_sudo):
        run_sudo = execution_sudo.enrollment_id
        orders = request.env["mail.workflow.purchase"]._orders(run_sudo, run_sudo.env)
        order_sudo = orders.get(run_sudo.id)
        return order_sudo.get_portal_url() if order_sudo else "/my/orders"
