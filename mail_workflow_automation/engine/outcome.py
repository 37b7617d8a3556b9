"""What a step decides for one run."""

from dataclasses import dataclass
from datetime import datetime

THEN = "then"


@dataclass(frozen=True)
class Outcome:
    """The decision of a step for one run.

    action   meaning
    -------  ---------------------------------------------------------------
    done     carry the step out, go on by ``branch``
    wait     stand here until ``due_at``; no execution yet
    hold     not now: again at ``due_at`` with ``reason``, no attempt used up. ``is_new_date``:
             that is when it is planned now, lateness counts from there
    skip     not for this run, with ``reason``; the step's ``on_skip`` decides what follows
    leave    the run ends in ``state`` with ``reason``
    jump     the step is done, go on at ``target`` (a step id)
    past     the step's date is over: skip the steps up to the next wait

    ``by`` names the person who decided, for the log; ``data`` is what deciding found out and
    carrying out needs, as who gets a task.
    """

    action: str
    branch: str = THEN
    reason: str = ""
    due_at: datetime | None = None
    state: str = "exited"
    target: int | None = None
    execution_state: str = "done"
    by: str = "engine"
    data: dict | None = None
    is_new_date: bool = False

    def way(self, on_skip: str) -> str:
        """Return what the decision means for the run's place: ``stay``, ``leave``, ``jump``,
        ``past`` or ``go`` on by its branch.

        :param on_skip: what the step says of who is skipped
        """
        if self.action in ("wait", "hold"):
            return "stay"
        if self.action == "skip" and on_skip == "leave":
            return "leave"
        return self.action if self.action in ("leave", "jump", "past") else "go"

    @property
    def is_carried_out(self) -> bool:
        return self.action in ("done", "jump")


def done(branch: str = THEN, **values) -> Outcome:
    return Outcome("done", branch=branch, **values)


def wait(due_at: datetime, **values) -> Outcome:
    return Outcome("wait", due_at=due_at, **values)


def hold(due_at: datetime, reason: str, **values) -> Outcome:
    return Outcome("hold", due_at=due_at, reason=reason, **values)


def skip(reason: str) -> Outcome:
    return Outcome("skip", reason=reason)


def leave(reason: str, state: str = "exited") -> Outcome:
    return Outcome("leave", reason=reason, state=state)


def jump(target: int) -> Outcome:
    return Outcome("jump", target=target)


def past(reason: str) -> Outcome:
    return Outcome("past", reason=reason)
