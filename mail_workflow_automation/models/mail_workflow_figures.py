from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine.outcome import THEN

# days back from now, as the drawing offers them
PERIODS = {"7": 7, "30": 30, "90": 90, "all": None}
# what became of a visit, by the states of its execution
VISITS = {
    "done": ("queued", "done"),
    "skipped": ("skipped",),
    "held": ("held",),
    "failed": ("failed", "dead"),
}
# here, and not gone on: the run stands at the step, too
STANDING = ("held", "failed", "dead")
SENT = SQL("(t.sent_datetime IS NOT NULL OR t.trace_status = 'bounce')")
DELIVERED = SQL("(t.sent_datetime IS NOT NULL AND t.trace_status <> 'bounce')")
MAIL_FIGURES = {
    "sent": SENT,
    "delivered": DELIVERED,
    # who clicks or answers has opened
    "opened": SQL(
        "(%s AND COALESCE(t.workflow_opened_at, t.workflow_clicked_at, t.reply_datetime)"
        " IS NOT NULL)",
        DELIVERED,
    ),
    "clicked": SQL("(%s AND t.workflow_clicked_at IS NOT NULL)", DELIVERED),
    "replied": SQL("(%s AND t.reply_datetime IS NOT NULL)", DELIVERED),
    "bounced": SQL("(t.trace_status = 'bounce')"),
}
# one address is one person; who has none any more is their run
PERSON = SQL("COALESCE(NULLIF(t.email, ''), 'run ' || x.enrollment_id)")
ENTRY_FIGURES = ("entered", "active", "goal", "exited", "holdout")


