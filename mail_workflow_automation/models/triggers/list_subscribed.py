from contextlib import contextmanager

from odoo import api, fields, models
from odoo.http import request
from odoo.tools import SQL

from ..mail_workflow_event import SILENT
from ..mail_workflow_filter import filter_field

# what is written when somebody leaves a list, or comes back
OPT_OUT = {"opt_out", "opt_out_datetime", "opt_out_reason_id"}


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("list_subscribed", "Subscribed to a mailing list")],
        ondelete={"list_subscribed": "cascade"},
    )
    filter_list_id = filter_field(fields.Many2one, "mailing.list", string="Mailing List")


class MailWorkflowTriggerListSubscribed(models.AbstractModel):
    """An address joined a mailing list, or came back to it."""

    _name = "mail.workflow.trigger.list_subscribed"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: List Subscribed"

    _is_always_kept = True
    _icon = "fa-newspaper-o"
    _category = "mail"
    _filter_fields = {"list": "filter_list_id"}
    _brings_addresses = True
    _record_models = ("mailing.contact",)

    @api.model
    def _existing(self, trigger, now):
        workflow = trigger.workflow_id
        domain = fields.Domain("opt_out", "=", False)
        list_id = (trigger.filters or {}).get("list")
        if list_id:
            domain &= fields.Domain("list_id", "=", list_id)
        subscribed = fields.Domain("subscription_ids", "any", domain)
        if workflow.model_name == "mailing.contact":
            return workflow._audience() & subscribed
        if workflow.model_name != "res.partner":
            return super()._existing(trigger, now)
        subscribed &= fields.Domain("email_normalized", "!=", False)
        contacts = self.env["mailing.contact"]._search(subscribed)
        emails = contacts.subselect(SQL.identifier(contacts.table, "email_normalized"))
        return workflow._audience() & fields.Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN %s", SQL.identifier(alias, "email_normalized"), emails
            )
        )

    @api.model
    def _kept(self, companies):
        return SQL(
            """
            SELECT m.email_normalized, COALESCE(s.create_date, m.create_date),
                   jsonb_build_object('list', s.list_id)
              FROM mailing_subscription s
              JOIN mailing_contact m ON m.id = s.contact_id
             WHERE m.email_normalized IS NOT NULL
            """
        )


class MailingSubscription(models.Model):
    _inherit = "mailing.subscription"

    @api.model_create_multi
    def create(self, vals_list):
        subscriptions = super().create(vals_list)
        subscriptions.filtered(lambda one: not one.opt_out)._note_list_event("list_subscribed")
        return subscriptions

    def write(self, vals):
        if not OPT_OUT & vals.keys() or not self.env["mailing.contact"]._is_list_heard():
            return super().write(vals)
        before = self.filtered("opt_out")
        result = super().write(vals)
        after = self.filtered("opt_out")
        (before - after)._note_list_event("list_subscribed")
        (after - before)._note_list_event("list_unsubscribed")
        return result

    def unlink(self):
        if self.env["mailing.contact"]._is_list_heard():
            self.filtered(lambda one: not one.opt_out)._note_list_event("list_unsubscribed")
        return super().unlink()

    def _note_list_event(self, kind):
        if not self.env["mail.workflow.event"]._is_listened(kind):
            return
        for contact, subscriptions in self.grouped("contact_id").items():
            contact._note_list_event(kind, subscriptions.list_id)


class MailingContact(models.Model):
    _inherit = "mailing.contact"

    @api.model_create_multi
    def create(self, vals_list):
        contacts = super().create(vals_list)
        for contact, vals in zip(contacts, vals_list, strict=True):
            if vals.get("list_ids"):
                contact._note_list_event("list_subscribed", contact.list_ids)
        return contacts

    def write(self, vals):
        if "list_ids" not in vals:
            return super().write(vals)
        with self._noting_lists():
            return super().write(vals)

    @api.model
    def _is_list_heard(self):
        """Tell whether anybody listens to who comes or goes; asks the database nothing."""
        events = self.env["mail.workflow.event"]
        return any(events._is_listened(kind) for kind in ("list_subscribed", "list_unsubscribed"))

    @contextmanager
    def _noting_lists(self, **data):
        """Note what changes in the lists of contacts: Odoo fills them by SQL, and no subscription
        is "created" or "removed".

        :param data: more for the data of the events
        """
        if not self._is_list_heard():
            yield
            return
        before = self._lists_by_contact()
        yield
        after = self._lists_by_contact()
        none = self.env["mailing.list"]
        for contact in self:
            old, new = before.get(contact.id, none), after.get(contact.id, none)
            contact._note_list_event("list_subscribed", new - old, **data)
            contact._note_list_event("list_unsubscribed", old - new, **data)

    def _lists_by_contact(self):
        """Return ``{contact id: lists it is on and has not left}``."""
        subscriptions_sudo = self.env["mailing.subscription"].sudo()
        groups = subscriptions_sudo._read_group(
            [("contact_id", "in", self.ids), ("opt_out", "=", False)],
            ["contact_id"],
            ["list_id:recordset"],
        )
        return {contact.id: lists for contact, lists in groups}

    def _note_list_event(self, kind, lists, **data):
        """Note that a mailing contact joined lists, or left them; its person is the address.

        Neither knows a company: where it happens on a website, the website does.
        """
        events = self.env["mail.workflow.event"]
        if not lists or not events._is_listened(kind):
            return
        contact_sudo = self.sudo()
        for one in lists if contact_sudo.email_normalized else ():
            events._emit(
                kind,
                record=contact_sudo,
                data={"list": one.id, **data},
                place=getattr(request, "website", None) if request else None,
            )


class MailingList(models.Model):
    _inherit = "mailing.list"

    def write(self, vals):
        if "contact_ids" not in vals:
            return super().write(vals)
        named = self.new({"contact_ids": vals["contact_ids"]}).contact_ids._origin
        with (self.contact_ids | named)._noting_lists():
            return super().write(vals)

    def action_merge(self, src_lists, archive):
        """Who is on a list because two were made one has not just subscribed: it is noted, and
        welcomes nobody."""
        with src_lists.contact_ids._noting_lists(**{SILENT: True}):
            return super().action_merge(src_lists, archive)
