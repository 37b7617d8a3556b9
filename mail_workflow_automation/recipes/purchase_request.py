"""Purchase request: somebody decides, and who asked learns of it."""

from .parts import done_within, for_me, for_owner

GOAL = "team"
NEEDS = (("module", "purchase"), ("group", "purchase.group_purchase_user"))
ASKS = ("delay",)


def label(env):
    return env._("Purchase request")


def description(env):
    return env._(
        "A new request for quotation above an amount is approved, sent back with a question, or "
        "refused by a person; the buyer gets the next task by what was decided."
    )


def effect(env):
    return env._("No purchase without a decision, and no decision without an answer.")


def delay(env):
    return env._("from this amount on"), 500


def definition(env, delay=500):
    """Return the recipe in the file format.

    :param int delay: amount from which on somebody decides
    """
    created = {"model": "purchase.order", "on": "created"}
    refused = {
        "key": "tell",
        "kind": "notify",
        "assignee": "owner",
        "substitute": env.user.login,
        "subject": env._("Purchase refused: {{ object.name }}"),
        "text": env._("The request {{ object.name }} was refused. Please cancel it."),
    }
    return {
        "format": 1,
        "name": label(env),
        "model": "purchase.order",
        "triggers": [{"kind": "record_changed", "filters": created}],
        "audience": [["amount_total", ">=", delay]],
        "reentry": {"policy": "never", "per": "record"},
        "steps": [
            {
                **for_me(env, "decide", env._("Approve the purchase?")),
                "kind": "decision",
                "deadline_days": 2,
                "working_days": True,
                "branches": {
                    env._("Approve"): {
                        "steps": [for_owner(env, "order", env._("Place the order"))]
                    },
                    env._("Ask back"): {
                        "steps": [
                            for_owner(
                                env, "answer", env._("Answer the question"), **done_within(2)
                            ),
                            {"key": "again", "kind": "goto", "target": "decide", "max_visits": 3},
                        ]
                    },
                    env._("Refuse"): {"steps": [refused]},
                },
            }
        ],
    }
