"""Month end: a chain of tasks, from one desk to the next, each month."""

from .parts import done_within, for_me

GOAL = "team"
NEEDS = ()
ASKS = ()


def label(env):
    return env._("Month end")


def description(env):
    return env._(
        "On the last day of each month the books are closed desk by desk: who is next gets the "
        "task when the one before is done. Name the people in the steps."
    )


def effect(env):
    return env._("The month is closed in days, and everybody sees where it stands.")


def definition(env):
    """Return the recipe in the file format."""
    late = for_me(env, "remind", env._("Ask for the documents that are late"))
    return {
        "format": 1,
        "name": label(env),
        "model": "res.company",
        "triggers": [{"kind": "schedule", "unit": "months", "on": "last_day", "time": "16:00"}],
        "audience": [["id", "=", env.company.id]],
        "reentry": {"policy": "each_event", "per": "event"},
        "steps": [
            for_me(
                env,
                "documents",
                env._("Collect the documents of the month"),
                **done_within(2),
                on_deadline="late",
                branches={"done": {"steps": []}, "late": {"steps": [late]}},
            ),
            for_me(env, "book", env._("Reconcile the bank and close the month"), **done_within(3)),
            for_me(env, "check", env._("Check and sign the figures"), **done_within(1)),
            for_me(env, "report", env._("Send the report to the management"), **done_within(1)),
        ],
    }
