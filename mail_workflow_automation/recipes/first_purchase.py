"""First purchase: thanks, and some time later a reason for the second."""

from .parts import gift, wait_days, wait_morning
from .texts import mail

GOAL = "care"
NEEDS = (("program",),)
ASKS = ("sender", "list", "program")


def label(env):
    return env._("Welcome after the first purchase")


def description(env):
    return env._(
        "A personal word the morning after the very first order; two weeks later ideas for the "
        "second, with a code where a coupon program is chosen."
    )


def effect(env):
    return env._("The second order is the one that makes a regular customer.")


def definition(env, program=None):
    """Return the recipe in the file format."""
    return {
        "format": 1,
        "name": label(env),
        "model": "sale.order",
        "purpose": "marketing",
        "triggers": [{"kind": "order_confirmed", "filters": {"first": True}}],
        "reentry": {"policy": "never", "per": "person"},
        "goal": {"kind": "order_confirmed", "window_days": 30},
        "exits": [{"kind": "order_cancelled", "same_record": True}],
        "steps": [
            wait_morning(key="morning"),
            mail(env, "first_purchase", "welcome", env._("Thanks for the first order")),
            wait_days(14, key="weeks"),
            *gift(
                program,
                [mail(env, "first_purchase", "gift", env._("A code for the second"))],
                [mail(env, "first_purchase", "ideas", env._("Ideas for the second"))],
                period_days=0,
            ),
        ],
    }
