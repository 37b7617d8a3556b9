import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.outcome import THEN


class MailWorkflowStep(models.Model):
    """One node of the tree. Its kind adds its own columns (``steps/<kind>.py``).

    ``parent_id`` is the step before, ``parent_branch`` the outcome of it that leads here: ``then``
    in a
    list of steps, else the name of a branch.
    """

    _name = "mail.workflow.step"
    _description = "Workflow Step"
    _order = "workflow_id, sequence, id"

    workflow_id = fields.Many2one("mail.workflow", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="workflow_id.company_id", store=True, index=True)
    model_name = fields.Char(related="workflow_id.model_name", string="Workflow Model")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, help="Reading order, kept by the tree.")
    depth = fields.Integer(default=0)
    key = fields.Char(required=True, copy=False, default=lambda self: secrets.token_hex(3))
    name = fields.Char(compute="_compute_name", store=True, readonly=False, precompute=True)
    kind = fields.Selection([], required=True)
    parent_id = fields.Many2one(
        "mail.workflow.step",
        string="After",
        index="btree_not_null",
        ondelete="set null",
        domain="[('workflow_id', '=', workflow_id), ('id', '!=', id)]",
    )
    parent_branch = fields.Char(string="Branch", default=THEN, required=True)
    on_skip = fields.Selection(
        [("continue", "Go on with the next step"), ("leave", "Leave the workflow")],
        default="continue",
        required=True,
        string="If it cannot be done",
    )
    can_skip = fields.Boolean(compute="_compute_can_skip")
    salt = fields.Char(default=lambda self: secrets.token_hex(8), copy=False, required=True)
    child_ids = fields.One2many("mail.workflow.step", "parent_id")
    execution_ids = fields.One2many("mail.workflow.execution", "step_id")
    summary = fields.Char(compute="_compute_summary")
    outline = fields.Char(compute="_compute_summary", string="Step")
    waiting_count = fields.Integer(compute="_compute_figures", string="Here Now")
    done_count = fields.Integer(compute="_compute_figures", string="Done")
    skipped_count = fields.Integer(compute="_compute_figures", string="Skipped")
    held_count = fields.Integer(compute="_compute_figures", string="Held")
    failed_count = fields.Integer(compute="_compute_figures", string="Failed")

    # where people may still stand who are to go on; the runner asks with each pass
    _removed = models.Index("(workflow_id) WHERE after_removal IS NOT NULL")
    _key = models.UniqueIndex("(workflow_id, key)", "Each step of a workflow has a key of its own.")

    @api.depends("kind", "gone")
    def _compute_name(self):
        for step in self:
            if not step.name:
                step.name = step._kind_label()

    @api.depends("kind")
    def _compute_can_skip(self):
        for step in self:
            step.can_skip = bool(step.kind and step._handler()._can_skip)

    def _compute_summary(self):
        for step in self:
            step.summary = step._handler()._summary(step) if step.kind else ""
            indent = "\u2003" * step.depth
            is_branch = step.parent_branch and step.parent_branch != THEN
            branch = f"{self._branch_label(step.parent_branch)}: " if is_branch else ""
            step.outline = f"{indent}{branch}{step._shown_name()}"

    def _compute_figures(self):
        # whoever sees a step sees its figures; a rule on the runs would read each of them
        runs_sudo = self.env["mail.workflow.enrollment"].sudo()
        executions_sudo = self.env["mail.workflow.execution"].sudo()
        here = [("step_id", "in", self.ids)]
        standing = {
            step.id: count
            for step, count in runs_sudo._read_group(
                [*here, ("state", "=", "active")], ["step_id"], ["__count"]
            )
        }
        counts = {}
        for step, state, count in executions_sudo._read_group(
            here, ["step_id", "state"], ["__count"]
        ):
            counts.setdefault(step.id, {})[state] = count
        for step in self:
            found = counts.get(step.id, {})
            step.waiting_count = standing.get(step.id, 0)
            step.done_count = found.get("done", 0) + found.get("queued", 0)
            step.skipped_count = found.get("skipped", 0)
            step.held_count = found.get("held", 0)
            step.failed_count = found.get("failed", 0) + found.get("dead", 0)

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._is_after_itself():
            raise ValidationError(self.env._("A step cannot come after itself."))
        for step in self:
            if step.parent_id and step.parent_id.workflow_id != step.workflow_id:
                raise ValidationError(
                    self.env._(
                        "Step “%(step)s”: the step before is of another workflow.", step=step.name
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._place_at_end(vals)
        steps = super().create(vals_list)
        steps.workflow_id._check_editable()
        steps.workflow_id._edited()
        if not self.env.context.get("workflow_importing"):
            steps.workflow_id._arrange_steps()
        return steps

    def write(self, vals):
        if "active" in vals and not self.env.su:
            raise UserError(
                self.env._(
                    "A step is taken out of a workflow by removing it, which asks what happens to "
                    "the people who stand there."
                )
            )
        if set(vals) - {"sequence", "depth"}:
            self.workflow_id._check_editable()
        result = super().write(vals)
        is_moved = {"parent_id", "parent_branch", "active"} & vals.keys()
        if is_moved and not self.env.context.get("workflow_importing"):
            self.workflow_id._arrange_steps()
        if set(vals) - {"sequence", "depth"}:
            self.workflow_id._edited()
            self.env["mail.workflow.listening"]._changed()
        return result

    def unlink(self):
        """Remove steps: what comes after closes up, people who stand there go on or leave.

        A step with history is archived (rule 22). The context ``workflow_people`` = ``leave`` lets
        its people leave; else they go on with the next step. With ``workflow_importing`` the gap
        stays: a file places what is left.
        """
        workflows = self.workflow_id
        workflows._check_editable()
        is_placed = self.env.context.get("workflow_importing")
        successors = self._successors()
        if not is_placed:
            self._close_gap()
        visited = self._visited()
        choice = "leave" if self.env.context.get("workflow_people") == "leave" else "go_on"
        visited._set_aside(dict.fromkeys(visited.ids, choice), successors)
        gone = self - visited
        mailings = gone.text_ids.mailing_id.filtered(lambda one: not one.mailing_trace_ids)
        result = super(MailWorkflowStep, gone).unlink()
        mailings.sudo().unlink()
        workflows._edited()
        self.env["mail.workflow.listening"]._changed()
        if visited:
            self.env["mail.workflow.runner"]._pass_removed(fields.Datetime.now())
        if not is_placed:
            workflows.exists()._arrange_steps()
        return result

    def _close_gap(self):
        """Hang what follows the removed steps where they hung; their branches fall with them."""
        for step in self:
            tree = step.workflow_id._tree()
            if step.id not in tree.nodes:
                continue
            inside = [
                child for branch in tree.branches(step.id).values() for child in tree.chain(branch)
            ]
            orphans = self.browse(inside) - self
            if orphans:
                raise UserError(
                    self.env._(
                        "Step “%(step)s” has steps in its branches. Move or remove those first.",
                        step=step.name,
                    )
                )
            after = tree.child(step.id, THEN)
            if after:
                self.browse(after).with_context(workflow_placing=True).write(
                    {"parent_id": step.parent_id.id, "parent_branch": step.parent_branch}
                )

    @api.model
    def _place_at_end(self, vals):
        """A step created without a place goes to the end of the workflow's main list."""
        if "parent_id" not in vals and vals.get("workflow_id"):
            workflow = self.env["mail.workflow"].browse(vals["workflow_id"])
            vals["parent_id"] = workflow._last_place()

    def _handler(self):
        """Return the kind of this step."""
        self.ensure_one()
        return self._kind_model(self.kind)

    @api.model
    def _kind_model(self, kind):
        """Return the kind of that name; a stand-in where its addon is not installed."""
        model = self.env.get(f"mail.workflow.step.{kind}")
        return self.env["mail.workflow.step.missing"] if model is None else model

    @api.model
    def get_step_kinds(self):
        """Return the descriptions of all kinds in the order of the palette: ``[{"kind", "label",
        "icon", ...}]``."""
        categories = list(self.env["mail.workflow.step.kind"]._categories())
        kinds = [
            (kind, label)
            for kind, label in self._fields["kind"]._description_selection(self.env)
            if not self._kind_model(kind)._is_missing
        ]

        def place(kind):
            handler = self._kind_model(kind[0])
            return categories.index(handler._step_category), handler._step_order

        return [
            {"kind": kind, "label": label, **self._kind_model(kind)._describe()}
            for kind, label in sorted(kinds, key=place)
        ]

    def _publish(self):
        """Make what a running step needs and must not make while running (link trackers)."""
        for step in self:
            step._handler()._publish(step)

    def _unpublish(self):
        for step in self:
            step._handler()._unpublish(step)


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    def _check_editable(self):
        """Steps of a running workflow are not edited."""
        for workflow in self:
            if workflow.state == "running":
                raise UserError(
                    self.env._(
                        "Workflow “%(workflow)s” is running. Change its steps on the drawing: "
                        "that is a draft until you publish it.",
                        workflow=workflow.name,
                    )
                )

    def _arrange_steps(self):
        """Keep the reading order of the steps."""
        for workflow in self:
            places = {
                step_id: (index, depth)
                for index, (step_id, depth) in enumerate(workflow._tree().ordered())
            }
            for step in workflow.step_ids:
                index, depth = places.get(step.id, (len(places), 0))
                if (step.sequence, step.depth) != (index, depth):
                    step.write({"sequence": index, "depth": depth})
