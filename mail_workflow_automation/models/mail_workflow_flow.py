"""A workflow as the drawing shows it: the file, and for each step a card in words."""

from odoo import models
from odoo.tools import format_datetime

from ..engine.changes import changed_steps, flatten
from .mail_workflow import parse_domain

# how the ways out of a step are colored
TONES = {
    **dict.fromkeys(("yes", "ok"), "good"),
    **dict.fromkeys(("no", "failed", "none"), "bad"),
    **dict.fromkeys(("timeout", "late", "else"), "quiet"),
}


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    def get_flow(self):
        """Return all that the drawing shows.

        The drawing knows no kind by name: icons, colors, words, ways out and what a new step
        begins with come from here. ``definition`` is what is edited, the copy of a started
        workflow; ``cards`` are by the keys of its steps.
        """
        live = self._live()
        live.check_access("read")
        edited = live._edited_one()
        definition = edited.export_definition()
        changes = live._draft_changes(definition)
        problems = {}
        for problem in edited.lint():
            problems.setdefault(problem["step_id"] or problem["path"], []).append(
                problem["message"]
            )
        flow = {
            "id": live.id,
            "edit_id": edited.id,
            "name": definition["name"],
            "state": live.state,
            "model": live.model_name,
            "model_label": live.model_id.sudo().name,
            "purpose": edited.purpose,
            "is_editable": live.has_access("write"),
            "version": edited.version,
            "revision": live.revision_id._shown(),
            "edited_by": edited._edited_by(),
            "definition": definition,
            "cards": edited._cards(definition, changes, problems),
            "entry": edited._entry_card(problems),
            "goal": edited._goal_card(),
            "changes": None,
            "removed": [],
            "problems": [
                message
                for path, messages in problems.items()
                if isinstance(path, str) and not path.startswith("triggers")
                for message in messages
            ],
            "kinds": edited._flow_kinds(),
        }
        if edited != live:
            steps = {step.key: step for step in live.step_ids}
            removed = [key for key, change in changes["steps"].items() if change == "removed"]
            flow["removed"] = [
                {"key": key, "title": steps[key]._shown_name()} for key in removed if key in steps
            ]
            flow["changes"] = {"count": sum(map(len, changes.values()))}
        return flow

    def _edited_by(self):
        if not self.edited_by_id:
            return None
        # whoever sees a workflow sees who edited it
        name = self.edited_by_id.sudo().name
        return {"name": name, "at": format_datetime(self.env, self.edited_at)}

    def _draft_changes(self, definition):
        """Return how what is edited differs from what runs.

        :returns: ``{"steps": {key: change}, "header": [key of the file]}``
        """
        self.ensure_one()
        if not self.draft_ids:
            return {"steps": {}, "header": []}
        current = self.export_definition()
        keys = dict.fromkeys([*current, *definition])
        return {
            "steps": changed_steps(current["steps"], definition["steps"]),
            "header": [
                key for key in keys if key != "steps" and current.get(key) != definition.get(key)
            ],
        }

    # --- cards ------------------------------------------------------------------------------------

    def _cards(self, definition, changes, problems):
        """Return ``{key: card}`` of the steps of the drawing."""
        self.ensure_one()
        steps = {step.key: step for step in self.step_ids}
        kinds = {step.kind: step._handler()._describe() for step in steps.values()}
        return {
            key: {
                **steps[key]._card(kinds[steps[key].kind]),
                "problems": problems.get(steps[key].id, []),
                "change": changes["steps"].get(key),
            }
            for key in flatten(definition["steps"])
        }

    def _entry_card(self, problems):
        """Return the card of who comes in."""
        self.ensure_one()
        triggers = [
            {
                "title": trigger._kind_label(),
                "summary": trigger.summary or "",
                "icon": trigger._handler()._icon,
                "problems": problems.get(f"triggers[{index}]", []),
            }
            for index, trigger in enumerate(self.trigger_ids.sorted("id"))
        ]
        several = self.env._("%s ways in", len(triggers))
        titles = [trigger["title"] for trigger in triggers]
        return {
            "title": titles[0] if len(titles) == 1 else several if titles else "",
            "icon": triggers[0]["icon"] if len(triggers) == 1 else "fa-sign-in",
            "summary": self._domain_in_words(parse_domain(self.audience_domain)),
            "problems": [
                message
                for path, messages in problems.items()
                if isinstance(path, str) and path.startswith("triggers")
                for message in messages
            ],
            "triggers": triggers,
        }

    def _goal_card(self):
        self.ensure_one()
        goal = self._goal_spec()
        return {"summary": self._event_in_words(goal)} if goal else None

    def _flow_kinds(self):
        """Return ``{kind: what the palette shows and adds}``."""
        self.ensure_one()
        steps = self.env["mail.workflow.step"]
        return {
            described["kind"]: {
                **described,
                "entry": steps._kind_model(described["kind"])._default_entry(self),
            }
            for described in steps.get_step_kinds()
        }


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    def _card(self, described):
        """Return what the drawing shows of a step, besides its problems and changes.

        :param dict described: its kind, see ``_describe``
        """
        self.ensure_one()
        handler = self._handler()
        return {
            "key": self.key,
            "kind": self._file_kind(),
            "step_id": self.id,
            "title": self._shown_name(),
            "summary": self.summary or "",
            "icon": described["icon"],
            "color": described["color"],
            "category": described["category"],
            "shape": described["shape"],
            "branches": [
                {"name": name, "label": self._branch_label(name), "tone": TONES.get(name)}
                for name in handler._outcomes(self)
            ],
            "open_end": not handler._is_closing,
            "goto": handler._target_key(self),
            "thumbnail": None,
            "missing": handler._is_missing,
        }
