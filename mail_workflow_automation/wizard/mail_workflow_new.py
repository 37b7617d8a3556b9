from odoo import api, fields, models

BLANK = "blank"


class MailWorkflowNew(models.TransientModel):
    """Asks what a recipe needs to know, or an empty workflow, and makes the draft."""

    _name = "mail.workflow.new"
    _description = "New Workflow"

    recipe = fields.Selection(
        selection="_selection_recipe", default=BLANK, required=True, readonly=True
    )
    description = fields.Text(compute="_compute_asks")
    asks_sender = fields.Boolean(compute="_compute_asks")
    asks_list = fields.Boolean(compute="_compute_asks")
    asks_delay = fields.Boolean(compute="_compute_asks")
    asks_program = fields.Boolean(compute="_compute_asks")
    asks_newsletter = fields.Boolean(compute="_compute_asks")
    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, precompute=True, required=True
    )
    model_id = fields.Many2one(
        "ir.model",
        string="Applies to",
        required=True,
        ondelete="cascade",
        domain="[('is_mail_thread', '=', True), ('transient', '=', False)]",
        default=lambda self: self.env["ir.model"]._get_id("res.partner"),
    )
    email_from = fields.Char(
        string="Send From",
        default=lambda self: self.env["mail.workflow"]._default_sender(),
    )
    list_id = fields.Many2one(
        "mailing.list",
        string="Topic",
        help="A mailing list. Unsubscribing from a mail of this workflow leaves this list only.",
    )
    newsletter_id = fields.Many2one(
        "mailing.list", help="The mailing list that people subscribe to."
    )
    program_id = fields.Many2one(
        "loyalty.program",
        string="Coupon Program",
        domain="[('is_released_for_workflows', '=', True)]",
        help="Whose codes are given. A Sales administrator releases programs for workflows.",
    )
    delay_unit = fields.Char(compute="_compute_asks")
    delay = fields.Integer(
        string="When", compute="_compute_delay", store=True, readonly=False, precompute=True
    )

    _delay = models.Constraint("CHECK(delay >= 0)", "This number cannot be negative.")

    def _selection_recipe(self):
        blank = [(BLANK, self.env._("Blank workflow"))]
        recipes = self.env["mail.workflow"]._recipes()
        return blank + [(key, recipe.label(self.env)) for key, recipe in recipes.items()]

    @api.depends("recipe")
    def _compute_asks(self):
        recipes = self.env["mail.workflow"]._recipes()
        for wizard in self:
            recipe = recipes.get(wizard.recipe)
            asks = recipe.ASKS if recipe else ("sender",)
            wizard.description = recipe.description(self.env) if recipe else False
            wizard.asks_sender = "sender" in asks
            wizard.asks_list = "list" in asks
            wizard.asks_delay = "delay" in asks
            wizard.asks_program = "program" in asks
            wizard.asks_newsletter = "newsletter" in asks
            wizard.delay_unit = recipe.delay(self.env)[0] if "delay" in asks else False

    @api.depends("recipe")
    def _compute_name(self):
        recipes = self.env["mail.workflow"]._recipes()
        for wizard in self:
            recipe = recipes.get(wizard.recipe)
            wizard.name = recipe.label(self.env) if recipe else self.env._("New workflow")

    @api.depends("recipe")
    def _compute_delay(self):
        recipes = self.env["mail.workflow"]._recipes()
        for wizard in self:
            recipe = recipes.get(wizard.recipe)
            asks = recipe and "delay" in recipe.ASKS
            wizard.delay = recipe.delay(self.env)[1] if asks else 0

    def action_make(self):
        """Make the draft and open it."""
        self.ensure_one()
        workflows = self.env["mail.workflow"]
        if self.recipe == BLANK:
            workflow = workflows.import_definition(
                {
                    "format": 1,
                    "name": self.name,
                    "model": self.model_id.model,
                    "email_from": self.email_from or None,
                }
            )
        else:
            workflow = workflows.create_from_recipe(
                self.recipe,
                name=self.name,
                sender=self.email_from,
                topic=self.list_id,
                delay=self.delay if self.asks_delay else None,
                program=self.program_id,
                newsletter=self.newsletter_id,
            )
        return workflow.action_open_flow()
