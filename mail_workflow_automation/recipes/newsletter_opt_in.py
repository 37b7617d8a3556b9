"""Newsletter with double opt-in: on the list is only who confirmed the address."""

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


def _confirmed(env, key, name, otherwise):
    """Return a wait for the click in a mail; ``otherwise``: steps for who did not follow it."""
    return {
        "key": f"{key}_clicked",
        "kind": "wait",
        "name": name,
        "days": 3,
        "events": [{"kind": "email_clicked", "filters": {"step": key}, "branch": "confirmed"}],
        "branches": {"confirmed": {"steps": []}, "timeout": {"steps": otherwise}},
    }


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
        _confirmed(
            env,
            "remind",
            env._("Do they confirm now?"),
            [{"key": "silent", "kind": "end", "reason": env._("Not confirmed")}],
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
            _confirmed(env, "confirm", env._("Do they confirm?"), remind),
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
