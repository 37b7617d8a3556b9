import secrets

from odoo import api, models, tools
from odoo.tools import SQL

from ..sql import unnested
from .mail_workflow_listening import ADDRESS_CHANGED

# an address in a line of a log, which is JSON
ADDRESS = r'[^\s"\\]*@[^\s"\\]*'
# the leads that this transaction merged into others
MERGED = "mail_workflow_merged_leads"


class MailWorkflowForget(models.AbstractModel):
    """Takes the addresses of people out of what workflows keep, once nobody has them any more: a
    contact, lead or subscriber was deleted, or made anonymous.

    Rows stay, so that figures do; keys that hold an address become a name that stands for it, a
    new one each time.
    """

    _name = "mail.workflow.forget"
    _description = "Forgetting of People"

    @api.model
    def _forget(self, addresses):
        """Forget those of the addresses that nobody has any more; return them, a set."""
        addresses = set(addresses) - {None, False}
        if addresses:
            self.env.flush_all()
            addresses -= self.env["mail.workflow.score.entry"]._held_by_others(addresses)
            addresses -= self._of_subscribers(addresses)
        if not addresses:
            return addresses
        known = unnested(
            [(one, f"forgotten-{secrets.token_hex(16)}") for one in sorted(addresses)],
            "varchar",
            "varchar",
        )
        for query in (*self._runs(known), *self._others(known)):
            self.env.cr.execute(query)
        scores_follow = self.env["mail.workflow.event"]._is_listened(ADDRESS_CHANGED)
        self._forget_events(addresses, only_served=scores_follow)
        self.env.invalidate_all(flush=False)
        return addresses

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
    def _earlier(self, records):
        """Return the addresses under which records were in workflows, a set."""
        about = SQL("res_model = %s AND res_id = ANY(%s)", records._name, records.ids)
        if records._name == "res.partner":
            about = SQL("(%s OR partner_id = ANY(%s))", about, records.ids)
        self.env["mail.workflow.enrollment"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT email_normalized FROM mail_workflow_enrollment WHERE %(about)s
                 UNION
                SELECT email_normalized FROM mail_workflow_event WHERE %(about)s
                """,
                about=about,
            )
        )
        return {row[0] for row in self.env.cr.fetchall()}

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
                UPDATE mail_workflow_coupon c SET person = k.sign
                  FROM %s AS k (address, sign)
                 WHERE c.person = k.address
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


class MailWorkflowForgotten(models.AbstractModel):
    """A record with the address of a person, who is forgotten when the last such record goes."""

    _name = "mail.workflow.forgotten"
    _description = "Record of a Person Who Can Be Forgotten"

    # the field of the address
    _workflow_address = "email"

    def write(self, vals):
        name = self._workflow_address
        loses = name in vals and not tools.email_normalize(vals[name] or "", strict=False)
        addresses = loses and self._workflow_addresses()
        result = super().write(vals)
        if addresses:
            forget = self.env["mail.workflow.forget"]
            forget._forget(addresses | forget._earlier(self))
        return result

    def unlink(self):
        self.check_access("unlink")  # before anything is looked up
        forget, leaving = self.env["mail.workflow.forget"], self._workflow_leaving()
        addresses = leaving._workflow_addresses() | forget._earlier(leaving)
        keys = {f"partner:{one}" for one in self.ids} if self._name == "res.partner" else set()
        result = super().unlink()
        entries_sudo = self.env["mail.workflow.score.entry"].sudo()
        entries_sudo._forget_keys(keys | forget._forget(addresses))
        return result

    def _workflow_leaving(self):
        """Return those of the records with which their people go."""
        return self.exists()

    def _workflow_addresses(self):
        """Return the addresses that the records have now, a set."""
        values = self.sudo().mapped(self._workflow_address)
        return {tools.email_normalize(one or "", strict=False) for one in values} - {False}


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "mail.workflow.forgotten"]


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "mail.workflow.forgotten"]

    _workflow_address = "email_from"

    # as of contacts: Odoo's own index, where there is one, is for parts of an address
    _workflow_by_email = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")

    def _merge_dependences(self, opportunities):
        """What is kept of merged leads is of the one that stays; Odoo deletes the others now, or
        leaves that to its caller."""
        self.env.cr.postcommit.data.setdefault(MERGED, set()).update(opportunities.ids)
        return super()._merge_dependences(opportunities)

    def _workflow_leaving(self):
        merged = self.env.cr.postcommit.data.get(MERGED, ())
        return super()._workflow_leaving().filtered(lambda lead: lead.id not in merged)


class MailingContact(models.Model):
    _name = "mailing.contact"
    _inherit = ["mailing.contact", "mail.workflow.forgotten"]

    # gate, intake and forgetting find subscribers by it, Odoo has no index for it
    _workflow_by_email = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")
