from odoo import api, models, tools


class MailWorkflowPrice(models.AbstractModel):
    """Knows what products cost for people: as the shop shows it to them."""

    _name = "mail.workflow.price"
    _description = "Prices in Mails"

    @api.model
    def _of(self, runs, templates, env, website):
        """Return ``{run id: {template id: price in words}}``: by the price list of each person's
        order, else of the person, with or without taxes as the shop shows them."""
        groups = {}
        for run_id, pricelist in self._pricelists(runs, env, website).items():
            groups.setdefault(pricelist, []).append(run_id)
        prices = {}
        for pricelist, run_ids in groups.items():
            shown = self._shown(templates, pricelist, env, website)
            prices.update(dict.fromkeys(run_ids, shown))
        return prices

    @api.model
    def _pricelists(self, runs, env, website):
        """Return ``{run id: price list}``, an empty one where there are none."""
        orders = self.env["mail.workflow.purchase"]._named_orders(runs, env)
        # which prices are whose does not depend on who may see price lists
        pricelists_sudo = env["product.pricelist"].sudo()
        partners = runs.partner_id.ids
        of_partners = pricelists_sudo._get_partner_pricelist_multi(partners) if partners else {}
        default = pricelists_sudo.browse()
        if website:
            domain = pricelists_sudo._get_website_pricelists_domain(website)
            default = pricelists_sudo.search(domain, limit=1) if of_partners else default
        found = {}
        for run in runs:
            own = orders[run.id].sudo().pricelist_id if run.id in orders else default.browse()
            if not own and run.partner_id.id in of_partners:
                own = of_partners[run.partner_id.id]
                if website and own and not own._is_available_on_website(website):
                    own = default
            found[run.id] = own
        return found

    @api.model
    def _shown(self, templates, pricelist, env, website):
        """Return ``{template id: price in words}`` by one price list."""
        templates_sudo = templates.sudo()  # a price is what the shop shows to everybody
        currency = pricelist.currency_id or env.company.currency_id
        prices = pricelist._get_products_price(templates_sudo, 1.0, currency=currency)
        shown = {}
        for template in templates_sudo:
            taxes = template.taxes_id._filter_taxes_by_company(env.company)
            price = prices[template.id]
            if website:
                price = template._apply_taxes_to_price(
                    price, currency, taxes, taxes, template, website=website
                )
            shown[template.id] = tools.format_amount(env, price, currency)
        return shown
