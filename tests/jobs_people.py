"""What the tests of steps with people let real processes do (see workers.py)."""

from odoo.exceptions import UserError

from tests.jobs import arrange
from tests.workers import meet

ASK = {"key": "ask", "kind": "decision", "summary": "Grant it?", "assignee": "anyone"}


def salespeople(env, names):
    """Create salespeople without any right on workflows."""
    groups = ("base.group_user", "sales_team.group_sale_salesman", "base.group_partner_manager")
    env["res.users"].create(
        [
            {
                "name": name.title(),
                "login": name,
                "group_ids": [(4, env.ref(group).id) for group in groups],
            }
            for name in names
        ]
    )


def arrange_tasks(env, people):
    """Bring people into a workflow that gives a team tasks; return its id."""
    salespeople(env, ["tina", "tom"])
    members = env["res.users"].search([("login", "in", ("tina", "tom"))])
    env["crm.team"].create({"name": "Callers", "member_ids": [(6, 0, members.ids)]})
    task = {"key": "call", "kind": "task", "summary": "Call", "wait_for": "all"}
    steps = [{**task, "assignee": "team", "team": "Callers"}]
    return arrange(env, steps, people=people, name="Calls", prefix="called")


def arrange_decision(env):
    """Ask two people one question; return the ids of their activities."""
    salespeople(env, ["dave", "dina"])
    ask = {**ASK, "users": ["dave", "dina"], "branches": {"Yes": {}, "No": {}}}
    workflow_id = arrange(env, [ask], people=1, name="Ask", prefix="asked")
    env["mail.workflow.enrollment"]._cron_run()
    step = env["mail.workflow"].browse(workflow_id).step_ids
    return env["mail.activity"].search([("workflow_step_id", "=", step.id)], order="id").ids


def decide(env, activity_id, outcome, folder, name, others):
    """Press a button at the same moment as others; return what the person is told."""
    activity = env["mail.activity"].sudo().browse(activity_id)
    theirs = activity.with_user(activity.user_id).sudo(False)
    meet(folder, name, others)
    try:
        theirs.action_workflow_decide(outcome)
    except UserError as error:
        return str(error)
    return "decided"
