from odoo import api, fields, models
from odoo.tools import SQL

from ..mail_workflow_filter import filter_field


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

    _icon = "fa-newspaper-o"
    _filter_fields = {"list": "filter_list_id"}
    _record_models = ("mailing.contact",)

    @api.model
    def _check_rights(self, trigger, env):
        workflow = trigger.workflow_id
        if workflow.model_name != "res.partner" or not workflow.create_contact:
            return []
        if env["res.partner"].has_access("create"):
            return []
        return [self.env._("%s may not create contacts for new addresses", env.user.name)]

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


class MailingSubscription(models.Model):
    _inherit = "mailing.subscription"

    @api.model_create_multi
    def create(self, vals_list):
        subscriptions = super().create(vals_list)
        subscriptions.filtered(lambda subscription: not subscription.opt_out)._note_subscribed()
        return subscriptions

    def write(self, vals):
        back = self.browse()
        if "opt_out" in vals and not vals["opt_out"]:
            back = self.filtered("opt_out")
        result = super().write(vals)
        back._note_subscribed()
        return result

    def _note_subscribed(self):
        if not self.env["mail.workflow.event"]._is_listened("list_subscribed"):
            return
        for subscription in self:
            self.env["mail.workflow.event"]._note_subscribed(
                subscription.contact_id, subscription.list_id
            )


class MailingContact(models.Model):
    _inherit = "mailing.contact"

    @api.model_create_multi
    def create(self, vals_list):
        contacts = super().create(vals_list)
        events = self.env["mail.workflow.event"]
        if events._is_listened("list_subscribed"):
            # Odoo fills the lists of a new contact by SQL: no subscription is "created"
            for contact, vals in zip(contacts, vals_list, strict=True):
                if vals.get("list_ids"):
                    for subscribed in contact.list_ids:
                        events._note_subscribed(contact, subscribed)
        return contacts

    def write(self, vals):
        events = self.env["mail.workflow.event"]
        if "list_ids" not in vals or not events._is_listened("list_subscribed"):
            return super().write(vals)
        before = {contact.id: contact.list_ids for contact in self}
        result = super().write(vals)
        for contact in self:
            for subscribed in contact.list_ids - before[contact.id]:
                events._note_subscribed(contact, subscribed)
        return result
