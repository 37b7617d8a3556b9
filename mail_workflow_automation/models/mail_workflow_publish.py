"""Publishing: what was edited becomes what runs, and rule 22 asks what happens to people."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..exceptions import DefinitionError
from .mail_workflow import parse_domain
from .mail_workflow_definition import HEADER_FIELDS
from .mail_workflow_draft import STARTED
from .mail_workflow_rights import MANAGER

# people whose date is found again in one go
DUE_BATCH = 5000


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    def get_changes(self):
        """Return what publishing would change, and whom it touches (rule 22).

        :returns: ``{"version": int, "items": [item]}``; an item is ``{"key", "title", "change":
            "added" | "changed" | "removed" | "moved", "what": [words], "people": how many stand
            there, "choices": [{"value", "label"}] or None, "default": value}``, its key that of a
            step, or ``:goal`` and the like for what stands at the top of the file
        """
        live = self._live()
        live.check_access("read")
        edited = live._edited_one()
        if edited == live:
            return {"version": live.version, "items": []}
        changes = live._draft_changes(edited.export_definition())
        headers = [live._header_item(edited, key) for key in changes["header"]]
        steps = live._step_items(edited, changes["steps"])
        return {"version": edited.version, "items": headers + steps}

    def publish_draft(self, choices=None, version=None):
        """Let what was edited run, in one transaction.

        A kept step keeps its row and its people; nobody restarts, a new trigger never reaches
        back.

        :param dict choices: ``{step key: value}`` of the choices ``get_changes`` gave
        :param int version: the one whose changes were shown
        :returns: see ``get_flow``
        :raises DraftConflictError: when somebody edited it since
        :raises ValidationError: naming all problems at once; nothing is changed
        """
        live = self._live()
        live.check_access("write")
        draft = live.draft_ids
        if not draft:
            raise UserError(self.env._("Workflow “%s”: there is nothing to publish.", live.name))
        live._check_version(version)
        if draft.model_id != live.model_id and live._has_had_people():
            raise UserError(
                self.env._(
                    "Workflow “%(workflow)s” has %(model)s in it and keeps to them. Make a copy of "
                    "it for something else.",
                    workflow=live.name,
                    model=live.model_id.sudo().name,
                )
            )
        draft._raise_problems(as_user=live._publisher())
        items = live.get_changes()["items"]
        chosen = live._chosen(items, choices or {})
        definition = draft.export_definition()
        applier = self.env["mail.workflow.applier"]._knowing(draft)
        live._drop_draft()
        live._apply_published(applier, definition, chosen, [item["key"] for item in items])
        return live.get_flow()

    def _chosen(self, items, choices):
        """Return ``{step key: what happens to who stands there}``, also where nobody stands now:
        somebody may come there at this moment.

        :raises UserError: when what was chosen is no choice
        """
        if not isinstance(choices, dict):
            raise DefinitionError("choices", self.env._("must be an object"))
        old, chosen = {step.key: step for step in self.step_ids}, {}
        for item in items:
            key = item["key"]
            known = [one["value"] for one in self._choices(old.get(key), item["change"]) or []]
            if key.startswith(":") or not known:
                continue
            chosen[key] = choices.get(key, known[0])
            if chosen[key] not in known:
                raise UserError(
                    self.env._(
                        "%(filter)s: unknown value “%(value)s”",
                        filter=item["title"],
                        value=chosen[key],
                    )
                )
        return chosen

    def _publisher(self):
        """Return as whom the workflow will run once this user published it."""
        return (
            self.run_as_id if self.run_as_id and self.env.user.has_group(MANAGER) else self.env.user
        )

    def _apply_published(self, applier, definition, chosen, keys):
        """Make the rows that run those of the file.

        :param dict chosen: ``{step key: what happens to who stands there}``
        :param keys: of the steps that are new or changed, among others
        """
        now, state = fields.Datetime.now(), self.state
        if state == "running":
            # for this transaction; nobody else sees it
            self._set_state("paused")
        leaving = {key for key, value in chosen.items() if value == "leave"}
        triggers = applier._apply(self, definition, leaving).with_env(self.env)
        self._edited()
        if state not in STARTED:
            return
        self._set_run_as()
        self._raise_problems()
        self._set_state(state)
        self._revise(now)
        triggers._start(now)
        applied = [key for key, value in chosen.items() if value == "apply"]
        self.step_ids.filtered(lambda step: step.key in applied)._give_new_dates(now)
        if state == "running":
            self.step_ids.filtered(lambda step: step.key in keys)._publish()
            self._wake_runner()
        self.sudo()._message_log(
            body=self.env._(
                "%(user)s published revision %(number)s (%(count)s changes).",
                user=self.env.user.name,
                number=self.revision_id.number,
                count=len(keys),
            )
        )

    # --- in words ---------------------------------------------------------------------------------

    def _step_items(self, edited, changes):
        """Return the items of the steps that differ, in the order of the drawing; what is removed
        comes last."""
        old = {step.key: step for step in self.step_ids}
        new = {step.key: step for step in edited.step_ids}
        runs_sudo = self.env["mail.workflow.enrollment"].sudo()  # as ``_compute_figures``
        touched = [old[key].id for key in changes if key in old]
        people = {
            step.key: count
            for step, count in runs_sudo._read_group(
                [("step_id", "in", touched), ("state", "in", ("active", "failed"))],
                ["step_id"],
                ["__count"],
            )
        }
        order = {step.key: index for index, step in enumerate(edited.step_ids.sorted("sequence"))}
        items = []
        for key in sorted(changes, key=lambda key: order.get(key, len(order))):
            change, step = changes[key], new.get(key) or old[key]
            count = people.get(key, 0)
            choices = self._choices(old.get(key), change) if count else None
            items.append(
                {
                    "key": key,
                    "title": step._shown_name(),
                    "change": change,
                    "what": self._step_in_words(old.get(key), new.get(key), change),
                    "people": count,
                    "choices": choices,
                    "default": choices[0]["value"] if choices else None,
                }
            )
        return items

    def _step_in_words(self, old, new, change):
        if change == "changed":
            return new._handler()._changes_in_words(old, new)
        if change == "added" and old:
            return [self.env._("was: %s", old.display_name)]
        return [(new or old).summary] if (new or old).summary else []

    def _choices(self, old, change):
        """Return what can happen to those who stand at a step, the usual first; None where there
        is nothing to choose."""
        if change == "changed" and old and old._handler()._has_delay:
            return [
                {"value": "keep", "label": self.env._("They keep the date they have")},
                {"value": "apply", "label": self.env._("They get the new date")},
            ]
        if change in ("removed", "added"):
            return [
                {"value": "go_on", "label": self.env._("They go on with the next step")},
                {"value": "leave", "label": self.env._("They leave the workflow")},
            ]
        return None

    def _header_item(self, edited, key):
        """Return the item of what stands at the top of the file."""
        before, after = self._header_in_words(key), edited._header_in_words(key)
        labels = {
            "triggers": self.env._("Who comes in"),
            "reentry": self._fields["reentry_policy"]._description_string(self.env),
            "goal": self._fields["goal_kind"]._description_string(self.env),
            "exits": self._fields["exit_details"]._description_string(self.env),
            "audience": self._fields["audience_domain"]._description_string(self.env),
            "model": self._fields["model_id"]._description_string(self.env),
        }
        name = HEADER_FIELDS.get(key, key)
        title = labels.get(key) or self._fields[name]._description_string(self.env)
        return {
            "key": f":{key}",
            "title": title,
            "change": "changed",
            "what": [f"{before or '–'} → {after or '–'}"],
            "people": 0,
            "choices": None,
            "default": None,
        }

    def _header_in_words(self, key):
        self.ensure_one()
        if key == "triggers":
            return ", ".join(trigger.summary or "?" for trigger in self.trigger_ids)
        if key == "audience":
            return self._domain_in_words(parse_domain(self.audience_domain))
        if key == "goal":
            return self.goal_details
        if key == "exits":
            return (self.exit_details or "").replace("\n", ", ")
        if key == "reentry":
            names = ("reentry_policy", "reentry_per", "reentry_days")
            return ", ".join(filter(None, (self._value_in_words(name) for name in names)))
        return self._value_in_words({"model": "model_id"}.get(key, HEADER_FIELDS.get(key, key)))

    def _value_in_words(self, name):
        field, value = self._fields[name], self[name]
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        if field.type == "many2one":
            return value.sudo().display_name or ""
        if field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
        return f"{value:g}" if isinstance(value, float) else str(value or "")


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    def _give_new_dates(self, now):
        """Let those who wait at changed steps wait as long as the steps say now; who is over
        already goes on at once."""
        runs_sudo = self.env["mail.workflow.enrollment"].sudo()
        waiting = runs_sudo.search(
            [("step_id", "in", self.ids), ("state", "=", "active"), ("waiting_since", "!=", False)],
            order="id",
        )
        for index in range(0, len(waiting), DUE_BATCH):
            batch = waiting[index : index + DUE_BATCH]
            stay = []
            for step in batch.step_id:
                here = batch.filtered(lambda run, step=step: run.step_id == step)
                dates = step._handler()._due_again(step, here, now)
                stay += [(run_id, max(due_at, now), True, True) for run_id, due_at in dates.items()]
            self.env["mail.workflow.runner"]._stay(stay, now)
