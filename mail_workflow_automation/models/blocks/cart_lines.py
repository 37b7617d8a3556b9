from odoo import api, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class MailWorkflowBlockCartLines(models.AbstractModel):
    """The lines of the cart, or quotation, that the run is about."""

    _name = "mail.workflow.block.cart_lines"
    _inherit = "mail.workflow.order.block"
    _description = "Cart"

    _block_label = _lt("Cart")
    _block_sequence = 10
    _block_help = _lt("The products in the cart of the reader, or in their quotation.")

    @api.model
    def _orders(self, runs, env):
        about = {run.id: run.res_id for run in runs if run.res_model == "sale.order"}
        return {run_id: env["sale.order"].browse(order_id) for run_id, order_id in about.items()}
