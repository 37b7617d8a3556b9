"""Abandoned cart: a reminder after a day, another after two, until the person orders."""

from .parts import gift
from .texts import mail

GOAL = "cart"
NEEDS = (("module", "website_sale"),)
ASKS = ("sender", "delay", "list", "program")


def label(env):
    return env._("Abandoned cart")


def description(env):
    return env._(
        "A reminder of the cart some time after it was last touched, a second one a day later. "
        "Who never ordered before can get a code with it; whoever orders gets no more."
    )


def effect(env):
    return env._("Some of those who left come back and order; each reminder shows what it earned.")


def delay(env):
    return env._("hours until the first reminder"), 24


def definition(env, delay=24, program=None):
    """Return the recipe in the file format.

    :param int delay: hours that a cart is left alone before the first reminder
    :param program: whose codes the doubtful get: people who have not ordered yet
    """
    last = mail(env, "abandoned_cart", "last", env._("Last reminder"))
    code = mail(env, "abandoned_cart", "gift", env._("Last reminder with a code"))
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
            mail(env, "abandoned_cart", "remind", env._("Your cart is waiting")),
            {"key": "day", "kind": "wait", "hours": 24},
            *gift(program, [code], [last], days=7, first_only=True, period_days=0),
        ],
    }
