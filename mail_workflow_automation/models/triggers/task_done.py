from collections import defaultdict

from odoo import api, fields, models

from ..mail_workflow_filter import filter_field

KIND = "task_done"


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(selection_add=[(KIND, "Task done")], ondelete={KIND: "cascade"})
    filter_activity_type_id = filter_field(
        fields.Many2one, "mail.activity.type", string="Activity Type"
    )
    filter_task_step = filter_field(
        fields.Char, string="Task", help="Only this task of the workflow."
    )
    filter_task_step_choices = fields.Json(compute="_compute_filter_task_step_choices")

    @api.depends("workflow_id")
    def _compute_filter_task_step_choices(self):
        for trigger in self:
            tasks = self.env["mail.workflow.trigger.task_done"]._task_steps(trigger.workflow_id)
            trigger.filter_task_step_choices = [[task.key, task.display_name] for task in tasks]


class MailWorkflowTriggerTaskDone(models.AbstractModel):
    """An activity was marked as done, one of a workflow or any other, on any record."""

    _name = "mail.workflow.trigger.task_done"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Task Done"

    _is_outcome = True
    _icon = "fa-check-square-o"
    _filter_fields = {"type": "filter_activity_type_id", "step": "filter_task_step"}

    @api.model
    def _task_steps(self, workflow):
        """Return the steps that give tasks."""
        return workflow.step_ids.filtered(
            lambda step: getattr(step._handler(), "_gives_tasks", False)
        )

    @api.model
    def _check_filters(self, filters, workflow):
        problems = super()._check_filters(filters, workflow)
        step = filters.get("step")
        if step and step not in self._task_steps(workflow).mapped("key"):
            problems.append(self.env._("there is no task step “%s”", step))
        return problems

    @api.model
    def _matches(self, filters, event):
        # a task that was taken off the list is not done: only who waits for it asks
        return super()._matches({"result": "done", **filters}, event)


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _workflow_note(self, result):
        """Note what became of activities.

        :param str result: ``done`` or ``cancelled``
        """
        events = self.env["mail.workflow.event"]
        if not self or not events._is_listened(KIND):
            return
        by_model = defaultdict(list)
        for activity in self:
            # a task without a document is about its run's record
            place = activity.workflow_enrollment_id or activity
            if place.res_model in self.env:
                by_model[place.res_model].append((activity, place.res_id))
        for model_name, found in by_model.items():
            records = self.env[model_name].browse([res_id for _activity, res_id in found])
            there = {record.id: record for record in records.exists()}
            for activity, res_id in found:
                if res_id in there:
                    data = activity._workflow_event_data(result)
                    events.emit(KIND, record=there[res_id], data=data)

    def _workflow_event_data(self, result):
        data = {
            "result": result,
            "type": self.activity_type_id.id,
            "summary": self.summary or "",
            "user_id": self.env.uid,
        }
        if self.workflow_enrollment_id:
            data["enrollment_id"] = self.workflow_enrollment_id.id
            data["step"] = self.workflow_step_id.key
        return data
