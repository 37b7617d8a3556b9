from odoo import api, models

from ...engine import outcome


class MailWorkflowKindMissing(models.AbstractModel):
    """Stands for a kind whose addon is not installed any more: shown as such, the rest usable."""

    _name = "mail.workflow.kind.missing"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step of an Uninstalled Application"

    _step_icon = "fa-plug"
    _has_effects = False
    _is_missing = True

    @api.model
    def _check_config(self, step):
        return [
            self.env._(
                "its kind “%s” is not installed: install its application, or remove the step",
                step.kind,
            )
        ]

    @api.model
    def _decide(self, step, runs, now):
        reason = self.env._("its kind is not installed")
        return {run.id: outcome.skip(reason) for run in runs}

    @api.model
    def _outcomes(self, step):
        # what hangs on its branches stays where it is
        return tuple(step.workflow_id._tree().branches(step.id))

    @api.model
    def _summary(self, step):
        return self.env._("Not installed: %s", step.kind)
