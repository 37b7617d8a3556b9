"""What the tests of steps with people let real processes do (see workers.py)."""

import os
import time
from unittest.mock import patch

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


def arrange_decision(env, name):
    """Ask two people one question; return the ids of their activities."""
    logins = [f"{name}_dave", f"{name}_dina"]
    salespeople(env, logins)
    ask = {**ASK, "users": logins, "branches": {"Yes": {}, "No": {}}}
    workflow_id = arrange(env, [ask], people=1, name=name, prefix=name)
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


def decide_halfway(env, name, others, folder, **values):
    """Press a button at the same moment as others, and stop where the own answer is written but
    the question of the others is not yet taken back: until they have come as far, or wait."""
    activities = type(env["mail.activity"])
    close_twins = activities._workflow_close_twins

    def halfway(self):
        self.env.flush_all()
        open(os.path.join(folder, f"{name}.written"), "w").close()
        until_others(self.env.cr, [os.path.join(folder, f"{other}.written") for other in others])
        return close_twins(self)

    with patch.object(activities, "_workflow_close_twins", halfway):
        return decide(env, name=name, others=others, folder=folder, **values)


def until_others(cr, files, limit=30):
    """Wait until the others have written their files, or one of them waits for this transaction."""
    blocks = (
        "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    deadline = time.monotonic() + limit
    while not all(map(os.path.exists, files)):
        cr.execute(blocks)
        if cr.rowcount:
            return
        if time.monotonic() > deadline:
            raise TimeoutError("nobody else came")
        time.sleep(0.005)
