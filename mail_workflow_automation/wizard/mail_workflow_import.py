import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.mail_workflow_definition_check import MAX_TEXT
from ..recipes import RECIPES


class MailWorkflowImport(models.TransientModel):
    """Makes a draft from a recipe or a file."""

    _name = "mail.workflow.import"
    _description = "New Workflow"

    source = fields.Selection(
        [("recipe", "A recipe"), ("file", "A file")], default="recipe", required=True
    )
    recipe = fields.Selection(
        selection="_selection_recipe", default=lambda self: next(iter(RECIPES), False)
    )
    recipe_help = fields.Text(compute="_compute_recipe_help")
    file = fields.Binary(string="Workflow File")
    file_name = fields.Char()

    @api.depends("recipe")
    def _compute_recipe_help(self):
        for wizard in self:
            recipe = RECIPES.get(wizard.recipe)
            wizard.recipe_help = recipe.description(self.env) if recipe else False

    def _selection_recipe(self):
        return [(key, recipe.label(self.env)) for key, recipe in RECIPES.items()]

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            # refused before it is stored; base64 makes four letters of three bytes
            if len(vals.get("file") or "") * 3 // 4 > MAX_TEXT:
                raise UserError(
                    self.env._(
                        "The file is larger than %s MB and is no workflow.",
                        MAX_TEXT // 1024 // 1024,
                    )
                )
        return super().create(vals_list)

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
