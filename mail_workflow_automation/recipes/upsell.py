"""Upsell: some weeks after an order the next size up, and advice for who looks at it."""

from .parts import wait_click, wait_days, wait_morning
from .texts import mail

GOAL = "sell"
NEEDS = ()
ASKS = ("sender", "list", "delay")


def label(env):
    return env._("The next size up")


def description(env):
    return env._(
        "Some weeks after an order the customer sees the alternatives that you set on what they "
        "bought. Who has a look without ordering gets an offer of advice."
    )


def effect(env):
    return env._("Satisfied customers move up, and who hesitates talks to you.")


def delay(env):
    return env._("days after the order"), 45


def definition(env, delay=45):
    """Return the recipe in the file format.

    :param int delay: days after the order
    """
    advice = [
        wait_days(2, key="look"),
        mail(env, "upsell", "advice", env._("Offer of advice")),
    ]
    return {
        "format": 1,
        "name": label(env),
        "model": "sale.order",
        "purpose": "marketing",
        "triggers": [{"kind": "order_confirmed"}],
        "audience": [["order_line.product_id.alternative_product_ids", "!=", False]],
        "reentry": {"policy": "after_exit", "per": "person", "days": 180},
        "goal": {"kind": "order_confirmed", "window_days": 21},
        "exits": [{"kind": "order_cancelled", "same_record": True}],
        "steps": [
            wait_days(delay, key="days"),
            wait_morning(key="morning"),
            mail(env, "upsell", "step", env._("The next size up"), on_skip="leave"),
            wait_click("clicked", env._("Do they look at it?"), "step", days=5, clicked=advice),
        ],
    }
