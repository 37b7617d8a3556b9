from typing import NamedTuple

from odoo import api, models, tools
from odoo.tools import SQL

from .mail_workflow_listening import LISTENING_CACHE


class Person(NamedTuple):
    """Who a record is about. ``key`` is the normalized address, or the partner where there is
    none; None where nobody is behind it (a team)."""

    partner_id: int | None
    email_normalized: str | None

    @property
    def key(self):
        return self.email_normalized or (f"partner:{self.partner_id}" if self.partner_id else None)


class MailWorkflowPerson(models.AbstractModel):
    """Finds the person behind a record. Contacts with one address are one person."""

    _name = "mail.workflow.person"
    _description = "Person of a Workflow"

    @api.model
    @tools.ormcache(cache=LISTENING_CACHE)
    def _public_partner_ids(self):
        """Return the contacts of the public users: carts of unknown visitors carry them.

        In a cache that a sign-up leaves alone: its visitor would pay for all users to be asked.
        """
        public_users = self.env["res.users"].sudo().with_context(active_test=False)
        group_id = self.env["ir.model.data"]._xmlid_to_res_id("base.group_public")
        return frozenset(public_users.search([("all_group_ids", "in", [group_id])]).partner_id.ids)

    @api.model
    def _of(self, records):
        """Return ``{record id: Person}`` of the records behind which there is one.

        Reads as superuser: who a record is about does not depend on who asks.
        """
        records_sudo = records.sudo()
        if records_sudo._name == "mailing.contact":
            return {
                contact.id: Person(None, contact.email_normalized)
                for contact in records_sudo
                if contact.email_normalized
            }
        partners = (
            records_sudo._mail_get_partners() if hasattr(records_sudo, "_mail_get_partners") else {}
        )
        own_email = "email_normalized" in records_sudo._fields
        public_ids = self._public_partner_ids()
        first = {record_id: partner.ids[:1] for record_id, partner in partners.items()}
        # a slice of contacts is read alone: have them read together before
        contacts_sudo = (
            self.env["res.partner"].sudo().browse({i for ids in first.values() for i in ids})
        )
        contacts_sudo.fetch(["email_normalized"])
        emails = {contact.id: contact.email_normalized for contact in contacts_sudo}
        persons = {}
        for record in records_sudo:
            partner_id = next(iter(first.get(record.id, ())), None)
            email = (own_email and record.email_normalized) or emails.get(partner_id) or None
            if partner_id not in public_ids and (partner_id or email):
                persons[record.id] = Person(partner_id, email)
        return persons

    @api.model
    def _of_all(self, records):
        """Return ``{record id: Person}``; records of a model that is about nobody stand for
        themselves, with a Person without a key."""
        is_personal = records._name == "mailing.contact" or (
            "email_normalized" in records._fields or records.browse()._mail_get_partner_fields()
        )
        if is_personal:
            return self._of(records)
        return dict.fromkeys(records.ids, Person(None, None))

    @api.model
    def _of_partner(self, partner, *, unread=False):
        """Return the Person of one contact, None for none or a public one.

        :param unread: an address that is not at hand may be the query for it (a ``SQL``), for a
            statement after the flush of this transaction
        """
        partner_sudo = partner.sudo()
        if not partner_sudo or partner_sudo.id in self._public_partner_ids():
            return None
        if unread and partner_sudo.id and "email_normalized" not in partner_sudo._cache:
            query = SQL("(SELECT email_normalized FROM res_partner WHERE id = %s)", partner_sudo.id)
            return Person(partner_sudo.id, query)
        return Person(partner_sudo.id, partner_sudo.email_normalized or None)


class Website(models.Model):
    _inherit = "website"

    @api.model_create_multi
    def create(self, vals_list):
        websites = super().create(vals_list)
        # each may have brought a public user
        self.env.registry.clear_cache(LISTENING_CACHE)
        return websites

    def write(self, vals):
        result = super().write(vals)
        if "user_id" in vals:
            self.env.registry.clear_cache(LISTENING_CACHE)
        return result
