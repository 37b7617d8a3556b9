from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

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
    workflow_outcome = fields.Char(copy=False, groups=fields.NO_ACCESS)
    workflow_outcomes = fields.Json(compute="_compute_workflow_outcomes", compute_sudo=True)

    @api.depends("active", "workflow_step_id")
    def _compute_workflow_outcomes(self):
        """What is to be decided: a button for each outcome, for whoever sees the activity."""
        for activity in self:
            step = activity.workflow_step_id
            names = step._handler()._choices(step) if step and activity.active else []
            activity.workflow_outcomes = names or False

    def action_workflow_decide(self, outcome):
        """Choose an outcome of a decision, as one of its buttons.

        :param str outcome: one of ``workflow_outcomes``
        :raises UserError: when it is decided already, or is no outcome
        """
        self.ensure_one()
        if not self.exists():
            raise UserError(self.env._("This was decided already, or is no longer asked."))
        self.check_access("write")
        self._workflow_lock()
        activity_sudo = self.sudo()  # its columns are the engine's
        if activity_sudo.workflow_outcome:
            raise UserError(
                self.env._(
                    "Already decided by %(user)s: %(outcome)s.",
                    user=activity_sudo.workflow_done_by_id.name,
                    outcome=activity_sudo.workflow_outcome,
                )
            )
        if outcome not in (activity_sudo.workflow_outcomes or []):
            raise UserError(self.env._("This was decided already, or is no longer asked."))
        activity_sudo.workflow_outcome = outcome
        self.action_feedback(feedback=outcome)
        return True

    def _action_done(self, feedback=False, attachment_ids=None):
        """Done by one of several, it vanishes from the lists of the others."""
        doing_sudo = self.sudo().filtered("active")
        ours_sudo = doing_sudo.filtered("workflow_enrollment_id")
        ours_sudo._workflow_lock()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if ours_sudo:
            ours_sudo = ours_sudo.exists()
            ours_sudo.workflow_done_by_id = self.env.user
            ours_sudo._workflow_close_twins()
        doing_sudo._workflow_note("done")
        return result

    def unlink(self):
        ours_sudo = self.browse()
        if not self.env.context.get(CLOSING):
            ours_sudo = self.sudo().filtered("active").filtered("workflow_enrollment_id")
        ours_sudo._workflow_note("cancelled")
        return super().unlink()

    def _workflow_lock(self):
        """Lock activities with all that were given at the same step of the same run.

        One answer writes several of them: taken in one order, two who answer at once never wait
        for each other.
        """
        places_sudo = self.sudo()
        if not places_sudo.workflow_enrollment_id:
            return
        self.env.cr.execute(
            SQL(
                """
                SELECT FROM mail_activity
                 WHERE workflow_enrollment_id = ANY(%s) AND workflow_step_id = ANY(%s)
                 ORDER BY id
                   FOR NO KEY UPDATE
                """,
                places_sudo.workflow_enrollment_id.ids,
                places_sudo.workflow_step_id.ids,
            ),
            log_exceptions=False,  # that somebody else was first is no error
        )

    def _workflow_close_twins(self):
        """Take the same task off the lists of those who could have done it, too; of a decision
        they learn who has taken it."""
        done_at = {activity._workflow_place(): activity for activity in self}
        open_ones = self.search([("workflow_enrollment_id", "in", self.workflow_enrollment_id.ids)])
        twins = open_ones.filtered(lambda one: one._workflow_place() in done_at) - self
        for twin in twins.filtered("workflow_outcomes"):
            done = done_at[twin._workflow_place()]
            twin.write(
                {
                    "active": False,
                    "workflow_outcome": done.workflow_outcome,
                    "workflow_done_by_id": done.workflow_done_by_id.id,
                }
            )
        twins.filtered("active")._workflow_close()

    def _workflow_place(self):
        return (
            self.workflow_enrollment_id.id,
            self.workflow_step_id.id,
            self.workflow_visit_no,
            self.workflow_part_no,
        )

    def _workflow_close(self):
        self._workflow_lock()
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

    def _to_store_defaults(self, target):
        return [*super()._to_store_defaults(target), "workflow_outcomes"]
