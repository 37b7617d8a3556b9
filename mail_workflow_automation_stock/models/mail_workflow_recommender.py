from odoo import api, models


class MailWorkflowRecommender(models.AbstractModel):
    _inherit = "mail.workflow.recommender"

    @api.model
    def _in_stock(self, templates, website):
        """Leave out what the shop does not sell without having it, and does not have."""
        found = super()._in_stock(templates, website)
        # what is in stock is no secret of the shop
        variants_sudo = found.sudo().product_variant_ids
        left = self._left(variants_sudo, website)
        return found.filtered(
            lambda template: any(
                left.get(variant.id, 1) > 0 for variant in template.sudo().product_variant_ids
            )
        )

    @api.model
    def _left(self, products, website):
        """Return ``{product id: quantity}`` of those products that are sold only as long as there
        are some: one look at the stock for all."""
        products_sudo = products.sudo().filtered(
            lambda product: product.is_storable and not product.allow_out_of_stock_order
        )
        warehouse = website.sudo().warehouse_id if website else website
        in_shop = products_sudo.with_context(warehouse_id=warehouse.id if warehouse else False)
        return {product.id: product.free_qty for product in in_shop}
