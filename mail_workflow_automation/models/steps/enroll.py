from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...engine import outcome

_lt = LazyTranslate(__name__)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(
        selection_add=[("enroll", "Enroll in a workflow")], ondelete={"enroll": "cascade"}
    )
    enroll_workflow_id = fields.Many2one(
        "mail.workflow",
        string="Workflow to Enroll in",
        index="btree_not_null",
        ondelete="set null",
        domain="[('id', '!=', workflow_id), ('model_name', 'in', (model_name, 'res.partner'))]",
    )


class MailWorkflowStepEnroll(models.AbstractModel):
    """Brings the record, or its contact, into another workflow, by that one's own rules."""

    _name = "mail.workflow.step.enroll"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Enroll in a Workflow"

    _step_order = 6
    _step_icon = "fa-sign-in"
    _step_help = _lt("Brings them into another workflow.")
    _can_skip = True
    _step_fields = {"workflow": "enroll_workflow_id"}

    @api.model
    def _target(self, step):
        """Return the other workflow; who sees a step is told of it, be it another team's."""
        return step.sudo().enroll_workflow_id

    @api.model
    def _check_config(self, step):
        target = self._target(step)
        if not target or not target.active:
            return [self.env._("choose the workflow to enroll in")]
        if target == step.workflow_id:
            return [self.env._("a workflow does not enroll in itself; use “Go to”")]
        return self._misfits(step)

    @api.model
    def _brings_into(self, step):
        return step.enroll_workflow_id

    @api.model
    def _misfits(self, step):
        """Return why the other workflow cannot take what this one is about, a list of str."""
        target, problems = self._target(step), []
        if target.company_id != step.workflow_id.company_id:
            problems.append(self.env._("“%s” is of another company", target.name))
        if target.model_name not in (step.workflow_id.model_name, "res.partner"):
            problems.append(
                self.env._(
                    "“%(workflow)s” takes %(model)s, which this one has not",
                    workflow=target.name,
                    model=target.model_id.name,
                )
            )
        return problems

    @api.model
    def _check_rights(self, step, env):
        target = self._target(step)
        if target and not target.with_env(env).has_access("read"):
            return [
                self.env._(
                    "%(user)s may not see “%(workflow)s”", user=env.user.name, workflow=target.name
                )
            ]
        return []

    @api.model
    def _decide(self, step, runs, now):
        target = step.enroll_workflow_id
        if not target or target.state not in ("running", "paused"):
            reason = self.env._("“%s” is not running", target.name or "?")
            return {run.id: outcome.skip(reason) for run in runs}
        misfits = self._misfits(step)  # it can have been stopped and changed since
        if misfits:
            return {run.id: outcome.skip(misfits[0]) for run in runs}
        records = self._records(step, runs)
        return {
            run.id: outcome.done()
            if records.get(run.id)
            else outcome.skip(self.env._("no contact to enroll"))
            for run in runs
        }

    @api.model
    def _records(self, step, runs):
        """Return ``{run id: record id}``: what of each run goes into the other workflow."""
        if step.enroll_workflow_id.model_name == step.workflow_id.model_name:
            return {run.id: run.res_id for run in runs}
        return {run.id: run.partner_id.id for run in runs}

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        target = step.enroll_workflow_id
        ids = list(dict.fromkeys(self._records(step, runs).values()))
        self.env["mail.workflow.enroller"]._enroll_records(
            target,
            target._records(ids),
            now=now,
            by_workflow=True,
            why=self.env._("workflow “%s”", step.workflow_id.name),
        )

    @api.model
    def _summary(self, step):
        return self._target(step).name or ""
