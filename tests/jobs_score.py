"""What the tests of scoring let real processes do (see workers.py)."""

from odoo import fields

from odoo.addons.mail_workflow_automation.engine.score import Move
from tests.workers import meet

KEY = "ada@customer.example.com"


def arrange_rules(env, people):
    """Write a rule and let people do something that nobody has served yet."""
    env["mail.workflow.scoring.rule"].create(
        [
            {"points": points, "event": {"kind": "form_submitted"}, "repeat": "each"}
            for points in (5, 7)
        ]
    )
    contacts = env["res.partner"].create(
        [{"name": f"P {n}", "email": f"p{n % 10}@customer.example.com"} for n in range(people)]
    )
    for contact in contacts:
        env["mail.workflow.event"].emit("form_submitted", record=contact)


def add(env, points, folder, name, others):
    """Add points by hand, at the same time as others; done again when the database says so."""
    now = env["mail.workflow.event"]._fields["occurred_at"].now()
    model = env.ref("mail_workflow_automation.mail_workflow_score_model")
    dimension = env.ref("mail_workflow_automation.mail_workflow_score_dimension_fit")
    env.cr.execute("SELECT 1")  # both have their snapshot before the other commits
    meet(folder, name, others)

    def work():
        move = Move(KEY, model.id, dimension.id, points, now, reason="manual", note=name)
        return env["mail.workflow.score.keeper"]._apply([move], now)

    return env["mail.workflow.runner"]._retrying(work)


def arrange_profile(env, people):
    """Write a rule for so many contacts; return the ids of some of them, each with a cart."""
    contacts = env["res.partner"].create(
        [{"name": f"Lamp {n}", "email": f"lamp{n}@customer.example.com"} for n in range(people)]
    )
    product = env["product.product"].create({"name": "Desk lamp", "list_price": 40.0})
    some = contacts[:2].ids
    env["sale.order"].create(
        [
            {
                "partner_id": partner_id,
                "order_line": [fields.Command.create({"product_id": product.id})],
            }
            for partner_id in some
        ]
    )
    env["mail.workflow.scoring.rule"].create(
        {"basis": "profile", "points": 3, "domain": "[('name', 'like', 'Lamp ')]"}
    )
    return some


def _stand(env, folder, is_first, work):
    """Do a piece of work and keep its locks while the other does theirs; nobody may wait."""
    env.cr.execute("SET LOCAL lock_timeout = '20ms'")
    if not is_first:
        meet(folder, "second_begins", ["first_has_done"])
    work()
    env.flush_all()
    if is_first:
        meet(folder, "first_has_done", ["second_has_done"])
    else:
        env.cr.commit()
        meet(folder, "second_has_done", [])


def apply(env, folder, is_first, people):
    """Apply a rule to a batch of people."""
    now = env["mail.workflow.event"]._fields["occurred_at"].now()
    job = env["mail.workflow.score.job"]
    _stand(env, folder, is_first, lambda: job._look(now))


def sell(env, folder, is_first, people):
    """Write contacts and confirm the order of one of them, as a shop does."""
    contacts = env["res.partner"].browse(people)
    order = env["sale.order"].search(
        [("partner_id", "in", people), ("state", "=", "draft")], limit=1
    )

    def work():
        contacts.write({"phone": "+32 470 00 00 00", "street": "Rue 1"})
        order.action_confirm()

    _stand(env, folder, is_first, work)


def totals(env):
    """Return how many totals are not the sum of their ledger."""
    return env["mail.workflow.score"]._rebuild()
