from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("tag", "Tag")], ondelete={"tag": "cascade"})
    tag_add_ids = fields.Many2many(
        "res.partner.category", "mail_workflow_step_tag_add_rel", string="Add Tags"
    )
    tag_remove_ids = fields.Many2many(
        "res.partner.category", "mail_workflow_step_tag_remove_rel", string="Remove Tags"
    )


class MailWorkflowStepTag(models.AbstractModel):
    """Puts tags on the contact, or takes them off."""

    _name = "mail.workflow.step.tag"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Tag"

    _step_order = 1
    _step_icon = "fa-tag"
    _step_help = _lt("Adds tags, or takes them away.")
    _step_category = "record"
    _step_fields = {"add": "tag_add_ids", "remove": "tag_remove_ids"}

    @api.model
    def _check_config(self, step):
        if not step.tag_add_ids and not step.tag_remove_ids:
            return [self.env._("choose a tag to add or to remove")]
        return []

    @api.model
    def _check_rights(self, step, env):
        if not env["res.partner"].has_access("write"):
            return [self.env._("%s may not change contacts", env.user.name)]
        return []

    @api.model
    def _brings_about(self, step, others):
        # who has a tag gets it again only where it is taken off
        taken_off = others.tag_remove_ids
        return [("tag_added", {"tag": tag.id}) for tag in step.tag_add_ids & taken_off]

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        partners = step.workflow_id._run_env()["res.partner"].browse(runs.partner_id.ids)
        if partners:
            partners.write(self._values(step))

    @api.model
    def _values(self, step):
        commands = [Command.link(tag.id) for tag in step.tag_add_ids]
        commands += [Command.unlink(tag.id) for tag in step.tag_remove_ids]
        return {"category_id": commands}

    @api.model
    def _imagine(self, step, run, result, now):
        if run.partner_id:
            contact = step.workflow_id._run_env()["res.partner"].browse(run.partner_id.id)
            self.env["mail.workflow.simulator"]._change(contact, self._values(step))

    @api.model
    def _summary(self, step):
        parts = [f"+{tag.name}" for tag in step.tag_add_ids] + [
            f"−{tag.name}" for tag in step.tag_remove_ids
        ]
        return ", ".join(parts)
