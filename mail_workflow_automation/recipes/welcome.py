"""Welcome: to a new account and to a new subscriber of the newsletter."""

from .parts import wait_days, wait_morning
from .texts import mail

GOAL = "welcome"
NEEDS = (("list",),)
ASKS = ("sender", "list")


def label(env):
    return env._("Welcome")


def description(env):
    return env._(
        "A warm mail to everybody who makes an account in the shop or subscribes to the "
        "newsletter, and three days later a tour with products that fit, until they order."
    )


def effect(env):
    return env._("New people know you from the first day; welcome mails are the most read of all.")


def definition(env):
    """Return the recipe in the file format."""
    return {
        "format": 1,
        "name": label(env),
        "model": "res.partner",
        "purpose": "marketing",
        "triggers": [{"kind": "account_created"}, {"kind": "list_subscribed"}],
        "audience": [],
        "reentry": {"policy": "never", "per": "person"},
        "goal": {"kind": "order_confirmed", "window_days": 14},
        "steps": [
            mail(env, "welcome", "welcome", env._("Welcome")),
            wait_days(3, key="days"),
            wait_morning(key="morning"),
            mail(env, "welcome", "discover", env._("A tour")),
        ],
    }
