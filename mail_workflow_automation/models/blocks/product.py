from itertools import cycle, islice

from markupsafe import Markup

from odoo import api, models, tools

from .block import NUMBER

TEMPLATE = "mail_workflow_automation.block_products"
# Outlook knows no blocks in a line: it gets a table of its own
OUTLOOK_START = Markup(
    '<!--[if mso]><table role="presentation" width="100%" cellpadding="0" cellspacing="0" '
    'border="0"><tr><![endif]-->'
)
OUTLOOK_CELL = Markup('<!--[if mso]><td width="%s" valign="top"><![endif]-->')
OUTLOOK_CELL_END = Markup("<!--[if mso]></td><![endif]-->")
OUTLOOK_END = Markup("<!--[if mso]></tr></table><![endif]-->")
IN_A_ROW = 3
# pixels, by how many stand in a row
PICTURE_WIDTHS = {1: 220, 2: 200, 3: 138}


class MailWorkflowProductBlock(models.AbstractModel):
    """Shows products of the shop side by side: picture, name, price, each a link."""

    _name = "mail.workflow.product.block"
    _inherit = "mail.workflow.block"
    _description = "Block with Products"

    _options = {"limit": NUMBER}

    @api.model
    def _products(self, runs, env, website, options):
        """Return ``{run id: product templates}`` in the order they are shown."""
        raise NotImplementedError

    @api.model
    def _render(self, text, runs, env, base_url, options):
        website = self._website(text, runs)
        products = self._products(runs, env, website, options)
        shown = env["product.template"].union(*products.values())
        shown.fetch(["name"])
        prices = self.env["mail.workflow.price"]._of(runs, shown, env, website)
        html = {}
        for run in runs:
            if products.get(run.id):
                cards = [
                    {
                        "name": product.name,
                        "path": f"/workflow/product/{product.id}",
                        "picture": f"{base_url}/web/image/product.template/{product.id}/image_256",
                        "price": prices[run.id][product.id],
                    }
                    for product in products[run.id]
                ]
                html[run.id] = self._cards(env, cards, text.lang)
        return html

    @api.model
    def _cards(self, env, cards, lang):
        columns = min(IN_A_ROW, len(cards))
        rows = [cards[place : place + columns] for place in range(0, len(cards), columns)]
        values = {
            "rows": rows,
            "width": f"{100 // columns}%",
            "picture_width": PICTURE_WIDTHS[columns],
            "outlook_start": OUTLOOK_START,
            "outlook_cell": OUTLOOK_CELL % f"{100 // columns}%",
            "outlook_cell_end": OUTLOOK_CELL_END,
            "outlook_end": OUTLOOK_END,
        }
        return self._html(env, TEMPLATE, values, lang)

    @api.model
    def _sample(self, env, lang, options):
        names = [(env._("Desk lamp"), 40), (env._("Office chair"), 120), (env._("Bookcase"), 90)]
        cards = [
            {
                "name": name,
                "path": "#",
                "picture": None,
                "price": tools.format_amount(env, price, env.company.currency_id),
            }
            for name, price in islice(cycle(names), options["limit"])
        ]
        return self._cards(env, cards, lang)
