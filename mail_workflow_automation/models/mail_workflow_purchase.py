from collections import defaultdict
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL


class Bought(NamedTuple):
    """What a person bought: product templates, the last order's first."""

    template_ids: tuple
    last_template_ids: tuple


NOTHING = Bought((), ())


class MailWorkflowPurchase(models.AbstractModel):
    """Knows the carts and orders of people: of all contacts with their address, in the company of
    their run. Whose an order is does not depend on who asks; what is shown of it does."""

    _name = "mail.workflow.purchase"
    _description = "Purchases of a Person"

    @api.model
    def _carts(self, runs, env):
        """Return ``{run id: cart}``: the open order a run is about, else the newest open cart of
        its person; readable by the user of ``env``."""
        carts = {
            run_id: order
            for run_id, order in self._named_orders(runs, env).items()
            if order.state in ("draft", "sent")
        }
        others = runs.filtered(lambda run: run.id not in carts)
        newest = self._newest(
            others,
            SQL("o.state = 'draft' AND o.website_id IS NOT NULL"),
            SQL("o.cart_changed_at DESC NULLS LAST, o.id DESC"),
        )
        carts.update(self._readable(newest, env))
        return {run_id: cart for run_id, cart in carts.items() if cart.order_line}

    @api.model
    def _orders(self, runs, env):
        """Return ``{run id: order}``: the order that a run or its event is about, else the last one
        its person confirmed; readable by the user of ``env``."""
        orders = self._named_orders(runs, env)
        others = runs.filtered(lambda run: run.id not in orders)
        last = self._newest(others, SQL("o.state = 'sale'"), SQL("o.date_order DESC, o.id DESC"))
        return {**orders, **self._readable(last, env)}

    @api.model
    def _named_orders(self, runs, env):
        """Return ``{run id: order}`` that the run is about, or the event it began with."""
        ids = {}
        for run in runs:
            event_sudo = run.event_id.sudo()
            if run.res_model == "sale.order":
                ids[run.id] = run.res_id
            elif event_sudo.res_model == "sale.order":
                ids[run.id] = event_sudo.res_id
        return self._readable(ids, env)

    @api.model
    def _readable(self, ids, env):
        orders = env["sale.order"].browse(set(ids.values()))
        there = set((orders.exists() & orders._filtered_access("read")).ids)
        return {
            run_id: env["sale.order"].browse(order_id).with_prefetch(orders.ids)
            for run_id, order_id in ids.items()
            if order_id in there
        }

    @api.model
    def _newest(self, runs, which, order):
        """Return ``{run id: id of the first order}`` of the person, among some."""
        if not runs:
            return {}
        self.env.flush_all()
        contacts = self._contacts(runs)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (o.partner_id, o.company_id)
                       o.partner_id, o.company_id, o.id, row_number() OVER (ORDER BY %(order)s)
                  FROM sale_order o
                 WHERE o.partner_id = ANY(%(partners)s) AND o.company_id = ANY(%(companies)s)
                   AND %(which)s
                 ORDER BY o.partner_id, o.company_id, %(order)s
                """,
                order=order,
                which=which,
                partners=list(contacts),
                companies=runs.company_id.ids,
            )
        )
        best = {}
        for partner_id, company_id, order_id, place in rows:
            for key in contacts[partner_id]:
                best[key, company_id] = min(
                    (place, order_id), best.get((key, company_id), (place, order_id))
                )
        keys = {run.id: (run._person_key(), run.company_id.id) for run in runs}
        return {run_id: best[key][1] for run_id, key in keys.items() if key in best}

    @api.model
    def _contacts(self, runs):
        """Return ``{contact id: person keys}`` of all contacts of the persons of runs."""
        contacts = defaultdict(set)
        for run in runs:
            if run.partner_id.id:
                contacts[run.partner_id.id].add(run._person_key())
        emails = list({run.email_normalized for run in runs if run.email_normalized})
        for partner_id, email in self.env.execute_query(
            SQL(
                "SELECT id, email_normalized FROM res_partner WHERE email_normalized = ANY(%s)",
                emails,
            )
        ):
            contacts[partner_id].add(email)
        return contacts

    @api.model
    def _bought(self, runs):
        """Return ``{run id: Bought}`` of those who bought something."""
        if not runs:
            return {}
        self.env.flush_all()
        contacts = self._contacts(runs)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT o.partner_id, o.company_id, p.product_tmpl_id, max(o.date_order)
                  FROM sale_order o
                  JOIN sale_order_line l ON l.order_id = o.id
                  JOIN product_product p ON p.id = l.product_id
                 WHERE o.partner_id = ANY(%s) AND o.company_id = ANY(%s) AND o.state = 'sale'
                   AND l.display_type IS NULL AND l.product_uom_qty > 0
                 GROUP BY o.partner_id, o.company_id, p.product_tmpl_id
                """,
                list(contacts),
                runs.company_id.ids,
            )
        )
        when = defaultdict(dict)
        for partner_id, company_id, template_id, at in rows:
            for key in contacts[partner_id]:
                of_person = when[key, company_id]
                of_person[template_id] = max(at, of_person.get(template_id, at))
        found = {}
        for run in runs:
            dates = when.get((run._person_key(), run.company_id.id))
            if dates:
                last = max(dates.values())
                in_order = sorted(dates, key=lambda one: (dates[one], one), reverse=True)
                found[run.id] = Bought(
                    tuple(in_order), tuple(one for one in in_order if dates[one] == last)
                )
        return found
