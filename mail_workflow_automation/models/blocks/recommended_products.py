from odoo import api, models
from odoo.tools.translate import LazyTranslate

from ..mail_workflow_recommender import SOURCES
from .block import NUMBER

_lt = LazyTranslate(__name__)


class MailWorkflowBlockRecommendedProducts(models.AbstractModel):
    """Products that fit to what is in the reader's cart or order, or to what they bought last;
    none that they own."""

    _name = "mail.workflow.block.recommended_products"
    _inherit = "mail.workflow.product.block"
    _description = "Recommended Products"

    _block_label = _lt("Recommended products")
    _block_sequence = 20
    _block_heading = _lt("You may also like")
    _block_help = _lt(
        "Products that fit to what the reader chose or bought, without what they own."
    )
    _options = {"source": SOURCES, "limit": NUMBER}

    @api.model
    def _products(self, runs, env, website, options):
        recommender = self.env["mail.workflow.recommender"]
        return recommender._recommended(
            runs, env, website, source=options["source"], limit=options["limit"]
        )
