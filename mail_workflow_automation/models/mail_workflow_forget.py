from odoo import api, models, tools
from odoo.tools import SQL

from ..sql import unnested
from .mail_workflow_listening import ADDRESS_CHANGED

# an address in a line of a log, which is JSON
ADDRESS = r'[^\s"\\]*@[^\s"\\]*'


class MailWorkflowForget(models.AbstractModel):
    """Takes the addresses of people out of what workflows keep, once nobody has them any more: a
    contact was deleted, or made anonymous.

    Rows stay, so that figures do; keys that hold an address become a signature of it, which is as
    unique.
    """

    _name = "mail.workflow.forget"
    _description = "Forgetting of People"

    @api.model
    def _forget(self, addresses, partners=None):
        """Forget addresses, and those that contacts had before, that nobody has any more.

        :param addresses: those that were taken away
        :param partners: the contacts that had them, where these were contacts
        """
        self.env.flush_all()
        partners = partners or self.env["res.partner"]
        addresses = {*addresses, *self._earlier(partners)} - {None, False}
        addresses -= self.env["mail.workflow.score.entry"]._held_by_others(addresses, partners)
        addresses -= self._of_subscribers(addresses)
        if not addresses:
            return
        known = unnested(
            [(one, self._sign(one)) for one in sorted(addresses)], "varchar", "varchar"
        )
        for query in (*self._runs(known), *self._others(known)):
            self.env.cr.execute(query)
        scores_follow = self.env["mail.workflow.event"]._is_listened(ADDRESS_CHANGED)
        self._forget_events(addresses, only_served=scores_follow)
        self.env.invalidate_all(flush=False)

    @api.model
    def _forget_events(self, addresses, *, only_served):
        """Take addresses out of events.

        :param only_served: the others are of use to scoring, which forgets them after
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_event
                   SET email_normalized = NULL, data = '{}'
                 WHERE email_normalized = ANY(%s)
                   AND (dispatched_at IS NOT NULL OR NOT %s)
                """,
                list(addresses),
                only_served,
            )
        )

    @api.model
    def _sign(self, address):
        """Return what stands for an address that is forgotten: of two, two."""
        return f"forgotten-{tools.hmac(self.env(su=True), 'mail_workflow_forgotten', address)[:32]}"

    @api.model
    def _earlier(self, partners):
        """Return the addresses under which contacts were in workflows."""
        self.env.cr.execute(
            SQL(
                """
                SELECT email_normalized FROM mail_workflow_enrollment
                 WHERE partner_id = ANY(%(ids)s)
                 UNION
                SELECT email_normalized FROM mail_workflow_event
                 WHERE partner_id = ANY(%(ids)s)
                """,
                ids=partners.ids,
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _of_subscribers(self, addresses):
        contacts_sudo = self.env["mailing.contact"].sudo()
        found = contacts_sudo.search([("email_normalized", "in", list(addresses))])
        return set(found.mapped("email_normalized"))

    @api.model
    def _runs(self, known):
        """Return the queries for runs and what they left; those themselves go last, for the others
        are found by them.

        :param SQL known: rows of (address, what stands for it)
        """
        gone = SQL(
            "mail_workflow_enrollment e JOIN %s AS k (address, sign)"
            " ON e.email_normalized = k.address",
            known,
        )
        masked = {"pattern": ADDRESS, "gone": gone}
        return (
            SQL(
                """
                UPDATE mailing_trace t
                   SET email = CASE WHEN t.email > '' THEN k.sign END, failure_reason = NULL
                  FROM %(gone)s
                 WHERE t.workflow_enrollment_id = e.id
                """,
                **masked,
            ),
            # one that waits in the queue is refused: its person has no address
            SQL(
                """
                UPDATE mail_mail m
                   SET email_to = NULL, body_html = NULL, workflow_text = NULL,
                       failure_reason = NULL
                  FROM mail_workflow_execution x, %(gone)s
                 WHERE m.workflow_execution_id = x.id AND x.enrollment_id = e.id
                """,
                **masked,
            ),
            SQL(
                """
                UPDATE mail_workflow_webhook_call c
                   SET body = '{}', answer = NULL, error = NULL
                  FROM %(gone)s
                 WHERE c.enrollment_id = e.id AND c.is_settled
                """,
                **masked,
            ),
            SQL(
                """
                UPDATE mail_workflow_execution x
                   SET error = NULL, reason = regexp_replace(x.reason, %(pattern)s, '…', 'g'),
                       log = regexp_replace(x.log::text, %(pattern)s, '…', 'g')::jsonb
                  FROM %(gone)s
                 WHERE x.enrollment_id = e.id
                """,
                **masked,
            ),
            # who is under way has no address from now on; what they came with is still of use
            SQL(
                """
                UPDATE mail_workflow_enrollment r
                   SET email_normalized = NULL,
                       data = CASE WHEN r.state IN ('active', 'failed') THEN r.data END,
                       log = regexp_replace(r.log::text, %(pattern)s, '…', 'g')::jsonb,
                       entry_key = CASE WHEN starts_with(r.entry_key || ' ', k.address || ' ')
                                        THEN k.sign || substr(r.entry_key, length(k.address) + 1)
                                        ELSE r.entry_key END
                  FROM %(gone)s
                 WHERE r.id = e.id
                """,
                **masked,
            ),
        )

    @api.model
    def _others(self, known):
        """Return the queries for what people left besides their runs."""
        return (
            SQL(
                """
                UPDATE mail_workflow_content_request q
                   SET email = k.sign, email_normalized = NULL, name = NULL
                  FROM %s AS k (address, sign)
                 WHERE q.email_normalized = k.address
                """,
                known,
            ),
            SQL(
                """
                UPDATE website_visitor v SET workflow_email = NULL
                  FROM %s AS k (address, sign)
                 WHERE v.workflow_email = k.address
                """,
                known,
            ),
        )


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        loses = "email" in vals and not vals["email"]
        addresses = loses and self.sudo().mapped("email_normalized")
        result = super().write(vals)
        if loses and any(addresses):
            self.env["mail.workflow.forget"]._forget(addresses, self)
        return result

    def unlink(self):
        addresses = self.sudo().mapped("email_normalized")
        self.env["mail.workflow.forget"]._forget(addresses, self)
        return super().unlink()


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def write(self, vals):
        loses = "email_from" in vals and not vals["email_from"]
        addresses = loses and self.sudo().mapped("email_normalized")
        result = super().write(vals)
        if loses and any(addresses):
            self.env["mail.workflow.forget"]._forget(addresses)
        return result
