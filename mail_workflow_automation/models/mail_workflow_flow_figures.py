import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .mail_workflow_figures import ENTRY_FIGURES, MAIL_FIGURES, PERIODS, VISITS

FIGURE = re.compile(
    rf"(?P<step>\d{{1,9}})/(?P<figure>waiting|{'|'.join(MAIL_FIGURES)})/(?P<period>\w+)"
)


class MailWorkflow(models.Model):
    """The figures on the drawing, and the people behind each."""

    _inherit = "mail.workflow"

    def get_flow_figures(self, period="30"):
        """Return what happened in a period, for the drawing.

        :param str period: days back from now, ``7``, ``30``, ``90``, or ``all``
        :returns: ``{"cards": {step key: {figure: count}}, "branches": {step key: {branch:
            {"count", "share"}}}, "entry": {figure: count}, "comparison": None or {...}}``, see
            ``mail.workflow.figures``; figures of mails are on the cards of steps that send
        """
        since = self._figures_since(period)
        return self.env["mail.workflow.figures"]._of_flow(self, since)

    def get_step_reasons(self, key, period="30"):
        """Return why people were skipped, held or failed at a step.

        :returns: ``{"skipped": [{"reason", "count"}], "held": [...], "failed": [...]}``
        """
        since = self._figures_since(period)
        return self.env["mail.workflow.figures"]._reasons(self._figure_step(key), since)

    def action_open_people(self, key, figure, period="30"):
        """Open whom a figure counts: as many as it says.

        :param key: of the step; None for a figure of the entry
        :param str figure: as in ``get_flow_figures``; ``branch:<name>`` for who took a branch
        """
        since = self._figures_since(period)
        if not key:
            return self._action_entry(figure, since)
        step = self._figure_step(key)
        title = self.env._("%(workflow)s: %(step)s", workflow=self.name, step=step.name)
        if figure in ("orders", "revenue"):
            orders = self.env["mail.workflow.figures"]._orders(self, since)
            rows = self.env.execute_query(orders)
            ids = [order_id for order_id, step_id in rows if step_id == step.id]
            return self._action_figure(title, "sale.order", Domain("id", "in", ids))
        states, branch = VISITS.get(figure), None
        if figure.startswith("branch:"):
            states, branch = VISITS["done"], figure.removeprefix("branch:")
        if states:
            domain = self.env["mail.workflow.figures"]._visit_domain(step, since)
            domain &= Domain("state", "in", states)
            if branch:
                domain &= Domain("branch", "=", branch)
            return self._action_figure(title, "mail.workflow.execution", domain)
        if figure != "waiting" and figure not in MAIL_FIGURES:
            raise self._unknown_figure(figure)
        domain = Domain("figure", "=", f"{step.id}/{figure}/{period}")
        return self._action_figure(title, "mail.workflow.enrollment", domain)

    def _action_entry(self, figure, since):
        if figure not in ENTRY_FIGURES:
            raise self._unknown_figure(figure)
        domain = self.env["mail.workflow.figures"]._entry_domain(self, figure, since)
        return self._action_figure(self.name, "mail.workflow.enrollment", domain)

    def _action_figure(self, title, model, domain):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "views": [[False, "list"], [False, "kanban"], [False, "form"]],
            "view_mode": "list,kanban,form",
            "domain": list(domain),
            "context": {"create": False},
        }

    def _figures_since(self, period):
        self.ensure_one()
        self.check_access("read")
        if period not in PERIODS:
            raise UserError(self.env._("There are no figures for the period “%s”.", period))
        return self.env["mail.workflow.figures"]._since(period)

    def _figure_step(self, key):
        step = self.step_ids.filtered(lambda step: step.key == key)
        if not step:
            raise UserError(
                self.env._(
                    "Workflow “%(workflow)s” has no step “%(key)s”, or not yet.",
                    workflow=self.name,
                    key=key,
                )
            )
        return step

    def _unknown_figure(self, figure):
        return UserError(self.env._("There is no figure “%s”.", figure))


class MailWorkflowEnrollment(models.Model):
    _inherit = "mail.workflow.enrollment"

    figure = fields.Char(
        store=False,
        search="_search_figure",
        help="To search by: whom a figure of the drawing counts.",
    )

    @api.model
    def _search_figure(self, operator, value):
        """Find the runs behind a figure: ``<step id>/<figure>/<period>``."""
        if operator != "in":
            return NotImplemented
        figures = self.env["mail.workflow.figures"]
        found = Domain.FALSE
        for name in value:
            parts = FIGURE.fullmatch(str(name))
            if not parts or parts["period"] not in PERIODS:
                raise UserError(self.env._("There is no figure “%s”.", name))
            step = self.env["mail.workflow.step"].browse(int(parts["step"]))
            people = figures._people(step, parts["figure"], figures._since(parts["period"]))
            found |= Domain("id", "any!", people)
        return found
