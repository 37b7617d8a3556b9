from odoo import api, models, tools

TEMPLATE = "mail_workflow_automation.block_cart_lines"


class MailWorkflowOrderBlock(models.AbstractModel):
    """Shows the lines of an order, with pictures, prices and the total."""

    _name = "mail.workflow.order.block"
    _inherit = "mail.workflow.block"
    _description = "Block with Lines of an Order"

    @api.model
    def _orders(self, runs, env):
        """Return ``{run id: order}``, readable by the user of ``env``."""
        raise NotImplementedError

    @api.model
    def _render(self, text, runs, env, base_url, options):
        orders = self._orders(runs, env)
        products = env["sale.order"].union(*orders.values()).order_line.product_id
        products.fetch(["name", "is_published", "active"])
        html = {}
        for order in set(orders.values()):
            lines = order.order_line.filtered(lambda line: line._show_in_cart())
            if lines:
                values = self._values(order, lines, env, base_url)
                html[order.id] = self._html(env, TEMPLATE, values, text.lang)
        return {run_id: html[order.id] for run_id, order in orders.items() if order.id in html}

    @api.model
    def _values(self, order, lines, env, base_url):
        def amount(value):
            return tools.format_amount(env, value, order.currency_id)

        return {
            "base_url": base_url,
            "lines": [
                {
                    "name": line.product_id.with_context(display_default_code=False).display_name
                    or line.name,
                    "picture": self._picture(line.product_id),
                    "quantity": f"{line.product_uom_qty:g}",
                    "price": amount(line.price_total),
                }
                for line in lines
            ],
            "total": amount(sum(lines.mapped("price_total"))),
        }

    @api.model
    def _picture(self, product):
        """Return the path of a picture that everybody may see, None where there is none."""
        if product.is_published and product.active:
            return f"/web/image/product.product/{product.id}/image_128"
        return None

    @api.model
    def _sample(self, env, lang, options):
        def amount(value):
            return tools.format_amount(env, value, env.company.currency_id)

        names = [(env._("Desk lamp"), 40), (env._("Office chair"), 120)]
        values = {
            "base_url": "",
            "lines": [
                {"name": name, "picture": None, "quantity": "1", "price": amount(price)}
                for name, price in names
            ],
            "total": amount(160),
        }
        return self._html(env, TEMPLATE, values, lang)
