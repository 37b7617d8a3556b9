"""On whose behalf a workflow acts, what that user may do, and who may change what."""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

MANAGER = "mail_workflow_automation.mail_workflow_group_manager"
# only the buttons and the engine move these
ENGINE_FIELDS = {
    *("state", "started_at", "trouble_reported_at"),
    *("draft_of_id", "version", "edited_by_id", "edited_at"),
}
# what a running workflow does: changed in draft or paused only
DEFINING_FIELDS = {
    "model_id",
    "purpose",
    "audience_domain",
    "recheck_audience",
    "reentry_policy",
    "reentry_per",
    "goal_kind",
    "goal_name",
    "goal_filters",
    "goal_same_record",
    "exit_events",
    "list_id",
    "company_id",
    "website_id",
    "salt",
}


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            given = {name for name in ENGINE_FIELDS & vals.keys() if vals[name]}
            self._check_engine_fields(given - {"state"} if vals.get("state") == "draft" else given)
        workflows = super().create(vals_list)
        workflows._check_manager_choices()
        return workflows

    def write(self, vals):
        self._check_engine_fields(ENGINE_FIELDS & vals.keys())
        if DEFINING_FIELDS & vals.keys() and not self.env.su:
            self._check_editable()
        result = super().write(vals)
        if {"purpose", "run_as_id"} & vals.keys():
            self._check_manager_choices()
        return result

    def _check_manager_choices(self):
        """Operational mail skips opt-out, and another user's rights are borrowed: a manager
        decides both. (Not a constraint: Odoo checks those as superuser.)"""
        if self.env.su or self.env.user.has_group(MANAGER):
            return
        for workflow in self:
            if workflow.purpose == "operational":
                raise AccessError(
                    self.env._(
                        "Workflow “%(workflow)s”: only a Workflow manager may let an operational "
                        "one run. Choose Marketing, or ask a manager.",
                        workflow=workflow.name,
                    )
                )
            if workflow.run_as_id and workflow.run_as_id != self.env.user:
                raise AccessError(
                    self.env._(
                        "Workflow “%(workflow)s”: only a Workflow manager may let it run as "
                        "somebody else.",
                        workflow=workflow.name,
                    )
                )

    @api.model
    def _check_engine_fields(self, names):
        """A workflow starts and stops by its buttons, which check it; never by a mere write."""
        if names and not self.env.su:
            raise AccessError(
                self.env._(
                    "Workflow: “%s” is changed by the buttons only. Use Start, Pause, Resume or "
                    "Stop.",
                    ", ".join(sorted(names)),
                )
            )

    def _set_run_as(self):
        """Let the workflow run as who publishes it; a manager may have named another user."""
        self.ensure_one()
        if not self.run_as_id or not self.env.user.has_group(MANAGER):
            if self.run_as_id != self.env.user:
                self.run_as_id = self.env.user

    def _count_existing(self):
        """Return how many records match already: what "existing too" would bring in.

        Who is no manager starts it with their own rights, and learns nothing beyond them here.
        """
        self.ensure_one()
        now = fields.Datetime.now()
        asked = self
        if not self.env.user.has_group(MANAGER):
            asked = self.with_context(workflow_as_asker=True)
        return sum(
            trigger._handler()._count_existing(trigger, now) for trigger in asked.trigger_ids
        )

    # --- rights while it runs ---------------------------------------------------------------------

    def _missing_rights(self, steps=None):
        """Return what ``run_as_id`` may not do any more, a list of str; empty when all is well.

        :param steps: check these steps; default none, only what every step needs
        """
        self.ensure_one()
        workflow_sudo = self.sudo()  # a workflow is checked whoever asks
        user = workflow_sudo.run_as_id
        if not user:
            return [self.env._("nobody is named as whom it runs")]
        problems = self._missing_user_rights(user)
        if problems:
            return problems
        env = self._run_env()
        for step in (steps or self.env["mail.workflow.step"]).sudo():
            handler = step._handler()
            problems += handler._check_publisher(env.user) + handler._check_rights(step, env)
        return problems

    def _missing_user_rights(self, user):
        """Return why a user cannot run this workflow at all, a list of str."""
        company = self.sudo().company_id
        if user.id == SUPERUSER_ID:
            # a script in Odoo's shell: OdooBot is archived by design, and may do everything
            return []
        if not user.active:
            return [self.env._("%s, as whom it runs, is archived", user.name)]
        if company not in user.sudo().company_ids:
            return [
                self.env._(
                    "%(user)s may not work for %(company)s", user=user.name, company=company.name
                )
            ]
        env = self.env(user=user.id, su=False, context={"allowed_company_ids": company.ids})
        model = env.get(self.model_name)
        if model is None:
            return []
        if not model.has_access("read"):
            return [
                self.env._(
                    "%(user)s may not read %(model)s",
                    user=user.name,
                    model=self.sudo().model_id.name,
                )
            ]
        return []

    def _pause_without_rights(self, steps=None):
        """Pause a running workflow whose user lost what it needs, and tell its owner.

        Everybody in it keeps their place; Resume checks again.

        :returns: whether it is paused now
        """
        self.ensure_one()
        problems = self._missing_rights(steps)
        if not problems:
            return False
        workflow_sudo = self.sudo()  # the engine stops what nobody may carry on
        workflow_sudo.write({"state": "paused"})
        workflow_sudo.step_ids._unpublish()
        workflow_sudo.message_notify(
            partner_ids=(workflow_sudo.user_id or workflow_sudo.create_uid).partner_id.ids,
            subject=self.env._("Workflow “%s” is paused", workflow_sudo.name),
            body=self.env._(
                "%(problems)s. Give the right back, or resume the workflow as somebody who has "
                "it. Everybody in it keeps their place.",
                problems="; ".join(problems),
            ),
        )
        workflow_sudo._message_log(
            body=self.env._("Paused: %(problems)s", problems="; ".join(problems))
        )
        return True

    # --- the buttons ------------------------------------------------------------------------------

    def _set_state(self, state, **values):
        """Move workflows to another state, for who may change them."""
        self.check_access("write")
        self.sudo().write({"state": state, **values})

    @api.model
    def _check_stays(self, records, vals, *names):
        """A part stays where it was made: what is put into another workflow would run with the
        rights of that one's user, unseen by the rules of access on it."""
        for name in set(names) & vals.keys():
            if any(record[name].id != (vals[name] or False) for record in records):
                raise AccessError(
                    self.env._("What belongs to one workflow cannot be moved to another one.")
                )

    def _check_triggers_editable(self):
        for workflow in self:
            if workflow.state == "running":
                raise UserError(
                    self.env._(
                        "Workflow “%(workflow)s” is running. Change who comes in on the drawing: "
                        "that is a draft until you publish it.",
                        workflow=workflow.name,
                    )
                )


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    @api.model_create_multi
    def create(self, vals_list):
        triggers = super().create(vals_list)
        if not self.env.su:
            triggers.workflow_id._check_triggers_editable()
        return triggers

    def write(self, vals):
        if not self.env.su:
            self.workflow_id._check_triggers_editable()
            self.env["mail.workflow"]._check_stays(self, vals, "workflow_id")
        return super().write(vals)

    def unlink(self):
        if not self.env.su:
            self.workflow_id._check_triggers_editable()
        return super().unlink()


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    @api.constrains("goto_target_id", "workflow_id")
    def _check_goto_target(self):
        """A jump elsewhere would carry out another workflow's step, with the rights of its user."""
        for step in self:
            if step.goto_target_id and step.goto_target_id.workflow_id != step.workflow_id:
                raise ValidationError(
                    self.env._("Step “%s”: the step to go to is of another workflow.", step.name)
                )

    def write(self, vals):
        if not self.env.su:
            self.env["mail.workflow"]._check_stays(self, vals, "workflow_id")
        return super().write(vals)


class MailWorkflowStepText(models.Model):
    _inherit = "mail.workflow.step.text"

    def write(self, vals):
        if not self.env.su:
            self.env["mail.workflow"]._check_stays(self, vals, "step_id")
        return super().write(vals)


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    def write(self, vals):
        if not self.env.su:
            self.env["mail.workflow"]._check_stays(self, vals, "workflow_id", "workflow_step_id")
        return super().write(vals)
