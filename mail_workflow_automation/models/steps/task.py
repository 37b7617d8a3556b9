from datetime import time, timedelta

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools.mail import plaintext2html
from odoo.tools.translate import LazyTranslate

from ...engine import outcome
from ...engine.schedule import local_to_utc, to_local, valid_zone
from ..mail_workflow_assignee import ASSIGNEE_FIELDS

_lt = LazyTranslate(__name__)

DONE, LATE = "done", "late"
# whatever became of its tasks unseen, a run does not stand at them for ever
LOOK_AGAIN = timedelta(days=1)
TASK_FIELDS = {
    **ASSIGNEE_FIELDS,
    "summary": "task_summary",
    "note": "task_note",
    "deadline_days": "task_deadline_days",
    "working_days": "task_deadline_working",
    "type": "task_type_id",
    "wait_for": "task_wait_for",
    "on_deadline": "task_on_deadline",
}
PART_FIELDS = {"summary": "summary", **ASSIGNEE_FIELDS}
PART_FIELDS.pop("substitute")


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("task", "Task")], ondelete={"task": "cascade"})
    task_summary = fields.Char(string="Task")
    task_note = fields.Text(string="Details")
    task_part_ids = fields.One2many("mail.workflow.step.part", "step_id", string="At the Same Time")
    task_type_id = fields.Many2one(
        "mail.activity.type", string="Activity Type", ondelete="set null"
    )
    task_wait_for = fields.Selection(
        [
            ("nothing", "Goes on at once"),
            ("first", "Waits until one is done"),
            ("all", "Waits until all is done"),
        ],
        string="The Workflow",
        default="nothing",
    )
    task_deadline_days = fields.Integer(string="Due after (days)")
    task_deadline_working = fields.Boolean(
        string="Working Days", help="Days off and public holidays of the calendar do not count."
    )
    task_on_deadline = fields.Selection(
        [
            ("nothing", "It stays with who has it"),
            ("substitute", "The substitute gets it"),
            ("late", "The workflow goes on by the branch “Late”"),
        ],
        string="When It Is Overdue",
        default="nothing",
    )


