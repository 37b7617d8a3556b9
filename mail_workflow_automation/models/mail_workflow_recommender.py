from odoo import api, models
from odoo.fields import Domain

ANY = "any"
# where a recommendation comes from: field of a product, or what others bought
FIELDS = {
    "accessories": "accessory_product_ids",
    "alternatives": "alternative_product_ids",
    "optional": "optional_product_ids",
}
TOGETHER = "together"
SOURCES = (ANY, "accessories", "alternatives", TOGETHER, "optional")
# in this order for “any”: what somebody chose by hand comes first
ANY_ORDER = ("accessories", TOGETHER, "optional", "alternatives")
# so many are looked at, of which the first that a person may be shown are taken
NEWEST = 100


class MailWorkflowRecommender(models.AbstractModel):
    """Finds products to show to people: sold, published, in stock; none that they own or have
    chosen already."""

    _name = "mail.workflow.recommender"
    _description = "Product Recommendations"

    @api.model
    def _recommended(self, runs, env, website, source=ANY, limit=3):
        """Return ``{run id: product templates}`` that fit to the cart or order of each run, else to
        what its person bought last; best sellers for who chose and bought nothing.

        ``any`` is filled up with best sellers.

        :param env: that of ``run_as_id``
        :param website: shop that shows them, may be empty
        """
        bought = self.env["mail.workflow.purchase"]._bought(runs)
        chosen = self._chosen(runs, env)
        bases = {run.id: self._base(run, chosen, bought) for run in runs}
        fitting = self._fitting(env, website, set().union(*bases.values()), source)
        best = self._best(env, website)
        wanted = {}
        for run in runs:
            ids = [one for base in bases[run.id] for one in fitting.get(base, ())]
            if not bases[run.id] or source == ANY:
                ids += best
            wanted[run.id] = ids
        return self._first(wanted, runs, env, website, chosen, bought, limit)

    @api.model
    def _best_sellers(self, runs, env, website, limit=3):
        """Return ``{run id: product templates}``: what sells best."""
        wanted = dict.fromkeys(runs.ids, self._best(env, website))
        return self._first_for(wanted, runs, env, website, limit)

    @api.model
    def _new_products(self, runs, env, website, limit=3):
        """Return ``{run id: product templates}``: what was published last."""
        wanted = dict.fromkeys(runs.ids, self._newest(env, website))
        return self._first_for(wanted, runs, env, website, limit)

    @api.model
    def _first_for(self, wanted, runs, env, website, limit):
        bought = self.env["mail.workflow.purchase"]._bought(runs)
        return self._first(wanted, runs, env, website, self._chosen(runs, env), bought, limit)

    @api.model
    def _best(self, env, website):
        """Return template ids, the best sold first; the newest where nothing was sold."""
        best = self.env["mail.workflow.affinity"]._best_sellers(env.company)
        return best or self._newest(env, website)

    @api.model
    def _newest(self, env, website):
        domain = self._sold_domain(website)
        order = "publish_date desc, id desc"
        return env["product.template"].search(domain, order=order, limit=NEWEST).ids

    @api.model
    def _chosen(self, runs, env):
        """Return ``{run id: template ids}`` of what is in the cart or order of each."""
        purchases = self.env["mail.workflow.purchase"]
        orders = {**purchases._carts(runs, env), **purchases._named_orders(runs, env)}
        lines = env["sale.order"].union(*orders.values()).order_line
        lines.product_id.fetch(["product_tmpl_id"])
        return {
            run_id: order.order_line.product_id.product_tmpl_id.ids
            for run_id, order in orders.items()
        }

    @api.model
    def _base(self, run, chosen, bought):
        if chosen.get(run.id):
            return chosen[run.id]
        return bought[run.id].last_template_ids if run.id in bought else ()

    @api.model
    def _fitting(self, env, website, base_ids, source):
        """Return ``{template id: template ids}`` of what fits to each product."""
        bases = env["product.template"].browse(base_ids).exists()
        found = {template.id: [] for template in bases}
        sources = ANY_ORDER if source == ANY else (source,)
        for name in sources:
            if name == TOGETHER:
                others = self.env["mail.workflow.affinity"]._together(env.company, bases.ids)
            else:
                # what belongs together is told to everybody in the shop
                bases_sudo = bases.sudo()
                others = {one.id: self._templates(one[FIELDS[name]]).ids for one in bases_sudo}
            for template_id, ids in others.items():
                found[template_id] += ids
        return found

    @api.model
    def _templates(self, products):
        return products.product_tmpl_id if products._name == "product.product" else products

    @api.model
    def _first(self, wanted, runs, env, website, chosen, bought, limit):
        """Return ``{run id: the first so many}`` of what may be shown to each."""
        every = set().union(*wanted.values())
        shown = self._shown(env["product.template"].browse(every), website)
        found = {}
        for run in runs:
            hidden = {*chosen.get(run.id, ())}
            if run.id in bought:
                hidden.update(bought[run.id].template_ids)
            ids = [one for one in dict.fromkeys(wanted[run.id]) if one in shown - hidden]
            found[run.id] = env["product.template"].browse(ids[:limit])
        return found

    @api.model
    def _shown(self, templates, website):
        """Return the ids of those that the shop shows and can deliver."""
        domain = Domain("id", "in", templates.ids) & self._sold_domain(website)
        return set(self._in_stock(templates.search(domain), website).ids)

    @api.model
    def _sold_domain(self, website):
        # archived ones are left out by the search
        domain = Domain("sale_ok", "=", True) & Domain("is_published", "=", True)
        return domain & Domain("website_id", "in", [False, *website.ids])

    @api.model
    def _in_stock(self, templates, website):
        """Return those of product templates that can be delivered: all, without an addon that knows
        the stock."""
        return templates

    @api.model
    def _page(self, template_ids, website):
        """Return the path of the page of the first of some products that the shop still shows."""
        domain = Domain("id", "in", template_ids) & self._sold_domain(website)
        return self.env["product.template"].search(domain, limit=1).website_url
