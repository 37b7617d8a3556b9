from odoo import api, fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("missing", "Not installed")], ondelete={"missing": "cascade"}
    )


class MailWorkflowTriggerMissing(models.AbstractModel):
    """Stands for a kind whose addon is not installed any more: it brings nobody in.

    What the file says of the trigger is kept, see ``mail.workflow.kept``.
    """

    _name = "mail.workflow.trigger.missing"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger of an Uninstalled Application"

    _icon = "fa-plug"
    _is_event = False
    _is_missing = True
    _scores = False

    @api.model
    def _kept(self, entry, label):
        """Return what is kept of a trigger, see ``mail.workflow.kept``.

        :param dict entry: what the file says of it
        """
        own = {key: value for key, value in entry.items() if key != "kind"}
        return self.env["mail.workflow.kept"]._keep(entry["kind"], label, own, {})

    @api.model
    def _check_config(self, trigger):
        return [self.env._("its kind is not installed: install its application, or remove it")]

    @api.model
    def _matches(self, filters, event):
        return False

    @api.model
    def _summary(self, trigger):
        return self.env._("Not installed: %s", trigger._kind_label())

    @api.model
    def _export(self, trigger):
        return trigger._kept_file()["entry"]
