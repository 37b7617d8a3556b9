from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("list_unsubscribed", "Left a mailing list")],
        ondelete={"list_unsubscribed": "cascade"},
    )


class MailWorkflowTriggerListUnsubscribed(models.AbstractModel):
    """An address left a mailing list (noted where ``list_subscribed`` is)."""

    _name = "mail.workflow.trigger.list_unsubscribed"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Left a Mailing List"

    _icon = "fa-chain-broken"
    _category = "mail"
    _record_models = ("mailing.contact",)
    _filter_fields = {"list": "filter_list_id"}
