"""A shop whose mails go to a real mail server."""

from collections import Counter

from tests import jobs

MAIL = {"key": "hello", "kind": "email", "subject": "Hello", "body_html": "<p>Hello</p>"}
WAIT = {"key": "later", "kind": "wait", "days": 1}
LEAVING = {**MAIL, "on_skip": "leave"}
EXECUTIONS = """
    SELECT x.id, x.state, x.attempt, x.reason, x.enrollment_id
      FROM mail_workflow_execution x
      JOIN mail_workflow_enrollment e ON e.id = x.enrollment_id
      JOIN mail_workflow_step s ON s.id = x.step_id
     WHERE e.workflow_id = %s AND s.key = %s ORDER BY x.id
"""


class Shop:
    """One database, one mail server, the two crons that send."""

    def __init__(self, workers, receiver):
        self.workers = workers
        self.receiver = receiver
        self.workflow = None

    def start(self, people=1, step=None, **values):
        # what other tests have left in the queue stays there
        self.workers.query("UPDATE mail_workflow SET state = 'paused' WHERE state = 'running'")
        self.workflow = self.workers.run(
            jobs.arrange,
            steps=[step or MAIL, WAIT],
            people=people,
            smtp_port=self.receiver.port,
            **values,
        )
        self.workers.run(jobs.pass_of, lane="runner")
        return self

    def send(self):
        """Let the mail lane pass."""
        return self.workers.run(jobs.pass_of, lane="mail")

    def retry(self, hours=24 * 30):
        """Let the time of the next attempts come, then let both lanes pass."""
        self.workers.query(
            "UPDATE mail_workflow_execution SET retry_at = retry_at - %s * interval '1 hour'", hours
        )
        self.workers.run(jobs.pass_of, lane="runner")
        self.send()

    def executions(self, key="hello"):
        return self.workers.query(EXECUTIONS, self.workflow, key)

    def states(self):
        return [(state, attempt) for _id, state, attempt, _reason, _run in self.executions()]

    def runs(self):
        return self.workers.query(
            "SELECT state, exit_reason FROM mail_workflow_enrollment WHERE workflow_id = %s",
            self.workflow,
        )

    def delivered(self):
        """Return how often each Message-Id arrived; notes to the owner are not counted."""
        messages = self.receiver.messages()
        return Counter(
            message["Message-Id"] for message in messages if "customer" in message["X-Rcpt-To"]
        )

    def press(self, method, **values):
        ids = [row[0] for row in self.executions()]
        return self.workers.run(
            jobs.act, model="mail.workflow.execution", ids=ids, method=method, **values
        )
