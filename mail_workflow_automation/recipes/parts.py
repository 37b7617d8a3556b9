"""What several recipes have in common."""

WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


def wait_days(days, **values):
    """Return a wait of so many days."""
    return {"kind": "wait", "days": days, **values}


def wait_morning(**values):
    """Return a wait until people read their mail: ten in the morning, where each lives."""
    return {"kind": "wait", "until_time": "10:00", **values}


def wait_click(key, name, step, days, *, clicked=(), otherwise=(), branch="clicked"):
    """Return a wait of so many days for the click in a mail.

    :param str step: key of the mail
    :param clicked: steps for who follows a link
    :param otherwise: steps for who does not
    :param str branch: what the way of who does is called
    """
    return {
        "key": key,
        "kind": "wait",
        "name": name,
        "days": days,
        "events": [{"kind": "email_clicked", "filters": {"step": step}, "branch": branch}],
        "branches": {branch: {"steps": [*clicked]}, "timeout": {"steps": [*otherwise]}},
    }


def gift(program, with_code, without, **limits):
    """Return the steps that give a code, where a coupon program was chosen.

    :param program: name of a coupon program, None without one
    :param list with_code: steps for who gets a code
    :param list without: steps for the others, and for everybody without a program
    :param limits: keys of the coupon step
    """
    if not program:
        return without
    branches = {"code": {"steps": with_code}, "none": {"steps": without}}
    step = {"key": "code", "kind": "coupon", "program": program, "days": 21, **limits}
    return [{**step, "branches": branches}]


def for_owner(env, key, summary, **values):
    """Return a task for the record's owner; without one it goes to who makes the workflow."""
    people = {"assignee": "owner", "substitute": env.user.login}
    return {"key": key, "kind": "task", "summary": summary, **people, **values}


def for_me(env, key, summary, **values):
    """Return a task for who makes the workflow, until they name somebody else."""
    return {"key": key, "kind": "task", "summary": summary, "user": env.user.login, **values}


def done_within(days):
    """Return what lets a process stand at a task until it is done, due after working days."""
    return {"wait_for": "all", "deadline_days": days, "working_days": True}
