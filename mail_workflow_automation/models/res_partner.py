from odoo import api, fields, models


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "mail.workflow.button"]

    birthday = fields.Date(help="The year may be any: wishes come each year.")

    # whose birthday is today, as a search for its month and day asks
    _workflow_by_birthday = models.Index(
        "(date_part('month', birthday), date_part('day', birthday)) WHERE birthday IS NOT NULL"
    )
    # a person is an address: gate, carts and intake find contacts by it, Odoo has no index for it
    _workflow_by_email = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")

    @api.model
    def _get_frontend_writable_fields(self):
        return {*super()._get_frontend_writable_fields(), "birthday"}

    @api.model
    def mail_allowed_qweb_expressions(self):
        return (
            *super().mail_allowed_qweb_expressions(),
            "object.company_id.name",
            "object.city",
            "object.parent_id.name",
        )

    def unlink(self):
        ids = self.ids
        result = super().unlink()
        self.env["mail.workflow.enrollment"]._end_for_deleted("res.partner", ids)
        return result


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "mail.workflow.button"]

    @api.model
    def mail_allowed_qweb_expressions(self):
        return (
            *super().mail_allowed_qweb_expressions(),
            "object.company_id.name",
            "object.partner_name",
        )

    def unlink(self):
        ids = self.ids
        result = super().unlink()
        self.env["mail.workflow.enrollment"]._end_for_deleted("crm.lead", ids)
        return result


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "mail.workflow.button"]

    @api.model
    def mail_allowed_qweb_expressions(self):
        return (
            *super().mail_allowed_qweb_expressions(),
            "object.company_id.name",
            "object.website_id.name",
        )

    def unlink(self):
        ids = self.ids
        result = super().unlink()
        self.env["mail.workflow.enrollment"]._end_for_deleted("sale.order", ids)
        return result
