from odoo import api, models

from .mail_workflow import parse_domain


class MailWorkflowScoringRule(models.Model):
    """What a rule listens to and looks at: checked, in words, and for the dispatcher."""

    _inherit = "mail.workflow.scoring.rule"

    @api.model
    def get_event_kinds(self, workflow_id=False):
        """Return the kinds of event that points can be given for, as
        ``mail.workflow.trigger.get_event_kinds``; a mail is named by a field of the rule."""
        known = dict(self._selection_event_kind())
        kinds = self.env["mail.workflow.trigger"].get_event_kinds(workflow_id)
        return [
            {**one, "filters": [f for f in one["filters"] if f["name"] != "step"]}
            for one in kinds
            if one["kind"] in known
        ]

    def _handler(self):
        """Return the kind of event the rule counts, None for none that is there."""
        self.ensure_one()
        kind = (self.event or {}).get("kind") if isinstance(self.event, dict) else None
        if self.basis != "event" or not kind:
            return None
        return self.env.get(f"mail.workflow.trigger.{kind}")

    def _spec(self):
        """Return the event in the form in which listeners name theirs."""
        self.ensure_one()
        filters = dict(self.event.get("filters") or {})
        if self.takes_mail and self.mail_step_id:
            step_sudo = self.mail_step_id.sudo()
            filters |= {"workflow_id": step_sudo.workflow_id.id, "step": step_sudo.key}
        spec = {"kind": self.event["kind"], "filters": filters}
        if self.event.get("name"):
            spec["name"] = self.event["name"]
        return spec

    def _problems(self, *, as_asker=False):
        """Return what is wrong with the rule, a list of str.

        :param as_asker: whether who asks may look at what the domain names, too
        """
        self.ensure_one()
        if self.basis == "profile":
            problem = self._domain_problem(self.env if as_asker else None)
            return [problem] if problem else []
        event = self.event
        if not isinstance(event, dict) or not event.get("kind"):
            return [self.env._("choose what people do")]
        handler = self._handler()
        if handler is None or not handler._is_event:
            return [self.env._("the kind of event “%s” is not there", event["kind"])]
        if not handler._scores:
            return [self.env._("points cannot be given for points")]
        filters = event.get("filters") or {}
        if not isinstance(filters, dict):
            return [self.env._("filters are names with values")]
        return handler._check_filters(filters, self.env["mail.workflow"])

    def _domain_problem(self, env=None):
        """Return what is wrong with the domain, in words, or False."""
        env = env or self.env(su=True)
        if self.record_model not in env:
            return self.env._("choose whose profile it is")
        if not env[self.record_model].has_access("read"):
            return self.env._("%s may not read these records", env.user.name)
        workflows = self.env["mail.workflow"].with_env(env)
        return workflows._planning_problem(self.record_model, self.domain)

    def _in_words(self):
        """Return what the rule counts, in words."""
        self.ensure_one()
        if self.basis == "profile":
            models_found = dict(self._fields["record_model"]._description_selection(self.env))
            profile = self.env._("Profile: %s", models_found.get(self.record_model, "?"))
            what = self._domain_in_words()
            return f"{profile} ({what})" if what else profile
        if not isinstance(self.event, dict) or not self.event.get("kind"):
            return ""
        words = self.env["mail.workflow"].new({})._event_in_words(self.event)
        return f"{words}: {self.mail_step_id.display_name}" if self.mail_step_id else words

    def _domain_in_words(self):
        model = self.env["ir.model"]._get(self.record_model or "")
        workflow = self.env["mail.workflow"].new({"model_id": model.id})
        try:
            return workflow._domain_in_words(parse_domain(self.domain))
        except (ValueError, SyntaxError):
            return ""

    @api.model
    def _listeners(self):
        """Return the rules that give points for events, for the dispatcher.

        :returns: ``{kind: [rule]}``, each a dict with its ``spec``
        """
        rules_sudo = self.sudo().with_context(active_test=True)
        found = {}
        for rule in rules_sudo.search(
            [("basis", "=", "event"), ("score_model_id.active", "=", True)], order="id"
        ):
            handler = rule._handler()
            if handler is not None:
                found.setdefault(rule.event["kind"], []).append(rule._listener())
        return found

    def _listener(self):
        score_model = self.score_model_id
        return {
            "id": self.id,
            "spec": self._spec(),
            "score_model_id": score_model.id,
            "company_id": score_model.company_id.id or None,
            # a model that companies share goes by the first one's
            "zone": (score_model.company_id or self.env.company).partner_id.tz or None,
            "dimension_id": self.dimension_id.id,
            "points": self.points,
            "is_weak": not self._handler()._qualifies,
            "repeat": self.repeat,
            "window_days": self.window_days,
            "cap": self.cap,
            "day_cap": self.day_cap,
            "expires_days": self.expires_days,
            "replaces_id": self.replaces_id.id or None,
        }
