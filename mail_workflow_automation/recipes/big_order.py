"""Big order: colleagues learn of it at once, and somebody thanks the customer."""

from .parts import for_owner

GOAL = "team"
NEEDS = ()
ASKS = ("delay",)


def label(env):
    return env._("Notice of a big order")


def description(env):
    return env._(
        "When an order of a certain amount is confirmed, its salesperson is told at once and "
        "gets the task to thank the customer."
    )


def effect(env):
    return env._("Nobody hears of a big order by chance; the customer feels noticed.")


def delay(env):
    return env._("from this amount on"), 1000


def definition(env, delay=1000):
    """Return the recipe in the file format.

    :param int delay: amount from which on an order is a big one
    """
    return {
        "format": 1,
        "name": label(env),
        "model": "sale.order",
        "triggers": [{"kind": "order_confirmed", "filters": {"min_amount": delay}}],
        "reentry": {"policy": "never", "per": "record"},
        "steps": [
            {
                "key": "tell",
                "kind": "notify",
                "assignee": "owner",
                "substitute": env.user.login,
                "subject": env._("Big order: {{ object.name }}"),
                "text": env._("{{ object.partner_id.name }} has just confirmed {{ object.name }}."),
            },
            for_owner(env, "thank", env._("Thank the customer by phone"), deadline_days=1),
        ],
    }
