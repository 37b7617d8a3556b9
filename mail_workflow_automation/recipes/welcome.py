"""Welcome: to a new account and to a new subscriber of the newsletter."""

from .texts import in_each_language

KEY = "welcome"
GOAL = "welcome"
NEEDS = (("list",),)
ASKS = ("sender", "list")


def label(env):
    return env._("Welcome")


def description(env):
    return env._(
        "A warm mail to everybody who makes an account in the shop or subscribes to the newsletter."
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
        "steps": [
            {
                "key": "welcome",
                "kind": "email",
                "name": env._("Welcome"),
                "texts": in_each_language(
                    env,
                    lambda own: {
                        "subject": own._("Welcome, it is good to have you here"),
                        "preview": own._("Here is what you can look forward to."),
                        "body": "recipe_welcome_welcome",
                    },
                ),
            },
        ],
    }
