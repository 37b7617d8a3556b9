"""Steps that were taken out and have a history: kept aside, and whoever stands there goes on."""

from odoo import fields, models


class MailWorkflowStep(models.Model):
    """A removed step with history is archived (rule 22). It says where its people go, so that also
    those go on who come to it after its removal: moved by a worker that had begun before."""

    _inherit = "mail.workflow.step"

    after_removal = fields.Selection(
        [("go_on", "Go on with the next step"), ("leave", "Leave the workflow")],
        copy=False,
        readonly=True,
        string="People After Its Removal",
    )
    successor_id = fields.Many2one(
        "mail.workflow.step",
        string="Went on With",
        ondelete="set null",
        index="btree_not_null",
        copy=False,
        readonly=True,
    )

    def _visited(self):
        """Return the steps that a run has come to: they are never deleted."""
        executions_sudo = self.env["mail.workflow.execution"].sudo()
        runs_sudo = self.env["mail.workflow.enrollment"].sudo()
        here = [("step_id", "in", self.ids)]
        groups = [
            *executions_sudo._read_group(here, ["step_id"]),
            *runs_sudo._read_group(here, ["step_id"]),
        ]
        return self.browse(dict.fromkeys(step.id for (step,) in groups))

    def _successors(self):
        """Return ``{step id: id of the next step that stays, or None}`` as the tree is now."""
        successors = {}
        for workflow in self.workflow_id:
            tree = workflow._tree()
            for step in self.filtered(lambda step, workflow=workflow: step.workflow_id == workflow):
                target = tree.following(step.id)
                while target in self.ids:
                    target = tree.following(target)
                successors[step.id] = target
        return successors

    def _set_aside(self, choices, successors):
        """Archive removed steps.

        :param dict choices: ``{step id: "go_on" | "leave"}``
        :param dict successors: see ``_successors``
        """
        # a user takes steps out by removing them only, see ``write``
        for step_sudo in self.sudo().with_context(workflow_importing=True):
            step_sudo.write(
                {
                    "active": False,
                    "after_removal": choices[step_sudo.id],
                    "successor_id": successors.get(step_sudo.id),
                }
            )

    def _next_that_stays(self):
        """Return where who stood at this removed step goes on: also that may be removed by now."""
        step, seen = self.successor_id, self
        while step and not step.active and step not in seen:
            seen |= step
            step = step.successor_id
        return step if step.active else step.browse()
