"""Best customers: thanks, a present and a call on the third order within a year."""

from .parts import for_owner, gift, wait_days, wait_morning
from .texts import mail

GOAL = "sell"
NEEDS = (("program",),)
ASKS = ("sender", "list", "program")


def label(env):
    return env._("Best customers")


def description(env):
    return env._(
        "Who orders for the third time within a year is thanked, with a personal code where a "
        "coupon program is chosen, and their salesperson gets the task to call."
    )


def effect(env):
    return env._("Your best customers notice that you notice them, and stay.")


def definition(env, program=None):
    """Return the recipe in the file format."""
    return {
        "format": 1,
        "name": label(env),
        "model": "res.partner",
        "purpose": "marketing",
        "triggers": [{"kind": "order_confirmed", "count": 3, "within_days": 365}],
        "reentry": {"policy": "after_exit", "per": "person", "days": 365},
        "steps": [
            wait_days(2, key="days"),
            wait_morning(key="morning"),
            *gift(
                program,
                [mail(env, "vip", "gift", env._("Thanks and a present"))],
                [mail(env, "vip", "thanks", env._("Thanks"))],
                days=60,
                period_days=365,
            ),
            for_owner(env, "call", env._("Thank a loyal customer by phone"), deadline_days=3),
        ],
    }
