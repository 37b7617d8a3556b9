import base64

from odoo import fields, models
from odoo.exceptions import UserError

from ..recipes import RECIPES


class MailWorkflowImport(models.TransientModel):
    """Makes a draft from a recipe or a file."""

    _name = "mail.workflow.import"
    _description = "New Workflow"

    source = fields.Selection(
        [("recipe", "A recipe"), ("file", "A file")], default="recipe", required=True
    )
    recipe = fields.Selection(selection="_selection_recipe")
    file = fields.Binary(string="Workflow File")
    file_name = fields.Char()

    def _selection_recipe(self):
        return [(key, recipe.label(self.env)) for key, recipe in RECIPES.items()]

    def action_import(self):
        self.ensure_one()
        workflows = self.env["mail.workflow"]
        if self.source == "recipe":
            if not self.recipe:
                raise UserError(self.env._("Choose a recipe."))
            workflow = workflows.create_from_recipe(self.recipe)
        else:
            if not self.file:
                raise UserError(self.env._("Choose a file."))
            workflow = workflows.import_definition(base64.b64decode(self.file))
        return {
            "type": "ir.actions.act_window",
            "res_model": "mail.workflow",
            "res_id": workflow.id,
            "view_mode": "form",
        }