class MailWorkflowFigures(models.AbstractModel):
    """Counts what happened at the steps of a workflow, for the drawing.

    figure                            counts                                       of the period
    --------------------------------  -------------------------------------------  -------------
    waiting                           runs that stand at the step                  now
    done, skipped, held, failed       visits of the step; with those waiting they  carried out
                                      explain everybody who came (rule 36)
    sent, delivered, opened, clicked  people; each is a part of those delivered,   mails of the
    replied, bounced                  bounces of those sent                        period
    orders, revenue                   confirmed orders that met the goal after a   orders
                                      click in the mail, untaxed, each once: for
                                      the mail that was clicked last
    entered, goal, exited, holdout    runs; those of the holdout stand aside       came in
    active                            runs that are in the workflow                now

    Whoever sees a workflow sees its figures: rules on runs would read each of them.
    """

    _name = "mail.workflow.figures"
    _description = "Workflow Figures"

    @api.model
    def _since(self, period):
        """Return the first moment of a period, None for all time."""
        days = PERIODS[period]
        return fields.Datetime.now() - timedelta(days=days) if days else None

    @api.model
    def _of_flow(self, workflow, since):
        """Return the figures of all steps, branches and the entry, by step key.

        The same number of queries for any number of steps.
        """
        steps = workflow.sudo().with_context(active_test=True).step_ids
        by_state, by_branch = self._visits(steps, since)
        waiting = self._waiting(steps, since)
        mails = steps.filtered(lambda step: step._handler()._is_message)
        by_mail = self._mails(mails, since)
        earned = self._earned(workflow, since)
        cards, branches = {}, {}
        for step in steps:
            found = by_state[step.id]
            cards[step.key] = {"waiting": waiting.get(step.id, 0)} | {
                figure: sum(found.get(state, 0) for state in states)
                for figure, states in VISITS.items()
            }
            if step in mails:
                orders, amount = earned.get(step.id, (0, 0.0))
                revenue = {"amount": amount, "currency_id": workflow.company_id.currency_id.id}
                cards[step.key].update(
                    by_mail.get(step.id) or dict.fromkeys(MAIL_FIGURES, 0),
                    orders=orders,
                    revenue=revenue,
                )
            shares = self._shares(step, by_branch[step.id])
            if shares:
                branches[step.key] = shares
        entry = self._entry(workflow, since)
        comparison = self._comparison(workflow, since) if entry["holdout"] else None
        return {"cards": cards, "branches": branches, "entry": entry, "comparison": comparison}

    @api.model
    def _visit_domain(self, steps, since):
        domain = Domain("step_id", "in", steps.ids)
        return domain & Domain("executed_at", ">=", since) if since else domain

    @api.model
    def _visits(self, steps, since):
        """Return ``{step id: {state: count}}`` and ``{step id: {branch: count}}``."""
        by_state = defaultdict(lambda: defaultdict(int))
        by_branch = defaultdict(lambda: defaultdict(int))
        executions_sudo = self.env["mail.workflow.execution"].sudo()
        for step, state, branch, count in executions_sudo._read_group(
            self._visit_domain(steps, since), ["step_id", "state", "branch"], ["__count"]
        ):
            by_state[step.id][state] += count
            if state in VISITS["done"]:
                by_branch[step.id][branch or THEN] += count
        return by_state, by_branch

    @api.model
    def _waiting(self, steps, since):
        """Return ``{step id: count}`` of the runs that stand at a step and are not counted as
        held or failed there."""
        runs_sudo = self.env["mail.workflow.enrollment"].sudo()
        standing = dict(
            runs_sudo._read_group(
                [("step_id", "in", steps.ids), ("state", "=", "active")], ["step_id"], ["__count"]
            )
        )
        counted = dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT x.step_id, count(*)
                      FROM mail_workflow_execution x
                      JOIN mail_workflow_enrollment e
                        ON e.id = x.enrollment_id AND e.state = 'active'
                       AND e.step_id = x.step_id AND e.visit_no = x.visit_no
                     WHERE x.step_id = ANY(%s) AND x.state = ANY(%s) %s
                     GROUP BY x.step_id
                    """,
                    steps.ids,
                    list(STANDING),
                    self._executed(since),
                )
            )
        )
        return {step.id: count - counted.get(step.id, 0) for step, count in standing.items()}

    @api.model
    def _executed(self, since):
        return SQL("AND x.executed_at >= %s", since) if since else SQL()

    @api.model
    def _mails(self, steps, since):
        """Return ``{step id: {figure: count of people}}``."""
        self.env["mailing.trace"].flush_model()
        flags = SQL(", ").join(
            SQL("bool_or(%s) AS %s", condition, SQL.identifier(figure))
            for figure, condition in MAIL_FIGURES.items()
        )
        counts = SQL(", ").join(
            SQL("count(*) FILTER (WHERE %s)", SQL.identifier(figure)) for figure in MAIL_FIGURES
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT step_id, %(counts)s
                  FROM (SELECT x.step_id, %(person)s AS person, %(flags)s
                          FROM mail_workflow_execution x
                          JOIN mailing_trace t ON t.id = x.mailing_trace_id
                         WHERE x.step_id = ANY(%(steps)s) %(executed)s
                         GROUP BY x.step_id, person) AS people
                 GROUP BY step_id
                """,
                counts=counts,
                person=PERSON,
                flags=flags,
                steps=steps.ids,
                executed=self._executed(since),
            )
        )
        return {step_id: dict(zip(MAIL_FIGURES, row, strict=True)) for step_id, *row in rows}

    @api.model
    def _orders(self, workflow, since):
        """Return a query for ``order_id, step_id``: each order that met the goal after a click
        once, for the mail clicked last."""
        return SQL(
            """
            SELECT DISTINCT ON (e.goal_order_id) e.goal_order_id AS order_id,
                   e.goal_step_id AS step_id
              FROM mail_workflow_enrollment e
              JOIN sale_order o ON o.id = e.goal_order_id AND o.state = 'sale'
             WHERE e.workflow_id = %s AND e.goal_at >= %s AND e.goal_step_id IS NOT NULL
             ORDER BY e.goal_order_id, e.goal_click_at DESC
            """,
            workflow.id,
            since or fields.Datetime.to_datetime("1970-01-01"),
        )

    @api.model
    def _earned(self, workflow, since):
        """Return ``{step id: (orders, untaxed total in the company's currency)}``."""
        self.env["sale.order"].flush_model(["state", "amount_untaxed", "currency_rate"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT earned.step_id, count(*),
                       sum(o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1))
                  FROM (%s) earned
                  JOIN sale_order o ON o.id = earned.order_id
                 GROUP BY earned.step_id
                """,
                self._orders(workflow, since),
            )
        )
        currency = workflow.sudo().company_id.currency_id
        return {step_id: (count, currency.round(float(total))) for step_id, count, total in rows}

    @api.model
    def _shares(self, step, counts):
        """Return ``{branch: {"count", "share"}}``, the shares from 0 to 1, together 1."""
        outcomes = step._handler()._outcomes(step)
        total = sum(counts.get(branch, 0) for branch in outcomes)
        return {
            branch: {
                "count": counts.get(branch, 0),
                "share": counts.get(branch, 0) / total if total else 0.0,
            }
            for branch in outcomes
        }

    @api.model
    def _entry(self, workflow, since):
        runs_sudo = self.env["mail.workflow.enrollment"].sudo()
        states = runs_sudo._read_group(
            self._entry_domain(workflow, "came", since), ["state", "is_holdout"], ["__count"]
        )
        entered = {state: count for state, is_holdout, count in states if not is_holdout}
        return {
            "entered": sum(entered.values()),
            "active": runs_sudo.search_count(self._entry_domain(workflow, "active", since)),
            "goal": runs_sudo.search_count(self._entry_domain(workflow, "goal", since)),
            "exited": entered.get("exited", 0),
            "holdout": sum(count for _state, is_holdout, count in states if is_holdout),
        }

    @api.model
    def _entry_domain(self, workflow, figure, since):
        """Return the runs behind a figure of the entry; ``came`` are all who did."""
        domain = Domain("workflow_id", "=", workflow.id)
        if figure == "active":
            return domain & Domain("state", "=", "active")
        if since:
            domain &= Domain("entered_at", ">=", since)
        if figure == "came":
            return domain
        domain &= Domain("is_holdout", "=", figure == "holdout")
        if figure == "goal":
            # in the index of goals: nobody reaches it before they came in
            reached = Domain("goal_at", ">=", since) if since else Domain("goal_at", "!=", False)
            domain &= reached
        elif figure == "exited":
            domain &= Domain("state", "=", "exited")
        return domain

    @api.model
    def _people(self, step, figure, since):
        """Return a query for the ids of the runs behind a figure: one run for each person."""
        if figure == "waiting":
            return SQL(
                """
                SELECT e.id
                  FROM mail_workflow_enrollment e
                 WHERE e.step_id = %s AND e.state = 'active'
                   AND NOT EXISTS (SELECT
                                     FROM mail_workflow_execution x
                                    WHERE x.enrollment_id = e.id AND x.step_id = e.step_id
                                      AND x.visit_no = e.visit_no AND x.state = ANY(%s) %s)
                """,
                step.id,
                list(STANDING),
                self._executed(since),
            )
        return SQL(
            """
            SELECT max(x.enrollment_id)
              FROM mail_workflow_execution x
              JOIN mailing_trace t ON t.id = x.mailing_trace_id
             WHERE x.step_id = %s AND %s %s
             GROUP BY %s
            """,
            step.id,
            MAIL_FIGURES[figure],
            self._executed(since),
            PERSON,
        )

    @api.model
    def _reasons(self, step, since):
        """Return why visits were skipped, held or failed: ``{figure: [{"reason", "count"}]}``, the
        most frequent first."""
        executions_sudo = self.env["mail.workflow.execution"].sudo()
        found = {figure: defaultdict(int) for figure in VISITS if figure != "done"}
        states = {state: figure for figure in found for state in VISITS[figure]}
        for state, reason, count in executions_sudo._read_group(
            self._visit_domain(step, since) & Domain("state", "in", list(states)),
            ["state", "reason"],
            ["__count"],
        ):
            found[states[state]][reason or ""] += count
        return {
            figure: [
                {"reason": reason, "count": count}
                for reason, count in sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
            ]
            for figure, reasons in found.items()
        }
