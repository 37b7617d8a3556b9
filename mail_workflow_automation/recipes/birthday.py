"""Birthday: wishes on the day, with a present where there is a coupon program."""

from .parts import gift, wait_days
from .texts import mail

GOAL = "occasion"
NEEDS = (("program",),)
ASKS = ("sender", "list", "program")


def label(env):
    return env._("Birthday voucher")


def description(env):
    return env._(
        "Wishes on the morning of the birthday, where each lives, with a personal code; a word "
        "before it expires. Without a coupon program it brings the wishes alone."
    )


def effect(env):
    return env._("The mail of the year that everybody opens, and a reason to order.")


def definition(env, program=None):
    """Return the recipe in the file format."""
    present = [
        mail(env, "birthday", "gift", env._("Wishes and a present")),
        wait_days(16, key="weeks"),
        mail(env, "birthday", "ends", env._("The present is still there")),
    ]
    wishes = [mail(env, "birthday", "wishes", env._("Wishes"))]
    return {
        "format": 1,
        "name": label(env),
        "model": "res.partner",
        "purpose": "marketing",
        "triggers": [{"kind": "date", "field": "birthday", "time": "09:00", "repeat": "yearly"}],
        "audience": [["birthday", "!=", False]],
        "reentry": {"policy": "after_exit", "per": "person"},
        "goal": {"kind": "order_confirmed", "window_days": 21},
        "steps": gift(program, present, wishes, period_days=300),
    }
