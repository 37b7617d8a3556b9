from odoo import api, models
from odoo.exceptions import UserError

from ..recipes import RECIPES, goals


class MailWorkflow(models.Model):
    """Workflows made from recipes, and the gallery that shows them."""

    _inherit = "mail.workflow"

    @api.model
    def _recipes(self):
        """Return ``{key: recipe}`` in the order of the gallery, within a goal. A glue addon adds
        its own here."""
        return RECIPES

    @api.model
    def create_from_recipe(
        self, key, name=None, sender=None, topic=None, delay=None, program=None, newsletter=None
    ):
        """Make a draft from a recipe, with a text in each installed language.

        What is not given is as the recipe has it, the sender that of the company.

        :param str key: of the recipe
        :param topic: mailing list that readers can unsubscribe from
        :param int delay: in the unit of the recipe, where it asks for one
        :param program: coupon program whose codes are given, where it asks for one
        :param newsletter: mailing list that the recipe is about, where it asks for one
        :raises UserError: when there is no such recipe, or it needs what is not there
        """
        recipe = self._recipes().get(key)
        if not recipe:
            raise UserError(self.env._("There is no recipe “%s”.", key))
        self._check_needs(recipe, key)
        name_of = self.env["mail.workflow.definition"]._export_record
        given = {
            "delay": delay,
            "program": name_of(program) if program else None,
            "newsletter": name_of(newsletter) if newsletter else None,
        }
        answers = {ask: given[ask] for ask in recipe.ASKS if given.get(ask) is not None}
        definition = recipe.definition(self.env, **answers)
        definition["email_from"] = sender or self._default_sender()
        if name:
            definition["name"] = name
        workflow = self.import_definition(definition)
        if topic:
            workflow.list_id = topic
        return workflow

    @api.model
    def _check_needs(self, recipe, key):
        for need in self._recipe_needs({key: recipe})[key]:
            if need["is_blocking"] and not need["is_met"]:
                raise UserError(
                    self.env._(
                        "The recipe “%(recipe)s” needs: %(need)s (%(missing)s). Ask an "
                        "administrator.",
                        recipe=recipe.label(self.env),
                        need=need["label"],
                        missing=need["missing"],
                    )
                )

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
            "effect", "needs": [{"label", "missing", "is_met", "is_blocking"}], "outline"}]}]}``;
            goals without recipes are left out; an outline is a list of steps, each
            ``{"category", "shape", "branches": [outline]}``
        """
        self.check_access("create")
        every = self._recipes()
        needs = self._recipe_needs(every)
        found = []
        for goal, label in goals(self.env).items():
            recipes = [
                {
                    "key": key,
                    "label": recipe.label(self.env),
                    "description": recipe.description(self.env),
                    "effect": recipe.effect(self.env),
                    "needs": needs[key],
                    "outline": self._recipe_outline(recipe),
                }
                for key, recipe in every.items()
                if recipe.GOAL == goal
            ]
            if recipes:
                found.append({"goal": goal, "label": label, "recipes": recipes})
        return {"goals": found}

    @api.model
    def _recipe_needs(self, recipes):
        """Return ``{recipe key: [{"label", "missing", "is_met", "is_blocking"}]}``; ``missing``
        says in words what is not so. One query for each sort of need.

        :param dict recipes: ``{key: recipe}``
        """
        wanted = {need for recipe in recipes.values() for need in recipe.NEEDS}
        names = [need[1] for need in wanted if need[0] == "module"]
        met = self._needed_modules(names)
        for need in wanted - met.keys():
            met[need] = self._need(*need)
        return {key: [met[need] for need in recipe.NEEDS] for key, recipe in recipes.items()}

    @api.model
    def _needed_modules(self, names):
        """Return ``{("module", name): need}``."""
        # which applications there are is no secret, but Odoo shows it to administrators only
        modules_sudo = self.env["ir.module.module"].sudo().search([("name", "in", names)])
        known = {module.name: module for module in modules_sudo}
        return {
            ("module", name): {
                "label": known[name].shortdesc if name in known else name,
                "missing": self.env._("not installed"),
                "is_met": name in known and known[name].state == "installed",
                "is_blocking": True,
            }
            for name in names
        }

    @api.model
    def _need(self, sort, name=None):
        """Return whether there is something that a workflow of this user can name, or a right."""
        if sort == "group":
            # what a right is called is no secret
            group_sudo = self.env.ref(name, raise_if_not_found=False)
            return {
                "label": group_sudo.sudo().display_name if group_sudo else name,
                "missing": self.env._("a right you do not have"),
                "is_met": self.env.user.has_group(name),
                "is_blocking": True,
            }
        if sort == "list":
            label, found = self.env._("A mailing list"), self.env["mailing.list"]
            domain = []
        else:
            label, found = self.env._("A coupon program"), self.env["loyalty.program"]
            domain = [("is_released_for_workflows", "=", True)]
        return {
            "label": label,
            "missing": self.env._("none yet"),
            "is_met": found.has_access("read") and bool(found.search_count(domain, limit=1)),
            "is_blocking": False,
        }

    @api.model
    def _recipe_outline(self, recipe):
        # drawn with all it can have
        answers = {ask: ask for ask in ("program", "newsletter") if ask in recipe.ASKS}
        definition = recipe.definition(self.with_context(workflow_outline=True).env, **answers)
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
