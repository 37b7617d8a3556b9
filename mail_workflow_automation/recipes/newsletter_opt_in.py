"""Newsletter with double opt-in: on the list is only who confirmed the address."""

from .parts import wait_click
from .texts import mail

GOAL = "welcome"
NEEDS = (("group", "mail_workflow_automation.mail_workflow_group_manager"), ("list",))
ASKS = ("sender", "newsletter")


def label(env):
    return env._("Newsletter with confirmation")


def description(env):
    return env._(
        "Who subscribes is taken off the list again until they follow the link of a first mail; "
        "one reminder. Only confirmed addresses get the newsletter."
    )


def effect(env):
    return env._("Clean lists, proof of consent, and mail that arrives.")


def definition(env, newsletter=None):
    """Return the recipe in the file format.

    :param newsletter: name of the list that is only for those who confirmed
    """
    lists = [newsletter] if newsletter else []
    trigger = {"kind": "list_subscribed"}
    if newsletter:
        trigger["filters"] = {"list": newsletter}
    remind = [
        mail(env, "newsletter_opt_in", "remind", env._("Reminder"), is_service=True),
        wait_click(
            "remind_clicked",
            env._("Do they confirm now?"),
            "remind",
            days=3,
            otherwise=[{"key": "silent", "kind": "end", "reason": env._("Not confirmed")}],
            branch="confirmed",
        ),
    ]
    return {
        "format": 1,
        "name": label(env),
        "model": "res.partner",
        "purpose": "operational",
        "triggers": [trigger],
        "reentry": {"policy": "after_exit", "per": "person", "days": 1},
        "steps": [
            {"key": "off", "kind": "list", "name": env._("Not yet"), "remove": lists},
            mail(env, "newsletter_opt_in", "confirm", env._("Please confirm"), is_service=True),
            wait_click(
                "confirm_clicked",
                env._("Do they confirm?"),
                "confirm",
                days=3,
                otherwise=remind,
                branch="confirmed",
            ),
            {
                "key": "on",
                "kind": "list",
                "name": env._("Confirmed"),
                "add": lists,
                "resubscribe": True,
            },
            mail(env, "newsletter_opt_in", "welcome", env._("Welcome")),
        ],
    }
