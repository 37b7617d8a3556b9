"""Recurring purchase: a word before what was bought is used up."""

from .parts import wait_days
from .texts import mail

GOAL = "sell"
NEEDS = ()
ASKS = ("sender", "list", "delay")


def label(env):
    return env._("Recurring purchase")


def description(env):
    return env._(
        "The next purchase of each customer is expected by their own intervals. A few days before "
        "it they see their last order, and once more when it is due."
    )


def effect(env):
    return env._("Regular customers reorder in time, and with you.")


def delay(env):
    return env._("days before the purchase is expected"), 5


def definition(env, delay=5):
    """Return the recipe in the file format.

    :param int delay: days before the expected purchase
    """
    return {
        "format": 1,
        "name": label(env),
        "model": "res.partner",
        "purpose": "marketing",
        "triggers": [{"kind": "replenishment", "days_before": delay}],
        "reentry": {"policy": "after_exit", "per": "person", "days": 7},
        "goal": {"kind": "order_confirmed", "window_days": 14},
        "steps": [
            mail(env, "replenishment", "time", env._("Time for new supplies"), on_skip="leave"),
            wait_days(max(delay, 1), key="due"),
            mail(env, "replenishment", "last", env._("Before it runs out")),
        ],
    }
