from odoo import api, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class MailWorkflowBlockCouponCode(models.AbstractModel):
    """The code that a coupon step of the workflow gave to the reader last."""

    _name = "mail.workflow.block.coupon_code"
    _inherit = "mail.workflow.words"
    _description = "Coupon Code"

    _block_label = _lt("Coupon code")
    _block_help = _lt("The code that the reader was given.")

    @api.model
    def _words(self, text, runs):
        cards = self.env["mail.workflow.coupon"]._newest_of(runs)
        return {run_id: card.code for run_id, card in cards.items()}
