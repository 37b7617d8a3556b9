from datetime import timedelta

from odoo import api, fields, models


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("task", "Task")], ondelete={"task": "cascade"})
    task_user_id = fields.Many2one(
        "res.users", string="Assigned to", domain="[('share', '=', False)]"
    )
    task_summary = fields.Char(string="Task")
    task_note = fields.Text(string="Details")
    task_deadline_days = fields.Integer(string="Due after (days)")
    task_type_id = fields.Many2one(
        "mail.activity.type", string="Activity Type", ondelete="set null"
    )


class MailWorkflowStepTask(models.AbstractModel):
    """Gives a person something to do: an activity on the run's record."""

    _name = "mail.workflow.step.task"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Task"

    _step_icon = "fa-tasks"
    _step_category = "people"
    _step_fields = {
        "user": "task_user_id",
        "summary": "task_summary",
        "note": "task_note",
        "deadline_days": "task_deadline_days",
        "type": "task_type_id",
    }

    @api.model
    def _check_config(self, step):
        problems = []
        if not step.task_user_id:
            problems.append(self.env._("choose who gets the task"))
        elif not step.task_user_id.active:
            problems.append(self.env._("%s is archived and gets no task", step.task_user_id.name))
        if not step.task_summary:
            problems.append(self.env._("say what is to be done"))
        model = self.env.get(step.workflow_id.model_name)
        if model is None or not hasattr(model, "activity_schedule"):
            problems.append(
                self.env._("records of “%s” take no tasks", step.workflow_id.model_id.name)
            )
        elif step.task_user_id and not model.with_user(step.task_user_id).has_access("read"):
            problems.append(
                self.env._(
                    "%(user)s may not read %(model)s, and could not do the task",
                    user=step.task_user_id.name,
                    model=step.workflow_id.model_id.name,
                )
            )
        return problems

    @api.model
    def _check_rights(self, step, env):
        if not env["mail.activity"].has_access("create"):
            return [self.env._("%s may not create tasks", env.user.name)]
        return []

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        workflow = step.workflow_id
        activity_type = step.task_type_id or self.env.ref("mail.mail_activity_data_todo")
        model_id = self.env["ir.model"]._get_id(workflow.model_name)
        deadline = fields.Date.context_today(self, now) + timedelta(days=step.task_deadline_days)
        env = workflow._run_env()
        env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": activity_type.id,
                    "summary": step.task_summary,
                    "note": step.task_note or "",
                    "date_deadline": deadline,
                    "user_id": step.task_user_id.id,
                    "res_model_id": model_id,
                    "res_id": run.res_id,
                    "automated": True,
                }
                for run in runs
            ]
        )

    @api.model
    def _summary(self, step):
        if not step.task_user_id:
            return step.task_summary or ""
        return self.env._(
            "%(user)s: %(task)s", user=step.task_user_id.name, task=step.task_summary or ""
        )
