"""Hand mails to a real mail server: our lane, Odoo's queue, and smtplib with the same bytes.

All send the same body to the same server, which only counts (receiver.py). Odoo's queue sends
the mails that Odoo's own mailing made of that body.
"""

import smtplib
import tempfile
import time
from pathlib import Path

from benchmarks import designed, make_mail, world
from benchmarks.figure import compared, in_turns
from benchmarks.receiver import running
from tests.workers import meet

WARM = 5
ODOO_AT_MOST = 150  # mails in a round of Odoo's queue, which is slow


def measure(bench):
    """For each body one worker beside Odoo's queue and smtplib, and two workers beside one."""
    for ending, body in designed.bodies().items():
        yield from _with_body(bench, ending, body)


def _with_body(bench, ending, body):
    size = bench.size(600, 60)
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "sample"
        with running(sample) as receiver:
            lane = _Lane(bench.shop, receiver, size, bench.rounds, body)
            pairs = in_turns(bench.rounds, lambda _: lane.ours(1), lambda _: lane.odoo())
            raw = [lane.raw(sample) for _number in range(bench.rounds)]
            yield compared(
                f"mail_lane{ending}",
                pairs,
                rows=(size, lane.odoo_size),
                than="Odoo's queue with the mails of Odoo's mailing of the same body, one worker",
                at_least=5,
            )
            yield compared(
                f"mail_lane_raw{ending}",
                [(ours, bare) for (ours, _odoo), bare in zip(pairs, raw, strict=True)],
                rows=size,
                than="smtplib sending the same bytes to the same server in one session",
            )
            pairs = in_turns(bench.rounds, lambda _: lane.ours(2), lambda _: lane.ours(1))
            lane.check()
            yield compared(
                f"mail_lane_two{ending}",
                pairs,
                rows=size,
                than="one worker of ours, as two real processes share as many mails",
                at_least=1.5,
                second_deliveries=lane.doubles(),
            )
        bench.shop.run(world.clear)


class _Lane:
    """Mails made and sent, in real processes."""

    def __init__(self, shop, receiver, size, rounds, body):
        self.shop, self.receiver, self.size, self.rounds = shop, receiver, size, rounds
        self.odoo_size = min(size, ODOO_AT_MOST)
        self.body, self.sent = body, 0
        people = (3 * rounds + 1) * (size + WARM * 2)
        self.ids = shop.run(_arrange, port=receiver.port, people=people, body=body)

    def ours(self, workers):
        """Return the seconds from the first worker's start to the last one's end."""
        warm = self.shop.run(_queue, **self.ids, count=self.size, warm=WARM * workers)
        with tempfile.TemporaryDirectory() as folder:
            jobs = []
            for number in range(workers):
                values = {"folder": folder, "name": f"warm{number}"}
                jobs.append(self.shop.start(_send, warm=warm[number::workers], **values))
                meet(folder, f"seen{number}", [f"warm{number}"])
            self.shop.query("UPDATE mail_mail SET scheduled_date = NULL")
            meet(folder, "go", [])
            spans = [job.result() for job in jobs]
        handled = sum(span["handled"] for span in spans)
        assert handled == self.size, (handled, self.size)
        self.sent += self.size + WARM * workers
        return max(span["end"] for span in spans) - min(span["start"] for span in spans)

    def odoo(self):
        """Return the seconds of a pass of Odoo's queue."""
        self.sent += self.odoo_size + WARM
        return self.shop.run(_odoo_round, **self.ids, count=self.odoo_size, body=self.body)

    def raw(self, sample):
        """Return the seconds for as many messages, sent by smtplib."""
        message = sample.read_bytes()
        self.sent += self.size
        started = time.perf_counter()
        with smtplib.SMTP("127.0.0.1", self.receiver.port) as client:
            for number in range(self.size):
                own = message.replace(
                    b"Message-Id: <", b"Message-Id: <raw%d-%d." % (number, self.sent)
                )
                client.sendmail("shop@shop.example.com", ["one@customer.example.com"], own)
        return time.perf_counter() - started

    def check(self):
        """Make sure that no mail was lost."""
        messages, _different = self.receiver.counts()
        assert messages >= self.sent, (messages, self.sent)

    def doubles(self):
        messages, different = self.receiver.counts()
        return messages - different


def _arrange(env, port, people, body):
    first = world.contacts(env, people, "addressee")
    step = {"key": "m", "kind": "email", "subject": "Ideas", "body_html": body}
    made = world.workflow(env, [step], "Mail lane", smtp_port=port)
    world.runs(env, made, first, range(people), "addressee")
    return {"workflow": made.id, "people": [first, first + people - 1]}


def _queue(env, workflow, people, count, warm):
    """Let the runner make mails, and hold them back; return ids of the first few."""
    world.make_due(env, env["mail.workflow"].browse(workflow), count + warm)
    env["mail.workflow.enrollment"]._cron_run()
    env.cr.execute(
        "UPDATE mail_mail SET scheduled_date = %s WHERE state = 'outgoing' RETURNING id",
        [world.FAR_AHEAD],
    )
    ids = [row[0] for row in env.cr.fetchall()]
    assert len(ids) == count + warm, (len(ids), count, warm)
    return ids[:warm]


def _send(env, folder, name, warm):
    """Send a few mails to be warm, then with the others all that is there."""
    post = env["mail.mail"]
    env.cr.execute("UPDATE mail_mail SET scheduled_date = NULL WHERE id = ANY(%s)", [warm])
    env.cr.commit()
    post._cron_send_workflow_mail()
    env.cr.commit()
    meet(folder, name, ["go"])
    start = time.monotonic()
    handled = post._cron_send_workflow_mail()
    return {"start": start, "end": time.monotonic(), "handled": handled}


def _odoo_round(env, workflow, people, count, body):
    """Return the seconds in which Odoo's queue sends so many mails."""
    mailing = make_mail.odoo_mailing(env["mail.workflow"].browse(workflow)._run_env(), body)
    post = env["mail.mail"]
    first, last = people
    mailing._action_send_mail(res_ids=list(range(first, first + WARM)))
    post.process_email_queue()
    mailing._action_send_mail(res_ids=list(range(last - count + 1, last + 1)))
    waiting = post.search_count([("state", "=", "outgoing")])
    assert waiting == count, waiting
    seconds = world.timed(env, lambda: post.process_email_queue(batch_size=count))
    assert not post.search_count([("state", "=", "outgoing")])
    return seconds
