"""Hot lead to sales: an opportunity and a call as soon as the score says so."""

from .parts import for_owner

GOAL = "lead"
NEEDS = ()
ASKS = ("delay",)


def label(env):
    return env._("Hot lead to sales")


def description(env):
    return env._(
        "As soon as a contact's score crosses a threshold, an opportunity is made and their "
        "salesperson gets the task to call. Not done in time, you are told."
    )


def effect(env):
    return env._("Sales calls while the interest is fresh, and calls the right people.")


def delay(env):
    return env._("points of the score"), 60


def definition(env, delay=60):
    """Return the recipe in the file format.

    :param int delay: points from which on a lead is hot
    """
    late = {
        "key": "tell",
        "kind": "notify",
        "user": env.user.login,
        "subject": env._("A hot lead waits: {{ object.name }}"),
        "text": env._("Nobody has called {{ object.name }} yet."),
    }
    return {
        "format": 1,
        "name": label(env),
        "model": "res.partner",
        "triggers": [{"kind": "score_crossed", "filters": {"points": max(delay, 1)}}],
        "reentry": {"policy": "after_exit", "per": "person", "days": 90},
        "steps": [
            {
                "key": "lead",
                "kind": "opportunity",
                "name": env._("Opportunity"),
                "title": env._("Hot lead: {{ object.name }}"),
            },
            for_owner(
                env,
                "call",
                env._("Call today: hot lead"),
                wait_for="all",
                deadline_days=1,
                working_days=True,
                on_deadline="late",
                branches={"done": {"steps": []}, "late": {"steps": [late]}},
            ),
        ],
    }
