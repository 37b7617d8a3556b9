"""Welcome to a new business contact: what happens next, good questions, an offer to talk."""

from .parts import WORKDAYS, for_owner, wait_click
from .texts import mail

GOAL = "welcome"
NEEDS = ()
ASKS = ("sender",)


def label(env):
    return env._("Welcome to business customers")


def description(env):
    return env._(
        "A new lead learns at once who answers; some working days later comes useful content. Who "
        "follows its link is called by the salesperson, the others are offered a call."
    )


def effect(env):
    return env._("Leads are warm when sales calls, and nobody waits for a first answer.")


def definition(env):
    """Return the recipe in the file format."""
    return {
        "format": 1,
        "name": label(env),
        "model": "crm.lead",
        "purpose": "marketing",
        "triggers": [{"kind": "lead_created"}],
        "audience": [["email_normalized", "!=", False]],
        "reentry": {"policy": "never", "per": "person"},
        "goal": {"kind": "lead_won", "window_days": 90},
        "exits": [{"kind": "lead_lost"}, {"kind": "email_replied"}],
        "steps": [
            mail(env, "welcome_b2b", "hello", env._("Good to meet you"), on_skip="leave"),
            {"key": "days", "kind": "wait", "days": 3, "business": True},
            {"key": "morning", "kind": "wait", "until_time": "09:30", "weekdays": WORKDAYS},
            mail(env, "welcome_b2b", "questions", env._("Five questions")),
            wait_click(
                "clicked",
                env._("Are they interested?"),
                "questions",
                days=4,
                clicked=[for_owner(env, "call", env._("Call: interested"), deadline_days=1)],
                otherwise=[mail(env, "welcome_b2b", "call_me", env._("Offer of a call"))],
            ),
        ],
    }
