"""What the processes of the chaos do: see tests/workers.py for how they are started."""

import itertools
import os
import random
import re
import signal
import smtplib
import time
from collections import Counter

import psycopg2

from dev.chaos import flow

LANES = {
    "mail": ("mail.mail", "_cron_send_workflow_mail"),
    "runner": ("mail.workflow.enrollment", "_cron_run"),
    "dispatcher": ("mail.workflow.event", "_cron_dispatch"),
}
CODE = re.compile(r"/r/(\w+)")
IDLE_SECONDS = 0.1
FAULTS = (psycopg2.ProgrammingError, psycopg2.DataError, psycopg2.IntegrityError)


# --- workers --------------------------------------------------------------------------------------


def work(env, lane, seconds, die_at=None):
    """Let a lane pass again and again, each time as a cron does: a fresh transaction.

    :param seconds: how long to go on
    :param die_at: the process kills itself before so many statements, commits or mails
    :returns: `{name of error: how often a pass ended by it}`
    """
    from odoo import SUPERUSER_ID, api  # noqa: PLC0415 (there in Odoo's processes only)

    if die_at is not None:
        _die_at(env.cr, die_at)
    registry, until, errors = env.registry, time.monotonic() + seconds, Counter()
    model, method = LANES[lane]
    while time.monotonic() < until:
        try:
            registry = registry.check_signaling()
            with registry.cursor() as cr:
                handled = getattr(api.Environment(cr, SUPERUSER_ID, {})[model], method)()
        except psycopg2.Error as error:
            # the database is away, or others were always faster: the cron's next turn comes
            errors[_name_of(error)] += 1
            handled = 0
        if not handled:
            time.sleep(IDLE_SECONDS)
    return errors


def _name_of(error):
    """Return the name of an error of the database; raise it where it is a fault of ours."""
    if isinstance(error, FAULTS):
        raise error
    return type(error).__name__


def _die_at(cr, moment):
    """Let this process kill itself at a moment: before a statement, around a mail, at a commit."""
    moments = itertools.count()

    def tick():
        if next(moments) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def ticking(original, after=False):
        def call(*args, **kwargs):
            tick()
            result = original(*args, **kwargs)
            if after:
                tick()
            return result

        return call

    kind = type(cr)
    kind.execute = ticking(kind.execute)
    kind.commit = ticking(kind.commit, after=True)
    smtplib.SMTP.data = ticking(smtplib.SMTP.data, after=True)


# --- people ---------------------------------------------------------------------------------------


def arrange(env, people, smtp_port):
    """Make two administrators, the workflow and its people; return their ids."""
    env["ir.mail_server"].search([]).unlink()
    env["ir.mail_server"].create(
        {"name": "Receiver", "smtp_host": "127.0.0.1", "smtp_port": smtp_port}
    )
    env["res.partner.category"].create({"name": "Chaos"})
    groups = ("base.group_user", "mail_workflow_automation.mail_workflow_group_user")
    admins = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            [
                {
                    "name": name,
                    "login": name,
                    "email": f"{name}@shop.example.com",
                    "group_ids": [(4, env.ref(group).id) for group in groups],
                }
                for name in ("ann", "bob")
            ]
        )
    )
    workflow = env["mail.workflow"].with_user(admins[0]).import_definition(flow.DEFINITION)
    workflow.action_start()
    contacts = env["res.partner"].create(
        [
            {
                "name": f"Person {number}",
                "email": f"person{number}@customer.example.com",
                "lang": "en_US",
                "city": flow.CITY if number % 3 == 0 else "Lille",
            }
            for number in range(people)
        ]
    )
    return {"workflow": workflow.id, "admins": admins.ids, "people": contacts.ids}


def enroll(env, workflow, admin, people):
    """Bring people in, as an administrator."""
    workflow = env["mail.workflow"].with_user(admin).browse(workflow)
    contacts = env["res.partner"].with_user(admin).browse(people)
    return _as_request(env, lambda: len(workflow.enroll(contacts)))


def click(env, message_ids):
    """Readers follow the link of their mail, as the route of the link does."""
    clicked = 0
    for trace in env["mailing.trace"].search([("message_id", "in", message_ids)]):
        code = CODE.search(trace.mass_mailing_id.body_html or "")
        code = code.group(1) if code else _code_of(env, trace)
        clicked += _as_request(env, lambda code=code, trace=trace: _click(env, code, trace))
    return clicked


def _code_of(env, trace):
    links = env["link.tracker"].search([("mass_mailing_id", "=", trace.mass_mailing_id.id)])
    return links.filtered(lambda link: flow.LINK in link.url)[:1].code


def _click(env, code, trace):
    clicks = env["link.tracker.click"].sudo()
    return bool(
        clicks.add_click(
            code, ip=f"10.0.0.{trace.id}", country_code="FR", mailing_trace_id=trace.id
        )
    )


# --- administrators -------------------------------------------------------------------------------


def edit(env, workflow, admin, seed):
    """Pause, change a text or a delay, resume: each as a click of its own in the browser.

    :returns: what was done
    """
    from odoo.exceptions import UserError  # noqa: PLC0415

    chance, done = random.Random(seed), []
    workflow = env["mail.workflow"].with_user(admin).browse(workflow)
    actions = [
        ("pause", workflow.action_pause),
        ("edit", lambda: _edit(workflow, chance)),
        ("resume", workflow.action_resume),
    ]
    for name, action in actions:
        try:
            _as_request(env, action)
            done.append(name)
        except UserError:
            # the other one was faster: it runs again, or is paused already
            env.cr.rollback()
        time.sleep(chance.uniform(0, 0.5))
    return done


def _edit(workflow, chance):
    key = chance.choice([*flow.MAILS, *flow.SHORTEST])
    step = workflow.step_ids.filtered(lambda one: one.key == key)
    if key in flow.SHORTEST:
        step.wait_count = chance.randint(flow.SHORTEST[key], flow.LONGEST[key])
    else:
        step.text_ids.write({"subject": f"{key} {chance.randint(1, 99)}"})


def resume(env, workflow, admin):
    """Let the workflow run if somebody left it paused."""
    workflow = env["mail.workflow"].with_user(admin).browse(workflow)
    if workflow.state == "paused":
        _as_request(env, workflow.action_resume)


def _as_request(env, action):
    """Do something as an HTTP request does: again when others were faster, then commit."""
    from odoo.service.model import retrying  # noqa: PLC0415

    return retrying(action, env)
