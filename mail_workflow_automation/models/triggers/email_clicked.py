from odoo import api, fields, models

from ..mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("email_clicked", "Link in a mail clicked")],
        ondelete={"email_clicked": "cascade"},
    )
    filter_link = filter_field(
        fields.Char, string="Link", help="Only links with this text in their address."
    )


class MailWorkflowTriggerEmailClicked(models.AbstractModel):
    """A link in a mail of a workflow was followed by a person."""

    _name = "mail.workflow.trigger.email_clicked"
    _inherit = "mail.workflow.trigger.email_event"
    _description = "Workflow Trigger: Link in a Mail Clicked"

    _icon = "fa-mouse-pointer"
    _filter_fields = {"step": "filter_step", "link": "filter_link"}

    @api.model
    def _passes(self, data, key, value):
        if key == "link":
            return value in (data.get("url") or "")
        return super()._passes(data, key, value)

    @api.model
    def _past_filters(self, data):
        link = (data.get("url") or "").partition("?")[0]
        return super()._past_filters(data) + ([{"link": link}] if link else [])
