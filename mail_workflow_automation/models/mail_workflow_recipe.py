from odoo import api, models
from odoo.exceptions import UserError

from ..recipes import RECIPES, goals


class MailWorkflow(models.Model):
    """Workflows made from recipes, and the gallery that shows them."""

    _inherit = "mail.workflow"

    @api.model
    def create_from_recipe(self, key, name=None, sender=None, topic=None, delay=None):
        """Make a draft from a recipe, with a text in each installed language.

        What is not given is as the recipe has it, the sender that of the company.

        :param str key: of the recipe
        :param topic: mailing list
        :param int delay: in the unit of the recipe, where it asks for one
        :raises UserError: when there is no such recipe, or an application it needs
        """
        recipe = RECIPES.get(key)
        if not recipe:
            raise UserError(self.env._("There is no recipe “%s”.", key))
        for need in self._recipe_needs([recipe])[key]:
            if need["is_blocking"] and not need["is_met"]:
                raise UserError(
                    self.env._(
                        "The recipe “%(recipe)s” needs the application “%(application)s”. Ask "
                        "an administrator to install it.",
                        recipe=recipe.label(self.env),
                        application=need["label"],
                    )
                )
        answers = {"delay": delay} if delay is not None and "delay" in recipe.ASKS else {}
        definition = recipe.definition(self.env, **answers)
        definition["email_from"] = sender or self._default_sender()
        if name:
            definition["name"] = name
        workflow = self.import_definition(definition)
        if topic:
            workflow.list_id = topic
        return workflow

    @api.model
    def import_file(self, text):
        """Make a draft from a file that was dropped on a screen, and open it.

        :param str text: the file, as it is
        :returns: an action
        :raises DefinitionError: naming the offending entry; nothing is written
        """
        return self.import_definition(text).action_open_flow()

    @api.model
    def get_gallery(self):
        """Return what the gallery shows.

        :returns: ``{"goals": [{"goal", "label", "recipes": [{"key", "label", "description",
            "effect", "needs": [{"label", "is_met", "is_blocking"}], "outline"}]}]}``; goals
            without recipes are left out; an outline is a list of steps, each
            ``{"category", "shape", "branches": [outline]}``
        """
        self.check_access("create")
        needs = self._recipe_needs(RECIPES.values())
        found = []
        for goal, label in goals(self.env).items():
            recipes = [
                {
                    "key": recipe.KEY,
                    "label": recipe.label(self.env),
                    "description": recipe.description(self.env),
                    "effect": recipe.effect(self.env),
                    "needs": needs[recipe.KEY],
                    "outline": self._recipe_outline(recipe),
                }
                for recipe in RECIPES.values()
                if recipe.GOAL == goal
            ]
            if recipes:
                found.append({"goal": goal, "label": label, "recipes": recipes})
        return {"goals": found}

    @api.model
    def _recipe_needs(self, recipes):
        """Return ``{recipe key: [{"label", "is_met", "is_blocking"}]}``: one query for each sort
        of need."""
        recipes = list(recipes)
        wanted = {need for recipe in recipes for need in recipe.NEEDS}
        met = {need: self._need(*need) for need in wanted if need[0] != "module"}
        names = [need[1] for need in wanted if need[0] == "module"]
        # which applications there are is no secret, but Odoo shows it to administrators only
        modules_sudo = self.env["ir.module.module"].sudo().search([("name", "in", names)])
        for module in modules_sudo:
            met["module", module.name] = {
                "label": module.shortdesc,
                "is_met": module.state == "installed",
                "is_blocking": True,
            }
        for name in names:
            unknown = {"label": name, "is_met": False, "is_blocking": True}
            met.setdefault(("module", name), unknown)
        return {recipe.KEY: [met[need] for need in recipe.NEEDS] for recipe in recipes}

    @api.model
    def _need(self, sort):
        """Return whether something of a sort is there that a workflow of this user can name."""
        if sort == "list":
            label, found = self.env._("A mailing list"), self.env["mailing.list"]
            domain = []
        else:
            label, found = self.env._("A coupon program"), self.env["loyalty.program"]
            domain = [("is_released_for_workflows", "=", True)]
        is_met = found.has_access("read") and bool(found.search_count(domain, limit=1))
        return {"label": label, "is_met": is_met, "is_blocking": False}

    @api.model
    def _recipe_outline(self, recipe):
        definition = recipe.definition(self.with_context(workflow_outline=True).env)
        return self._outline(definition["steps"])

    @api.model
    def _outline(self, steps):
        """Return the steps of a file as the gallery draws them."""
        kinds = self.env["mail.workflow.step"]
        outline = []
        for step in steps:
            handler = self.env.get(f"{kinds._name}.{step['kind']}")
            is_wait = handler is not None and handler._is_wait
            outline.append(
                {
                    "category": handler._step_category if handler is not None else "missing",
                    "shape": "pill" if is_wait else "card",
                    "branches": [
                        self._outline(branch.get("steps", []))
                        for branch in step.get("branches", {}).values()
                    ],
                }
            )
        return outline

    @api.model
    def _default_sender(self):
        return self.env.company.email_formatted or self.env.user.email_formatted
