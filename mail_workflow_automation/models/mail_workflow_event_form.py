"""Events as forms edit them: what each kind of event asks, and the goal as one value."""

from odoo import api, fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    @api.model
    def get_event_kinds(self, workflow_id=False):
        """Return the kinds of event that goals, exits, waits and conditions can name, by category.

        :param workflow_id: whose steps and company the filters offer
        :returns: ``[{"kind", "label", "icon", "category", "is_named", "defaults", "filters":
            [{"name", "label", "help", "type", ...}]}]``; see ``_describe`` of the filters
        """
        described = []
        for kind, label in self._event_kind_selection():
            trigger = self.new({"workflow_id": workflow_id, "kind": kind})
            handler = self._kind_model(kind)
            described.append({"kind": kind, "label": label, **handler._describe(trigger)})
        return described


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    goal_event = fields.Json(
        string="Reached When",
        compute="_compute_goal_event",
        inverse="_inverse_goal_event",
        help="The goal in the form of an event.",
    )

    @api.depends("goal_kind", "goal_name", "goal_filters", "goal_window_days", "goal_same_record")
    def _compute_goal_event(self):
        for workflow in self:
            workflow.goal_event = workflow._goal_spec() or False

    def _inverse_goal_event(self):
        definition = self.env["mail.workflow.definition"]
        for workflow in self:
            goal = workflow.goal_event or {}
            if goal:
                goal = definition._spec(goal, "goal", extra={"window_days"}, stored=True)
            workflow.write(
                {
                    "goal_kind": goal.get("kind", False),
                    "goal_name": goal.get("name", False),
                    "goal_filters": goal.get("filters") or False,
                    "goal_window_days": goal.get("window_days", 0),
                    "goal_same_record": goal.get("same_record", False),
                }
            )
