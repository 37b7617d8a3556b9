"""Complaint from the form of the website: a person decides what becomes of it."""

from .parts import done_within, for_owner, wait_days
from .texts import mail

GOAL = "team"
NEEDS = (("group", "mail_workflow_automation.mail_workflow_group_manager"),)
ASKS = ("sender",)


def label(env):
    return env._("Complaint from the website")


def description(env):
    return env._(
        "A message from the contact form is confirmed at once; a person decides: refund, "
        "exchange, call, or no complaint. Tasks and mails follow by what was decided."
    )


def effect(env):
    return env._("No complaint is lost, and each customer hears what happens, in time.")


def definition(env):
    """Return the recipe in the file format."""
    settle = [
        wait_days(7, key="week"),
        _answer(env, "settled", env._("Is everything settled?")),
    ]
    call = env._("Call")
    return {
        "format": 1,
        "name": label(env),
        "model": "crm.lead",
        "purpose": "operational",
        "triggers": [{"kind": "form_submitted", "filters": {"model": "crm.lead"}}],
        "reentry": {"policy": "never", "per": "record"},
        "lateness_hours": 0,
        "steps": [
            _answer(env, "received", env._("We have your message")),
            {
                "key": "decide",
                "kind": "decision",
                "name": env._("What do we do?"),
                "assignee": "owner",
                "substitute": env.user.login,
                "summary": env._("Read the message and decide"),
                "deadline_days": 1,
                "working_days": True,
                "default": call,
                "branches": {
                    env._("Refund"): {
                        "steps": [
                            for_owner(env, "pay", env._("Refund the customer"), **done_within(2)),
                            _answer(env, "refund", env._("Refund on its way")),
                        ]
                    },
                    env._("Exchange"): {
                        "steps": [
                            for_owner(env, "send", env._("Send a new one"), **done_within(2)),
                            _answer(env, "exchange", env._("Exchange on its way")),
                        ]
                    },
                    call: {
                        "steps": [
                            for_owner(env, "call", env._("Call the customer"), **done_within(1)),
                        ]
                    },
                    env._("No complaint"): {"steps": [{"key": "none", "kind": "end"}]},
                },
            },
            *settle,
        ],
    }


def _answer(env, key, name):
    """Return a mail about the reader's own case, which they get whatever they unsubscribed from."""
    return mail(env, "complaint", key, name, is_service=True)
