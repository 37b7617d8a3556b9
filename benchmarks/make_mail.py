"""Make the mails of a designed mailing with their traces, beside Odoo's own mailing.

The same body, made by the same user for as many contacts; nothing is sent.
"""

from benchmarks import designed, world
from benchmarks.figure import compared, in_turns

WARM = 20
ODOO_AT_MOST = 150  # mails in a round of Odoo's mailing, which is slow


def measure(bench):
    """Each round makes mails for people of its own."""
    size = bench.size(600)
    for ending, body in designed.bodies().items():
        pairs = bench.shop.run(_rounds, size=size, rounds=bench.rounds, body=body)
        yield compared(
            f"make_mail{ending}",
            pairs,
            rows=(size, min(size, ODOO_AT_MOST)),
            than="Odoo's own mailing of the same body, by the same user",
            at_least=2,
            body_lines=body.count("\n") + 1,
            body_links=body.count("href="),
        )


def _rounds(env, size, rounds, body):
    first = world.contacts(env, 2 * (size * rounds + WARM), "reader")
    step = {"key": "m", "kind": "email", "subject": "Ideas", "body_html": body}
    made = world.workflow(env, [step], "Make mail")
    world.runs(env, made, first, range(size * rounds + WARM), "reader")
    mailing = odoo_mailing(made.env, body)
    odoo_size = min(size, ODOO_AT_MOST)
    others = range(first + size * rounds + WARM, first + 2 * (size * rounds + WARM))

    def ours(number, count=size):
        world.make_due(env, made, count)
        return world.timed(env, env["mail.workflow.enrollment"]._cron_run)

    def bare(number, count=odoo_size):
        start = WARM + odoo_size * number if number >= 0 else 0
        ids = list(others[start : start + count])
        return world.timed(env, lambda: mailing._action_send_mail(res_ids=ids))

    ours(-1, WARM)
    bare(-1, WARM)
    pairs = in_turns(rounds, ours, bare)
    _check(env, size * rounds + WARM, odoo_size * rounds + WARM, mailing)
    world.clear(env)
    return pairs


def odoo_mailing(env, body):
    """Return a mailing of the user of the environment.

    Its mails are queued however few they are; Odoo sends up to 100 at once otherwise.
    """
    env["ir.config_parameter"].sudo().set_param("mail.mail.force.send.limit", "0")
    return env["mailing.mailing"].create(
        {
            "subject": "Ideas",
            "body_html": body,
            "mailing_model_id": env["ir.model"]._get_id("res.partner"),
            "email_from": "Shop <shop@shop.example.com>",
        }
    )


def _check(env, wanted, wanted_bare, mailing):
    """Make sure that both ways made what they were asked for."""
    queued = [("state", "=", "outgoing")]
    ours = env["mail.mail"].search_count([*queued, ("workflow_id", "!=", False)])
    bare = env["mail.mail"].search_count([*queued, ("mailing_id", "=", mailing.id)])
    traces = env["mailing.trace"].search_count([("mass_mailing_id", "=", mailing.id)])
    assert (ours, bare, traces) == (wanted, wanted_bare, wanted_bare), (ours, bare, traces)
