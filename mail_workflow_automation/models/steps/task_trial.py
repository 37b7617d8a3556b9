from odoo import api, models
from odoo.tools import format_date


class MailWorkflowStepTask(models.AbstractModel):
    """Tasks and decisions in a simulation: their activities are in memory only."""

    _inherit = "mail.workflow.step.task"

    @api.model
    def _explain(self, step, run, result, now):
        if not result.data or "hand_over" in result.data:
            return result.reason
        users_sudo = self.env["res.users"].sudo()
        ids = dict.fromkeys(one for people in result.data.values() for one in people)
        deadline = format_date(self.env, self._deadline(step, now))
        return self.env._(
            "Given to %(people)s, due on %(date)s",
            people=", ".join(users_sudo.browse(ids).mapped("name")),
            date=deadline,
        )

    @api.model
    def _imagine(self, step, run, result, now):
        if not result.data:
            return
        tasks = self.env["mail.workflow.simulator"]._scene().tasks
        place = (step.id, run.visit_no)
        if "hand_over" in result.data:
            tasks[place].filtered("active").update(
                {
                    "user_id": step.substitute_user_id.id,
                    "date_deadline": self._deadline(step, now),
                }
            )
            return
        activities_sudo = self.env["mail.activity"].sudo()
        tasks[place] = activities_sudo.union(
            *(
                activities_sudo.new(
                    {
                        "user_id": user_id,
                        "date_deadline": self._deadline(step, now),
                        "workflow_part_no": part_no,
                        "active": True,
                    }
                )
                for part_no, user_ids in result.data.items()
                for user_id in user_ids
            )
        )

    @api.model
    def _asks(self, step):
        if self._waits_for(step) == "nothing":
            return []
        done = {"kind": "task_done", "after": {"hours": 1}}
        found = [
            ({**done, "outcome": name}, self.env._("Chooses: %s", name))
            for name in self._choices(step)
        ] or [(done, self.env._("The task is done"))]
        return [*found, ({**done, "result": "cancelled"}, self.env._("The task is cancelled"))]

    @api.model
    def _stands_until(self, step, run, result, now):
        tasks = self.env["mail.activity"]._workflow_of(step, run)[run.id].filtered("active")
        if not tasks or not self._acts_on_deadline(step):
            return None
        over_at = self._over_at(step, min(tasks.mapped("date_deadline")))
        return over_at if over_at > now else None

    @api.model
    def _acts_on_deadline(self, step):
        """Tell whether something happens by itself when the deadline is over."""
        return step.task_on_deadline not in (False, "nothing")
