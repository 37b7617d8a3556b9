"""The workers of a chaos run: one process for each slot, a new one when it is dead."""

import os
import signal
import time
from collections import Counter

from dev.chaos import jobs
from tests.workers import JobFailed, Killed

LANES = ("dispatcher", "runner", "runner", "mail", "mail")
WORK_SECONDS = 8
# statements, commits and mails of a worker's short life
LONGEST_LIFE = {"dispatcher": 400, "runner": 1200, "mail": 4000}


def is_outage(text):
    """Tell whether a job failed because its connection to the database was lost."""
    last = text.strip().rpartition("\npsycopg2.")[2]
    return last.startswith(("OperationalError", "InterfaceError", "DatabaseError", "errors."))


class Crew:
    """Keeps all lanes at work, and kills workers when it is told to."""

    def __init__(self, workers, chance, lanes=LANES):
        self.workers = workers
        self.chance = chance
        self.lanes = lanes
        self.jobs = [None] * len(lanes)
        self.deaths = []  # (seconds since 1970, lane)
        self.doomed = Counter()  # lanes whose next worker dies by itself, at a moment of its own
        self.errors = Counter()
        self.failures = []

    def tend(self):
        """Start a worker wherever there is none."""
        for slot, job in enumerate(self.jobs):
            if job is None or job.is_over():
                self._bury(slot)
                self.jobs[slot] = self._start(self.lanes[slot])

    def _start(self, lane):
        die_at = None
        if self.doomed[lane]:
            self.doomed[lane] -= 1
            # early moments more often: setting up and claiming is where a life begins
            die_at = int(LONGEST_LIFE[lane] * self.chance.random() ** 2)
        return self.workers.start(jobs.work, lane=lane, seconds=WORK_SECONDS, die_at=die_at)

    def _bury(self, slot):
        job, self.jobs[slot] = self.jobs[slot], None
        if job is None:
            return
        try:
            self.errors.update(job.result())
        except Killed:
            self.deaths.append((time.time(), self.lanes[slot]))
        except JobFailed as failure:
            self._note_failure(str(failure))

    def _note_failure(self, text):
        # while the database is away a worker cannot even begin
        if is_outage(text):
            self.errors["could not begin"] += 1
        else:
            self.failures.append(text)

    def kill_one(self):
        """Kill a worker: at once, or the next of its lane at a moment of its own."""
        slot = self.chance.randrange(len(self.jobs))
        job = self.jobs[slot]
        if job is None or self.chance.random() < 0.5:
            self.doomed[self.lanes[slot]] += 1
        elif not job.is_over():
            os.kill(job.pid(), signal.SIGKILL)

    def dismiss(self):
        """Let everybody end what they do; afterwards nobody works."""
        for slot in range(len(self.jobs)):
            self._bury(slot)
