from odoo import api, fields, models
from odoo.exceptions import AccessError

SALES_MANAGER = "sales_team.group_sale_manager"
# those whose code a person enters once, for a reward on the order at hand
WITH_CODES = ("coupons", "next_order_coupons")


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    is_released_for_workflows = fields.Boolean(
        string="Released for Workflows",
        copy=False,
        help="Workflows may give codes of this program to people, each within the limits of its "
        "step.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("is_released_for_workflows") for vals in vals_list):
            self._check_may_release()
        return super().create(vals_list)

    def write(self, vals):
        if "is_released_for_workflows" in vals:
            self._check_may_release()
        return super().write(vals)

    @api.model
    def _check_may_release(self):
        if not self.env.su and not self.env.user.has_group(SALES_MANAGER):
            raise AccessError(
                self.env._("Only a Sales administrator releases a program for workflows.")
            )
