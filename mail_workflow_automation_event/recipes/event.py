"""Event: before it, on the day, and after it for who came and who did not."""

from functools import partial

from odoo.addons.mail_workflow_automation.recipes import texts

GOAL = "occasion"
NEEDS = (("module", "website_event"),)
ASKS = ("sender", "list")

mail = partial(texts.mail, addon="mail_workflow_automation_event")


def label(env):
    return env._("Event: before, during and after")


def description(env):
    return env._(
        "Who registers hears from you two days before the event and on its morning. The day after, "
        "who came is thanked and asked for feedback, and who did not come is not forgotten, where "
        "attendance is taken at the door."
    )


def effect(env):
    return env._("Fewer empty chairs, and talks that go on after the event.")


def definition(env):
    """Return the recipe in the file format."""
    # where nobody was marked as attended, nobody knows who stayed away
    missed = [["state", "=", "open"], ["event_id.registration_ids.state", "=", "done"]]
    return {
        "format": 1,
        "name": label(env),
        "model": "event.registration",
        "purpose": "marketing",
        "triggers": [{"kind": "event_registered"}],
        "reentry": {"policy": "after_exit", "per": "event"},
        "steps": [
            _until("before", "event_begin_date", -2, "10:00"),
            mail(env, "event", "soon", env._("See you soon")),
            _until("day", "event_begin_date", 0, "07:30"),
            mail(env, "event", "today", env._("Today is the day")),
            _until("after", "event_end_date", 1, "10:00"),
            {
                "key": "came",
                "kind": "condition",
                "name": env._("Did they come?"),
                "branches": {
                    "came": {
                        "when": {"domain": [["state", "=", "done"]]},
                        "steps": [mail(env, "event", "thanks", env._("Thanks for coming"))],
                    },
                    "missed": {
                        "when": {"domain": missed},
                        "steps": [mail(env, "event", "missed", env._("We missed you"))],
                    },
                    "else": {"steps": []},
                },
            },
        ],
    }


def _until(key, field, days, time):
    """Return a wait; who registers later than that comes by without the mail that follows it."""
    return {
        "key": key,
        "kind": "wait",
        "until_field": field,
        "offset_days": days,
        "until_time": time,
    }
