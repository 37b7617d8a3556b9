from typing import NamedTuple

from odoo import api, models, tools


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
    @tools.ormcache()
    def _public_partner_ids(self):
        """Return the contacts of the public users: carts of unknown visitors carry them."""
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
    def _of_partner(self, partner):
        """Return the Person of one contact, None for none or a public one."""
        partner_sudo = partner.sudo()
        if not partner_sudo or partner_sudo.id in self._public_partner_ids():
            return None
        return Person(partner_sudo.id, partner_sudo.email_normalized or None)
