"""Overdue invoice: two reminders, then a call; who pays gets no more."""

from .parts import for_owner
from .texts import mail

GOAL = "team"
NEEDS = (
    ("group", "mail_workflow_automation.mail_workflow_group_manager"),
    ("group", "account.group_account_invoice"),
)
ASKS = ("sender", "delay")


def label(env):
    return env._("Overdue invoice")


def description(env):
    return env._(
        "A friendly reminder some days after the due date, a clear one a week later, then a call "
        "by the salesperson. Whoever pays gets no more."
    )


def effect(env):
    return env._("Invoices are paid sooner, without anybody keeping a list.")


def delay(env):
    return env._("days after the due date"), 5


def definition(env, delay=5):
    """Return the recipe in the file format.

    :param int delay: days after the due date
    """
    due = {"kind": "date", "field": "invoice_date_due", "offset_days": delay, "time": "10:00"}
    return {
        "format": 1,
        "name": label(env),
        "model": "account.move",
        "purpose": "operational",
        "triggers": [due],
        "audience": [
            ["move_type", "=", "out_invoice"],
            ["state", "=", "posted"],
            ["payment_state", "in", ["not_paid", "partial"]],
        ],
        "recheck_audience": True,
        "reentry": {"policy": "never", "per": "record"},
        "exits": [{"kind": "invoice_paid", "same_record": True}],
        "steps": [
            mail(env, "invoice_reminder", "first", env._("Friendly reminder"), is_service=True),
            {"key": "week", "kind": "wait", "days": 5, "business": True},
            mail(env, "invoice_reminder", "second", env._("Clear reminder"), is_service=True),
            {"key": "second_week", "kind": "wait", "days": 5, "business": True},
            for_owner(env, "call", env._("Call about the unpaid invoice"), deadline_days=2),
        ],
    }
