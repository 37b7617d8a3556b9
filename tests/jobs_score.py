"""What the tests of scoring let real processes do (see workers.py)."""

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


def totals(env):
    """Return how many totals are not the sum of their ledger."""
    return env["mail.workflow.score"]._rebuild()
