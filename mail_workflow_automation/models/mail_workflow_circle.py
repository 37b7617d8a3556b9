from collections import deque

from odoo import api, models

FINISHED = "workflow_finished"


class MailWorkflowCircle(models.AbstractModel):
    """Finds workflows that start each other for ever, with nobody ever waiting in between.

    What a step brings about its kind says; what follows from it the triggers of started workflows
    do. What cannot be seen beforehand (a field that two workflows change in turn, code) the
    enroller bounds.
    """

    _name = "mail.workflow.circle"
    _description = "Workflows That Start Each Other"

    @api.model
    def _of(self, workflow):
        """Return the workflows of the shortest circle that leads back to this one, in their order,
        this one first; empty when there is none."""
        at_work = self._at_work(workflow)
        before, queue = {workflow: None}, deque([workflow])
        while queue:
            one = queue.popleft()
            for following in self._started_by(one, at_work):
                # what starts a workflow will start what is made of it in its copy for editing
                if following == workflow._live() and one != workflow:
                    return self._path(one, before)
                if following not in before:
                    before[following] = one
                    queue.append(following)
        return workflow.browse()

    @api.model
    def _path(self, last, before):
        path = [last]
        while before[path[-1]]:
            path.append(before[path[-1]])
        return last.browse([one.id for one in reversed(path)])

    @api.model
    def _at_work(self, home):
        """Return the workflows that would start somebody: the started ones, and ``home``, be it
        the copy in which one of them is edited."""
        domain = [("state", "in", ("running", "paused")), ("company_id", "=", home.company_id.id)]
        # a circle is one whoever sees all of it
        started = self.env["mail.workflow"].sudo().search(domain)
        return started - home.draft_of_id | home.sudo()

    @api.model
    def _started_by(self, workflow, at_work):
        """Return the workflows into which somebody comes who went through this one without having
        waited."""
        reached = self._reached_at_once(workflow)
        steps = workflow.sudo().step_ids.filtered(lambda step: step.id in reached)
        found, events = workflow.sudo().browse(), []
        for step in steps:
            found |= step._handler()._brings_into(step)
            events += step._handler()._brings_about(step, at_work.step_ids)
        if None in reached:
            events.append((FINISHED, {"workflow": workflow.sudo()._live().id}))
        if events:
            # what a workflow does itself brings nobody into it again
            for trigger in (at_work - workflow).trigger_ids:
                if any(self._passes(trigger, kind, data) for kind, data in events):
                    found |= trigger.workflow_id
        return found.with_env(workflow.env)

    @api.model
    def _reached_at_once(self, workflow):
        """Return the ids of the steps that a run comes to without having waited, None among them
        where that is the end."""
        steps = workflow.sudo().step_ids
        tree = workflow._tree()
        waiting = {step.id for step in steps if step._handler()._holds_back(step)}
        ways = {step.id: step._handler()._ways(step) for step in steps}
        return tree.reached(tree.first(), waiting, ways) if steps else set()

    @api.model
    def _passes(self, trigger, kind, data):
        """Tell whether an event passes a trigger, as far as its data are known."""
        known = {key: value for key, value in (trigger.filters or {}).items() if key in data}
        passes = trigger._handler()._passes
        return trigger.kind == kind and all(passes(data, *one) for one in known.items())
