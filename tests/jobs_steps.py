"""What the tests of steps let real processes do (see workers.py)."""

from tests.jobs import arrange

COUPON = {"key": "code", "kind": "coupon", "program": "Ten off", "most": 1, "period_days": 90}
WAIT = {"key": "later", "kind": "wait", "days": 1}


def arrange_coupons(env, people):
    """Bring the same people, in opposite orders, into two workflows that give a code each.

    :returns: ids of the two workflows
    """
    env["loyalty.program"].create(
        {
            "name": "Ten off",
            "program_type": "coupons",
            "applies_on": "current",
            "trigger": "with_code",
            "is_released_for_workflows": True,
            "reward_ids": [(0, 0, {"reward_type": "discount", "discount": 10})],
        }
    )
    contacts = env["res.partner"].create(
        [
            {"name": f"Twice {number}", "email": f"twice{number}@customer.example.com"}
            for number in range(people)
        ]
    )
    ids = [arrange(env, [COUPON, WAIT], name=name) for name in ("Forth", "Back")]
    user = env["res.users"].search([("login", "=", "marketer")])
    forth, back = env["mail.workflow"].with_user(user).browse(ids)
    forth.enroll(contacts.with_user(user))
    back.enroll(contacts.with_user(user)[::-1])
    return ids


def arrange_webhook(env, url, hosts, people=1):
    """Let an administrator start a workflow that calls another system, and carry it out.

    :returns: its id
    """
    env["ir.config_parameter"].set_param("mail_workflow_automation.webhook_hosts", hosts)
    admin = env.ref("base.user_admin")
    definition = {
        "format": 1,
        "name": "Tell them",
        "model": "res.partner",
        "triggers": [{"kind": "manual"}],
        "steps": [{"key": "tell", "kind": "webhook", "url": url}, WAIT],
    }
    workflow = env["mail.workflow"].with_user(admin).import_definition(definition)
    workflow.action_start()
    contacts = env["res.partner"].create(
        [{"name": f"Told {n}", "email": f"told{n}@customer.example.com"} for n in range(people)]
    )
    workflow.enroll(contacts.with_user(admin))
    env["mail.workflow.enrollment"]._cron_run()
    return workflow.id


def due_again(env):
    """Let the calls that are to be tried again be due now."""
    env["mail.workflow.webhook.call"].search([("state", "=", "queued")]).due_at = "2020-01-01"
