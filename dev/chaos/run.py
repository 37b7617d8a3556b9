"""One run of the chaos: people come in, everything fails on purpose, all is let run out."""

import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from dev import clock
from dev.chaos import check, crew, jobs
from dev.receiver import Receiver
from tests.workers import JobFailed, Killed, Workers

# how the mail server behaves, each for a moment; mostly well
MOODS = (None, None, None, "451 later", "stall 1", "drop", "DATA 451 later", "DATA drop")
QUIET_LIMIT = 300  # seconds without any change until a run that does not end is given up


@dataclass
class Plan:
    """How much chaos."""

    people: int = 2000
    kills: int = 50
    seed: int = 0
    restarts: int = 2
    backend_kills: int = 2
    seconds: float = 75.0
    enroll_size: int = 200


class Run:
    """Everything of one run; `play` returns its figures.

    :param server: how to hurt the database server: `restart()`, `kill_backend(workers)`
    """

    def __init__(self, plan, server, source=None):
        self.plan = plan
        self.server = server
        self.source = source
        self.chance = random.Random(plan.seed)
        self.counts = Counter()
        self.problems = []
        self.mails = check.Mails()
        self.moved = 0
        self.helpers = []  # jobs of people and administrators under way

    def play(self):
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            self.folder = Path(folder)
            self._set_clock()
            with (
                Receiver(self.folder / "mails") as self.receiver,
                Workers("chaos", source=self.source, environ=self._clock_environ()) as self.workers,
            ):
                self.crew = crew.Crew(self.workers, self.chance)
                self._arrange()
                self._rage()
                self._calm()
                self._run_out()
                figures = self._judge()
        figures["seconds"] = round(time.monotonic() - started)
        return figures

    # --- the clock --------------------------------------------------------------------------------

    def _set_clock(self):
        half = self.folder / "clock.new"
        half.write_text(f"+{self.moved}\n")
        half.rename(self.folder / "clock")

    def _clock_environ(self):
        environ = clock.environ("+0s")
        # one file moves the clock of all processes, which look at it each second
        del environ["FAKETIME"], environ["ODOO_FAKETIME_TEST_MODE"]
        return {
            **environ,
            "FAKETIME_TIMESTAMP_FILE": str(self.folder / "clock"),
            "FAKETIME_CACHE_DURATION": "1",
        }

    def _jump(self, minutes):
        self.moved += 60 * minutes
        self.counts["clock_jumps"] += 1
        self._set_clock()

    # --- people and mischief ----------------------------------------------------------------------

    def _arrange(self):
        made = self.workers.run(jobs.arrange, people=self.plan.people, smtp_port=self.receiver.port)
        self.workflow, self.admins = made["workflow"], made["admins"]
        size = min(self.plan.enroll_size, max(1, self.plan.people // 4))
        people = made["people"]
        self.waiting = [people[start : start + size] for start in range(0, len(people), size)]

    def _rage(self):
        """Let everything happen, at moments that the seed says, until there was enough of it."""
        moments = self._schedule()
        started = time.monotonic()
        while moments or self.waiting or self._kills() < self.plan.kills:
            now = time.monotonic() - started
            while moments and moments[0][0] <= now:
                _at, action = moments.pop(0)
                before = time.monotonic()
                getattr(self, f"_do_{action}")()
                # while nobody can work the plan stands still
                started += time.monotonic() - before
            if not moments:
                # what the planned moments left undone
                self.crew.kill_one()
                self._do_enroll()
                time.sleep(0.3)
            self._survive(self.crew.tend)
            self._tend_helpers()
            time.sleep(0.05)

    def _kills(self):
        return len(self.crew.deaths)

    def _schedule(self):
        """Return `[(second, action)]`, in order."""
        plan, chance = self.plan, self.chance
        often = {
            "kill": int(plan.kills * 1.3),
            "restart": plan.restarts,
            "kill_backend": plan.backend_kills,
            "mood": int(plan.seconds / 1.5),
            "jump": int(plan.seconds / 4),
            "click": int(plan.seconds / 2),
            "edit": int(plan.seconds / 5),
        }
        moments = [
            (chance.uniform(0.02, 1) * plan.seconds, action)
            for action, count in often.items()
            for _time in range(count)
        ]
        enrollments = len(self.waiting)
        moments += [
            (plan.seconds * 0.5 * number / enrollments, "enroll") for number in range(enrollments)
        ]
        return sorted(moments)

    def _do_kill(self):
        self.crew.kill_one()

    def _do_restart(self):
        self.mails.outages.append(time.time())
        self.server.restart()
        self.counts["database_restarts"] += 1

    def _do_kill_backend(self):
        at = time.time()
        if self.server.kill_backend(self.workers.name, self.chance):
            self.mails.outages.append(at)
            self.counts["backends_killed"] += 1

    def _do_mood(self):
        self.receiver.fail = self.chance.choice(MOODS)

    def _do_jump(self):
        # a click whose moment is before a jump and whose commit is after it would be no evidence
        if not any(name == "click" for name, _job, _values in self.helpers):
            self._jump(self.chance.randint(10, 240))

    def _do_enroll(self):
        if self.waiting:
            people = self.waiting.pop(0)
            self._help("enroll", workflow=self.workflow, admin=self.admins[0], people=people)

    def _do_click(self):
        self.mails.read(self.receiver)
        fresh = self.mails.not_asked("hello", self.plan.people // 20)
        chosen = [message_id for message_id in fresh if self.chance.random() < 0.5]
        if chosen:
            self._help("click", message_ids=chosen)

    def _do_edit(self):
        if sum(name == "edit" for name, _job, _values in self.helpers) < 2:
            self._help(
                "edit",
                workflow=self.workflow,
                admin=self.chance.choice(self.admins),
                seed=self.chance.random(),
            )

    # --- helpers: people and administrators, who are real processes, too --------------------------

    def _help(self, name, **values):
        job = self.workers.start(getattr(jobs, name), **values)
        self.helpers.append((name, job, values))

    def _tend_helpers(self):
        for helper in [one for one in self.helpers if one[1].is_over()]:
            self.helpers.remove(helper)
            self._finish_helper(*helper)

    def _finish_helper(self, name, job, values):
        try:
            job.result()
            self.counts[name] += 1
            return
        except Killed:
            self.counts["helpers_killed"] += 1
        except JobFailed as failure:
            if not crew.is_outage(str(failure)):
                self.problems.append(f"{name}: {str(failure)[-1500:]}")
            self.counts[f"{name}_failed"] += 1
        if name == "enroll":
            # who was promised to come in comes in; twice is once
            self.waiting.append(values["people"])

    def _survive(self, action):
        try:
            action()
        except (psycopg2.OperationalError, OSError):
            time.sleep(0.1)

    # --- the end ----------------------------------------------------------------------------------

    def _calm(self):
        """End all mischief: nobody is killed any more, the mail server takes everything."""
        self.receiver.fail = None
        self.crew.doomed.clear()
        while self.helpers or self.waiting:
            self._do_enroll()
            self._survive(self.crew.tend)
            self._tend_helpers()
            time.sleep(0.05)
        self.workers.run(jobs.resume, workflow=self.workflow, admin=self.admins[0])

    def _run_out(self):
        """Move the clock on until nothing is left to do."""
        last, since = None, time.monotonic()
        while time.monotonic() - since < QUIET_LIMIT:
            left = check.left_over(self.workers, self.workflow)
            if not any(left):
                break
            if left != last:
                last, since = left, time.monotonic()
            elif time.monotonic() - since > 0.8:
                self._jump(600)
                time.sleep(1)
            self.crew.tend()
            time.sleep(0.2)
        else:
            self.problems.append(f"it does not come to an end: {last}")
        self.crew.dismiss()

    def _judge(self):
        self.mails.read(self.receiver)
        self.problems += [f"worker: {text[-1500:]}" for text in self.crew.failures]
        result = check.judge(self.workers, self.workflow, self.mails, self.crew.deaths)
        self.problems += result.pop("problems")
        return {
            "seed": self.plan.seed,
            "people": self.plan.people,
            "kills": self._kills(),
            "kills_by_lane": dict(Counter(lane for _at, lane in self.crew.deaths)),
            **self.counts,
            "smtp": dict(self.receiver.misdeeds),
            "errors": dict(self.crew.errors),
            **result,
            "ok": not self.problems,
            "problems": self.problems[:10],
        }
