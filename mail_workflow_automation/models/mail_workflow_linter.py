from odoo import api, models


class MailWorkflowLinter(models.AbstractModel):
    """Finds what keeps a workflow from running, all at once, as data."""

    _name = "mail.workflow.linter"
    _description = "Problems of a Workflow"

    @api.model
    def _problems(self, workflow, run_as=None):
        """Return the problems of a workflow.

        :param run_as: whose rights are checked; default ``run_as_id``, else who asks
        :returns: ``[{"path": str, "step_id": int | False, "message": str}]``
        """
        user = run_as or workflow.run_as_id or self.env.user
        env = None
        if workflow.company_id in user.sudo().company_ids:
            env = self.env(
                user=user.id,
                su=False,
                context={**self.env.context, "allowed_company_ids": workflow.company_id.ids},
            )
        problems = self._of_workflow(workflow, user, env)
        for index, trigger in enumerate(workflow.trigger_ids.sorted("id")):
            problems += self._of_trigger(trigger, f"triggers[{index}]", env)
        for step in workflow.step_ids.sorted("sequence"):
            problems += self._of_step(step, env)
        problems += self._of_tree(workflow)
        problems += self._of_circle(workflow)
        return problems

    @api.model
    def _problem(self, path, message, step=None):
        if step:
            message = self.env._(
                "Step “%(step)s”: %(problem)s.", step=step.name, problem=message.rstrip(".")
            )
        return {"path": path, "step_id": step.id if step else False, "message": message}

    @api.model
    def _of_workflow(self, workflow, user, env):
        problems = []
        if not workflow.trigger_ids:
            problems.append(
                self._problem("triggers", self.env._("Nobody comes in: add a trigger."))
            )
        if not workflow.step_ids:
            problems.append(self._problem("steps", self.env._("Nothing happens: add a step.")))
        found = workflow._domain_problem(workflow.audience_domain, env=env)
        if found:
            problems.append(
                self._problem("audience", self.env._("Audience: %s.", found.rstrip(".")))
            )
        if workflow.model_name not in self.env:
            message = self.env._("The model “%s” is not installed.", workflow.model_name)
            return [*problems, self._problem("model", message)]
        problems += [
            self._problem("run_as", f"{problem}.")
            for problem in workflow._missing_user_rights(user)
        ]
        for path, spec in self._specs(workflow):
            place = self.env._("Goal") if path == "goal" else self.env._("Also left when")
            problems += [
                self._problem(
                    path, self.env._("%(place)s: %(problem)s.", place=place, problem=problem)
                )
                for problem in self._spec_problems(spec, workflow)
            ]
        return problems

    @api.model
    def _specs(self, workflow):
        goal = workflow._goal_spec()
        found = [("goal", goal)] if goal else []
        return found + [
            (f"exits[{index}]", spec) for index, spec in enumerate(workflow.exit_events or [])
        ]

    @api.model
    def _spec_problems(self, spec, workflow):
        """Return what is wrong with an event as a goal, exit, wait or condition names it, a list
        of str."""
        kinds = dict(self.env["mail.workflow.trigger"]._event_kind_selection())
        kind = spec.get("kind")
        if kind not in kinds:
            return [self.env._("unknown kind of event “%s”", kind)]
        handler = self.env["mail.workflow.trigger"]._kind_model(kind)
        filters = spec.get("filters") or {}
        if not isinstance(filters, dict):
            return [self.env._("the filters of an event are names with values")]
        problems = [
            f"{kinds[kind]}: {problem}" for problem in handler._check_filters(filters, workflow)
        ]
        if kind == "custom" and not spec.get("name"):
            problems.append(self.env._("give the custom event a name"))
        return problems

    @api.model
    def _of_trigger(self, trigger, path, env):
        handler = trigger._handler()
        label = trigger._kind_label()
        messages = list(handler._check_config(trigger))
        if env is not None:
            messages += handler._check_rights(trigger, env)
            messages += self._of_domains(handler._domains(trigger), trigger.workflow_id, env)
        model_name = trigger.workflow_id.model_name
        if handler._record_models and model_name not in (*handler._record_models, "res.partner"):
            messages.append(
                self.env._("it cannot bring in records of “%s”", trigger.workflow_id.model_id.name)
            )
        return [
            self._problem(
                path,
                self.env._("Trigger “%(trigger)s”: %(problem)s.", trigger=label, problem=message),
            )
            for message in messages
        ]

    @api.model
    def _of_step(self, step, env):
        handler = step._handler()
        messages = [*handler._check_config(step), *handler._check_branches(step)]
        if not self.env.su:
            # also where it runs as somebody else: who starts it borrows that user's rights
            messages += handler._check_publisher(self.env.user)
        if env is not None:
            if env.user != self.env.user or self.env.su:
                messages += handler._check_publisher(env.user)
            messages += handler._check_rights(step, env)
            messages += self._of_domains(handler._domains(step), step.workflow_id, env)
        return [self._problem(step.key, message, step) for message in messages]

    @api.model
    def _of_domains(self, domains, workflow, env):
        """Return what of sound domains is out of reach of the user of ``env``, a list of str."""
        if any(workflow._domain_problem(domain) for domain in domains):
            return []
        problems = [workflow._domain_problem(domain, env=env) for domain in domains]
        return [problem for problem in problems if problem]

    @api.model
    def _of_tree(self, workflow):
        problems = []
        tree = workflow._tree()
        steps = {step.id: step for step in workflow.step_ids}
        placed = {step_id for step_id, _depth in tree.ordered()}
        for step in workflow.step_ids:
            if step.id not in placed:
                message = self.env._(
                    "another step stands at the same place, this one is never reached"
                )
                problems.append(self._problem(step.key, message, step))
        waiting = {step.id for step in workflow.step_ids if step._handler()._holds_back(step)}
        ways = {step.id: step._handler()._ways(step) for step in workflow.step_ids}
        for step_id in tree.loops_without(waiting, ways):
            message = self.env._("it jumps back without a wait in the loop; add a wait")
            problems.append(self._problem(steps[step_id].key, message, steps[step_id]))
        return problems

    @api.model
    def _of_circle(self, workflow):
        """Return whether people would go round through other workflows for ever."""
        circle = self.env["mail.workflow.circle"]._of(workflow)
        if not circle:
            return []
        names = " → ".join(f"“{one.name}”" for one in [*circle.sudo(), workflow])
        message = self.env._(
            "%(circle)s: this leads back to this workflow without a wait, for ever. Add a wait to "
            "one of them, or take out what starts the next.",
            circle=names,
        )
        return [self._problem("steps", message)]
