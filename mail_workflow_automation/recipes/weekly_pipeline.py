"""Weekly pipeline review: each Monday every sales team looks at its opportunities."""

from .parts import done_within, for_owner

GOAL = "team"
NEEDS = ()
ASKS = ()


def label(env):
    return env._("Weekly review of the pipeline")


def description(env):
    return env._(
        "Each Monday morning the leader of every sales team gets the task to go through the open "
        "opportunities, and on Wednesday to follow up what was agreed."
    )


def effect(env):
    return env._("Opportunities do not fall asleep, and forecasts stay honest.")


def definition(env):
    """Return the recipe in the file format."""
    monday = {"kind": "schedule", "unit": "weeks", "weekdays": ["mon"], "time": "08:30"}
    return {
        "format": 1,
        "name": label(env),
        "model": "crm.team",
        "triggers": [monday],
        "reentry": {"policy": "each_event", "per": "event"},
        "steps": [
            for_owner(env, "review", env._("Go through the open opportunities"), **done_within(1)),
            {"key": "wednesday", "kind": "wait", "until_time": "08:30", "weekdays": ["wed"]},
            for_owner(env, "follow", env._("Follow up what was agreed"), deadline_days=2),
        ],
    }
