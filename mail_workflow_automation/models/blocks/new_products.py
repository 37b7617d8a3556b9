from odoo import api, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class MailWorkflowBlockNewProducts(models.AbstractModel):
    """What came into the shop last; none that the reader owns."""

    _name = "mail.workflow.block.new_products"
    _inherit = "mail.workflow.product.block"
    _description = "New Products"

    _block_label = _lt("New products")
    _block_sequence = 24
    _block_help = _lt("What came into the shop last, without what the reader owns.")
    _block_heading = _lt("New in our shop")

    @api.model
    def _products(self, runs, env, website, options):
        recommender = self.env["mail.workflow.recommender"]
        return recommender._new_products(runs, env, website, limit=options["limit"])
