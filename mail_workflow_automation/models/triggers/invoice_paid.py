from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("invoice_paid", "Invoice paid")], ondelete={"invoice_paid": "cascade"}
    )


class MailWorkflowTriggerInvoicePaid(models.AbstractModel):
    """An invoice or bill was paid in full; once, however its payment comes about."""

    _name = "mail.workflow.trigger.invoice_paid"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Invoice Paid"

    _is_outcome = True
    _icon = "fa-money"
    _category = "sales"
    _record_models = ("account.move",)
    _filter_fields = {"type": "filter_move_type", "min_amount": "filter_min_amount"}


class AccountMove(models.Model):
    _inherit = "account.move"

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        events = self.env["mail.workflow.event"]
        if events._is_listened("invoice_paid"):
            # Odoo says so when the payment is on its way, and again when the bank has it
            (self - events._already_noted("invoice_paid", self))._note_workflow_event(
                "invoice_paid"
            )
        return result
