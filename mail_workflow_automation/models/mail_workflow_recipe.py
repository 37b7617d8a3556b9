from odoo import api, models
from odoo.exceptions import UserError

from ..recipes import RECIPES


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    @api.model
    def create_from_recipe(self, key):
        """Make a draft from a recipe, with a text in each installed language.

        :raises UserError: when there is no such recipe
        """
        if key not in RECIPES:
            raise UserError(self.env._("There is no recipe “%s”.", key))
        definition = RECIPES[key].definition(self.env)
        definition["email_from"] = self.env.company.email_formatted or self.env.user.email_formatted
        return self.import_definition(definition)
