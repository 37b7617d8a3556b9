from odoo import api, models, tools


class MailWorkflowPrice(models.AbstractModel):
    """Knows what products cost for people: as the shop shows it to them."""

    _name = "mail.workflow.price"
    _description = "Prices in Mails"

    @api.model
    def _of(self, runs, templates, env, website):
        """Return ``{run id: {template id: price in words}}``: by the price list and the fiscal
        position of each person's order, else of the person, with or without taxes as the shop
        shows them."""
        orders = self.env["mail.workflow.purchase"]._named_orders(runs, env)
        pricelists = self._pricelists(runs, orders, env, website)
        positions = self._fiscal_positions(runs, orders, env)
        prices, shown = {}, {}
        for run in runs:
            terms = pricelists[run.id], positions[run.id]
            if terms not in shown:
                shown[terms] = self._shown(templates, *terms, env, website)
            prices[run.id] = shown[terms]
        return prices

    @api.model
    def _pricelists(self, runs, orders, env, website):
        """Return ``{run id: price list}``, an empty one where there are none."""
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
    def _fiscal_positions(self, runs, orders, env):
        """Return ``{run id: fiscal position}``, an empty one where taxes stay as they are: as
        ``_get_fiscal_position`` of Odoo finds it, which searches for each contact."""
        # which taxes somebody pays does not depend on who may see taxes
        positions_sudo = env["account.fiscal.position"].sudo()
        domain = positions_sudo._check_company_domain(env.company)
        detected = positions_sudo.search([*domain, ("auto_apply", "=", True)])
        partners = runs.partner_id.sudo().with_company(env.company)
        by_partner = {}
        for partner in partners:
            own = partner.property_account_position_id
            if not own and partner.country_id:
                own = detected._get_first_matching_fpos(partner)
            by_partner[partner.id] = own
        return {
            run.id: orders[run.id].sudo().fiscal_position_id
            if run.id in orders
            else by_partner.get(run.partner_id.id, positions_sudo)
            for run in runs
        }

    @api.model
    def _shown(self, templates, pricelist, position, env, website):
        """Return ``{template id: price in words}`` by one price list and fiscal position."""
        templates_sudo = templates.sudo()  # a price is what the shop shows to everybody
        currency = pricelist.currency_id or env.company.currency_id
        prices = pricelist._get_products_price(templates_sudo, 1.0, currency=currency)
        shown = {}
        for template in templates_sudo:
            taxes = template.taxes_id._filter_taxes_by_company(env.company)
            price = prices[template.id]
            if website:
                price = template._apply_taxes_to_price(
                    price, currency, taxes, position.map_tax(taxes), template, website=website
                )
            shown[template.id] = tools.format_amount(env, price, currency)
        return shown