class MailWorkflowStepTask(models.AbstractModel):
    """Gives people something to do: an activity on the run's record, for each of them.

    What becomes of it is read from the activities: a run that waits here is resumed by the event
    ``task_done``, and looks again by itself at the deadline, and once a day.
    """

    _name = "mail.workflow.step.task"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Task"

    _step_order = 1
    _step_icon = "fa-tasks"
    _step_help = _lt("Gives a task to somebody, a group or a team, and can wait until it is done.")
    _step_category = "people"
    _names_people = True
    _gives_tasks = True
    _can_skip = True
    _step_fields = TASK_FIELDS

    # --- what it is -------------------------------------------------------------------------------

    @api.model
    def _file_keys(self):
        return {*self._step_fields, "also", "branches"}

    @api.model
    def _waits_for(self, step):
        return step.task_wait_for or "nothing"

    @api.model
    def _choices(self, step):
        """Return the outcomes among which who does it chooses; none: it is just done."""
        return []

    @api.model
    def _holds_back(self, step):
        return self._waits_for(step) != "nothing"

    @api.model
    def _outcomes(self, step):
        if self._waits_for(step) == "nothing":
            return ()
        return (DONE, LATE) if step.task_on_deadline == "late" else (DONE,)

    @api.model
    def _ways(self, step):
        # cancelled, a run goes on where the branches come together
        return (*self._outcomes(step), outcome.THEN)

    @api.model
    def _awaited(self, step):
        if self._waits_for(step) == "nothing":
            return []
        return [
            ({"kind": "task_done", "filters": {"step": step.key, "result": result}}, DONE)
            for result in ("done", "cancelled")
        ]

    @api.model
    def _check_config(self, step):
        workflow = step.workflow_id
        problems = step._assignee_problems(workflow)
        if not step.task_summary:
            problems.append(self.env._("say what is to be done"))
        for part in step.task_part_ids:
            problems += [
                f"{part.summary}: {problem}" for problem in part._assignee_problems(workflow)
            ]
        if step.task_on_deadline == "substitute" and not step.substitute_user_id:
            problems.append(self.env._("choose the substitute who gets it when it is overdue"))
        if self._waits_for(step) == "nothing" and step.task_on_deadline not in (False, "nothing"):
            problems.append(self.env._("who does not wait for the task sees no deadline pass"))
        return problems

    @api.model
    def _check_rights(self, step, env):
        problems = []
        if not env["mail.activity"].has_access("create"):
            problems.append(self.env._("%s may not create tasks", env.user.name))
        model_name = step.workflow_id.model_name
        operation = getattr(env.get(model_name), "_mail_post_access", "write")
        if self._is_on_records(model_name) and not env[model_name].has_access(operation):
            problems.append(
                self.env._(
                    "%(user)s may not give tasks on %(model)s",
                    user=env.user.name,
                    model=step.workflow_id.model_id.name,
                )
            )
        return problems

    @api.model
    def _is_on_records(self, model_name):
        """Tell whether records of the model have a list of activities; where they have none, as a
        company, the task stands in its user's own list."""
        return hasattr(self.env.get(model_name), "activity_schedule")

    @api.model
    def _summary(self, step):
        names = [step._people_name(), *step.task_part_ids.mapped("people")]
        people = " + ".join(dict.fromkeys(filter(None, names)))
        if not people:
            return step.task_summary or ""
        return self.env._("%(user)s: %(task)s", user=people, task=step.task_summary or "")

    # --- deciding ---------------------------------------------------------------------------------

    @api.model
    def _decide(self, step, runs, now):
        standing = runs.filtered("waiting_since")
        decided = self._decide_arrived(step, runs - standing, now)
        if standing:
            decided.update(self._judge_all(step, standing, now))
        return decided

    @api.model
    def _decide_arrived(self, step, runs, now):
        """Choose who gets what: ``data`` is ``{part number: [user id]}``."""
        parts = dict(enumerate([step, *step.task_part_ids]))
        found = {
            no: part._assignees(step.workflow_id, runs, lambda users: self._load(step, users))
            for no, part in parts.items()
        }
        deadline = self._deadline(step, now)
        decided = {}
        for run in runs:
            people = {no: found[no][run.id] for no in parts}
            if not all(people.values()):
                decided[run.id] = outcome.skip(self.env._("nobody is there to do it"))
            elif self._waits_for(step) == "nothing":
                decided[run.id] = outcome.done(data=people)
            else:
                due_at = self._look_at(step, deadline, now)
                decided[run.id] = outcome.wait(due_at, data=people)
        return decided

    @api.model
    def _load(self, step, users):
        """Return ``{user id: open tasks of this workflow}``."""
        groups = (
            self.env["mail.activity"]
            .sudo()
            ._read_group(
                [
                    ("workflow_step_id", "in", step.workflow_id.step_ids.ids),
                    ("user_id", "in", users.ids),
                ],
                ["user_id"],
                ["__count"],
            )
        )
        return {user.id: count for user, count in groups}

    @api.model
    def _zone(self, step):
        return valid_zone(step.workflow_id.sudo().company_id.partner_id.tz)

    @api.model
    def _deadline(self, step, now):
        """Return the date at the end of which the task is overdue."""
        workflow, zone, days = step.workflow_id, self._zone(step), step.task_deadline_days
        opening = self.env["mail.workflow.opening"]
        if not (step.task_deadline_working and days and opening._calendar(workflow)):
            return to_local(now, zone).date() + timedelta(days=days)
        over = opening._after(workflow, {step.id: zone}, {step.id: now}, days=days)
        return to_local(over[step.id], zone).date()

    @api.model
    def _look_at(self, step, deadline, now):
        """Return when to look again at who waits: at the end of the deadline, in a day at most."""
        over_at = self._over_at(step, deadline)
        return min(over_at, now + LOOK_AGAIN) if over_at > now else now + LOOK_AGAIN

    @api.model
    def _over_at(self, step, deadline):
        return local_to_utc(deadline + timedelta(days=1), time(0), self._zone(step))

    @api.model
    def _judge_all(self, step, runs, now):
        activities = self.env["mail.activity"]._workflow_of(step, runs)
        return {run.id: self._judge(step, activities[run.id], now) for run in runs}

    @api.model
    def _judge(self, step, activities, now):
        """Decide for a run that stands here, by what became of its activities."""
        by_part = activities.grouped("workflow_part_no")
        done = activities.filtered(lambda activity: not activity.active)
        still_open = activities.browse().union(
            *(part for part in by_part.values() if all(part.mapped("active")))
        )
        is_over = not still_open or (done and self._waits_for(step) == "first")
        if is_over and done:
            return self._done(step, done)
        if is_over:
            return outcome.skip(self.env._("task cancelled"))
        deadline = min(still_open.mapped("date_deadline"))
        if now >= self._over_at(step, deadline):
            return self._overdue(step, still_open, now)
        return outcome.wait(self._look_at(step, deadline, now))

    @api.model
    def _done(self, step, done):
        names = list(dict.fromkeys(done.workflow_done_by_id.mapped("name")))
        by = ", ".join(names) or "engine"
        reason = self.env._("done by %s", by) if names else ""
        return outcome.done(DONE, reason=reason, by=by)

    @api.model
    def _overdue(self, step, still_open, now):
        if step.task_on_deadline == "late":
            return outcome.done(LATE, reason=self.env._("not done in time"))
        substitute = step.substitute_user_id
        if step.task_on_deadline == "substitute":
            theirs = still_open.filtered(lambda activity: activity.user_id != substitute)
            # of a task that anyone may take the substitute gets one
            kept = still_open - theirs
            for activity in theirs:
                if activity.workflow_part_no not in kept.mapped("workflow_part_no"):
                    kept |= activity
            if theirs:
                data = {"hand_over": (theirs & kept).ids, "take_back": (theirs - kept).ids}
                return outcome.wait(now + LOOK_AGAIN, data=data)
        return outcome.wait(now + LOOK_AGAIN)

    # --- doing ------------------------------------------------------------------------------------

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        given = runs.filtered(lambda run: outcomes[run.id].data)
        self._give(step, given, outcomes, now)

    @api.model
    def _stand(self, step, runs, outcomes, now):
        arrived = runs.filtered(lambda run: not run.waiting_since)
        self._give(step, arrived, outcomes, now)
        overdue = [outcomes[run.id].data for run in runs - arrived if outcomes[run.id].data]
        if overdue:
            # its own tasks a workflow hands on, whatever became of the records' owners
            activities_sudo = step.workflow_id._run_env()["mail.activity"].sudo()
            activities_sudo = activities_sudo.with_context(mail_activity_quick_update=True)
            late_sudo = activities_sudo.browse([i for data in overdue for i in data["hand_over"]])
            spare_sudo = activities_sudo.browse([i for data in overdue for i in data["take_back"]])
            (late_sudo | spare_sudo)._workflow_lock()
            late_sudo.write(
                {
                    "user_id": step.substitute_user_id.id,
                    "date_deadline": self._deadline(step, now),
                }
            )
            spare_sudo._workflow_close()

    @api.model
    def _give(self, step, runs, outcomes, now):
        """Create the activities of runs, for whom it was decided."""
        if not runs:
            return
        workflow = step.workflow_id
        parts = [step.task_summary, *step.task_part_ids.mapped("summary")]
        shared = {
            "activity_type_id": self._activity_type(step).id,
            "note": plaintext2html(step.task_note) if step.task_note else "",
            "date_deadline": self._deadline(step, now),
            "automated": True,
            "workflow_step_id": step.id,
        }
        is_on_records = self._is_on_records(workflow.model_name)
        if is_on_records:
            shared["res_model_id"] = self.env["ir.model"]._get_id(workflow.model_name)
        vals_list = [
            {
                **shared,
                "res_id": run.res_id if is_on_records else False,
                "summary": parts[part_no]
                if is_on_records
                else f"{parts[part_no]}: {run.record_name}",
                "user_id": user_id,
                "workflow_enrollment_id": run.id,
                "workflow_visit_no": run.visit_no,
                "workflow_part_no": part_no,
            }
            for run in runs
            for part_no, user_ids in outcomes[run.id].data.items()
            for user_id in user_ids
        ]
        activities = workflow._run_env()["mail.activity"]
        # the columns that tie it to its run are the engine's; all else run_as_id must be allowed
        activities_sudo = activities.sudo().with_context(mail_activity_quick_update=True)
        created = activities_sudo.create(vals_list).sudo(False)
        (created if is_on_records else created.browse()).check_access("create")

    @api.model
    def _activity_type(self, step):
        return step.task_type_id or self.env.ref("mail.mail_activity_data_todo")

    @api.model
    def _let_go(self, step, runs, now):
        activities = self.env["mail.activity"]._workflow_of(step, runs).values()
        none = self.env["mail.activity"].sudo()
        none.union(*activities).filtered("active")._workflow_close()

    @api.model
    def _resumed(self, step, runs, branches, now):
        return self._judge_all(step, runs, now)

    # --- the file ---------------------------------------------------------------------------------

    @api.model
    def _export(self, step):
        people = self.env["mail.workflow.assignee"]._export_people
        values = people(step, self._step_fields)
        for key in ("wait_for", "on_deadline"):
            if values.get(key) == "nothing":
                values.pop(key)
        if step.task_part_ids:
            values["also"] = [people(part, PART_FIELDS) for part in step.task_part_ids]
        return values

    @api.model
    def _import(self, values, workflow, path):
        result = super()._import(values, workflow, path)
        definition = self.env["mail.workflow.definition"]
        parts = []
        for index, entry in enumerate(definition._objects(values.get("also", []), f"{path}.also")):
            where = f"{path}.also[{index}]"
            definition._only_keys(entry, PART_FIELDS.keys(), where)
            definition._text(entry.get("summary"), f"{where}.summary", required=True)
            columns = definition._import_columns(
                "mail.workflow.step.part", PART_FIELDS, entry, where, workflow
            )
            parts.append(Command.create({**columns, "sequence": index}))
        return {**result, "task_part_ids": parts}
