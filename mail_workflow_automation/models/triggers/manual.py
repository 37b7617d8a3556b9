from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(selection_add=[("manual", "By hand")], ondelete={"manual": "cascade"})


class MailWorkflowTriggerManual(models.AbstractModel):
    """People come in by hand, from a list or a record."""

    _name = "mail.workflow.trigger.manual"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: By Hand"

    _is_event = False
    _icon = "fa-hand-pointer-o"
