from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

MOST_DAYS = 3660


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("inactive", "Inactive for some time")], ondelete={"inactive": "cascade"}
    )
    inactive_days = fields.Integer(string="Days without a Sign of Life", default=90)
    inactive_order = fields.Boolean(string="Confirmed Orders", default=True)
    inactive_visit = fields.Boolean(string="Visits of the Website")
    inactive_login = fields.Boolean(string="Logins")
    inactive_mail = fields.Boolean(string="Opened Mails")


class MailingTrace(models.Model):
    _inherit = "mailing.trace"

    # whose last opening was so long ago, and who has opened since
    _workflow_opened = models.Index("(open_datetime, email) WHERE open_datetime IS NOT NULL")


class MailWorkflowTriggerInactive(models.AbstractModel):
    """Somebody has done none of the chosen things for so many days.

    Who never did counts from when they were made a contact. A look finds those whose last sign of
    life crossed the days since the look before: nobody else is read.
    """

    _name = "mail.workflow.trigger.inactive"
    _inherit = "mail.workflow.trigger.clock"
    _description = "Workflow Trigger: Inactive"

    _icon = "fa-bed"
    _poll_minutes = 60
    _trigger_fields = {
        "days": "inactive_days",
        "orders": "inactive_order",
        "visits": "inactive_visit",
        "logins": "inactive_login",
        "opens": "inactive_mail",
    }
    _record_models = ("res.partner",)

    @api.model
    def _check_config(self, trigger):
        problems = super()._check_config(trigger)
        if trigger.workflow_id.model_name != "res.partner":
            problems.append(self.env._("only contacts can be inactive"))
        if not 1 <= trigger.inactive_days <= MOST_DAYS:
            problems.append(self.env._("the days are a number from 1 to %s", MOST_DAYS))
        if not self._chosen(trigger):
            problems.append(self.env._("choose what counts as a sign of life"))
        return problems

    @api.model
    def _check_rights(self, trigger, env):
        # that somebody visits or logs in, everybody may know
        told_by = {"inactive_order": "sale.order", "inactive_mail": "mailing.trace"}
        models = [env[told_by[name]] for name in self._chosen(trigger) if name in told_by]
        return [
            self.env._(
                "%(user)s may not read %(model)s", user=env.user.name, model=model._description
            )
            for model in models
            if not model.has_access("read")
        ]

    @api.model
    def _chosen(self, trigger):
        names = ("inactive_order", "inactive_visit", "inactive_login", "inactive_mail")
        return [name for name in names if trigger[name]]

    @api.model
    def _look(self, trigger, since, until, after, limit):
        days = timedelta(days=trigger.inactive_days)
        self._flush()
        self.env.cr.execute(self._look_query(trigger, since - days, until - days, after, limit))
        last = dict(self.env.cr.fetchall())
        return list(last), {record_id: (at + days, "") for record_id, at in last.items()}

    @api.model
    def _look_query(self, trigger, since, until, after, limit):
        """Return the query of the contacts whose last sign of life lies between two moments."""
        return SQL(
            """
            WITH crossed AS MATERIALIZED (
                SELECT email, partner_id, max(at) AS at
                  FROM (%(signs)s) AS sign
                 GROUP BY email, partner_id
            ), silent AS MATERIALIZED (
                SELECT *
                  FROM crossed
                 WHERE NOT EXISTS (SELECT FROM (%(later)s) AS sign
                                    WHERE sign.email = crossed.email)
                   AND NOT EXISTS (SELECT FROM (%(later)s) AS sign
                                    WHERE sign.partner_id = crossed.partner_id)
            )
            SELECT p.id, silent.at
              FROM silent
              JOIN res_partner p ON p.email_normalized = silent.email
                   OR (silent.email IS NULL AND p.id = silent.partner_id)
             WHERE p.id > %(after)s AND p.active AND COALESCE(p.type, 'contact') = 'contact'
             ORDER BY p.id
             LIMIT %(limit)s
            """,
            signs=self._signs(trigger, since, until),
            later=self._signs(trigger, until),
            after=after,
            limit=limit,
        )

    @api.model
    def _signs(self, trigger, since, until=None):
        """Return the query of the signs of life after ``since``, up to ``until``.

        Rows of ``(email, partner_id, at)``: a person is an address, or a contact without one.
        """
        company_id = trigger.workflow_id.company_id.id
        sources = {
            "inactive_order": (
                SQL("sale_order s JOIN res_partner p ON p.id = s.partner_id"),
                SQL("s.date_order"),
                SQL("s.state = 'sale' AND s.company_id = %s", company_id),
            ),
            "inactive_visit": (
                SQL(
                    "website_visitor s JOIN website w ON w.id = s.website_id"
                    " JOIN res_partner p ON p.id = s.partner_id"
                ),
                SQL("s.last_connection_datetime"),
                SQL("w.company_id = %s", company_id),
            ),
            "inactive_login": (
                SQL(
                    "res_users_log s JOIN res_users u ON u.id = s.create_uid"
                    " JOIN res_partner p ON p.id = u.partner_id"
                ),
                SQL("s.create_date"),
                SQL("true"),
            ),
            "inactive_mail": (
                SQL("mailing_trace s JOIN res_partner p ON p.email_normalized = s.email"),
                SQL("s.open_datetime"),
                # not what a machine opened; of other mailings Odoo tells no more
                SQL(
                    "s.is_test_trace IS NOT TRUE AND (s.workflow_enrollment_id IS NULL OR"
                    " COALESCE(s.workflow_opened_at, s.workflow_clicked_at) IS NOT NULL)"
                ),
            ),
        }
        made = (SQL("res_partner p"), SQL("p.create_date"), SQL("true"))
        parts = [made, *(sources[name] for name in self._chosen(trigger))]
        return SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT p.email_normalized AS email,
                       CASE WHEN p.email_normalized IS NULL THEN p.id END AS partner_id,
                       %(at)s AS at
                  FROM %(tables)s
                 WHERE %(where)s AND %(at)s > %(since)s AND %(until)s
                """,
                tables=tables,
                at=at,
                where=where,
                since=since,
                until=SQL("%s <= %s", at, until) if until else SQL("true"),
            )
            for tables, at, where in parts
        )

    @api.model
    def _flush(self):
        self.env["sale.order"].flush_model()
        self.env["website.visitor"].flush_model()
        self.env["mailing.trace"].flush_model()
        self.env["res.partner"].flush_model()

    @api.model
    def _existing(self, trigger, now):
        workflow = trigger.workflow_id
        if workflow.model_name != "res.partner" or not self._chosen(trigger):
            return super()._existing(trigger, now)
        self._flush()
        signs = self._signs(trigger, now - timedelta(days=trigger.inactive_days))
        return (
            workflow._audience()
            & Domain("type", "=", "contact")
            & Domain.custom(
                to_sql=lambda model, alias, query: SQL(
                    "NOT EXISTS (SELECT FROM (%(signs)s) AS sign WHERE sign.email = %(email)s)"
                    " AND NOT EXISTS (SELECT FROM (%(signs)s) AS sign"
                    " WHERE sign.partner_id = %(id)s)",
                    signs=signs,
                    email=SQL.identifier(alias, "email_normalized"),
                    id=SQL.identifier(alias, "id"),
                )
            )
        )

    @api.model
    def _summary(self, trigger):
        labels = [
            trigger._fields[name]._description_string(self.env) for name in self._chosen(trigger)
        ]
        return self.env._(
            "%(length)s without: %(signs)s",
            length=trigger.workflow_id._length_in_words(trigger.inactive_days),
            signs=", ".join(labels),
        )
