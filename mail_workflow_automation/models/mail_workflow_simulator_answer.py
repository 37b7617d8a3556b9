from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError

from ..engine.scene import UNITS

MATCHES, ANSWERED, TASK = "record_matches", "webhook_answered", "task_done"
# what an answer can say, and as what; nothing is as good as left out
SHAPE = {
    **dict.fromkeys(("kind", "name", "step", "outcome", "result", "at"), str),
    **dict.fromkeys(("filters", "data", "after"), dict),
    "visit": int,
}
MOST_ANSWERS = 200
FURTHEST = timedelta(days=3660)


class MailWorkflowSimulator(models.AbstractModel):
    """What people could do at each point, and what comes of it."""

    _inherit = "mail.workflow.simulator"

    @api.model
    def _parsed_answers(self, workflow, answers):
        """Return answers with all their keys.

        :raises UserError: naming what makes no sense
        """
        if not isinstance(answers, list) or len(answers) > MOST_ANSWERS:
            raise UserError(self.env._("The answers are a list of %s at most.", MOST_ANSWERS))
        known = {kind for kind, _label in self.env["mail.workflow"]._selection_event_kind()}
        keys = set(workflow.step_ids.mapped("key"))
        return [
            self._parsed_answer(answer, known | {MATCHES, ANSWERED}, keys) for answer in answers
        ]

    @api.model
    def _parsed_answer(self, answer, kinds, keys):
        if not isinstance(answer, dict) or not all(
            key in SHAPE and (isinstance(value, SHAPE[key]) or not value)
            for key, value in answer.items()
        ):
            raise UserError(self.env._("An answer has these keys: %s", ", ".join(sorted(SHAPE))))
        if answer.get("kind") not in kinds:
            raise UserError(self.env._("Unknown kind of event: %s", answer.get("kind")))
        at = answer.get("at") or answer.get("step")
        if at and at not in keys:
            raise UserError(self.env._("There is no step “%s”.", at))
        filters = dict(answer.get("filters") or {})
        if answer.get("step"):
            filters.setdefault("step", answer["step"])
        after = answer.get("after") or {}
        try:
            is_sane = not after.keys() - set(UNITS) and timedelta(0) <= timedelta(**after)
            if not is_sane or timedelta(**after) > FURTHEST:
                raise ValueError(after)
        except (TypeError, ValueError, OverflowError, AttributeError) as error:
            raise UserError(self.env._("Say after how long as {“hours”: 2}.")) from error
        return {
            **dict.fromkeys(("name", "outcome", "result")),
            **answer,
            "filters": filters,
            "data": answer.get("data") or {},
            "at": at,
            "visit": answer.get("visit") or 1,
            "after": after,
        }

    # --- what is asked ----------------------------------------------------------------------------

    @api.model
    def _ask(self, step, run, line, asks):
        """Offer what people could do at this visit, but what is answered already."""
        found = {}
        for answer, label in asks:
            here = {"at": step.key, "visit": run.visit_no, **answer}
            found.setdefault(repr(sorted(here.items(), key=str)), {"answer": here, "label": label})
        line["asks"] = [*(line["asks"] or []), *found.values()] or None

    @api.model
    def _spec_ask(self, workflow, spec):
        """Return ``(answer, label)`` of an event that the workflow listens to."""
        answer = {key: spec[key] for key in ("kind", "name", "filters") if spec.get(key)}
        words = {key: spec[key] for key in ("kind", "name", "filters") if spec.get(key)}
        return {**answer, "after": {"hours": 1}}, workflow._event_in_words(words)

    @api.model
    def _heard_kinds(self, workflow):
        """Return the kinds of event that a run of the workflow waits, leaves or is asked for."""
        specs = [spec for _role, spec in self.env["mail.workflow.listening"]._ends(workflow)]
        for step in workflow.step_ids:
            handler = step._handler()
            specs += handler._looked_up(step) + [spec for spec, _ in handler._awaited(step)]
        return {spec["kind"] for spec in specs}

    @api.model
    def _end_asks(self, step):
        """Return what could end the run while it waits: the goal, the exits."""
        workflow = step.workflow_id
        ends = self.env["mail.workflow.listening"]._ends(workflow)
        return [self._spec_ask(workflow, spec) for _role, spec in ends]

    # --- what comes of it -------------------------------------------------------------------------

    @api.model
    def _rows(self, run, answer, scene):
        """Return the events an answer stands for, as rows of the table."""
        kind, filters = answer["kind"], answer["filters"]
        data = {**filters, **answer["data"], "name": answer["name"]}
        if kind == TASK and answer["at"]:
            data |= {"step": answer["at"], "result": answer["result"] or "done"}
            filters = {**filters, "step": answer["at"]}
            self._do_task(run, answer, scene)
        if kind == "email_clicked":
            data["url"] = filters.get("link") or ""
        kinds = [kind]
        if kind == "email_clicked" and not self._has_opened(filters.get("step"), scene):
            kinds = ["email_opened", kind]  # a click implies an open, once (rule 33)
        return [
            {
                "id": scene.number(),
                "kind": one,
                "name": answer["name"],
                "filters": filters,
                "occurred_at": scene.now,
                "res_model": run.res_model,
                "res_id": run.res_id,
                "partner_id": run.partner_id.id or None,
                "email_normalized": run.email_normalized or None,
                "company_id": run.company_id.id,
                "data": data,
                "verdict": "human",
            }
            for one in kinds
        ]

    @api.model
    def _has_opened(self, key, scene):
        return any(
            event["kind"] == "email_opened" and event["filters"].get("step") == key
            for event in scene.so_far()
        )

    @api.model
    def _do_task(self, run, answer, scene):
        """Let the people who were given a task do it, or take it off the list."""
        step = run.workflow_id.step_ids.filtered(lambda one: one.key == answer["at"])
        place = (step.id, answer["visit"])
        tasks = scene.tasks.get(place, self.env["mail.activity"].browse())
        done = tasks.browse()
        if answer["result"] != "cancelled":
            for of_part in tasks.grouped("workflow_part_no").values():
                done |= of_part[:1]
        for task in done:
            task.update(
                {
                    "active": False,
                    "workflow_done_by_id": task.user_id.id,
                    "workflow_outcome": answer["outcome"],
                }
            )
        scene.tasks[place] = done

    @api.model
    def _answer_call(self, run, answer, scene):
        """Let the other system answer, or the call be given up."""
        step = run.workflow_id.step_ids.filtered(lambda one: one.key == answer["at"])
        failed = answer["result"] == "failed"
        values = {"state": "dead" if failed else "done", "status_code": 500 if failed else 200}
        call = self.env["mail.workflow.webhook.call"].new(values)
        scene.calls[step.id, answer["visit"]] = call
        scene.look_at = scene.now
