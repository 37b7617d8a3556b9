"""Abandoned cart: a reminder after a day, another after two, until the person orders."""

from .texts import in_each_language

KEY = "abandoned_cart"
GOAL = "cart"
NEEDS = (("module", "website_sale"),)
ASKS = ("sender", "delay", "list")


def label(env):
    return env._("Abandoned cart")


def description(env):
    return env._(
        "A reminder of the cart some time after it was last touched, a second one a day later. "
        "Whoever orders gets no more."
    )


def effect(env):
    return env._("Some of those who left come back and order; each reminder shows what it earned.")


def delay(env):
    return env._("hours until the first reminder"), 24


def definition(env, delay=24):
    """Return the recipe in the file format.

    :param int delay: hours that a cart is left alone before the first reminder
    """
    return {
        "format": 1,
        "name": label(env),
        "model": "sale.order",
        "purpose": "marketing",
        "triggers": [{"kind": "cart_abandoned", "hours": delay}],
        "audience": [],
        "reentry": {"policy": "after_exit", "per": "person", "days": 30},
        "goal": {"kind": "order_confirmed", "window_days": 7},
        "steps": [
            {
                "key": "remind",
                "kind": "email",
                "name": env._("Your cart is waiting"),
                "texts": in_each_language(
                    env,
                    lambda own: {
                        "subject": own._("You left something in your cart"),
                        "preview": own._("We kept it for you. It is one click away."),
                        "body": "recipe_abandoned_cart_remind",
                    },
                ),
            },
            {"key": "day", "kind": "wait", "hours": 24},
            {
                "key": "last",
                "kind": "email",
                "name": env._("Last reminder"),
                "texts": in_each_language(
                    env,
                    lambda own: {
                        "subject": own._("Still interested? Your cart is here"),
                        "preview": own._("A last reminder, then we leave you in peace."),
                        "body": "recipe_abandoned_cart_last",
                    },
                ),
            },
        ],
    }
