from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

# an order of a whole shop's range tells nothing about what goes together
MOST_PRODUCTS = 50
LEAST_ORDERS = 2
MOST_TOGETHER = 20
MOST_BEST_SELLERS = 100


class MailWorkflowAffinity(models.Model):
    """What is often bought together, and what sells best (without ``product_tmpl_id``), counted
    once a day: to count while mails are made would read all orders for each batch."""

    _name = "mail.workflow.affinity"
    _description = "Products Bought Together"
    _order = "orders desc, id"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    product_tmpl_id = fields.Many2one(
        "product.template", string="Product", ondelete="cascade", readonly=True
    )
    other_tmpl_id = fields.Many2one(
        "product.template",
        string="Bought With",
        required=True,
        ondelete="cascade",
        index=True,
        readonly=True,
    )
    orders = fields.Integer(required=True, readonly=True)

    _by_product = models.Index("(product_tmpl_id, company_id, orders DESC)")

    @api.model
    def _months(self):
        return self.env["mail.workflow"]._get_int_param("recommendation_months", 12)

    @api.model
    def _ensure(self, company, now):
        """Count for a company of which nothing was counted yet."""
        if not self.sudo().search_count([("company_id", "=", company.id)], limit=1):
            self._refresh(company, now)

    @api.model
    def _refresh(self, company, now):
        """Count the confirmed orders of a company anew.

        :returns: the number of rows
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL("DELETE FROM mail_workflow_affinity WHERE company_id = %s", company.id)
        )
        self.env.cr.execute(
            SQL(
                """
                -- what was sold, and is still to be had, once for each order
                WITH bought AS (
                    SELECT DISTINCT l.order_id, t.id AS product
                      FROM sale_order o
                      JOIN sale_order_line l ON l.order_id = o.id
                      JOIN product_product p ON p.id = l.product_id
                      JOIN product_template t ON t.id = p.product_tmpl_id
                     WHERE o.company_id = %(company)s AND o.state = 'sale'
                       AND o.date_order >= %(since)s
                       AND l.display_type IS NULL AND l.product_uom_qty > 0
                       AND l.is_delivery IS NOT TRUE
                       AND t.active AND t.sale_ok AND t.is_published
                ),
                -- pairs grow with the square of an order
                usual AS (
                    SELECT order_id FROM bought GROUP BY order_id HAVING count(*) <= %(products)s
                ),
                pairs AS (
                    SELECT a.product, b.product AS other, count(*) AS orders
                      FROM usual
                      JOIN bought a ON a.order_id = usual.order_id
                      JOIN bought b ON b.order_id = usual.order_id AND b.product <> a.product
                     GROUP BY a.product, b.product
                    HAVING count(*) >= %(least)s
                ),
                places AS (
                    SELECT *, row_number() OVER (
                           PARTITION BY product ORDER BY orders DESC, other DESC) AS place
                      FROM pairs
                )
                INSERT INTO mail_workflow_affinity (
                       company_id, product_tmpl_id, other_tmpl_id, orders)
                SELECT %(company)s, product, other, orders
                  FROM places
                 WHERE place <= %(together)s
                 UNION ALL
                (SELECT %(company)s, NULL, product, count(*)
                   FROM bought
                  GROUP BY product
                  ORDER BY count(*) DESC, product DESC
                  LIMIT %(best)s)
                """,
                company=company.id,
                since=now - relativedelta(months=self._months()),
                products=MOST_PRODUCTS,
                least=LEAST_ORDERS,
                together=MOST_TOGETHER,
                best=MOST_BEST_SELLERS,
            )
        )
        count = self.env.cr.rowcount
        self.invalidate_model()
        return count

    @api.model
    def _together(self, company, template_ids):
        """Return ``{template id: template ids}``: what is bought with each, most often first."""
        found = {}
        rows = self.sudo().search_fetch(  # figures of all orders, which name nobody
            [("company_id", "=", company.id), ("product_tmpl_id", "in", list(template_ids))],
            ["product_tmpl_id", "other_tmpl_id"],
        )
        for row in rows:
            found.setdefault(row.product_tmpl_id.id, []).append(row.other_tmpl_id.id)
        return found

    @api.model
    def _best_sellers(self, company):
        """Return template ids, the best sold first."""
        return self._together(company, [False]).get(False, [])
