from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ...engine import outcome
from ..mail_workflow_assignee import ASSIGNEE_FIELDS

_lt = LazyTranslate(__name__)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("assign", "Assign")], ondelete={"assign": "cascade"})
    assign_overwrite = fields.Boolean(
        string="Replace an Owner",
        help="Else a record that has a salesperson keeps them.",
    )


class MailWorkflowStepAssign(models.AbstractModel):
    """Gives the record an owner: its salesperson, of a team in turn also the team.

    Nobody is mailed about it; to tell them is a step of its own.
    """

    _name = "mail.workflow.step.assign"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Assign"

    _step_order = 6
    _step_icon = "fa-user-plus"
    _step_help = _lt("Gives the record to a salesperson or a team.")
    _step_category = "record"
    _names_people = True
    _can_skip = True
    _step_fields = {**ASSIGNEE_FIELDS, "overwrite": "assign_overwrite"}

    @api.model
    def _check_config(self, step):
        problems = step._assignee_problems(step.workflow_id)
        model = self.env.get(step.workflow_id.model_name)
        if model is None or "user_id" not in model._fields:
            problems.append(
                self.env._("records of “%s” have no owner", step.workflow_id.model_id.name)
            )
        return problems

    @api.model
    def _check_rights(self, step, env):
        model = env.get(step.workflow_id.model_name)
        if model is not None and not model.has_access("write"):
            return [
                self.env._(
                    "%(user)s may not change %(model)s",
                    user=env.user.name,
                    model=step.workflow_id.model_id.name,
                )
            ]
        return []

    @api.model
    def _decide(self, step, runs, now):
        workflow = step.workflow_id
        owned = set()
        if not step.assign_overwrite:
            records = workflow._records(runs.mapped("res_id"))
            owned = {record.id for record in records if record.user_id}
        free = runs.filtered(lambda run: run.res_id not in owned)
        found = step._assignees(workflow, free, lambda users: self._load(workflow, users))
        decided = {
            run.id: outcome.done(reason=self.env._("has an owner already")) for run in runs - free
        }
        for run in free:
            user_ids = found[run.id][:1]
            decided[run.id] = (
                outcome.done(data={"user": user_ids[0]})
                if user_ids
                else outcome.skip(self.env._("nobody is there to take it"))
            )
        return decided

    @api.model
    def _load(self, workflow, users):
        """Return ``{user id: open records they have}``: what is won, lost, sold or put away is
        none."""
        records = self.env[workflow.model_name].sudo()
        domain = Domain("user_id", "in", users.ids)
        if "won_status" in records._fields:
            domain &= Domain("won_status", "=", "pending")
        elif records._name == "sale.order":
            domain &= Domain("state", "in", ("draft", "sent"))
        groups = records._read_group(domain, ["user_id"], ["__count"])
        return {user.id: count for user, count in groups}

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        given = defaultdict(list)
        for run in runs:
            if outcomes[run.id].data:
                given[outcomes[run.id].data["user"]].append(run.res_id)
        records = step.workflow_id._records([])
        values = {}
        if step.assignee_mode == "team" and "team_id" in records._fields:
            values["team_id"] = step.assignee_team_id.id
        quiet = records.with_context(tracking_disable=True, mail_auto_subscribe_no_notify=True)
        for user_id, record_ids in given.items():
            quiet.browse(record_ids).write({"user_id": user_id, **values})

    @api.model
    def _imagine(self, step, run, result, now):
        if result.data:
            record = step.workflow_id._records(run.res_id)
            values = {"user_id": result.data["user"]}
            self.env["mail.workflow.simulator"]._change(record, values)

    @api.model
    def _summary(self, step):
        return step._people_name()

    @api.model
    def _export(self, step):
        return self.env["mail.workflow.assignee"]._export_people(step, self._step_fields)
