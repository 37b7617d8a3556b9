from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...exceptions import DefinitionError

_lt = LazyTranslate(__name__)

ADMINISTRATOR = "base.group_system"


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(
        selection_add=[("server_action", "Server action")], ondelete={"server_action": "cascade"}
    )
    server_action_id = fields.Many2one(
        "ir.actions.server",
        index="btree_not_null",
        ondelete="set null",
        domain="[('model_name', '=', model_name)]",
    )


class MailWorkflowStepServerAction(models.AbstractModel):
    """Runs a server action on the records, as the user the workflow runs as.

    It can be code: only an administrator lets it run, and as an administrator.
    """

    _name = "mail.workflow.step.server_action"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Server Action"

    _step_order = 9
    _step_icon = "fa-code"
    _step_help = _lt("Runs a server action of an administrator.")
    _step_category = "record"
    _publisher_group = ADMINISTRATOR
    _step_fields = {"action": "server_action_id"}

    @api.model
    def _check_config(self, step):
        # whoever asks is told what is wrong, also who may not read server actions
        action_sudo = step.sudo().server_action_id
        if not action_sudo:
            return [self.env._("choose a server action")]
        problems = []
        if action_sudo.model_id.model != step.workflow_id.model_name:
            problems.append(
                self.env._(
                    "“%(action)s” is an action on %(model)s, not on the records of this workflow",
                    action=action_sudo.name,
                    model=action_sudo.model_id.name,
                )
            )
        if action_sudo.warning:
            problems.append(action_sudo.warning)
        return problems

    @api.model
    def _check_rights(self, step, env):
        model = env.get(step.workflow_id.model_name)
        action = step.sudo().server_action_id
        if model is None or not action:
            return []
        allowed = action.group_ids & env.user.all_group_ids
        if not (allowed if action.group_ids else model.has_access("write")):
            return [
                self.env._(
                    "%(user)s may not run “%(action)s”", user=env.user.name, action=action.name
                )
            ]
        return []

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        workflow = step.workflow_id
        records = workflow._records(list(dict.fromkeys(runs.mapped("res_id"))))
        action = step.server_action_id.with_env(records.env)
        if not action:
            raise UserError(self.env._("The server action is gone."))
        action.with_context(
            active_model=records._name, active_ids=records.ids, active_id=records.ids[0]
        ).run()

    @api.model
    def _summary(self, step):
        return step.sudo().server_action_id.name or ""

    @api.model
    def _export(self, step):
        return super()._export(step.sudo())

    @api.model
    def _import(self, values, workflow, path):
        if values.get("action") and not self.env["ir.actions.server"].has_access("read"):
            raise DefinitionError(
                f"{path}.action", self.env._("only an administrator chooses a server action")
            )
        return super()._import(values, workflow, path)
