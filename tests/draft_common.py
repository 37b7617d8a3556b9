"""What the tests of editing share: a file is taken, changed as the drawing does, and saved."""

import copy

from .common import WorkflowCase


def asks(key, **branches):
    """Return a condition with steps in its branches."""
    found = {name: {"steps": list(steps)} for name, steps in branches.items()}
    return {"key": key, "kind": "condition", "domain": [["city", "=", "Paris"]], "branches": found}


def steps_of(entries):
    """Yield ``(list it stands in, step)`` of all steps of nested lists."""
    for entry in entries:
        yield entries, entry
        for branch in entry.get("branches", {}).values():
            yield from steps_of(branch["steps"])


def entry_of(definition, key):
    """Return the step of a key."""
    return next(entry for _list, entry in steps_of(definition["steps"]) if entry["key"] == key)


def without(definition, key):
    """Take the step of a key out of a definition."""
    entries, entry = next(
        found for found in steps_of(definition["steps"]) if found[1]["key"] == key
    )
    entries.remove(entry)


class DraftCase(WorkflowCase):
    """Everything is edited by the methods of the screen, as the Workflow user."""

    def flow_of(self, workflow, user=None):
        return workflow.with_user(user or self.marketer).get_flow()

    def save(self, workflow, change, user=None, flow=None):
        """Load the drawing, let ``change(definition)`` edit the file, and save it."""
        flow = flow or self.flow_of(workflow, user)
        definition = copy.deepcopy(flow["definition"])
        change(definition)
        return workflow.with_user(user or self.marketer).save_flow(definition, flow["version"])

    def step(self, workflow, key):
        return workflow.step_ids.filtered(lambda step: step.key == key)

    def written(self):
        """Return ``{table: (rows, who wrote them)}`` of what a workflow is made of."""
        self.env.flush_all()
        tables = [
            *("mail_workflow", "mail_workflow_step", "mail_workflow_step_part"),
            *("mail_workflow_step_text", "mail_workflow_trigger", "mailing_mailing"),
            "mail_workflow_enrollment",
        ]
        found = {}
        for table in tables:
            self.env.cr.execute(
                f'SELECT count(*), array_agg(ctid::text ORDER BY id) FROM "{table}"'  # noqa: S608
            )
            found[table] = self.env.cr.fetchone()
        return found
