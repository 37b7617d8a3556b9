from odoo import api, fields, models

from ...engine import outcome
from ..mail_workflow_definition import STEP_KEYS


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(
        selection_add=[("missing", "Not installed")], ondelete={"missing": "cascade"}
    )


class MailWorkflowStepMissing(models.AbstractModel):
    """Stands for a kind whose addon is not installed any more: shown as such, the rest usable.

    What the file says of the step is kept, see ``mail.workflow.kept``.
    """

    _name = "mail.workflow.step.missing"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step of an Uninstalled Application"

    _step_icon = "fa-plug"
    _has_effects = False
    _is_missing = True

    @api.model
    def _kept(self, entry, label):
        """Return what is kept of a step, see ``mail.workflow.kept``.

        :param dict entry: what the file says of it
        """
        own = {key: value for key, value in entry.items() if key not in STEP_KEYS}
        branches = {
            name: {key: value for key, value in branch.items() if key != "steps"}
            for name, branch in entry.get("branches", {}).items()
        }
        return self.env["mail.workflow.kept"]._keep(entry["kind"], label, own, branches)

    @api.model
    def _check_config(self, step):
        return [
            self.env._(
                "its kind “%s” is not installed: install its application, or remove the step",
                step._kind_label(),
            )
        ]

    @api.model
    def _decide(self, step, runs, now):
        reason = self.env._("its kind is not installed")
        return {run.id: outcome.skip(reason) for run in runs}

    @api.model
    def _outcomes(self, step):
        # what hangs on its branches stays where it is
        kept = step._kept_file()["branches"]
        return tuple(dict.fromkeys((*kept, *step.workflow_id._tree().branches(step.id))))

    @api.model
    def _summary(self, step):
        return self.env._("Not installed: %s", step._kind_label())

    @api.model
    def _export(self, step):
        return step._kept_file()["entry"]

    @api.model
    def _import(self, values, workflow, path):
        gone = self.env["mail.workflow.definition"]._gone_kinds("step")
        return {"gone": self._kept(values, gone.get(values["kind"], values["kind"]))}

    @api.model
    def _export_branch(self, step, branch):
        return step._kept_file()["branches"].get(branch, {})

    @api.model
    def _has_branch_entries(self, step):
        return bool(step._kept_file()["branches"])
