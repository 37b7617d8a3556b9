"""What the tests of publishing let real processes do (see workers.py)."""

from tests.workers import meet


def publish(env, workflow_id, without, folder, name, others, choices=None):
    """Take steps out and publish, at the same time as others, as the server does a request.

    :returns: the number of the revision
    """
    from odoo.service.model import retrying  # noqa: PLC0415 (there in Odoo's processes only)

    user = env["res.users"].search([("login", "=", "marketer")])
    workflow = env["mail.workflow"].with_user(user).browse(workflow_id)
    flow = workflow.get_flow()
    steps = [step for step in flow["definition"]["steps"] if step["key"] not in without]
    flow = workflow.save_flow({**flow["definition"], "steps": steps}, flow["version"])
    env.cr.commit()  # one request saved, the next one publishes
    meet(folder, name, others)

    def request():
        return workflow.publish_draft(choices or {}, flow["version"])["revision"]["number"]

    return retrying(request, env)
