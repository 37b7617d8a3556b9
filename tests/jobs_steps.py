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
