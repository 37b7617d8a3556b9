"""The glue addons come and go while people are in workflows that use their kinds: each is
uninstalled and installed again, in processes of its own; nobody is lost, nothing raises.

usage: python dev/glue_lifecycle.py
"""

import json

from dev import database_server, databases
from dev.paths import MissingError, one_line_errors, say
from dev.server import shell

NAME = "mwa_glue_lifecycle"
PEOPLE = 12
# runs stand at a wait, at a step of a glue addon, and at a wait for its events
ARRANGE = f"""
import json
env = env(user=env.ref("base.user_admin"))
Trigger, Step = env["mail.workflow.trigger"], env["mail.workflow.step"]
core = "mail_workflow_automation"
glue = [
    kind
    for kind in Trigger._fields["kind"].get_values(env)
    if Trigger._kind_model(kind)._original_module != core
]
events = [{{"kind": kind, "branch": kind}} for kind in glue]
branches = {{name: {{"steps": []}} for name in [*glue, "timeout"]}}
workflow = env["mail.workflow"].import_definition({{
    "format": 1, "name": "With everything", "model": "res.partner",
    "email_from": "shop@shop.example.com",
    "triggers": [{{"kind": "manual"}}, *({{"kind": kind}} for kind in glue)],
    "goal": {{"kind": glue[0], "filters": {{}}}},
    "exits": [{{"kind": glue[-1]}}],
    "steps": [
        {{"key": "day", "kind": "wait", "days": 1}},
        {{"key": "text", "kind": "sms", "text": "Hello"}},
        {{"key": "some", "kind": "wait", "days": 30, "events": events, "branches": branches}},
        {{"key": "last", "kind": "wait", "days": 5}},
    ],
}})
workflow.action_start()
people = env["res.partner"].create(
    [{{"name": f"P{{i}}", "email": f"p{{i}}@c.example.com"}} for i in range({PEOPLE})]
)
runs = workflow.enroll(people).sudo()
steps = {{step.key: step for step in workflow.step_ids}}
env["ir.config_parameter"].sudo().set_param(core + ".hold_sending", "1")
runs[4:8].write({{"step_id": steps["text"].id}})
runs[8:].write({{"step_id": steps["some"].id, "waiting_since": workflow.started_at}})
env.cr.commit()
print("ANSWER" + json.dumps(workflow.id))
"""
CHANGE = """
module = env["ir.module.module"].search([("name", "=", {addon!r})])
module.button_immediate_{verb}()
env.cr.commit()
"""
LOOK = """
import json
env = env(user=env.ref("base.user_admin"))
workflow = env["mail.workflow"].browse({workflow})
env["mail.workflow.event"]._cron_dispatch()
env["mail.workflow.enrollment"]._cron_run()
runs = env["mail.workflow.enrollment"].search([("workflow_id", "=", workflow.id)])
workflow.get_view(view_type="form")
print("ANSWER" + json.dumps({{
    "runs": len(runs),
    "lost": len(runs.filtered(
        lambda run: run.state == "failed" or (run.state == "active" and not run.step_id)
    )),
    "file": workflow.export_definition(),
    "outlines": len(workflow.step_ids.mapped("outline")),
    "problems": workflow.problems or "",
}}))
env.cr.commit()
"""


def main():
    """Go through all of them; stop at the first problem."""
    with one_line_errors():
        databases.fresh(NAME, addons=databases.glue_addons())
        workflow = _ask(ARRANGE)
        before = _look(workflow)
        for addon in databases.glue_addons():
            say(f"{addon}: out and in again")
            _ask(CHANGE.format(addon=addon, verb="uninstall"), answers=False)
            _look(workflow)
            _ask(CHANGE.format(addon=addon, verb="install"), answers=False)
            after = _look(workflow)
            if after["file"] != before["file"] or after["problems"]:
                raise MissingError(f"{addon}: the workflow is another one: {after}")
        database_server.drop(NAME)
    print(f"{len(databases.glue_addons())} glue addons out and in again: passed")


def _ask(code, answers=True):
    try:
        lines = shell(NAME, code).splitlines()
    except RuntimeError as error:
        raise MissingError(str(error).strip().splitlines()[-1]) from None
    found = [line.removeprefix("ANSWER") for line in lines if line.startswith("ANSWER")]
    return json.loads(found[-1]) if answers else None


def _look(workflow):
    """Let the engine pass; everybody is where people can be."""
    seen = _ask(LOOK.format(workflow=workflow))
    if seen["runs"] != PEOPLE or seen["lost"]:
        raise MissingError(f"of {PEOPLE} people: {seen}")
    return seen


if __name__ == "__main__":
    main()
