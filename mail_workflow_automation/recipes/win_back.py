"""Win-back: customers who have not ordered for long, with a bonus in the second mail."""

from .parts import gift, wait_days, wait_morning
from .texts import mail

GOAL = "win_back"
NEEDS = (("program",),)
ASKS = ("sender", "list", "delay", "program")


def label(env):
    return env._("Win back with a bonus")


def description(env):
    return env._(
        "Customers who have not ordered for some time see what is new; a week later they get a "
        "bonus, and a word before it expires. Without a coupon program: the favorites of others."
    )


def effect(env):
    return env._("A part of the customers you had given up comes back.")


def delay(env):
    return env._("days without an order"), 90


def definition(env, delay=90, program=None):
    """Return the recipe in the file format.

    :param int delay: days without an order
    """
    bonus = [
        mail(env, "win_back", "gift", env._("A bonus")),
        wait_days(10, key="days"),
        mail(env, "win_back", "ends", env._("The bonus ends")),
    ]
    return {
        "format": 1,
        "name": label(env),
        "model": "res.partner",
        "purpose": "marketing",
        "triggers": [{"kind": "inactive", "days": max(delay, 1), "orders": True}],
        "audience": [["sale_order_ids.state", "=", "sale"]],
        "reentry": {"policy": "after_exit", "per": "person", "days": 180},
        "goal": {"kind": "order_confirmed", "window_days": 14},
        "steps": [
            wait_morning(key="morning"),
            mail(env, "win_back", "miss", env._("It has been a while"), on_skip="leave"),
            wait_days(7, key="week"),
            *gift(
                program,
                bonus,
                [mail(env, "win_back", "best", env._("Favorites of others"))],
                days=14,
                period_days=365,
            ),
        ],
    }
