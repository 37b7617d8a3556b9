"""Lead magnet: seven mails in three weeks after a download, up to a purchase offer."""

from .parts import gift, wait_days
from .texts import mail

GOAL = "lead"
NEEDS = (("program",),)
ASKS = ("sender", "list", "program")


def label(env):
    return env._("Lead magnet: seven mails in three weeks")


def description(env):
    return env._(
        "Who downloads one of your guides gets seven short mails on its topic in three weeks: "
        "ideas, a question of yours, an invitation to a webinar, and at the end a purchase offer."
    )


def effect(env):
    return env._("A download becomes a reader, and some of the readers become customers.")


def definition(env, program=None):
    """Return the recipe in the file format."""
    gift_mail = mail(env, "lead_magnet", "gift", env._("7 Offer with a code"))
    return {
        "format": 1,
        "name": label(env),
        "model": "res.partner",
        "purpose": "marketing",
        "triggers": [{"kind": "content_downloaded"}],
        "reentry": {"policy": "never", "per": "person"},
        "goal": {"kind": "order_confirmed", "window_days": 30},
        "steps": [
            mail(env, "lead_magnet", "guide", env._("1 The guide"), on_skip="leave"),
            wait_days(3, key="wait2"),
            mail(env, "lead_magnet", "need", env._("2 What is needed"), on_skip="leave"),
            wait_days(3, key="wait3"),
            mail(env, "lead_magnet", "mistakes", env._("3 Mistakes"), on_skip="leave"),
            wait_days(4, key="wait4"),
            mail(env, "lead_magnet", "story", env._("4 Learning from others"), on_skip="leave"),
            wait_days(3, key="wait5"),
            mail(env, "lead_magnet", "feedback", env._("5 A question"), on_skip="leave"),
            wait_days(4, key="wait6"),
            mail(env, "lead_magnet", "webinar", env._("6 Webinar"), on_skip="leave"),
            wait_days(4, key="wait7"),
            *gift(
                program,
                [gift_mail],
                [mail(env, "lead_magnet", "offer", env._("7 Offer"))],
                days=10,
            ),
        ],
    }
