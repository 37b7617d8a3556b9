from odoo import api, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class MailWorkflowBlockOrderLines(models.AbstractModel):
    """The lines of the order that the run, or its event, is about; else of the last one that the
    person confirmed."""

    _name = "mail.workflow.block.order_lines"
    _inherit = "mail.workflow.order.block"
    _description = "Order"

    _block_label = _lt("Order")
    _block_sequence = 15
    _block_help = _lt("The products of the order that the mail is about, or of the last one.")

    @api.model
    def _orders(self, runs, env):
        return self.env["mail.workflow.purchase"]._orders(runs, env)
