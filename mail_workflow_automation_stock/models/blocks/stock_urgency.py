from odoo import api, models


class MailWorkflowBlockStockUrgency(models.AbstractModel):
    _inherit = "mail.workflow.block.stock_urgency"

    @api.model
    def _left(self, products, website):
        """Few are left by the product's own threshold, with which the shop says so, too."""
        found = super()._left(products, website)
        few = self.env["mail.workflow.recommender"]._left(products, website)
        for product_sudo in products.sudo():
            left = few.get(product_sudo.id, 0)
            if 0 < left <= product_sudo.available_threshold:
                found[product_sudo.id] = left
        return found
