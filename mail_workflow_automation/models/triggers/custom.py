from odoo import api, fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("custom", "Custom event")], ondelete={"custom": "cascade"}
    )
    custom_name = fields.Char(string="Event Name")

    def _spec(self):
        spec = super()._spec()
        if self.kind == "custom":
            spec["name"] = self.custom_name
        return spec


class MailWorkflowTriggerCustom(models.AbstractModel):
    """An event of the shop's own, told by Python: ``emit("custom", data={"name": ...})``.

    A filter on any other key of its data is an equality.
    """

    _name = "mail.workflow.trigger.custom"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Custom Event"

    _icon = "fa-code"
    _is_named = True
    _trigger_fields = {"name": "custom_name"}

    @api.model
    def _check_config(self, trigger):
        problems = super()._check_config(trigger)
        if not trigger.custom_name:
            problems.append(self.env._("give the custom event a name"))
        return problems

    @api.model
    def _check_filters(self, filters, workflow):
        return []
