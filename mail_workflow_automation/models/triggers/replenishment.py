from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

MOST_DAYS = 365


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("replenishment", "Time to buy again")],
        ondelete={"replenishment": "cascade"},
    )
    replenish_by = fields.Selection(
        [("product", "The same product"), ("category", "A product of the same category")],
        string="Bought Again",
        default="product",
    )
    replenish_product_id = fields.Many2one("product.product", string="Only This Product")
    replenish_category_id = fields.Many2one("product.category", string="Only This Category")
    replenish_days_before = fields.Integer(string="Days Ahead", default=3)


class MailWorkflowTriggerReplenishment(models.AbstractModel):
    """The next purchase of a product is to be expected by now, from the customer's own history.

    The median of the intervals between their purchases counts; after one purchase only, that of
    the other buyers. An open order that is newer than the last purchase cancels it.
    """

    _name = "mail.workflow.trigger.replenishment"
    _inherit = "mail.workflow.trigger.clock"
    _description = "Workflow Trigger: Time to Buy Again"

    _icon = "fa-refresh"
    # the whole history is read: a few times a day
    _poll_minutes = 360
    _trigger_fields = {
        "by": "replenish_by",
        "product": "replenish_product_id",
        "category": "replenish_category_id",
        "days_before": "replenish_days_before",
    }
    _record_models = ("sale.order",)
    _implicit_exits = ("order_confirmed",)

    @api.model
    def _check_config(self, trigger):
        problems = super()._check_config(trigger)
        if not 0 <= trigger.replenish_days_before <= MOST_DAYS:
            problems.append(self.env._("the days ahead are a number from 0 to %s", MOST_DAYS))
        return problems

    @api.model
    def _check_rights(self, trigger, env):
        if env["sale.order"].has_access("read"):
            return []
        return [self.env._("%s may not read sales orders", env.user.name)]

    @api.model
    def _look(self, trigger, since, until, after, limit):
        self.env["sale.order"].flush_model()
        self.env["sale.order.line"].flush_model()
        self.env["res.partner"].flush_model(["email_normalized"])
        ahead = timedelta(days=trigger.replenish_days_before)
        self.env.cr.execute(self._look_query(trigger, since + ahead, until + ahead, after, limit))
        found = {
            record_id: (expected - ahead, "") for record_id, expected in self.env.cr.fetchall()
        }
        return list(found), found

    @api.model
    def _look_query(self, trigger, since, until, after, limit):
        """Return the query of the records whose next purchase is expected between two moments.

        Rows of ``(record id, expected at)``: the person's contact, or their last such order.
        """
        by_category = trigger.replenish_by == "category"
        is_order = trigger.workflow_id.model_name == "sale.order"
        return SQL(
            """
            WITH bought AS (
                -- what a person buys on one day is one purchase
                SELECT p.email_normalized AS email,
                       CASE WHEN p.email_normalized IS NULL THEN p.id END AS lone_id,
                       %(what)s AS what, max(o.date_order) AS at,
                       max(o.id) AS order_id, max(p.id) AS partner_id
                  FROM sale_order_line l
                  JOIN sale_order o ON o.id = l.order_id
                  JOIN res_partner p ON p.id = o.partner_id
                  JOIN product_product v ON v.id = l.product_id
                  JOIN product_template t ON t.id = v.product_tmpl_id
                 WHERE o.state = 'sale' AND o.company_id = %(company)s AND l.product_uom_qty > 0
                   AND p.id != ALL(%(public)s) AND %(only)s
                 GROUP BY 1, 2, 3, o.date_order::date
            ), spaced AS (
                SELECT *, at - lag(at) OVER (PARTITION BY email, lone_id, what ORDER BY at) AS gap
                  FROM bought
            ), own AS (
                SELECT email, lone_id, what, max(at) AS last,
                       (array_agg(order_id ORDER BY at DESC))[1] AS order_id,
                       (array_agg(partner_id ORDER BY at DESC))[1] AS partner_id,
                       percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS gap
                  FROM spaced
                 GROUP BY email, lone_id, what
            ), usual AS (
                -- lent to who has bought once only
                SELECT what, percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS gap
                  FROM spaced
                 GROUP BY what
            )
            SELECT %(record)s AS id, max(own.last + COALESCE(own.gap, usual.gap)) AS expected
              FROM own
              JOIN usual ON usual.what = own.what
             WHERE own.last + COALESCE(own.gap, usual.gap) > %(since)s
               AND own.last + COALESCE(own.gap, usual.gap) <= %(until)s
               AND NOT EXISTS (%(open)s AND o.create_date > own.last)
               AND %(record)s > %(after)s
             GROUP BY 1
             ORDER BY 1
             LIMIT %(limit)s
            """,
            what=SQL("t.categ_id" if by_category else "l.product_id"),
            company=trigger.workflow_id.company_id.id,
            public=list(self.env["mail.workflow.person"]._public_partner_ids()),
            only=self._only(trigger),
            record=SQL("own.order_id" if is_order else "own.partner_id"),
            since=since,
            until=until,
            open=self._open_orders(trigger, SQL("own.email"), SQL("own.lone_id")),
            after=after,
            limit=limit,
        )

    @api.model
    def _only(self, trigger):
        """Return the condition on the lines of the chosen product or category."""
        parts = [SQL("true")]
        if trigger.replenish_product_id:
            parts.append(SQL("l.product_id = %s", trigger.replenish_product_id.id))
        if trigger.replenish_category_id:
            below = (
                self.env["product.category"]
                .sudo()
                ._search([("id", "child_of", trigger.replenish_category_id.id)])
            )
            parts.append(SQL("t.categ_id IN %s", below.subselect()))
        return SQL(" AND ").join(parts)

    @api.model
    def _open_orders(self, trigger, email, partner_id):
        """Return the query of the open orders ``o`` of a person."""
        return SQL(
            """
            SELECT
              FROM sale_order o
              JOIN res_partner q ON q.id = o.partner_id
             WHERE (q.email_normalized = %s OR q.id = %s)
               AND o.state IN ('draft', 'sent') AND o.company_id = %s
               AND EXISTS (SELECT FROM sale_order_line l WHERE l.order_id = o.id)
            """,
            email,
            partner_id,
            trigger.workflow_id.company_id.id,
        )

    @api.model
    def _recheck(self, trigger, enrollments, now):
        """Whoever has begun an order since they came in leaves."""
        self.env["sale.order"].flush_model()
        self.env["mail.workflow.enrollment"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT e.id
                  FROM mail_workflow_enrollment e
                 WHERE e.id = ANY(%s) AND EXISTS (%s AND o.create_date > e.entered_at)
                """,
                enrollments.ids,
                self._open_orders(trigger, SQL("e.email_normalized"), SQL("e.partner_id")),
            )
        )
        reason = self.env._("has an open order")
        return {row[0]: reason for row in self.env.cr.fetchall()}

    @api.model
    def _summary(self, trigger):
        words = dict(trigger._fields["replenish_by"]._description_selection(self.env))
        only = trigger.replenish_product_id or trigger.replenish_category_id
        what = only.display_name or words.get(trigger.replenish_by, "")
        return self.env._(
            "%(length)s before the next purchase: %(what)s",
            length=trigger.workflow_id._length_in_words(trigger.replenish_days_before),
            what=what,
        )
