from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ...engine import outcome
from ...engine.shares import share
from ..loyalty_program import WITH_CODES

_lt = LazyTranslate(__name__)

CODE, NONE = "code", "none"
SAMPLE_CODE = "SAMPLE-CODE"


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("coupon", "Coupon")], ondelete={"coupon": "cascade"})
    coupon_program_id = fields.Many2one(
        "loyalty.program",
        string="Program",
        index="btree_not_null",
        ondelete="set null",
        domain="[('is_released_for_workflows', '=', True)]",
        help="A Sales administrator releases programs for workflows.",
    )
    coupon_days = fields.Integer(
        string="Valid for (days)", default=14, help="0: as long as the program lasts."
    )
    coupon_most = fields.Integer(
        string="Codes for a person at most",
        default=1,
        help="Of this program, over all workflows. 0: no limit.",
    )
    coupon_period_days = fields.Integer(
        string="Within (days)", default=90, help="0: ever, the limit is for life."
    )
    coupon_share = fields.Float(
        string="Share of people (%)",
        default=100.0,
        help="Less than 100: so many get a code, always the same people; the others none.",
    )
    coupon_min_amount = fields.Float(
        string="From an untaxed amount of", help="Of the order or cart. 0: any amount."
    )
    coupon_min_margin = fields.Float(
        string="From a margin of (%)",
        help="Of the order or cart, before the discount. 0: any margin.",
    )
    coupon_first_only = fields.Boolean(
        string="First order only", help="Only people who have not ordered anything yet."
    )


