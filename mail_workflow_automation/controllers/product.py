from odoo import http
from odoo.http import request

from .cart import WorkflowCart
from .visitor import same_token


class WorkflowProduct(WorkflowCart):
    @http.route(
        "/workflow/product/<int:product_id>/<int:execution_id>/<string:token>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        multilang=False,
    )
    def product(self, product_id, execution_id, token, **_params):
        """Bring a reader to the page of a product that a mail shows.

        As with the cart's link the target is computed here; a wrong token and a product that the
        shop does not show any more lead to the shop alike. A HEAD request does nothing.
        """
        expected = request.env["mail.workflow.mailer"]._product_token(product_id, execution_id)
        is_own = same_token(token, expected)

        def page(_execution_sudo):
            recommender = request.env["mail.workflow.recommender"].sudo()
            return recommender._page([product_id], request.website) or "/shop"

        return self._lead("product", execution_id, is_own, page)
