"""Supplier invoice received: checked, released above an amount, paid."""

from .parts import done_within, for_me

GOAL = "team"
NEEDS = (("group", "account.group_account_invoice"),)
ASKS = ("delay",)


def label(env):
    return env._("Supplier invoice received")


def description(env):
    return env._(
        "A new vendor bill is checked; above an amount a second person releases it or refuses, "
        "then it is paid. Name the people in the steps."
    )


def effect(env):
    return env._("Each invoice is checked once, released by the right person and paid in time.")


def delay(env):
    return env._("a second person from this amount on"), 1000


def definition(env, delay=1000):
    """Return the recipe in the file format.

    :param int delay: amount from which on a second person decides
    """
    created = {"model": "account.move", "on": "created"}
    release = {
        **for_me(env, "release", env._("Release the invoice for payment?")),
        "kind": "decision",
        "deadline_days": 2,
        "working_days": True,
        "branches": {
            env._("Release"): {"steps": []},
            env._("Refuse"): {
                "steps": [
                    for_me(env, "return", env._("Write to the supplier"), **done_within(2)),
                    {"key": "refused", "kind": "end", "reason": env._("Refused")},
                ]
            },
        },
    }
    return {
        "format": 1,
        "name": label(env),
        "model": "account.move",
        "triggers": [{"kind": "record_changed", "filters": created}],
        "audience": [["move_type", "=", "in_invoice"]],
        "reentry": {"policy": "never", "per": "record"},
        "steps": [
            for_me(env, "check", env._("Check goods and prices"), **done_within(2)),
            {
                "key": "large",
                "kind": "condition",
                "name": env._("A large one?"),
                "domain": [["amount_total", ">=", delay]],
                "branches": {"yes": {"steps": [release]}, "no": {"steps": []}},
            },
            for_me(env, "pay", env._("Pay the invoice"), **done_within(5)),
        ],
    }
