from odoo import api, fields, models

# who takes back an activity is the workflow: that is no cancelling by a person
CLOSING = "workflow_closing"


class MailActivity(models.Model):
    """An activity that a workflow made knows its run and step; it is Odoo's own in all else."""

    _inherit = "mail.activity"

    workflow_enrollment_id = fields.Many2one(
        "mail.workflow.enrollment",
        ondelete="set null",
        index="btree_not_null",
        copy=False,
        groups=fields.NO_ACCESS,
    )
    workflow_step_id = fields.Many2one(
        "mail.workflow.step",
        ondelete="set null",
        index="btree_not_null",
        copy=False,
        groups=fields.NO_ACCESS,
    )
    workflow_visit_no = fields.Integer(copy=False, groups=fields.NO_ACCESS)
    workflow_part_no = fields.Integer(
        copy=False,
        groups=fields.NO_ACCESS,
        help="Which of the tasks given at once. Several people with one number: anyone takes it.",
    )
    workflow_done_by_id = fields.Many2one(
        "res.users", string="Done by", copy=False, groups=fields.NO_ACCESS
    )

    def _action_done(self, feedback=False, attachment_ids=None):
        """Done by one of several, it vanishes from the lists of the others."""
        doing_sudo = self.sudo().filtered("active")
        ours_sudo = doing_sudo.filtered("workflow_enrollment_id")
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if ours_sudo:
            ours_sudo.exists().workflow_done_by_id = self.env.user
            ours_sudo._workflow_twins()._workflow_close_for(self.env.user)
        doing_sudo._workflow_note("done")
        return result

    def unlink(self):
        ours_sudo = self.browse()
        if not self.env.context.get(CLOSING):
            ours_sudo = self.sudo().filtered("active").filtered("workflow_enrollment_id")
        ours_sudo._workflow_note("cancelled")
        return super().unlink()

    def _workflow_twins(self):
        """Return the open activities of those who could have taken the same task."""
        places = {activity._workflow_place() for activity in self}
        open_ones = self.search([("workflow_enrollment_id", "in", self.workflow_enrollment_id.ids)])
        return open_ones.filtered(lambda activity: activity._workflow_place() in places) - self

    def _workflow_place(self):
        return (
            self.workflow_enrollment_id.id,
            self.workflow_step_id.id,
            self.workflow_visit_no,
            self.workflow_part_no,
        )

    def _workflow_close_for(self, user):
        """Take these activities off the lists: ``user`` has done what they ask for."""
        self._workflow_close()

    def _workflow_close(self):
        self.with_context(**{CLOSING: True}).unlink()

    @api.model
    def _workflow_of(self, step, runs):
        """Return ``{run id: activities}`` of the visits of a step, done ones too: one query."""
        activities_sudo = (
            self.sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("workflow_enrollment_id", "in", runs.ids),
                    ("workflow_step_id", "=", step.id),
                ],
                order="id",
            )
        )
        found = activities_sudo.grouped("workflow_enrollment_id")
        return {
            run.id: found.get(run, activities_sudo.browse()).filtered(
                lambda activity, run=run: activity.workflow_visit_no == run.visit_no
            )
            for run in runs
        }
