"""Who gets something to do: one place for all steps that name people."""

from odoo import api, fields, models

from ..engine.shares import share

# of whom anyone may take it: each of them gets an activity for each run
MOST_PEOPLE = 20
# file key -> column, for the kinds that name people
ASSIGNEE_FIELDS = {
    "assignee": "assignee_mode",
    "user": "assignee_user_id",
    "users": "assignee_user_ids",
    "group": "assignee_group_id",
    "team": "assignee_team_id",
    "substitute": "substitute_user_id",
}


class MailWorkflowAssignee(models.AbstractModel):
    """Names the people who get a task, a decision, a message or a record.

    Who is there goes first, then the substitute, then who is away: nothing is lost because
    everybody is on leave. Nobody keeps a pointer for a team in turn: whoever has least to do is
    next (rule 7).
    """

    _name = "mail.workflow.assignee"
    _description = "People a Workflow Step Names"

    assignee_mode = fields.Selection(
        [
            ("user", "One person"),
            ("owner", "The record's owner"),
            ("anyone", "Anyone of several"),
            ("team", "A sales team, in turn"),
        ],
        string="Who",
        default="user",
        required=True,
    )
    assignee_user_id = fields.Many2one(
        "res.users", string="Person", domain="[('share', '=', False)]"
    )
    assignee_user_ids = fields.Many2many(
        "res.users", string="People", domain="[('share', '=', False)]"
    )
    assignee_group_id = fields.Many2one("res.groups", string="Or Everybody With the Role")
    assignee_team_id = fields.Many2one(
        "crm.team", string="Team in Turn", help="The member who has least to do gets it."
    )
    substitute_user_id = fields.Many2one(
        "res.users",
        string="Substitute",
        domain="[('share', '=', False)]",
        help="Gets it when nobody else is there: archived, on leave, or no owner is set.",
    )

    def _assignee_problems(self, workflow):
        """Return what is wrong with the people named, a list of str."""
        self.ensure_one()
        if self.assignee_mode == "owner":
            users, problems = self.substitute_user_id, []
        else:
            users, problems = self._named_people(), self._missing_people()
        if self.assignee_mode == "anyone" and len(users) > MOST_PEOPLE:
            problems.append(
                self.env._(
                    "%(count)s people are too many of whom anyone takes it, %(most)s at most; "
                    "choose a team in turn",
                    count=len(users),
                    most=MOST_PEOPLE,
                )
            )
        named_sudo = (self.assignee_user_id | self.substitute_user_id).sudo()
        if self.assignee_mode != "user":
            named_sudo = self.substitute_user_id.sudo()
        for user in named_sudo:
            problems += self._user_problems(user, workflow)
        return problems

    def _missing_people(self):
        if self.assignee_mode == "user" and not self.assignee_user_id:
            return [self.env._("choose who gets it")]
        if self.assignee_mode == "anyone" and not (
            self.assignee_user_ids or self.assignee_group_id
        ):
            return [self.env._("choose the people of whom anyone takes it")]
        if self.assignee_mode == "team":
            if not self.assignee_team_id:
                return [self.env._("choose the sales team")]
            if not self._named_people():
                return [self.env._("the sales team “%s” has no members", self._people_name())]
        return []

    def _user_problems(self, user, workflow):
        if not user.active:
            return [self.env._("%s is archived and gets nothing to do", user.name)]
        model = self.env.get(workflow.model_name)
        if model is not None and not model.with_user(user).has_access("read"):
            return [
                self.env._(
                    "%(user)s may not read %(model)s, and could not do it",
                    user=user.name,
                    model=workflow.model_id.name,
                )
            ]
        return []

    def _people_name(self):
        """Return who gets it, in words; empty when nobody is named yet."""
        self.ensure_one()
        step_sudo = self.sudo()  # the name of a team or person is no secret
        if self.assignee_mode == "owner":
            return self.env._("the owner")
        if self.assignee_mode == "team":
            return step_sudo.assignee_team_id.name or ""
        if self.assignee_mode == "anyone":
            names = step_sudo.assignee_user_ids.mapped("name")
            return " / ".join(names + step_sudo.assignee_group_id.mapped("name"))
        return step_sudo.assignee_user_id.name or ""

    def _named_people(self):
        """Return the users that the step names itself, whoever is there; none for an owner."""
        self.ensure_one()
        # who is in a team or role is read, whatever rights run_as_id has on them
        step_sudo = self.sudo().with_context(active_test=False)
        if self.assignee_mode == "team":
            return step_sudo.assignee_team_id.with_context(active_test=True).member_ids
        if self.assignee_mode == "anyone":
            return step_sudo.assignee_user_ids | step_sudo.assignee_group_id.all_user_ids
        return step_sudo.assignee_user_id

    def _assignees(self, workflow, runs, load=None):
        """Choose who gets what these runs bring.

        :param load: ``callable(users) -> {user id: how much they have}``, for a team in turn;
            without it everybody in it gets what cannot be shared out
        :returns: ``{run id: [user id]}``; empty: there is nobody
        """
        self.ensure_one()
        chains = self._chains(workflow, runs)
        substitute_sudo = self.substitute_user_id.sudo()
        everybody_sudo = self.env["res.users"].sudo().union(*chains.values(), substitute_sudo)
        able = self._able(everybody_sudo, workflow.company_id)
        there = able - self._away(able)
        substitute = (substitute_sudo & there).ids
        found = {}
        for run_id, chain in chains.items():
            known = [user_id for user_id in chain.ids if user_id in able._ids]
            if self.assignee_mode in ("user", "owner"):
                known = known[:1]
            present = [user_id for user_id in known if user_id in there._ids]
            found[run_id] = present or substitute or known
        if self.assignee_mode == "anyone":
            return {run_id: ids[:MOST_PEOPLE] for run_id, ids in found.items()}
        if self.assignee_mode == "team" and load:
            return self._in_turn(runs, found, load)
        return found

    def _chains(self, workflow, runs):
        """Return ``{run id: users}`` who come into question, the first before the next."""
        if self.assignee_mode != "owner":
            return dict.fromkeys(runs.ids, self._named_people())
        records = workflow._records(runs.mapped("res_id"))
        owner_of = {}
        if "user_id" in records._fields:
            # whose a record is, its other rules aside
            owner_of = {record.id: record.user_id for record in records.sudo()}
        none = self.env["res.users"].sudo()
        last = workflow.user_id.sudo()
        return {
            run.id: none.union(owner_of.get(run.res_id, none), run.partner_id.sudo().user_id, last)
            for run in runs
        }

    @api.model
    def _able(self, users, company):
        """Return the users who can get something to do at all."""
        return users.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )

    @api.model
    def _away(self, users):
        """Return the users who are on leave, where Odoo's Time Off is installed."""
        if not users or not hasattr(users, "_get_on_leave_ids"):
            return users.browse()
        return users & users.browse(users._get_on_leave_ids())

    def _in_turn(self, runs, choices, load):
        """Choose one of each run's people: who has least, ties by a hash of the run."""
        users = self.env["res.users"].browse({i for ids in choices.values() for i in ids})
        counts = {user_id: 0 for user_id in users.ids} | load(users)
        found = {}
        for run in runs.sorted("id"):
            ids = choices[run.id]
            if not ids:
                found[run.id] = []
                continue
            chosen = min(ids, key=lambda one, run=run: (counts[one], share(str(one), str(run.id))))
            counts[chosen] += 1
            found[run.id] = [chosen]
        return found

    @api.model
    def _export_people(self, record, columns):
        """Return what the file says of a record that names people."""
        values = self.env["mail.workflow.definition"]._export_columns(record, columns)
        if values.get("assignee") == "user":
            values.pop("assignee")
        return values


class MailWorkflowStep(models.Model):
    _name = "mail.workflow.step"
    _inherit = ["mail.workflow.step", "mail.workflow.assignee"]

    names_people = fields.Boolean(compute="_compute_names_people")

    @api.depends("kind", "notify_as")
    def _compute_names_people(self):
        for step in self:
            step.names_people = bool(step.kind) and step._handler()._asks_whom(step)
