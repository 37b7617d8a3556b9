"""Review request: after the delivery where deliveries are known, else after the order."""

from .parts import wait_click, wait_days, wait_morning
from .texts import mail

GOAL = "care"
NEEDS = ()
ASKS = ("sender", "list", "delay")


def label(env):
    return env._("Review request")


def description(env):
    return env._(
        "Some days after the delivery (where Inventory is not installed, after the order) the "
        "customer is asked for a review, and once more if they did not follow the link."
    )


def effect(env):
    return env._("More reviews, and criticism that reaches you first.")


def delay(env):
    return env._("days until the request"), 10


def definition(env, delay=10):
    """Return the recipe in the file format.

    :param int delay: days after the delivery, or the order
    """
    known = env["mail.workflow.trigger"]._fields["kind"].get_values(env)
    kind = "delivery_done" if "delivery_done" in known else "order_confirmed"
    return {
        "format": 1,
        "name": label(env),
        "model": "sale.order",
        "purpose": "marketing",
        "triggers": [{"kind": kind}],
        "reentry": {"policy": "after_exit", "per": "person", "days": 30},
        "exits": [{"kind": "order_cancelled", "same_record": True}],
        "steps": [
            wait_days(delay, key="days"),
            wait_morning(key="morning"),
            mail(env, "review_request", "ask", env._("Request"), on_skip="leave"),
            wait_click(
                "clicked",
                env._("Do they follow the link?"),
                "ask",
                days=6,
                otherwise=[mail(env, "review_request", "remind", env._("Reminder"))],
            ),
        ],
    }
