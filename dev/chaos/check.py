"""What must hold at the end of a chaos run: right ways, no mail lost, each second one explained."""

import email.parser
from collections import defaultdict
from datetime import datetime

from dev.chaos import flow

# a second delivery belongs to a death soon after the first: deaths are noted when somebody looks
# for them, and an outage of the database lasts a moment
EARLIEST, LATEST = -6, 12
LEFT_OVER = """
    SELECT (SELECT count(*) FROM mail_workflow_enrollment
             WHERE workflow_id = %s AND state = 'active'),
           (SELECT count(*) FROM mail_workflow_execution x
              JOIN mail_workflow_enrollment e ON e.id = x.enrollment_id
             WHERE e.workflow_id = %s AND x.state IN ('queued', 'failed', 'held')),
           (SELECT count(*) FROM mail_workflow_event WHERE dispatched_at IS NULL)
"""
PEOPLE = """
    SELECT p.id, e.state, p.city,
           (SELECT count(*) FROM res_partner_res_partner_category_rel r
             WHERE r.partner_id = p.id),
           (SELECT min(v.occurred_at) FROM mail_workflow_event v
             WHERE v.kind = 'email_clicked' AND v.verdict = 'human'
               AND (v.data->>'enrollment_id')::int = e.id),
           (SELECT json_agg(json_build_array(s.key, x.visit_no, x.state, x.branch,
                            to_char(x.executed_at, 'YYYY-MM-DD HH24:MI:SS')) ORDER BY x.id)
              FROM mail_workflow_execution x JOIN mail_workflow_step s ON s.id = x.step_id
             WHERE x.enrollment_id = e.id)
      FROM res_partner p
      LEFT JOIN mail_workflow_enrollment e ON e.workflow_id = %s AND e.res_id = p.id
     WHERE p.email LIKE 'person%%' ORDER BY p.id
"""
SENT = """
    SELECT t.message_id, t.trace_status, x.state, s.key, x.attempt
      FROM mail_workflow_execution x
      JOIN mail_workflow_enrollment e ON e.id = x.enrollment_id
      JOIN mail_workflow_step s ON s.id = x.step_id AND s.kind = 'email'
      LEFT JOIN mailing_trace t ON t.workflow_execution_id = x.id
     WHERE e.workflow_id = %s
"""


class Mails:
    """The mails that arrived, by Message-ID, and what may have made one arrive twice."""

    def __init__(self):
        self.arrived = defaultdict(list)  # Message-ID: [(seconds since 1970, was it answered)]
        self.subjects = defaultdict(set)
        self.outages = []  # when connections to the database died
        self._read = set()
        self._asked = set()

    def read(self, receiver):
        """Read what has arrived since the last time."""
        unanswered = set(receiver.unanswered)
        for path in sorted(set(receiver.folder.glob("[0-9]*.eml")) - self._read):
            self._read.add(path)
            with path.open("rb") as file:
                head = email.parser.BytesHeaderParser().parse(file)
            message_id = head["Message-Id"].strip()
            at = float(head["X-Received-At"])
            self.arrived[message_id].append((at, path not in unanswered))
            self.subjects[message_id].add(head["Subject"])

    def not_asked(self, key, limit):
        """Return some Message-IDs of a step's mails, each only once."""
        fresh = [
            message_id
            for message_id, subjects in self.subjects.items()
            if message_id not in self._asked
            and any(subject.startswith(f"{key} ") for subject in subjects)
        ][:limit]
        self._asked.update(fresh)
        return fresh

    def seconds(self):
        """Return how many deliveries were not the first of their Message-ID."""
        return sum(len(moments) - 1 for moments in self.arrived.values())

    def answered_seconds(self):
        """Return `[(seconds since 1970, Message-ID)]` of mails that arrived again although the
        server had said that it has them."""
        return sorted(
            (at, message_id)
            for message_id, moments in self.arrived.items()
            for at, answered in sorted(moments)[:-1]
            if answered
        )

    def unexplained(self, deaths):
        """Return the Message-IDs with a second delivery that no death explains; a death of a mail
        worker explains one, one of the database one for each of the two mail workers.

        :param deaths: `[(seconds since 1970, lane)]`
        """
        free = [at for at, lane in deaths if lane == "mail"]
        free += [at for at in self.outages for _worker in range(2)]
        found = []
        for first, message_id in self.answered_seconds():
            near = [at for at in free if EARLIEST <= at - first <= LATEST]
            if near:
                free.remove(min(near))
            else:
                found.append(message_id)
        return found


def left_over(workers, workflow):
    """Return how many runs, mails and events have not come to their end yet."""
    return workers.query(LEFT_OVER, workflow, workflow)[0]


def judge(workers, workflow, mails, deaths):
    """Return the figures of a run, and its problems in words."""
    ways = {}
    for person_id, state, city, tags, clicked_at, steps in workers.query(PEOPLE, workflow):
        person = {
            "state": state,
            "city": city,
            "tags": tags,
            "clicked_at": clicked_at,
            "steps": [(*step[:4], datetime.fromisoformat(step[4])) for step in steps or []],
        }
        why = flow.wrong_way(person)
        if why:
            ways[person_id] = f"person {person_id}: {why}"
    figures, problems = _judge_mails(workers.query(SENT, workflow), mails, deaths)
    return {"wrong_paths": len(ways), **figures, "problems": [*ways.values(), *problems]}


def _judge_mails(sent, mails, deaths):
    problems = []
    known = {message_id for message_id, *_rest in sent}
    lost = [row for row in sent if row[0] not in mails.arrived]
    problems += [f"lost: {row}" for row in lost]
    problems += [f"unknown: {one}" for one in mails.arrived if one not in known]
    if len(known) != len(sent):
        problems.append(f"{len(sent)} mails were made, under {len(known)} Message-IDs")
    wrong_key = [
        row for row in sent for subject in mails.subjects.get(row[0], ())
        if not subject.startswith(f"{row[3]} ")
    ]  # fmt: skip
    problems += [f"another step's text: {row}" for row in wrong_key]
    unsent = [row for row in sent if row[1] not in ("sent", "open", "reply")]
    problems += [f"its trace does not know: {row}" for row in unsent]
    unexplained = mails.unexplained(deaths)
    problems += [f"twice without a reason: {one} {mails.arrived[one]}" for one in unexplained]
    return {
        "mails": len(sent),
        "lost": len(lost),
        "second_deliveries": mails.seconds(),
        "after_no_answer": mails.seconds() - len(mails.answered_seconds()),
        "unexplained_second_deliveries": len(unexplained),
    }, problems
