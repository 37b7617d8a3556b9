"""Run in Odoo's shell: the measurements. SIZE is put before this text.

The addon's way and the bare way do the same work on rows of their own, one after the other.
"""
# ruff: noqa: F821 - env and SIZE are given by who runs this text

import json
import time

BODY = (
    "<p>Hello <span data-mwa-block='contact_name'>you</span>, <a href='/shop'>our shop</a></p>" * 8
)


def report(figure, ours, bare, rows, than):
    """Print one figure: how many times as long as the bare way it takes."""
    print(
        json.dumps(
            {
                "figure": figure,
                "rows": rows,
                "seconds": round(ours, 3),
                "than": than,
                "seconds_bare": round(bare, 3),
                "ratio": round(ours / bare, 2),
            }
        ),
        flush=True,
    )


def timed(work):
    """Return the seconds a piece of work takes, committed."""
    started = time.perf_counter()
    work()
    env.cr.commit()
    return time.perf_counter() - started


def people(prefix):
    """Make SIZE contacts."""
    partners = env["res.partner"].create(
        [{"name": f"{prefix} {i}", "email": f"{prefix}{i}@b.example.com"} for i in range(SIZE)]
    )
    env.cr.commit()
    env.cr.execute("ANALYZE res_partner")
    return partners


def workflow(steps, **values):
    """Start a workflow on contacts."""
    definition = {
        "format": 1,
        "name": "Bench",
        "model": "res.partner",
        "triggers": [{"kind": "manual"}],
        "email_from": "shop@shop.example.com",
        "lateness_hours": 0,
        "steps": steps,
        **values,
    }
    made = env["mail.workflow"].import_definition(definition)
    made.action_start()
    env.cr.commit()
    return made


def enroll():
    """Enroll contacts, beside one INSERT ... SELECT of as many rows of the same table."""
    partners = people("enroll")
    made = workflow([{"kind": "wait", "days": 1}])
    ours = timed(lambda: made.enroll(partners))
    env.cr.execute(
        "SELECT array_agg(attname::text) FROM pg_attribute"
        " WHERE attrelid = 'mail_workflow_enrollment'::regclass AND attnum > 0"
        " AND NOT attisdropped AND attname NOT IN ('id', 'entry_key')"
    )
    columns = ", ".join(env.cr.fetchone()[0])
    copy = (
        f"INSERT INTO mail_workflow_enrollment (entry_key, {columns})"  # noqa: S608 own columns
        f" SELECT 'bare' || id, {columns} FROM mail_workflow_enrollment WHERE workflow_id = %s"
    )
    bare = timed(lambda: env.cr.execute(copy, [made.id]))
    env.cr.execute("DELETE FROM mail_workflow_enrollment WHERE entry_key LIKE 'bare%'")
    env.cr.commit()
    report("enroll contacts", ours, bare, SIZE, "raw INSERT ... SELECT of the same rows")


def run(made):
    """Let the runner carry out what is due."""
    env["mail.workflow.enrollment"]._cron_run()


def tag():
    """Tag contacts in a step, beside one batched write."""
    partners = people("tag")
    tags = env["res.partner.category"].create([{"name": "Bench A"}, {"name": "Bench B"}])
    made = workflow([{"kind": "tag", "add": ["Bench A"]}])
    made.enroll(partners)
    env.cr.commit()
    ours = timed(lambda: run(made))
    other = people("bare")

    def write():
        for start in range(0, SIZE, 200):
            other[start : start + 200].write({"category_id": [(4, tags[1].id)]})
            env.cr.commit()

    report("tag step", ours, timed(write), SIZE, "a batched write of the same tag")


def mail():
    """Make mails with traces, beside Odoo's own mailing of the same body."""
    size = max(SIZE // 5, 100)
    partners = people("mail")[:size]
    made = workflow([{"key": "m", "kind": "email", "subject": "Hello", "body_html": BODY}])
    made.enroll(partners)
    env.cr.commit()
    ours = timed(lambda: run(made))
    mailing = env["mailing.mailing"].create(
        {
            "subject": "Hello",
            "body_html": BODY,
            "mailing_model_id": env["ir.model"]._get_id("res.partner"),
            "email_from": "shop@shop.example.com",
        }
    )
    own = people("own")[:size]
    bare = timed(lambda: mailing._action_send_mail(res_ids=own.ids))
    report("make mails", ours, bare, size, "Odoo's own mailing")


for measure in (enroll, tag, mail):
    measure()
