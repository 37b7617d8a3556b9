"""Lead nurturing: content by interest until the score is high enough for sales."""

from .parts import WORKDAYS, wait_days
from .texts import mail

GOAL = "lead"
NEEDS = ()
ASKS = ("sender", "delay")


def label(env):
    return env._("Lead nurturing by score")


def description(env):
    return env._(
        "Leads whose score is not high enough get an idea every ten days, deeper for who follows "
        "the links. It ends as soon as the score is reached: then it is up to sales."
    )


def effect(env):
    return env._("Leads ripen by themselves, and sales only talks to those who are ready.")


def delay(env):
    return env._("points of the score"), 60


def definition(env, delay=60):
    """Return the recipe in the file format.

    :param int delay: points at which sales takes over
    """
    points = max(delay, 1)
    clicked = {"event": "email_clicked", "filters": {"step": "hello"}}
    return {
        "format": 1,
        "name": label(env),
        "model": "crm.lead",
        "purpose": "marketing",
        "triggers": [{"kind": "lead_created"}],
        "audience": [["email_normalized", "!=", False], ["lead_score", "<", points]],
        "reentry": {"policy": "never", "per": "person"},
        "goal": {"kind": "score_crossed", "filters": {"points": points}},
        "exits": [{"kind": "lead_won"}, {"kind": "lead_lost"}, {"kind": "email_replied"}],
        "steps": [
            wait_days(10, key="days"),
            {"key": "morning", "kind": "wait", "until_time": "10:00", "weekdays": WORKDAYS},
            mail(env, "lead_nurturing", "hello", env._("Where do you stand?"), on_skip="leave"),
            wait_days(10, key="days2"),
            {
                "key": "interest",
                "kind": "condition",
                "name": env._("Did they follow the link?"),
                "branches": {
                    "clicked": {
                        "when": clicked,
                        "steps": [mail(env, "lead_nurturing", "details", env._("Details"))],
                    },
                    "else": {
                        "steps": [mail(env, "lead_nurturing", "example", env._("Begin small"))]
                    },
                },
            },
            wait_days(10, key="days3"),
            mail(env, "lead_nurturing", "last", env._("Yes, no or later?")),
        ],
    }
