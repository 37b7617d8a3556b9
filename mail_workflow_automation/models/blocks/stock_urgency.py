from odoo import api, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

TEMPLATE = "mail_workflow_automation.block_stock_urgency"


class MailWorkflowBlockStockUrgency(models.AbstractModel):
    """Says of products in the reader's cart that few are left: only where it is true."""

    _name = "mail.workflow.block.stock_urgency"
    _inherit = "mail.workflow.block"
    _description = "Few Left"

    _block_label = _lt("Few left")
    _block_sequence = 26
    _block_help = _lt("Which products in the cart are nearly sold out. Nothing where none is.")

    @api.model
    def _render(self, text, runs, env, base_url, options):
        carts = self.env["mail.workflow.purchase"]._carts(runs, env)
        orders = env["sale.order"].union(*carts.values())
        products = orders.order_line.product_id
        left = self._left(products, self._website(text, runs))
        html = {}
        for run_id, cart in carts.items():
            few = [
                {
                    "name": product.name,
                    "few": env._("Only %s left:", f"{left[product.id]:g}"),
                }
                for product in cart.order_line.product_id
                if product.id in left
            ]
            if few:
                html[run_id] = self._html(env, TEMPLATE, {"products": few}, text.lang)
        return html

    @api.model
    def _left(self, products, website):
        """Return ``{product id: how many can still be sold}`` of products of which few are left.

        Nobody knows without an addon that knows the stock.
        """
        return {}

    @api.model
    def _sample(self, env, lang, options):
        products = [{"name": env._("Desk lamp"), "few": env._("Only %s left:", 3)}]
        return self._html(env, TEMPLATE, {"products": products}, lang)
