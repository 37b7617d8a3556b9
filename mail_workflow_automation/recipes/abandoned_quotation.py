"""Quotation without an answer: a question, a call, and a word before it expires."""

from .parts import WORKDAYS, for_owner
from .texts import mail

GOAL = "cart"
NEEDS = ()
ASKS = ("sender", "delay")


def label(env):
    return env._("Quotation without an answer")


def description(env):
    return env._(
        "A question some working days after a quotation was sent, a call by the salesperson, and "
        "a last word two days before it expires. Who answers or signs gets no more."
    )


def effect(env):
    return env._("No quotation is forgotten, and the salesperson calls at the right moment.")


def delay(env):
    return env._("working days until the first question"), 3


def definition(env, delay=3):
    """Return the recipe in the file format.

    :param int delay: working days that a quotation is left alone
    """
    sent = {"model": "sale.order", "on": "changed", "field": "state", "to": "sent"}
    return {
        "format": 1,
        "name": label(env),
        "model": "sale.order",
        "purpose": "marketing",
        "triggers": [{"kind": "record_changed", "filters": sent}],
        "audience": [["website_id", "=", False]],
        "reentry": {"policy": "never", "per": "record"},
        "goal": {"kind": "order_confirmed", "same_record": True},
        "exits": [{"kind": "order_cancelled", "same_record": True}, {"kind": "email_replied"}],
        "steps": [
            {"key": "days", "kind": "wait", "days": delay, "business": True},
            mail(env, "abandoned_quotation", "questions", env._("Any questions?")),
            {"key": "answer", "kind": "wait", "days": 3, "business": True},
            for_owner(env, "call", env._("Call about the quotation"), deadline_days=1),
            {
                "key": "end",
                "kind": "wait",
                "until_field": "validity_date",
                "offset_days": -2,
                "until_time": "10:00",
                "on_past": "leave",
            },
            {"key": "workday", "kind": "wait", "until_time": "10:00", "weekdays": WORKDAYS},
            mail(env, "abandoned_quotation", "expires", env._("Two days left")),
        ],
    }
