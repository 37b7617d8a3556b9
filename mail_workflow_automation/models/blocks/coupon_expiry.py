from odoo import api, models, tools
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class MailWorkflowBlockCouponExpiry(models.AbstractModel):
    """Until when the reader's code is good."""

    _name = "mail.workflow.block.coupon_expiry"
    _inherit = "mail.workflow.words"
    _description = "Last Day of the Coupon"

    _block_label = _lt("Last day of the coupon")
    _block_help = _lt("The last day of the code that the reader was given.")

    @api.model
    def _words(self, text, runs):
        cards = self.env["mail.workflow.coupon"]._newest_of(runs)
        return {
            run_id: tools.format_date(self.env, card.expiration_date, lang_code=text.lang)
            for run_id, card in cards.items()
            if card.expiration_date
        }
