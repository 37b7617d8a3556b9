"""What the tests of tracking share: a mail, its reader, and what came of it."""

from .common import mail, wait
from .http_common import BODY, WorkflowHttpCase


class TrackingCase(WorkflowHttpCase):
    def setUp(self):
        super().setUp()
        self.ada = self.person()

    def waiting(self, kinds=("email_clicked", "email_opened"), **filters):
        """Start a mail and a wait for what its reader does; return workflow, run and mail."""
        events = [{"kind": kind, "branch": kind, "filters": {"step": "a"}} for kind in kinds]
        steps = [
            mail("a", subject="First", body=BODY),
            wait(
                "reaction",
                events=events,
                days=3,
                branches={
                    **{kind: {"steps": [mail(kind, body=BODY)]} for kind in kinds},
                    "timeout": {"steps": [mail("late", body=BODY)]},
                },
            ),
        ]
        workflow = self.workflow(steps)
        run = workflow.enroll(self.ada)
        self.run_engine()
        self.after(minutes=10)
        return workflow, run, self.mails(workflow)

    def branch(self, run):
        """Return the branch by which a run left the wait, None while it waits."""
        self.run_engine()
        done = run.execution_ids.filtered(lambda x: x.step_id.key == "reaction")
        return done.branch if done.state == "done" else None

    def reasons(self, workflow, kind="email_clicked"):
        """Return ``[(verdict, reason)]`` of the events of a workflow's mails."""
        found = self.env["mail.workflow.event"].search([("kind", "=", kind)], order="id")
        return [
            (event.verdict, event.data.get("reason"))
            for event in found
            if event.data.get("workflow_id") == workflow.id
        ]

    def trace(self, sent):
        return sent.mailing_trace_ids
