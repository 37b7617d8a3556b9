from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ...engine import outcome

_lt = LazyTranslate(__name__)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(
        selection_add=[("opportunity", "Opportunity")], ondelete={"opportunity": "cascade"}
    )
    opportunity_name = fields.Char(
        string="Opportunity",
        help="Merge fields of the record can stand in it, as in the subject of a mail.",
    )
    opportunity_user_id = fields.Many2one(
        "res.users", string="Salesperson", domain="[('share', '=', False)]"
    )
    opportunity_team_id = fields.Many2one("crm.team", string="Sales Team")
    opportunity_tag_ids = fields.Many2many(
        "crm.tag", "mail_workflow_step_crm_tag_rel", string="Tags"
    )
    opportunity_revenue = fields.Float(
        string="Expected Revenue",
        help="0: the untaxed amount of the order, in a workflow on orders; else none.",
    )
    opportunity_several = fields.Boolean(
        string="Even if one is open",
        help="Otherwise a person has one open opportunity of this workflow at a time.",
    )


class MailWorkflowStepOpportunity(models.AbstractModel):
    """Creates an opportunity for the person, one open at a time."""

    _name = "mail.workflow.step.opportunity"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Opportunity"

    _step_order = 5
    _step_icon = "fa-star"
    _step_help = _lt("Makes an opportunity for the sales team.")
    _step_category = "record"
    _can_skip = True
    _step_fields = {
        "title": "opportunity_name",
        "user": "opportunity_user_id",
        "team": "opportunity_team_id",
        "tags": "opportunity_tag_ids",
        "revenue": "opportunity_revenue",
        "several": "opportunity_several",
    }

    @api.model
    def _check_config(self, step):
        problems = []
        if not step.opportunity_name:
            problems.append(self.env._("say what the opportunity is called"))
        user = step.opportunity_user_id
        if user and not user.active:
            problems.append(self.env._("%s is archived and gets no opportunity", user.name))
        if step.opportunity_revenue < 0:
            problems.append(self.env._("the expected revenue cannot be negative"))
        return problems

    @api.model
    def _check_rights(self, step, env):
        if not env["crm.lead"].has_access("create"):
            return [self.env._("%s may not create opportunities", env.user.name)]
        model_name = step.workflow_id.model_name
        if not step.opportunity_name or model_name not in env:
            return []
        unsafe = env["mail.render.mixin"]._has_unsafe_expression_template_inline_template(
            step.opportunity_name, model_name
        )
        if unsafe and not env.user.has_group("mail.group_mail_template_editor"):
            return [
                self.env._(
                    "the name has expressions that %s may not use; keep to merge fields",
                    env.user.name,
                )
            ]
        return []

    @api.model
    def _brings_about(self, step, others):
        return [("lead_created", {})] if step.opportunity_several else []

    @api.model
    def _decide(self, step, runs, now):
        taken = set() if step.opportunity_several else self._with_open_one(step, runs)
        decided = {}
        for run in runs:
            person = run._person_key()
            if not run.partner_id and not run.email_normalized:
                decided[run.id] = outcome.skip(self.env._("nobody to have an opportunity with"))
            elif person in taken:
                reason = self.env._("has an open opportunity of this workflow")
                decided[run.id] = outcome.skip(reason)
            else:
                decided[run.id] = outcome.done()
            if not step.opportunity_several:
                taken.add(person)
        return decided

    @api.model
    def _with_open_one(self, step, runs):
        """Return the keys of the persons who have an open opportunity of the workflow."""
        # whether there is one does not depend on who may see it
        leads_sudo = self.env["crm.lead"].sudo()
        known_by = Domain(
            "email_normalized", "in", [e for e in runs.mapped("email_normalized") if e]
        )
        known_by |= Domain("partner_id", "in", runs.partner_id.ids)
        open_sudo = leads_sudo.search(
            Domain("workflow_id", "=", step.workflow_id.id)
            & Domain("won_status", "=", "pending")
            & known_by
        )
        emails = set(open_sudo.mapped("email_normalized")) - {False}
        partners = open_sudo.partner_id
        return {
            run._person_key()
            for run in runs
            if run.email_normalized in emails or run.partner_id in partners
        }

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        workflow = step.workflow_id
        if not step.opportunity_several and workflow.reentry_per != "person":
            self._lock_persons(workflow, runs)
        env = workflow._run_env()
        records = env[workflow.model_name].browse(runs.mapped("res_id"))
        names = env["mail.render.mixin"]._render_template(
            step.opportunity_name, workflow.model_name, records.ids, engine="inline_template"
        )
        # Odoo's log and followers cost searches for each; here they come in one go. Who is to be
        # told has a step of its own
        leads = env["crm.lead"].with_context(
            tracking_disable=True, mail_auto_subscribe_no_notify=True
        )
        stage = leads._stage_find(
            team_id=step.opportunity_team_id.id, domain=[("fold", "=", False)]
        )
        leads = leads.create(
            [
                {
                    "type": "opportunity",
                    "stage_id": stage.id,
                    "name": names[record.id],
                    "partner_id": run.partner_id.id,
                    **({} if run.partner_id else {"email_from": run.email_normalized}),
                    "user_id": step.opportunity_user_id.id,
                    "team_id": step.opportunity_team_id.id,
                    "tag_ids": [Command.set(step.opportunity_tag_ids.ids)],
                    "expected_revenue": self._revenue(step, record),
                    "company_id": workflow.company_id.id,
                    "workflow_id": workflow.id,
                }
                for run, record in zip(runs, records, strict=True)
            ]
        )
        note = self.env._("Created by workflow “%s”", workflow.name)
        assigned = {
            "user_id": step.opportunity_user_id.id,
            "team_id": step.opportunity_team_id.id,
        }
        leads._message_auto_subscribe(assigned)
        leads._message_log_batch(dict.fromkeys(leads.ids, note))

    @api.model
    def _imagine(self, step, run, result, now):
        self.env["mail.workflow.simulator"]._scene().opportunities.add(run._person_key())

    @api.model
    def _lock_persons(self, workflow, runs):
        """Let no other worker create one for the same persons meanwhile: it holds one of their
        runs, and after its commit the database has us look again."""
        self.env.cr.execute(
            SQL(
                """
                SELECT FROM mail_workflow_enrollment
                 WHERE workflow_id = %s AND state = 'active'
                   AND (email_normalized = ANY(%s) OR partner_id = ANY(%s))
                 ORDER BY id
                   FOR NO KEY UPDATE
                """,
                workflow.id,
                [email for email in runs.mapped("email_normalized") if email],
                runs.partner_id.ids,
            )
        )

    @api.model
    def _revenue(self, step, record):
        if step.opportunity_revenue or record._name != "sale.order":
            return step.opportunity_revenue
        return record.amount_untaxed

    @api.model
    def _summary(self, step):
        return f"“{step.opportunity_name}”" if step.opportunity_name else ""


class CrmLead(models.Model):
    _inherit = "crm.lead"

    workflow_id = fields.Many2one(
        "mail.workflow",
        string="Created by Workflow",
        ondelete="set null",
        index="btree_not_null",
        copy=False,
        readonly=True,
    )
