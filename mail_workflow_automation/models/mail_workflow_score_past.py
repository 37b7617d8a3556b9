from dataclasses import dataclass
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..sql import unnested

# of more people than so many the newest are looked at
MOST_PEOPLE = 20_000
# between the last thing looked at and the decision: what is done at its very end is part of it
MARGIN = timedelta(days=1)
# a form and the lead it makes are of one moment
MOMENT = timedelta(minutes=5)
# who has not ordered within so long has not ordered
NO_ORDER = timedelta(days=90)
# what is the newest is held back, for a test of what the rest has taught
HELD_BACK = 0.3
LEADS, ORDERS = "leads", "orders"


@dataclass(slots=True)
class Case:
    """Somebody who was won or lost: what they did up to ``until`` may say why."""

    key: str
    email: str | None
    partner_id: int | None
    lead_id: int | None
    start: datetime
    until: datetime
    is_won: bool


@dataclass(slots=True)
class Past:
    """The people to learn from, the oldest first, and how many were left out, because they were
    won or lost too soon after they came."""

    cases: list[Case]
    too_soon: int

    @property
    def won(self):
        return [place for place, case in enumerate(self.cases) if case.is_won]

    def parts(self, enough):
        """Return the places to learn from and those held back: the newest; none where too few
        would be left to learn from."""
        places = list(range(len(self.cases)))
        edge = len(places) - round(len(places) * HELD_BACK)
        learned = sum(self.cases[place].is_won for place in places[:edge])
        if min(learned, edge - learned) < enough:
            return places, []
        return places[:edge], places[edge:]


class MailWorkflowScorePast(models.AbstractModel):
    """Reads who was won and who was lost.

    All are looked at for as long: up to some days after they came. Else what is done in long talks
    would look like a reason to buy. Who was won or lost sooner than a day after that is left out:
    what belongs to the decision itself is not seen.
    """

    _name = "mail.workflow.score.past"
    _description = "Past of Leads and Customers"

    @api.model
    def _read(self, kind, score_model, months, days, now):
        """Return the ``Past`` of leads or of first orders, as far as the user may see it.

        :param str kind: ``leads`` or ``orders``
        :param int months: how far back
        :param int days: up to how many days after they came people are looked at
        """
        since = now - relativedelta(months=months)
        until = max(timedelta(days=days), MOMENT)
        found = self._leads if kind == LEADS else self._contacts
        query = found(score_model, since, until, now)
        self.env.flush_all()
        is_late = SQL("decided_at >= start + %s", until + MARGIN)
        self.env.cr.execute(SQL("SELECT count(*) FROM (%s) f WHERE NOT %s", query, is_late))
        too_soon = self.env.cr.fetchone()[0]
        self.env.cr.execute(
            SQL(
                """
                SELECT key, email, partner_id, lead_id, start, start + %s AS until, is_won
                  FROM (%s) f
                 WHERE %s
                 ORDER BY start DESC, key
                 LIMIT %s
                """,
                *(until, query, is_late, MOST_PEOPLE),
            )
        )
        return Past([Case(*row) for row in self.env.cr.fetchall()][::-1], too_soon)

    @api.model
    def _companies(self, score_model):
        return score_model.company_id.ids or self.env.companies.ids

    @api.model
    def _orders(self, score_model):
        """Return the query for confirmed orders with the keys of their persons."""
        return SQL(
            """
            SELECT COALESCE(p.email_normalized, 'partner:' || p.id) AS key, o.date_order AS at
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
             WHERE o.state = 'sale' AND o.company_id = ANY(%s)
            """,
            self._companies(score_model),
        )

    @api.model
    def _leads(self, score_model, since, until, now):
        """Return the query for the leads that were won or lost, a person's first one each."""
        companies = self._companies(score_model)
        domain = (
            Domain("won_status", "in", ("won", "lost"))
            & Domain("date_closed", ">=", since)
            & Domain("date_closed", "<=", now)
            & Domain("company_id", "in", [*companies, False])
        )
        if score_model.team_id:
            domain &= Domain("team_id", "=", score_model.team_id.id)
        leads = self.env["crm.lead"].with_context(active_test=False)._search(domain)
        return SQL(
            """
            SELECT l.key, l.email, l.partner_id, l.lead_id, l.start, l.is_won,
                   LEAST(l.decided_at, min(o.at)) AS decided_at
              FROM (SELECT DISTINCT ON (1)
                           COALESCE(l.email_normalized, p.email_normalized,
                                    'partner:' || p.id) AS key,
                           COALESCE(l.email_normalized, p.email_normalized) AS email,
                           l.partner_id, l.id AS lead_id, l.create_date AS start,
                           l.won_status = 'won' AS is_won, l.date_closed AS decided_at
                      FROM crm_lead l
                      LEFT JOIN res_partner p ON p.id = l.partner_id
                     WHERE l.id IN %(leads)s
                       AND COALESCE(l.email_normalized, p.email_normalized,
                                    'partner:' || p.id) IS NOT NULL
                       AND (p.id IS NULL OR p.id <> ALL(%(public)s))
                     ORDER BY 1, l.create_date, l.id) l
              LEFT JOIN (%(orders)s) o ON o.key = l.key AND o.at > l.start
             GROUP BY 1, 2, 3, 4, 5, 6, l.decided_at
            """,
            leads=leads.subselect(),
            public=self._nobody(),
            orders=self._orders(score_model),
        )

    @api.model
    def _contacts(self, score_model, since, until, now):
        """Return the query for the people who became known, by whether they ordered for the first
        time within some days of the day up to which they are looked at."""
        domain = (
            Domain("email_normalized", "!=", False)
            & Domain("create_date", ">=", since)
            & Domain("create_date", "<=", now - until - NO_ORDER)
            & Domain("company_id", "in", [*self._companies(score_model), False])
            & Domain("partner_share", "=", True)
        )
        contacts = self.env["res.partner"].with_context(active_test=True)._search(domain)
        return SQL(
            """
            SELECT c.key, c.key AS email, c.partner_id, NULL::int AS lead_id, c.start,
                   COALESCE(min(o.at) <= c.start + %(limit)s, FALSE) AS is_won,
                   COALESCE(min(o.at), 'infinity') AS decided_at
              FROM (SELECT DISTINCT ON (1) p.email_normalized AS key, p.id AS partner_id,
                           p.create_date AS start
                      FROM res_partner p
                     WHERE p.id IN %(contacts)s AND p.id <> ALL(%(public)s)
                     ORDER BY 1, p.create_date, p.id) c
              LEFT JOIN (%(orders)s) o ON o.key = c.key
             GROUP BY 1, 2, 3, 4, 5
            """,
            limit=until + NO_ORDER,
            contacts=contacts.subselect(),
            public=self._nobody(),
            orders=self._orders(score_model),
        )

    @api.model
    def _nobody(self):
        return list(self.env["mail.workflow.person"]._public_partner_ids())

    @api.model
    def _people(self, past):
        """Return the people of a past as what a query begins with: ``WITH c AS ...``, the columns
        of which are ``place, key, email, partner_id, lead_id, start, until``."""
        rows = [
            (place, one.key, one.email, one.partner_id, one.lead_id, one.start, one.until)
            for place, one in enumerate(past.cases)
        ]
        types = ("int", "varchar", "varchar", "int", "int", "timestamp", "timestamp")
        return SQL(
            "WITH c (place, key, email, partner_id, lead_id, start, until) AS (SELECT * FROM %s)",
            unnested(rows, *types),
        )
