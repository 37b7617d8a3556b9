from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

OPEN_PAYMENT_STATES = ("pending", "authorized", "done")
# a transfer that was announced so long before the cart does not come any more
OPEN_PAYMENT_DAYS = 30


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("cart_abandoned", "Cart abandoned")], ondelete={"cart_abandoned": "cascade"}
    )
    cart_hours = fields.Float(
        string="Hours", default=24.0, help="How long nobody has touched the lines of the cart."
    )


class MailWorkflowTriggerCartAbandoned(models.AbstractModel):
    """Nobody has touched a filled cart for so many hours.

    Only the newest open cart of a person is written to. Any confirmed order or begun payment of
    that
    person ends all their cart runs. A cart that Odoo merged into another one is followed there.
    """

    _name = "mail.workflow.trigger.cart_abandoned"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Cart Abandoned"

    _is_event = False
    _icon = "fa-shopping-cart"
    _trigger_fields = {"hours": "cart_hours"}
    _record_models = ("sale.order",)
    _implicit_exits = ("order_confirmed",)

    @api.model
    def _check_config(self, trigger):
        problems = super()._check_config(trigger)
        if trigger.workflow_id.model_name != "sale.order":
            problems.append(self.env._("a cart can only come into a workflow on Sales Orders"))
        if trigger.cart_hours <= 0:
            problems.append(self.env._("the hours must be more than zero"))
        return problems

    @api.model
    def _summary(self, trigger):
        length = trigger.workflow_id._length_in_words(trigger.cart_hours, "hours")
        return self.env._("Cart untouched for %s", length)

    @api.model
    def _open_carts_domain(self, workflow):
        domain = (
            Domain("state", "=", "draft")
            & Domain("website_id", "!=", False)
            & Domain("order_line", "!=", False)
            & Domain("company_id", "=", workflow.company_id.id)
            & Domain(
                "partner_id", "not in", list(self.env["mail.workflow.person"]._public_partner_ids())
            )
        )
        if workflow.website_id:
            domain &= Domain("website_id", "=", workflow.website_id.id)
        return domain

    @api.model
    def _existing(self, trigger, now):
        workflow = trigger.workflow_id
        if workflow.model_name != "sale.order":
            return super()._existing(trigger, now)
        return (
            self._open_carts_domain(workflow)
            & workflow._audience()
            & Domain("cart_changed_at", "<=", now - timedelta(hours=trigger.cart_hours))
        )

    @api.model
    def _worth_entering(self, trigger, records):
        return self._worth_writing(records)

    @api.model
    def _count_existing(self, trigger, now):
        carts = trigger.workflow_id._records([]).search(self._existing(trigger, now))
        return len(self._worth_entering(trigger, carts))

    @api.model
    def _poll(self, trigger, since, until):
        workflow = trigger.workflow_id
        delay = timedelta(hours=trigger.cart_hours)
        if workflow.lateness_hours:
            # after a long pause or outage: who is too late for the first mail gets no other either
            since = max(since, until - timedelta(hours=workflow.lateness_hours))
        carts = workflow._records([]).search(
            self._open_carts_domain(workflow)
            & workflow._audience()
            & Domain("cart_changed_at", ">", since - delay)
            & Domain("cart_changed_at", "<=", until - delay)
        )
        carts = self._worth_writing(carts)
        if not carts:
            return 0
        due = {cart.id: cart.cart_changed_at + delay for cart in carts}
        return trigger._enroll_safely(carts, until, due)

    @api.model
    def _worth_writing(self, carts):
        """Keep each person's newest open cart, if Odoo's own reminder did not go out for it,
        nothing was
        bought since, and no payment is under way."""
        if not carts:
            return carts
        newest = self._newest_carts(carts)
        bought = self._bought_since(carts)
        return carts.filtered(
            lambda cart: (
                not cart.cart_recovery_email_sent
                and newest.get(cart.id) == cart.id
                and cart.id not in bought
            )
        )

    @api.model
    def _newest_carts(self, orders):
        """Return ``{order id: id of the newest open cart of its person}``, same website's
        company."""
        self.env["sale.order"].flush_model()
        self.env["res.partner"].flush_model(["email_normalized"])
        self.env.cr.execute(
            SQL(
                """
                SELECT o.id, newest.id
                  FROM sale_order o
                  JOIN res_partner p ON p.id = o.partner_id
                  CROSS JOIN LATERAL (
                       SELECT c.id
                         FROM sale_order c
                         JOIN res_partner q ON q.id = c.partner_id
                        WHERE (q.id = p.id OR q.email_normalized = p.email_normalized)
                          AND c.state = 'draft' AND c.website_id IS NOT NULL
                          AND c.company_id = o.company_id
                          AND EXISTS (SELECT FROM sale_order_line l WHERE l.order_id = c.id)
                        ORDER BY c.cart_changed_at DESC NULLS LAST, c.id DESC
                        LIMIT 1) newest
                 WHERE o.id = ANY(%s)
                """,
                orders.ids,
            )
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _bought_since(self, orders):
        """Return the ids of the carts whose person confirmed an order after the cart changed, or
        has a payment under way."""
        self.env["sale.order"].flush_model()
        self.env["payment.transaction"].flush_model(["state", "last_state_change"])
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT o.id
                  FROM sale_order o
                  JOIN res_partner p ON p.id = o.partner_id
                  JOIN res_partner q ON q.id = p.id OR q.email_normalized = p.email_normalized
                  JOIN sale_order c ON c.partner_id = q.id AND c.company_id = o.company_id
                 WHERE o.id = ANY(%(ids)s)
                   AND ((c.state = 'sale' AND c.date_order > o.cart_changed_at)
                        OR (c.state IN ('draft', 'sent') AND EXISTS (
                            SELECT FROM sale_order_transaction_rel r
                              JOIN payment_transaction t ON t.id = r.transaction_id
                             WHERE r.sale_order_id = c.id AND t.state = ANY(%(open)s)
                               AND t.last_state_change
                                   > o.cart_changed_at - %(days)s * interval '1 day')))
                """,
                ids=orders.ids,
                open=list(OPEN_PAYMENT_STATES),
                days=OPEN_PAYMENT_DAYS,
            )
        )
        return {row[0] for row in self.env.cr.fetchall()}

    @api.model
    def _recheck(self, trigger, enrollments, now):
        """Follow the person to their newest cart; leave when there is none, or something was
        bought."""
        orders_sudo = self.env["sale.order"].sudo().browse(enrollments.mapped("res_id")).exists()
        newest = self._newest_carts(orders_sudo)
        bought = self._bought_since(orders_sudo)
        mailed = enrollments._with_mail()
        orders_by_id = {order.id: order for order in orders_sudo}
        carts_sudo = self.env["sale.order"].sudo().browse(set(newest.values()))
        website_of = {cart.id: cart.website_id for cart in carts_sudo}
        only_website = trigger.workflow_id.website_id
        moves, reasons = {}, {}
        for run in enrollments:
            order = orders_by_id.get(run.res_id)
            if not order:
                continue
            cart_id = newest.get(order.id)
            if order.id in bought or order.state == "sale":
                reasons[run.id] = self.env._("ordered")
            elif not cart_id:
                reasons[run.id] = self.env._("no open cart")
            elif order.cart_recovery_email_sent and run not in mailed:
                reasons[run.id] = self.env._("Odoo's own cart reminder was sent")
            elif only_website and website_of[cart_id] != only_website:
                reasons[run.id] = self.env._("a newer cart in another shop")
            elif cart_id != order.id:
                moves[run.id] = cart_id
        reasons.update(enrollments.browse(moves)._follow(moves, now))
        for run in enrollments.browse([run_id for run_id in moves if run_id not in reasons]):
            run.website_id = website_of[run.res_id]  # the links of its mails lead there
        return reasons


class Website(models.Model):
    _inherit = "website"

    @api.model
    def _search(self, domain, *args, **kwargs):
        without = self.env.context.get("mail_workflow_without_website_ids")
        if without:
            domain = Domain(domain) & Domain("id", "not in", without)
        return super()._search(domain, *args, **kwargs)

    @api.model
    def _send_abandoned_cart_email(self):
        """Leave the websites to their cart workflow where one runs: never both reminders.

        One that is paused keeps its people, and may have written to them already.
        """
        triggers_sudo = self.env["mail.workflow.trigger"].sudo()
        workflows = triggers_sudo.search(
            [("kind", "=", "cart_abandoned"), ("workflow_id.state", "in", ("running", "paused"))]
        ).workflow_id
        covered = workflows.website_id
        whole_companies = workflows.filtered(lambda workflow: not workflow.website_id).company_id
        covered |= self.search([("company_id", "in", whole_companies.ids)])
        return super(
            Website, self.with_context(mail_workflow_without_website_ids=covered.ids)
        )._send_abandoned_cart_email()
