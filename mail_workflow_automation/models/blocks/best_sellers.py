from odoo import api, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class MailWorkflowBlockBestSellers(models.AbstractModel):
    """What most people buy; none that the reader owns."""

    _name = "mail.workflow.block.best_sellers"
    _inherit = "mail.workflow.product.block"
    _description = "Best Sellers"

    _block_label = _lt("Best sellers")
    _block_sequence = 22
    _block_help = _lt("What most people buy, without what the reader owns.")
    _block_heading = _lt("Our best sellers")

    @api.model
    def _products(self, runs, env, website, options):
        recommender = self.env["mail.workflow.recommender"]
        return recommender._best_sellers(runs, env, website, limit=options["limit"])