class MailWorkflowStepCoupon(models.AbstractModel):
    """Gives each person a code of their own, within limits; the others take the branch ``none``.

    The code stands in the mails of the run that follow.
    """

    _name = "mail.workflow.step.coupon"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Coupon"

    _step_order = 4
    _step_icon = "fa-ticket"
    _step_help = _lt("Gives a personal code for a discount.")
    _step_color = "#be185d"
    _step_category = "record"
    _step_fields = {
        "program": "coupon_program_id",
        "days": "coupon_days",
        "most": "coupon_most",
        "period_days": "coupon_period_days",
        "share": "coupon_share",
        "min_amount": "coupon_min_amount",
        "min_margin": "coupon_min_margin",
        "first_only": "coupon_first_only",
    }

    @api.model
    def _file_keys(self):
        return {*self._step_fields, "branches"}

    @api.model
    def _outcomes(self, step):
        return (CODE, NONE)

    @api.model
    def _check_config(self, step):
        problems = self._check_program(step)
        if min(step.coupon_days, step.coupon_most, step.coupon_period_days) < 0:
            problems.append(self.env._("days and codes cannot be negative"))
        if not 0 < step.coupon_share <= 100:
            problems.append(self.env._("the share is more than 0 and at most 100 %"))
        on_orders = step.workflow_id.model_name == "sale.order"
        if not on_orders and (step.coupon_min_amount or step.coupon_min_margin):
            problems.append(self.env._("an amount or margin is known in workflows on orders only"))
        elif step.coupon_min_margin and "margin_percent" not in self.env["sale.order"]._fields:
            problems.append(
                self.env._("the margin of orders is not known here; switch margins on in Sales")
            )
        return problems

    @api.model
    def _check_program(self, step):
        program_sudo = step.coupon_program_id.sudo()  # what is wrong with it, whoever asks
        if not program_sudo or not program_sudo.active:
            return [self.env._("choose a program")]
        problems = []
        if program_sudo.program_type not in WITH_CODES:
            problems.append(
                self.env._("“%s” is no program with a code for each person", program_sudo.name)
            )
        if not program_sudo.reward_ids:
            problems.append(self.env._("“%s” has no reward", program_sudo.name))
        company = program_sudo.company_id
        if company and company != step.workflow_id.company_id:
            problems.append(self.env._("“%s” is of another company", program_sudo.name))
        return problems

    @api.model
    def _check_rights(self, step, env):
        program_sudo = step.coupon_program_id.sudo()
        if not program_sudo:
            return []
        if not program_sudo.with_env(env).has_access("read"):
            return [
                self.env._(
                    "%(user)s may not see the program “%(program)s”",
                    user=env.user.name,
                    program=program_sudo.name,
                )
            ]
        if not program_sudo.is_released_for_workflows:
            return [
                self.env._(
                    "“%s” is not released for workflows; ask a Sales administrator",
                    program_sudo.name,
                )
            ]
        return []

    # --- who gets one -----------------------------------------------------------------------------

    @api.model
    def _decide(self, step, runs, now):
        refused = self._refused(step, runs, now)
        had = self._had(step, runs, now)
        decided = {}
        for run in runs:
            reason = refused.get(run.id)
            person = run._person_key()
            if not reason and step.coupon_most and had.get(person, 0) >= step.coupon_most:
                reason = self.env._("had a code already")
            if reason:
                decided[run.id] = outcome.done(NONE, reason=reason)
            else:
                had[person] = had.get(person, 0) + 1
                decided[run.id] = outcome.done(CODE)
        return decided

    @api.model
    def _refused(self, step, runs, now):
        """Return ``{run id: reason}`` of those who get no code whatever they had before."""
        program = step.coupon_program_id
        if not program or (program.date_to and program.date_to < self._today(step, now)):
            return dict.fromkeys(runs.ids, self.env._("the program is over"))
        refused = {}
        for run in runs:
            if not run.partner_id and not run.email_normalized:
                refused[run.id] = self.env._("nobody to give a code to")
            elif share(step.salt, run._person_key()) * 100 >= step.coupon_share:
                refused[run.id] = self.env._("not in the share of people who get one")
        if step.coupon_min_amount or step.coupon_min_margin:
            refused.update(self._too_little(step, runs))
        if step.coupon_first_only:
            for run in self._buyers(step, runs):
                refused[run.id] = self.env._("has ordered before")
        return refused

    @api.model
    def _today(self, step, now):
        return fields.Date.context_today(step.with_env(step.workflow_id._run_env()), now)

    @api.model
    def _too_little(self, step, runs):
        orders = step.workflow_id._records(runs.mapped("res_id"))
        refused = {}
        for run, order in zip(runs, orders, strict=True):
            if order.amount_untaxed < step.coupon_min_amount:
                refused[run.id] = self.env._("the amount is too small")
            elif step.coupon_min_margin and (order.margin_percent * 100 < step.coupon_min_margin):
                refused[run.id] = self.env._("the margin is too small")
        return refused

    @api.model
    def _buyers(self, step, runs):
        """Return the runs of people who have ordered."""
        # whether somebody has bought does not depend on who may see the order
        orders_sudo = self.env["sale.order"].sudo()
        emails = [email for email in runs.mapped("email_normalized") if email]
        person = Domain("partner_id.email_normalized", "in", emails)
        person |= Domain("partner_id", "in", runs.partner_id.ids)
        groups = orders_sudo._read_group(
            Domain("state", "=", "sale")
            & Domain("company_id", "=", step.workflow_id.company_id.id)
            & person,
            ["partner_id"],
        )
        buyers = self.env["res.partner"].sudo().browse([partner.id for (partner,) in groups])
        bought = set(buyers.mapped("email_normalized")) - {False}
        return runs.filtered(lambda run: run.email_normalized in bought or run.partner_id in buyers)

    @api.model
    def _had(self, step, runs, now):
        """Return ``{person: number of codes of the program within the period}``."""
        days = step.coupon_period_days
        since = now - timedelta(days=days) if days else None
        counts = {}
        given = self.env["mail.workflow.coupon"]._given(step.coupon_program_id, runs)
        for run in runs:
            person = run._person_key()
            if person not in counts:
                counts[person] = sum(
                    1
                    for coupon in given
                    if (coupon.person == person or coupon.partner_id & run.partner_id)
                    and (since is None or coupon.given_at > since)
                )
        return counts

    # --- the codes --------------------------------------------------------------------------------

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        lucky = runs.filtered(lambda run: outcomes[run.id].branch == CODE)
        if not lucky:
            return
        program = step.coupon_program_id
        # who released the program allows it: a marketer makes no coupons by hand
        env_sudo = step.workflow_id._run_env()(su=True)
        points = max(program.reward_ids.mapped("required_points"), default=1)
        expires = self._expires(step, now)
        cards_sudo = (
            env_sudo["loyalty.card"]
            .with_context(loyalty_no_mail=True, tracking_disable=True)
            .create(
                [
                    {
                        "program_id": program.id,
                        "partner_id": run.partner_id.id,
                        "points": points,
                        "expiration_date": expires,
                    }
                    for run in lucky
                ]
            )
        )
        description = self.env._("Workflow “%s”", step.workflow_id.name)
        env_sudo["loyalty.history"].create(
            [
                {"card_id": card.id, "description": description, "issued": points}
                for card in cards_sudo
            ]
        )
        env_sudo.flush_all()
        self.env["mail.workflow.coupon"]._give(program, cards_sudo, lucky, now)

    @api.model
    def _imagine(self, step, run, result, now):
        if result.branch != CODE:
            return
        card = {
            "code": SAMPLE_CODE,
            "expiration_date": self._expires(step, now),
            "program_id": step.coupon_program_id.id,
        }
        given = {
            "program_id": step.coupon_program_id.id,
            "person": run._person_key(),
            "partner_id": run.partner_id.id,
            "given_at": now,
            "card_id": self.env["loyalty.card"].sudo().new(card),
        }
        coupon = self.env["mail.workflow.coupon"].sudo().new(given)
        self.env["mail.workflow.simulator"]._scene().coupons.append(coupon)

    @api.model
    def _expires(self, step, now):
        ends = [step.coupon_program_id.date_to] if step.coupon_program_id.date_to else []
        if step.coupon_days:
            ends.append(self._today(step, now) + timedelta(days=step.coupon_days))
        return min(ends, default=False)

    @api.model
    def _summary(self, step):
        return step.coupon_program_id.sudo().name or ""

    @api.model
    def _export(self, step):
        return super()._export(step.sudo())
