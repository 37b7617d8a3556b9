"""Additional item: some time after an order, what goes well with it, then best sellers."""

from .parts import wait_days, wait_morning
from .texts import mail

GOAL = "sell"
NEEDS = ()
ASKS = ("sender", "list", "delay")


def label(env):
    return env._("Additional item")


def description(env):
    return env._(
        "Some time after an order the customer sees what goes well with it: accessories, and what "
        "others bought with it. A week later the favorites of the shop. Never what they own, and "
        "no more once they order."
    )


def effect(env):
    return env._("Customers come back for the things that make their purchase complete.")


def delay(env):
    return env._("days after the order"), 10


def definition(env, delay=10):
    """Return the recipe in the file format.

    :param int delay: days after the order
    """
    return {
        "format": 1,
        "name": label(env),
        "model": "sale.order",
        "purpose": "marketing",
        "triggers": [{"kind": "order_confirmed"}],
        "reentry": {"policy": "after_exit", "per": "person", "days": 60},
        "goal": {"kind": "order_confirmed", "window_days": 14},
        "exits": [{"kind": "order_cancelled", "same_record": True}],
        "steps": [
            wait_days(delay, key="days"),
            wait_morning(key="morning"),
            mail(env, "cross_sell", "matching", env._("Goes well with it"), on_skip="leave"),
            wait_days(7, key="week"),
            mail(env, "cross_sell", "last", env._("Favorites of the shop")),
        ],
    }
