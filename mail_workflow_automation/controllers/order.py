from odoo import http
from odoo.http import request

from .cart import WorkflowCart
from .visitor import same_token

# an option of the shop's product pages
REVIEWS_VIEW = "website_sale.product_comment"


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

    @http.route(
        "/workflow/review/<int:execution_id>/<string:token>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        multilang=False,
    )
    def review(self, execution_id, token, **_params):
        """Bring a reader to where they review what they bought: the reviews of a product of their
        order; the page of the order where the shop takes none, or sells none of it any more."""
        expected = request.env["mail.workflow.mailer"]._review_token(execution_id)
        is_own = same_token(token, expected)
        return self._lead("review", execution_id, is_own, self._review_page)

    def _order(self, execution_sudo):
        run_sudo = execution_sudo.enrollment_id
        orders = request.env["mail.workflow.purchase"]._orders(run_sudo, run_sudo.env)
        return orders.get(run_sudo.id)

    def _order_page(self, execution_sudo):
        order_sudo = self._order(execution_sudo)
        return order_sudo.get_portal_url() if order_sudo else "/my/orders"

    def _review_page(self, execution_sudo):
        order_sudo = self._order(execution_sudo)
        if order_sudo and request.website.is_view_active(REVIEWS_VIEW):
            recommender = request.env["mail.workflow.recommender"].sudo()
            bought = order_sudo.order_line.product_id.product_tmpl_id
            page = recommender._page(bought.ids, request.website)
            if page:
                return f"{page}#o_product_page_reviews"
        return self._order_page(execution_sudo)
