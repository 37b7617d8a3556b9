from odoo import api, fields, models
from odoo.tools import SQL


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("account_created", "Account created")],
        ondelete={"account_created": "cascade"},
    )


class MailWorkflowTriggerAccountCreated(models.AbstractModel):
    """Somebody got an account of the shop or portal: signed up, or was invited."""

    _name = "mail.workflow.trigger.account_created"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Account Created"

    _is_always_kept = True
    _icon = "fa-user-circle"
    _category = "website"
    _record_models = ("res.partner",)

    @api.model
    def _existing_contacts(self):
        # whether a contact has an account is no secret, but salespeople cannot read users of the
        # portal
        users = self.env["res.users"].sudo()._search([("share", "=", True)])
        partners = users.subselect(SQL.identifier(users.table, "partner_id"))
        return fields.Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN %s", SQL.identifier(alias, "id"), partners
            )
        )

    @api.model
    def _kept(self, companies):
        return SQL(
            """
            SELECT COALESCE(p.email_normalized, 'partner:' || p.id), u.create_date, NULL::jsonb
              FROM res_users u
              JOIN res_partner p ON p.id = u.partner_id
             WHERE u.share
            """
        )


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        for user in users:
            if user.share:
                # the account knows in whose shop it was made, its contact is often shared by all
                self.env["mail.workflow.event"]._emit(
                    "account_created", record=user.partner_id, partner=user.partner_id, place=user
                )
        return users
