"""Where a step stands, as somebody who adds and moves steps one at a time expects it."""

from odoo import api, models
from odoo.tools import SQL

from ..engine.outcome import THEN
from ..sql import unnested


class MailWorkflowStep(models.Model):
    """A step put where another one stands pushes that one behind it; a step that moves leaves what
    follows it in its old place. A file says the place of each step and is taken as it is (context
    ``workflow_importing``)."""

    _inherit = "mail.workflow.step"

    @api.model
    def default_get(self, fields):
        """A new step comes after the last one; before the one that ends the workflow."""
        values = super().default_get(fields)
        workflow = self.env["mail.workflow"].browse(values.get("workflow_id"))
        if "parent_id" in fields and not values.get("parent_id") and workflow:
            values["parent_id"] = workflow._last_place()
        return values

    @api.onchange("parent_id")
    def _onchange_parent_id(self):
        if self.parent_branch not in [choice[0] for choice in self.branch_choices or []]:
            self.parent_branch = THEN

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        if not self.env.context.get("workflow_importing"):
            # from the last: several steps for one place end up in the order given
            for index in range(len(steps) - 1, -1, -1):
                steps[index]._push_occupant(but=steps[:index])
            steps.workflow_id._arrange_steps()
        return steps

    def write(self, vals):
        placed = {"parent_id", "parent_branch"} & vals.keys()
        if not placed or self.env.context.get("workflow_placing"):
            return super().write(vals)
        for step in self:
            place = (
                vals.get("parent_id", step.parent_id.id) or False,
                vals.get("parent_branch", step.parent_branch),
            )
            if place != (step.parent_id.id, step.parent_branch):
                step._leave_place()
        result = super().write(vals)
        for step in self:
            step._push_occupant()
        self.workflow_id._arrange_steps()
        return result

    @api.model
    def _hang(self, places):
        """Hang steps of one workflow where a file has them, all at once.

        :param places: ``[(step id, id of the step before or None, branch)]``
        """
        if not places:
            return
        steps = self.browse([step_id for step_id, _parent_id, _branch in places])
        steps.check_access("write")
        steps.workflow_id._check_editable()
        self.flush_model(["parent_id", "parent_branch"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_step s
                   SET parent_id = place.parent_id, parent_branch = place.branch,
                       write_uid = %s, write_date = %s
                  FROM %s AS place (id, parent_id, branch)
                 WHERE s.id = place.id
                """,
                self.env.uid,
                self.env.cr.now(),
                unnested(places, "int", "int", "varchar"),
            )
        )
        self.invalidate_model(["parent_id", "parent_branch", "child_ids", "write_date"])
        steps._check_parent()
        steps.workflow_id._edited()
        self.env["mail.workflow.listening"]._changed()

    def _is_after_itself(self):
        """Tell whether one of the steps comes, in some way, after itself."""
        siblings = self.workflow_id.with_context(active_test=False).step_ids
        before = {step.id: step.parent_id.id for step in self | siblings}
        sound = set()
        for step_id in self.ids:
            seen = {}
            while step_id and step_id not in sound:
                if step_id in seen:
                    return True
                seen[step_id] = True
                step_id = before.get(step_id)
            sound.update(seen)
        return False

    def _leave_place(self):
        """Let what follows this step by ``then`` move up to where it stands."""
        follower = self.search([("parent_id", "=", self.id), ("parent_branch", "=", THEN)])
        follower.with_context(workflow_placing=True).write(
            {"parent_id": self.parent_id.id, "parent_branch": self.parent_branch}
        )

    def _push_occupant(self, but=()):
        """Hang the step that stands where this one came to behind this one."""
        self.ensure_one()
        domain = [
            ("workflow_id", "=", self.workflow_id.id),
            ("parent_id", "=", self.parent_id.id),
            ("id", "!=", self.id),
            ("id", "not in", [step.id for step in but]),
        ]
        if self.parent_id:
            domain.append(("parent_branch", "=", self.parent_branch))
        occupant = self.search(domain, limit=1)
        if occupant:
            occupant.with_context(workflow_placing=True).write(
                {"parent_id": self.id, "parent_branch": THEN}
            )

    def action_remove(self):
        """Remove the step; people who stand there go on with the next (rule 22)."""
        return self._remove("continue")

    def action_remove_people_leave(self):
        """Remove the step; people who stand there leave the workflow (rule 22)."""
        return self._remove("leave")

    def _remove(self, people):
        self.ensure_one()
        workflow = self.workflow_id
        self.with_context(workflow_people=people).unlink()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mail.workflow",
            "res_id": workflow.id,
            "view_mode": "form",
            "target": "main",
        }


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    def _last_place(self):
        """Return the id of the step that a new one comes after, or False at the start."""
        self.ensure_one()
        tree = self._tree()
        kinds = {node.id: node.kind for node in tree.nodes.values()}
        main = [
            step_id
            for step_id in tree.chain(tree.first())
            if not self.env["mail.workflow.step"]._kind_model(kinds[step_id])._is_closing
        ]
        return main[-1] if main else False
