"""New employee: everything ready for the first day, and talks in the first weeks."""

from .parts import done_within, for_me, wait_days

GOAL = "team"
NEEDS = (("module", "hr"), ("group", "hr.group_hr_user"))
ASKS = ()


def label(env):
    return env._("New employee")


def description(env):
    return env._(
        "When an employee is created, IT and HR get their tasks at once; when both are done, the "
        "first day is planned, and talks follow after a week and a month. Name the people in the "
        "steps."
    )


def effect(env):
    return env._("Nobody arrives to an empty desk, and nothing hangs on one person's memory.")


def definition(env):
    """Return the recipe in the file format."""
    created = {"model": "hr.employee", "on": "created"}
    contract = {"summary": env._("Contract and badge"), "user": env.user.login}
    return {
        "format": 1,
        "name": label(env),
        "model": "hr.employee",
        "triggers": [{"kind": "record_changed", "filters": created}],
        "reentry": {"policy": "never", "per": "record"},
        "steps": [
            for_me(
                env,
                "prepare",
                env._("Computer and accounts"),
                also=[contract],
                **done_within(5),
            ),
            for_me(env, "plan", env._("Plan the first day and name a mentor"), **done_within(2)),
            wait_days(7, key="week"),
            for_me(env, "first_talk", env._("Talk after the first week"), **done_within(2)),
            wait_days(21, key="month"),
            for_me(env, "month_talk", env._("Talk after the first month"), **done_within(3)),
        ],
    }
