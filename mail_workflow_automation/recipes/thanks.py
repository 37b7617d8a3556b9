"""Thanks after a purchase, and a question whether all is well."""

from .parts import wait_days, wait_morning
from .texts import mail

GOAL = "care"
NEEDS = ()
ASKS = ("sender", "list", "delay")


def label(env):
    return env._("Thanks after a purchase")


def description(env):
    return env._(
        "Thanks the morning after an order, and some time later the question whether everything "
        "is as it should be. Who answers reaches a person."
    )


def effect(env):
    return env._("Trouble comes to you instead of into reviews.")


def delay(env):
    return env._("days until the question"), 8


def definition(env, delay=8):
    """Return the recipe in the file format.

    :param int delay: days between the two mails
    """
    return {
        "format": 1,
        "name": label(env),
        "model": "sale.order",
        "purpose": "marketing",
        "triggers": [{"kind": "order_confirmed"}],
        "reentry": {"policy": "after_exit", "per": "person", "days": 90},
        "exits": [{"kind": "order_cancelled", "same_record": True}],
        "steps": [
            wait_morning(key="morning"),
            mail(env, "thanks", "thanks", env._("Thanks")),
            wait_days(delay, key="days"),
            mail(env, "thanks", "fine", env._("Is everything fine?")),
        ],
    }
