from odoo import api, fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("contact_created", "Contact created")],
        ondelete={"contact_created": "cascade"},
    )


class MailWorkflowTriggerContactCreated(models.AbstractModel):
    """A contact was created. Invoice and delivery addresses do not count, nor does an import."""

    _name = "mail.workflow.trigger.contact_created"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Contact Created"

    _icon = "fa-user-plus"
    _category = "contact"
    _record_models = ("res.partner",)

    @api.model
    def _existing_contacts(self):
        return fields.Domain("type", "=", "contact")


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        for partner in partners:
            if partner.type == "contact":
                self.env["mail.workflow.event"].emit(
                    "contact_created", record=partner, partner=partner
                )
        return partners
