from collections import defaultdict
from functools import partial

from odoo import api, models, tools

from .mail_workflow_verdict import READING

CHANGED = "mail_workflow_changed"
# neither the default one nor the stable one: each sign-up of a user empties both
LISTENING_CACHE = "assets"
# notes that a visitor of the website became known; nobody listens to it but the dispatcher
VISITOR_KNOWN = "visitor_known"
# notes that a contact or lead has another address; nobody listens to it but scoring
ADDRESS_CHANGED = "address_changed"


def _tell_change(registry):
    """Let this process and the others look anew, after the commit."""
    registry.clear_cache(LISTENING_CACHE)
    if registry.ready:
        registry.signal_changes()


class MailWorkflowListening(models.AbstractModel):
    """Which events the started workflows listen to."""

    _name = "mail.workflow.listening"
    _description = "Events Workflows Listen To"

    @api.model
    @tools.ormcache(cache=LISTENING_CACHE)
    def _kinds(self):
        """Return the kinds of event somebody listens to, with the filters by which they do:
        ``{kind: frozenset}``, cached until a workflow changes. What nobody listens to is not
        written."""
        return self._all()["kinds"]

    @api.model
    @tools.ormcache("kind", cache=LISTENING_CACHE)
    def _filters(self, kind):
        """Return the different filters by which somebody listens to a kind, cached as well."""
        found = []
        for spec in self._all()["specs"]:
            filters = spec.get("filters") or {}
            if spec["kind"] == kind and filters not in found:
                found.append(filters)
        return found

    @api.model
    def _changed(self):
        """Let what is cached of workflows be computed anew: now, for this transaction, and once
        more after its commit, because until then others compute it from what was before."""
        registry, postcommit = self.env.registry, self.env.cr.postcommit
        registry.clear_cache(LISTENING_CACHE)
        if not postcommit.data.get(CHANGED):
            postcommit.data[CHANGED] = True
            postcommit.add(partial(_tell_change, registry))

    @api.model
    def _all(self):
        """Return who listens to what, as this transaction sees it: a cache could be older, and an
        event is served once.

        Paused workflows listen too, for what ends or resumes a run; whom their triggers would
        bring in is noted.

        :returns: ``{"specs": [spec], "kinds": {kind: frozenset of filters},
            "triggers": {kind: [(trigger id, spec)]},
            "paused": {kind: [trigger id]},
            "ends": {kind: [(workflow id, "goal" | "exit", spec)]},
            "waits": {kind: [(workflow id, step id, spec, branch)]},
            "scoring": {kind: [rule]}}``, see ``mail.workflow.scoring.rule._listeners``
        """
        triggers, paused, ends, waits = {}, {}, {}, {}
        # the figures of mails listen, also to those of a workflow that was stopped
        specs = [{"kind": kind} for kind in READING]
        workflows_sudo = (
            self.env["mail.workflow"]
            .sudo()
            # cached for all: what the caller wants to see of archived records does not count
            .with_context(active_test=True)
            .search([("state", "in", ("running", "paused"))])
        )
        for workflow in workflows_sudo:
            for trigger in workflow.trigger_ids:
                if trigger._handler()._is_event:
                    spec = trigger._spec()
                    specs.append(spec)
                    if workflow.state == "running":
                        triggers.setdefault(trigger.kind, []).append((trigger.id, spec))
                    else:
                        paused.setdefault(trigger.kind, []).append(trigger.id)
            for role, spec in self._ends(workflow):
                specs.append(spec)
                ends.setdefault(spec["kind"], []).append((workflow.id, role, spec))
            for step in workflow.step_ids:
                handler = step._handler()
                for spec, branch in handler._awaited(step):
                    specs.append(spec)
                    waits.setdefault(spec["kind"], []).append((workflow.id, step.id, spec, branch))
                specs += handler._looked_up(step)
        scoring = self.env["mail.workflow.scoring.rule"]._listeners()
        specs += [rule["spec"] for of_kind in scoring.values() for rule in of_kind]
        filters = defaultdict(set)
        if self.env["mail.workflow.score.entry"]._is_in_use(scoring):
            filters[ADDRESS_CHANGED] = set()
        for spec in specs:
            filters[spec["kind"]].update(spec.get("filters") or ())
            handler = self.env.get(f"mail.workflow.trigger.{spec['kind']}")
            if handler is not None and handler._is_by_visitor:
                filters.setdefault(VISITOR_KNOWN, set())
        return {
            "specs": specs,
            "kinds": {kind: frozenset(keys) for kind, keys in filters.items()},
            "triggers": triggers,
            "paused": paused,
            "ends": ends,
            "waits": waits,
            "scoring": scoring,
        }

    @api.model
    def _ends(self, workflow):
        """Return ``[(role, spec)]``: the goal first, so that an event that is both counts as the
        goal."""
        goal = workflow._goal_spec()
        found = [("goal", goal)] if goal else []
        found += [("exit", spec) for spec in workflow.exit_events or []]
        implicit = {
            kind for trigger in workflow.trigger_ids for kind in trigger._handler()._implicit_exits
        }
        found += [("exit", {"kind": kind, "any_record": True}) for kind in sorted(implicit)]
        return found
