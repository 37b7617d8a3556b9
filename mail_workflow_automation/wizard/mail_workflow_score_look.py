from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..models.mail_workflow_score_past import LEADS, ORDERS

MOST_MONTHS = 120
MOST_DAYS = 365


class MailWorkflowScoreLook(models.AbstractModel):
    """What "Suggest Rules" and "Test the Rules" ask for: which past to look at."""

    _name = "mail.workflow.score.look"
    _description = "Look at the Past"

    score_model_id = fields.Many2one(
        "mail.workflow.score.model",
        required=True,
        default=lambda self: self.env["mail.workflow.score.model"]._shown(self.env.company.id)[0],
    )
    past = fields.Selection(
        [(LEADS, "Leads that were won or lost"), (ORDERS, "First orders of new contacts")],
        string="Learn from",
        required=True,
        default=LEADS,
    )
    months = fields.Integer(string="Months Back", required=True, default=24)
    days = fields.Integer(
        string="Days Looked at",
        required=True,
        default=7,
        help="What people did up to so many days after they came, and were then, is looked at. "
        "Who was won or lost sooner than a day after that is left out.",
    )
    won_count = fields.Integer(readonly=True, string="Won")
    lost_count = fields.Integer(readonly=True, string="Lost")
    too_soon = fields.Integer(readonly=True)
    people = fields.Char(compute="_compute_people")
    message = fields.Text(readonly=True)

    @api.depends_context("lang")
    def _compute_display_name(self):
        for look in self:
            look.display_name = self.env["ir.model"]._get(self._name).name

    @api.depends("won_count", "lost_count", "too_soon")
    @api.depends_context("lang")
    def _compute_people(self):
        for look in self:
            look.people = self.env._(
                "%(won)s won and %(lost)s lost.", won=look.won_count, lost=look.lost_count
            )
            if look.too_soon:
                look.people += " " + self.env._(
                    "Left out, because it was decided within the days looked at: %s.",
                    look.too_soon,
                )

    @api.constrains("months", "days")
    def _check_numbers(self):
        for look in self:
            if not (0 < look.months <= MOST_MONTHS and 0 <= look.days <= MOST_DAYS):
                raise ValidationError(
                    self.env._(
                        "Look back from 1 to %(months)s months, and from 0 to %(days)s days.",
                        months=MOST_MONTHS,
                        days=MOST_DAYS,
                    )
                )

    @api.model
    def _open(self):
        """Look at the past as it is by default, and show what was found."""
        look = self.create(self._given())
        look._look()
        return look._shown_on_page()

    @api.model
    def _given(self):
        """Return the values that the place from which it was opened gives."""
        score_model = self.env["mail.workflow.score.model"]
        if self.env.context.get("active_model") == score_model._name:
            return {"score_model_id": self.env.context["active_id"]}
        return {}

    def _look_again(self):
        self.ensure_one()
        self._look()
        return self._shown_on_page()

    def _shown_on_page(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "current",
        }

    def _look(self):
        """Read the past, and write what it says."""
        raise NotImplementedError

    def _read_past(self):
        """Return the past that is asked for, and count it.

        :raises AccessError: where who asks may not read scoring rules
        """
        self.ensure_one()
        # what is read below is read with SQL: who may look is asked here
        self.env["mail.workflow.scoring.rule"].check_access("read")
        self.score_model_id.check_access("read")
        past = self.env["mail.workflow.score.past"]._read(
            self.past, self.score_model_id, self.months, self.days, fields.Datetime.now()
        )
        won = len(past.won)
        self.write(
            {
                "won_count": won,
                "lost_count": len(past.cases) - won,
                "too_soon": past.too_soon,
                "message": False,
            }
        )
        return past
