import logging

from odoo import fields, models
from odoo.tools import SQL

from ..sql import unnested

_logger = logging.getLogger(__name__)


class MailWorkflowEnrollment(models.Model):
    """The order by which a run reached its goal, and the mail that earned it."""

    _inherit = "mail.workflow.enrollment"

    goal_order_id = fields.Many2one(
        "sale.order",
        string="Goal's Order",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
    )
    goal_step_id = fields.Many2one(
        "mail.workflow.step",
        string="Earned by",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        help="The mail in which the person clicked last before the order.",
    )
    goal_click_at = fields.Datetime(readonly=True, string="Clicked")

    # goals and orders of a period are counted from here
    _goals = models.Index("(workflow_id, goal_at) WHERE goal_at IS NOT NULL")

    def _reach_goal_late(self, now):
        """Note the goal of runs that were over, within its window."""
        self.write({"goal_at": now})
        self._note_goal()

    def _note_goal(self):
        """Note by which order runs reached their goal, and the last mail clicked before it.

        A fixed number of queries for each workflow. What is not found out stays empty: the figures
        keep nobody from the goal.
        """
        for workflow in self.workflow_id:
            here = self.filtered(lambda run, workflow=workflow: run.workflow_id == workflow)
            try:
                with self.env.cr.savepoint():
                    here._note_order(workflow._goal_spec())
            except Exception as error:  # noqa: BLE001 a bad filter must not keep people from a goal
                self.env["mail.workflow.runner"]._reraise_if_serialization(error)
                _logger.exception("What a goal of workflow %s earned is not known", workflow.id)

    def _note_order(self, spec):
        lookup = self.env["mail.workflow.lookup"]
        entered = {run.id: run.entered_at for run in self}
        met = lookup._first(self, spec, entered) if spec else {}
        orders = {
            run_id: event for run_id, event in met.items() if event["res_model"] == "sale.order"
        }
        if not orders:
            return
        order_ids = [event["res_id"] for event in orders.values()]
        existing_ids = set(self.env["sale.order"].sudo().browse(order_ids).exists().ids)
        clicks = self.browse(orders)._last_clicks(orders)
        rows = [
            (run_id, event["res_id"], *clicks.get(run_id, (None, None)))
            for run_id, event in orders.items()
            if event["res_id"] in existing_ids
        ]
        if rows:
            self._write_orders(rows)

    def _last_clicks(self, orders):
        """Return ``{run id: (step id, when)}``: what each person clicked last, before the order,
        in a mail of this very run.

        :param dict orders: ``{run id: event of the order}``
        """
        lookup = self.env["mail.workflow.lookup"]
        subjects = [lookup._subject(run) for run in self]
        since = min(subject["entered_at"] for subject in subjects)
        last = {}
        for click in lookup._events(subjects, {"kind": "email_clicked"}, since):
            run_id = click["data"]["enrollment_id"]
            if run_id in orders and click["occurred_at"] <= orders[run_id]["occurred_at"]:
                last[run_id] = click
        traces_sudo = self.env["mailing.trace"].sudo()
        traces = traces_sudo.browse([click["data"]["trace_id"] for click in last.values()])
        steps = {trace.id: trace.workflow_step_id.id for trace in traces.exists()}
        return {
            run_id: (steps.get(click["data"]["trace_id"]), click["occurred_at"])
            for run_id, click in last.items()
        }

    def _write_orders(self, rows):
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_enrollment e
                   SET goal_order_id = r.order_id, goal_step_id = r.step_id,
                       goal_click_at = r.clicked_at
                  FROM %s AS r (id, order_id, step_id, clicked_at)
                 WHERE e.id = r.id
                """,
                unnested(rows, "int", "int", "int", "timestamp"),
            )
        )
        self.invalidate_recordset(["goal_order_id", "goal_step_id", "goal_click_at"])
