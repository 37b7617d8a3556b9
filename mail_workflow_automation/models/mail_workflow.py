import ast
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.tree import Node, Tree

STATES = [
    ("draft", "Draft"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("stopped", "Stopped"),
]


def parse_domain(text):
    """Return the stored domain as a list.

    :raises ValueError: when it is no list of conditions
    """
    domain = ast.literal_eval(text or "[]")
    if not isinstance(domain, list):
        raise ValueError("not a list")
    return domain


class MailWorkflow(models.Model):
    """The definition of a workflow: who comes in, the steps, and what ends a run.

    state    meaning                                 set by                         next
    -------  --------------------------------------  -----------------------------  ----------------
    draft    being written; nobody is in it          create, copy, import           running
    running  people come in and go on                action_start, action_resume    paused, stopped
    paused   everybody keeps their place             action_pause, circuit breaker  running, stopped
    stopped  everybody who was in it has left        action_stop                    running
    """

    _name = "mail.workflow"
    _description = "Workflow"
    _inherit = ["mail.thread"]
    _order = "priority desc, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        STATES, string="Status", default="draft", required=True, copy=False, tracking=True
    )
    description = fields.Text(translate=True)
    model_id = fields.Many2one(
        "ir.model",
        string="Applies to",
        required=True,
        ondelete="cascade",
        domain="[('is_mail_thread', '=', True), ('transient', '=', False)]",
        default=lambda self: self.env["ir.model"]._get_id("res.partner"),
    )
    model_name = fields.Char(related="model_id.model", string="Model Name", store=True, index=True)
    purpose = fields.Selection(
        [("marketing", "Marketing"), ("operational", "Operational")],
        default="marketing",
        required=True,
        help="Marketing mail passes opt-out, blacklist and caps. Operational mail (an invoice "
        "reminder, "
        "an internal notice) does not; only a Workflow manager may choose it.",
    )
    audience_domain = fields.Char(default="[]", required=True, string="Audience")
    recheck_audience = fields.Boolean(
        string="Leave When No Longer in It",
        help="Checked before each step. Otherwise the audience counts only on the way in.",
    )
    reentry_policy = fields.Selection(
        [
            ("never", "Once only"),
            ("after_exit", "Again, when the last run is over"),
            ("each_event", "At each event"),
        ],
        default="never",
        required=True,
        string="Coming In Again",
    )
    reentry_per = fields.Selection(
        [("person", "Person"), ("record", "Record"), ("event", "Event")],
        string="Counted by",
        compute="_compute_reentry_per",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    reentry_days = fields.Integer(
        string="Days Between Entries", help="Counted from one entry to the next. 0: no limit."
    )
    goal_kind = fields.Selection(selection="_selection_event_kind", string="Goal")
    goal_name = fields.Char(string="Custom event")
    goal_filters = fields.Json()
    goal_window_days = fields.Integer(
        default=0,
        string="Within (days)",
        help="The goal counts within so many days of the entry. 0: as long as the run lasts.",
    )
    goal_same_record = fields.Boolean(
        string="Same record only",
        help="Only what happens to the very record that came in counts, not what the person does "
        "with another one.",
    )
    exit_events = fields.Json(help="List of events that end a run, each in the form of a goal.")
    list_id = fields.Many2one(
        "mailing.list",
        string="Topic",
        ondelete="restrict",  # with the list its opt-outs would be forgotten
        help="A mailing list. Unsubscribing from a mail of this workflow leaves this list only.",
    )
    email_from = fields.Char(string="Send From")
    reply_to = fields.Char()
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Send in Working Hours",
        check_company=True,
        help="Marketing mail goes out in these working hours only, where its reader lives. Waits "
        "count their working time, too; without it that of the company.",
    )
    timezone_policy = fields.Selection(
        [("contact", "The contact's"), ("company", "The company's")],
        default="contact",
        required=True,
        string="Time Zone",
    )
    lateness_hours = fields.Integer(
        compute="_compute_lateness_hours",
        store=True,
        readonly=False,
        precompute=True,
        string="Skip Mail Late by (hours)",
        help="A mail that would go out later than this is skipped, whatever made it late. 0: "
        "never.",
    )
    holdout_percent = fields.Float(
        string="Holdout (%)",
        help="Share of people who get nothing, to measure what the workflow earns.",
    )
    salt = fields.Char(default=lambda self: secrets.token_hex(8), copy=False, required=True)
    priority = fields.Integer(
        default=10, help="Of several mails to one person under the frequency cap, higher first."
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        default=lambda self: self.env.user,
        tracking=True,
        check_company=True,
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", check_company=True)
    run_as_id = fields.Many2one(
        "res.users",
        string="Runs as",
        copy=False,
        tracking=True,
        help="Steps can do what this user can do. It is who starts the workflow; a Workflow "
        "manager may "
        "name another.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    website_id = fields.Many2one("website", index="btree_not_null")
    create_contact = fields.Boolean(
        default=True, help="Create a contact for an address that has none, so that it can come in."
    )
    started_at = fields.Datetime(copy=False, readonly=True)
    trigger_ids = fields.One2many("mail.workflow.trigger", "workflow_id", copy=True)
    step_ids = fields.One2many("mail.workflow.step", "workflow_id", copy=False)
    enrollment_ids = fields.One2many("mail.workflow.enrollment", "workflow_id", copy=False)
    problem_count = fields.Integer(compute="_compute_problems")
    problems = fields.Text(compute="_compute_problems")
    active_count = fields.Integer(compute="_compute_enrollment_counts", string="In It Now")
    entered_count = fields.Integer(compute="_compute_enrollment_counts", string="Entered")
    goal_count = fields.Integer(compute="_compute_enrollment_counts", string="Goals Met")

    _holdout_percent = models.Constraint(
        "CHECK(holdout_percent >= 0 AND holdout_percent <= 100)",
        "The holdout is a percentage, from 0 to 100.",
    )
    _days = models.Constraint(
        "CHECK(reentry_days BETWEEN 0 AND 36500 AND goal_window_days BETWEEN 0 AND 36500"
        " AND lateness_hours BETWEEN 0 AND 876000)",
        "Days and hours cannot be negative, nor be more than a hundred years.",
    )

    @api.depends("purpose")
    def _compute_reentry_per(self):
        for workflow in self:
            if workflow.state == "draft" or not workflow.reentry_per:
                workflow.reentry_per = "person" if workflow.purpose == "marketing" else "record"

    @api.depends("purpose")
    def _compute_lateness_hours(self):
        for workflow in self:
            workflow.lateness_hours = 24 if workflow.purpose == "marketing" else 0

    @api.depends(
        "trigger_ids",
        "step_ids",
        "step_ids.write_date",
        "audience_domain",
        "goal_kind",
        "model_id",
        "state",
    )
    def _compute_problems(self):
        for workflow in self:
            problems = workflow.lint() if workflow.id else []
            workflow.problem_count = len(problems)
            workflow.problems = "\n".join(problem["message"] for problem in problems)

    def _compute_enrollment_counts(self):
        # whoever sees a workflow sees its counts; a rule on the runs would read each of them
        runs_sudo = self.env["mail.workflow.enrollment"].sudo()
        counts = runs_sudo._read_group(
            [("workflow_id", "in", self.ids)], ["workflow_id", "state"], ["__count"]
        )
        by_workflow = {}
        for workflow, state, count in counts:
            by_workflow.setdefault(workflow.id, {})[state] = count
        for workflow in self:
            found = by_workflow.get(workflow.id, {})
            workflow.active_count = found.get("active", 0)
            workflow.goal_count = found.get("goal", 0)
            workflow.entered_count = sum(found.values()) - found.get("holdout", 0)

    @api.model
    def _selection_event_kind(self):
        return self.env["mail.workflow.trigger"]._event_kind_selection()

    @api.model_create_multi
    def create(self, vals_list):
        workflows = super().create(vals_list)
        self.env["mail.workflow.listening"]._changed()
        return workflows

    def write(self, vals):
        if "active" in vals and not vals["active"]:
            self._check_not_started()
        result = super().write(vals)
        self.env["mail.workflow.listening"]._changed()
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for workflow, vals in zip(self, vals_list, strict=True):
            if "name" not in (default or {}):
                vals["name"] = self.env._("%s (copy)", workflow.name)
        return vals_list

    def copy(self, default=None):
        """Copy as a draft with its steps and texts, without its people and figures."""
        copies = super().copy(default)
        for workflow, new in zip(self, copies, strict=True):
            applier = self.env["mail.workflow.applier"]._knowing(workflow)
            applier._apply_steps(new.with_env(applier.env), workflow._export_steps())
        return copies

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_people(self):
        self._check_not_started()
        for workflow in self:
            if workflow._has_had_people():
                # the links to unsubscribe in the mails it sent, and what keeps people from a
                # second run, go with it
                raise UserError(
                    self.env._(
                        "Workflow “%(workflow)s” has had people in it: its history and the links "
                        "in its mails are still needed. Archive it instead.",
                        workflow=workflow.name,
                    )
                )

    def _check_not_started(self):
        """What is put away neither runs nor listens: nobody is left standing in it."""
        for workflow in self:
            if workflow.state in ("running", "paused"):
                raise UserError(
                    self.env._(
                        "Workflow “%s” is started, there may be people in it. Stop it first.",
                        workflow.name,
                    )
                )

    def _has_had_people(self):
        runs_sudo = self.env["mail.workflow.enrollment"].sudo()
        return bool(runs_sudo.search_count([("workflow_id", "in", self.ids)], limit=1))

    def unlink(self):
        mailings = self.with_context(active_test=False).step_ids.text_ids.mailing_id
        result = super().unlink()
        mailings.sudo().unlink()
        self.env["mail.workflow.listening"]._changed()
        return result

    def _run_env(self):
        """Return the environment in which business records are read and changed:
        ``run_as_id``'s, or that of who asks with ``workflow_as_asker`` in the context."""
        self.ensure_one()
        workflow_sudo = self.sudo()  # the engine looks up on whose behalf it acts
        user = workflow_sudo.run_as_id
        if not user or self.env.context.get("workflow_as_asker"):
            user = self.env.user
        companies = workflow_sudo.company_id.ids
        if workflow_sudo.model_name == "res.company":
            # the records are companies, each of those the user may work for
            companies += (user.sudo().company_ids - workflow_sudo.company_id).ids
        return self.env(
            user=user.id,
            su=False,
            context={
                "allowed_company_ids": companies,
                "lang": user.lang,
                "tz": user.tz,
                "mail_workflow_id": self.id,
                # whose doing it is that others come in, see ``mail.workflow.enroller``
                "mail_workflow_chain": self.env.context.get("mail_workflow_chain"),
            },
        )

    def _records(self, res_ids):
        """Return records of the workflow's model as ``run_as_id``."""
        return self._run_env()[self.model_name].browse(res_ids)

    def _tree(self):
        """Return the tree of the steps that run."""
        self.ensure_one()
        return Tree(
            [
                Node(
                    step.id,
                    step.parent_id.id or None,
                    step.parent_branch,
                    step.kind,
                    step.key,
                    step.goto_target_id.id if step.kind == "goto" else None,
                )
                for step in self.sudo().with_context(active_test=True).step_ids.sorted("id")
            ]
        )

    def _goal_spec(self):
        """Return the goal in the form of an event, or None."""
        self.ensure_one()
        if not self.goal_kind:
            return None
        spec = {"kind": self.goal_kind}
        if (
            self.goal_name
            and self.env["mail.workflow.trigger"]._kind_model(self.goal_kind)._is_named
        ):
            spec["name"] = self.goal_name
        if self.goal_filters:
            spec["filters"] = self.goal_filters
        if self.goal_window_days:
            spec["window_days"] = self.goal_window_days
        if self.goal_same_record:
            spec["same_record"] = True
        return spec

    def _wake_runner(self):
        self.env["mail.workflow.lane"]._wake("runner")

    @api.model
    def _cron_housekeeping(self):
        """Daily care: runs whose record is gone, holdouts whose time is over, old details."""
        return self.env["mail.workflow.housekeeping"]._run(fields.Datetime.now())
