from odoo import api, fields, models

from ...engine.pages import is_at
from ..mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("form_submitted", "Form submitted")], ondelete={"form_submitted": "cascade"}
    )
    filter_model_id = filter_field(
        fields.Many2one, "ir.model", string="Kind of Record", help="What the form makes."
    )
    filter_page = filter_field(
        fields.Char,
        string="Page",
        help="Address of the page of the form, as /contactus; with * at the end: all below it.",
    )


class MailWorkflowTriggerFormSubmitted(models.AbstractModel):
    """A visitor sent a form of the website; the person is who gave the address."""

    _name = "mail.workflow.trigger.form_submitted"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Form Submitted"

    _icon = "fa-wpforms"
    _category = "website"
    _brings_addresses = True
    _filter_fields = {"model": "filter_model_id", "page": "filter_page"}

    @api.model
    def _passes(self, data, key, value):
        if key == "page":
            return isinstance(data.get("page"), str) and is_at(value, data["page"])
        return super()._passes(data, key, value)
