from odoo import fields, models

from ..mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("invoice_posted", "Invoice posted")], ondelete={"invoice_posted": "cascade"}
    )
    filter_move_type = filter_field(
        fields.Selection,
        [
            ("out_invoice", "Customer Invoice"),
            ("out_refund", "Customer Credit Note"),
            ("out_receipt", "Sales Receipt"),
            ("in_invoice", "Vendor Bill"),
            ("in_refund", "Vendor Credit Note"),
            ("in_receipt", "Purchase Receipt"),
        ],
        string="Document",
    )


class MailWorkflowTriggerInvoicePosted(models.AbstractModel):
    """An invoice, credit note or receipt was confirmed: to a customer, or from a vendor."""

    _name = "mail.workflow.trigger.invoice_posted"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Invoice Posted"

    _is_outcome = True
    _icon = "fa-file-text-o"
    _category = "sales"
    _record_models = ("account.move",)
    _filter_fields = {"type": "filter_move_type", "min_amount": "filter_min_amount"}


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._note_workflow_event("invoice_posted")
        return posted

    def _note_workflow_event(self, kind):
        """Note an event of invoices; other entries of the books are nobody's business here."""
        events = self.env["mail.workflow.event"]
        if not events._is_listened(kind):
            return
        for move in self.sudo():  # what is noted does not depend on who may read it
            if move.is_invoice(include_receipts=True):
                data = {"type": move.move_type, "amount": move.amount_total}
                events.emit(kind, record=move, partner=move.partner_id, data=data)
