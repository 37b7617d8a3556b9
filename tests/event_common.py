"""What the tests of event kinds share: who listens, and what was noted."""

from .common import WorkflowCase, mail


class EventCase(WorkflowCase):
    def listening(self, kind, of="res.partner", user=None, **filters):
        """Start a workflow that comes in by a kind of event, with filters as a file has them."""
        trigger = {"kind": kind, "filters": filters} if filters else {"kind": kind}
        return self.workflow(
            [mail("m")],
            model=of,
            user=user,
            name=f"{kind} {filters} {of}",
            triggers=[trigger],
            reentry={"policy": "each_event", "per": "event"},
        )

    def noted(self, kind):
        """Return the events of a kind, oldest first."""
        self.env.flush_all()
        self.env.cr.flush()
        return self.env["mail.workflow.event"].search([("kind", "=", kind)], order="id")

    def came_in(self, *workflows):
        """Let the engine pass; return how many runs each workflow has."""
        self.run_engine()
        return [len(self.runs(workflow)) for workflow in workflows]
