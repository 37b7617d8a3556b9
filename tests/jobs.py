"""What the tests let real processes do (see workers.py): arrange as a person, then pass."""

import itertools
import os
import signal
import smtplib
import time

from tests.workers import meet

SENDER = "Shop <shop@shop.example.com>"


def arrange(env, steps, people=0, smtp_port=None, name="Workers", prefix="person", **values):
    """Start a workflow as a Workflow user and bring people in; return its id."""
    if smtp_port:
        env["ir.mail_server"].search([]).unlink()
        env["ir.mail_server"].create(
            {"name": "Receiver", "smtp_host": "127.0.0.1", "smtp_port": smtp_port}
        )
    user = env["res.users"].search([("login", "=", "marketer")])
    if not user:
        group = env.ref("mail_workflow_automation.mail_workflow_group_user")
        user = env["res.users"].create(
            {
                "name": "Marketer",
                "login": "marketer",
                "email": "marketer@shop.example.com",
                "group_ids": [(4, env.ref("base.group_user").id), (4, group.id)],
            }
        )
    definition = {
        "format": 1,
        "name": name,
        "model": "res.partner",
        "triggers": [{"kind": "manual"}],
        "email_from": SENDER,
        "steps": steps,
        **values,
    }
    workflow = env["mail.workflow"].with_user(user).import_definition(definition)
    workflow.action_start()
    enroll(env, workflow.id, people, prefix)
    return workflow.id


def enroll(env, workflow_id, people, prefix="person"):
    """Bring new contacts in, as a Workflow user."""
    user = env["res.users"].search([("login", "=", "marketer")])
    contacts = env["res.partner"].create(
        [
            {
                "name": f"{prefix} {number}",
                "email": f"{prefix}{number}@customer.example.com",
                "lang": "en_US",
            }
            for number in range(people)
        ]
    )
    workflow = env["mail.workflow"].with_user(user).browse(workflow_id)
    return len(workflow.enroll(contacts.with_user(user)))


def pass_of(env, lane, folder=None, name=None, others=(), lock_timeout=None):
    """Let a lane pass once, at the same time as others; return how many rows it handled."""
    if folder:
        meet(folder, name, others)
    if lock_timeout:
        env.cr.execute("SET lock_timeout = %s", [lock_timeout])
    return _pass(env, lane)


def _pass(env, lane):
    if lane == "mail":
        return env["mail.mail"]._cron_send_workflow_mail()
    if lane == "webhook":
        return env["mail.workflow.webhook.call"]._cron_call()
    if lane == "runner":
        return env["mail.workflow.enrollment"]._cron_run()
    return env["mail.workflow.event"]._cron_dispatch()


def killed_pass(env, lane, at, of=""):
    """Let a lane pass; this process kills itself before the given statement or commit.

    :param of: count only statements with this text (and no commits)
    :returns: how many there were, when it lived on
    """
    moments = _kill_at(env.cr, at, of)
    _pass(env, lane)
    return next(moments)


def _kill_at(cr, at, of=""):
    moments = itertools.count()

    def counted(original):
        def call(self, *args, **kwargs):
            counts = not of or (args and of in getattr(args[0], "code", args[0]))
            if counts and next(moments) == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(self, *args, **kwargs)

        return call

    kind = type(cr)
    kind.execute = counted(kind.execute)
    kind.commit = counted(kind.commit)
    return moments


def hold_claim(env, folder):
    """Claim due runs, say so, and keep them until the test says so."""
    ids = env["mail.workflow.runner"]._claim(_now())
    meet(folder, "claimed", ["release"])
    env.cr.rollback()
    return len(ids)


def _now():
    from odoo import fields  # noqa: PLC0415 (there in Odoo's processes only)

    return fields.Datetime.now()


def in_cron(env, lane):
    """Run the cron of a lane as the scheduler does.

    :returns: seconds it took, what it reported as done and remaining, requests for its next turn
    """
    cron = env.ref(f"mail_workflow_automation.ir_cron_mail_workflow_{lane}")
    cron._trigger()
    env.cr.commit()
    started = time.monotonic()
    answer = cron.method_direct_trigger()
    seconds = time.monotonic() - started
    env.cr.commit()
    progress = env["ir.cron.progress"].search([("cron_id", "=", cron.id)], order="id desc")
    requests = env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
    return {
        "ok": answer is True,
        "seconds": seconds,
        "done": progress[:1].done,
        "remaining": progress[:1].remaining,
        "rounds": len(progress),
        "requests": requests,
    }


def odoo_queue(env):
    """Let Odoo's own mail queue pass."""
    env["mail.mail"].process_email_queue()


def act(env, model, ids, method, **values):
    """Press a button, as a Workflow user."""
    user = env["res.users"].search([("login", "=", "marketer")])
    return bool(getattr(env[model].with_user(user).browse(ids), method)(**values))


def write(env, model, ids, values):
    """Write records."""
    env[model].browse(ids).write(values)


def blacklist(env, email):
    """Somebody asks for no more mail."""
    env["mail.blacklist"]._add(email)


def create(env, model, values):
    """Create a record; return its id."""
    return env[model].create(values).id


def delete(env, model, ids):
    """Delete records."""
    env[model].browse(ids).unlink()


def set_parameter(env, key, value):
    """Change a setting."""
    env["ir.config_parameter"].set_param(key, value)


def conflict_after_acceptance(env):
    """Let the mail lane pass while somebody else changes the trace of the mail that is accepted."""
    from psycopg2 import errors  # noqa: PLC0415

    kind = type(env["ir.mail_server"])
    original, conflicts = kind.send_email, []

    def send_email(self, *args, **kwargs):
        result = original(self, *args, **kwargs)
        if not conflicts:
            conflicts.append(1)
            raise errors.SerializationFailure("somebody changed it")
        return result

    kind.send_email = send_email
    return _pass(env, "mail")


def lose_database(env, after):
    """Let the mail lane pass; the database goes away as soon as so many mails are accepted.

    Connections are ended and refused until somebody allows them again.
    """
    import psycopg2  # noqa: PLC0415
    from psycopg2 import sql  # noqa: PLC0415

    database, original, accepted = env.cr.dbname, smtplib.SMTP.data, itertools.count(1)

    def data(self, *args):
        answer = original(self, *args)
        if next(accepted) == after:
            other = psycopg2.connect(dbname="postgres")
            other.autocommit = True
            with other.cursor() as cursor:
                name = sql.Identifier(database)
                query = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false")
                cursor.execute(query.format(name))
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    [database],
                )
            other.close()
        return answer

    smtplib.SMTP.data = data
    _pass(env, "mail")


def wake(env, lane, times=1):
    """Ask for a pass, as often in one transaction."""
    for _time in range(times):
        env["mail.workflow.lane"]._wake(lane)


def begin_pass(env, folder, lane):
    """Begin a pass as the scheduler does, and end it when the test says so."""
    cron = env.ref(f"mail_workflow_automation.ir_cron_mail_workflow_{lane}")
    job = cron._acquire_one_job(env.cr, cron.id, include_not_ready=True)
    cron._clear_schedule(job)
    meet(folder, "begun", ["end"])


def enroll_again(env, workflow_id, folder, name, others):
    """Bring all contacts of a workflow's test in, at the same time as others; as a request of a
    Workflow user, which Odoo does again where the database asks for it."""
    from odoo.service.model import retrying  # noqa: PLC0415

    user = env["res.users"].search([("login", "=", "marketer")])
    contacts = env["res.partner"].search([("email", "like", "together%")]).with_user(user)
    workflow = env["mail.workflow"].with_user(user).browse(workflow_id)
    env.cr.commit()
    meet(folder, name, others)
    return retrying(lambda: len(workflow.enroll(contacts)), env)


def emit_for_all(env, names):
    """Note a custom event of each name for each contact of a test."""
    for contact in env["res.partner"].search([("email", "like", "together%")]):
        for name in names:
            env["mail.workflow.event"].emit("custom", partner=contact, data={"name": name})


def transactions_of_pass(env, lane):
    """Let a lane pass; return of each of its transactions which statements claim rows."""
    kind, found = type(env.cr), [[]]
    execute, commit = kind.execute, kind.commit

    def noted(self, query, *args, **kwargs):
        if self is env.cr:
            found[-1].append("SKIP LOCKED" in str(getattr(query, "code", query)))
        return execute(self, query, *args, **kwargs)

    def ended(self):
        commit(self)
        if self is env.cr:
            found.append([])

    kind.execute, kind.commit = noted, ended
    _pass(env, lane)
    return [statements for statements in found if any(statements)]


def set_lanes(env, **counts):
    """Save in the settings how many crons lanes have."""
    values = {f"mail_workflow_{lane}_lanes": count for lane, count in counts.items()}
    env["res.config.settings"].create(values).execute()


def trigger(env, cron):
    """Ask for a pass of one cron."""
    env.ref(f"mail_workflow_automation.ir_cron_mail_workflow_{cron}")._trigger()


def trigger_id(env, cron_id):
    """Ask for a job."""
    env["ir.cron"].browse(cron_id)._trigger()


def scheduler(env, cron=None):
    """Let a cron worker carry out what is ready (only that cron), and end."""
    if not cron:
        env["ir.cron"]._process_jobs(env.cr.dbname)
        return
    job = env.ref(f"mail_workflow_automation.ir_cron_mail_workflow_{cron}")
    env["ir.cron"]._process_jobs_loop(env.cr, job_ids=job.ids)


def hold_turn(env, folder, then=None):
    """Take a turn of this server, say so, and keep it until the test says so.

    :param then: `die`: this process kills itself with the turn in its hands
    """
    taken = env["mail.workflow.lane"]._take_turn()
    meet(folder, "taken", ["end"])
    if then == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return taken


def own_job(env, name):
    """Add a job like Odoo's own that makes a contact, and ask for it."""
    cron = env["ir.cron"].create(
        {
            "name": name,
            "model_id": env["ir.model"]._get_id("res.partner"),
            "state": "code",
            "code": f"model.create({{'name': {name!r}}})",
            "interval_number": 1,
            "interval_type": "months",
            "nextcall": "2099-01-01",
        }
    )
    cron._trigger()
    return cron.id


def passes_of_an_impatient_lane(env, count):
    """Let the mail lane pass several times in one process; a server may take a second, not
    Odoo's minute."""
    from odoo.addons.base.models import ir_mail_server  # noqa: PLC0415

    from odoo.addons.mail_workflow_automation.engine import post  # noqa: PLC0415

    ir_mail_server.SMTP_TIMEOUT = 1
    post.PATIENCE_SECONDS = 0.5
    return [_pass(env, "mail") for _turn in range(count)]


def start_with_existing(env, people):
    """Start a workflow with so many people who are there already; return its id."""
    workflow_id = arrange(
        env,
        steps=[{"key": "later", "kind": "wait", "days": 1}],
        triggers=[{"kind": "contact_created"}],
        audience=[["email", "like", "there%@customer.example.com"]],
    )
    workflow = env["mail.workflow"].browse(workflow_id)
    workflow.action_stop()
    env["res.partner"].create(
        [
            {"name": f"There {number}", "email": f"there{number}@customer.example.com"}
            for number in range(people)
        ]
    )
    user = env["res.users"].search([("login", "=", "marketer")])
    workflow.with_user(user).action_start(include_existing=True)
    return workflow_id


def main_connection_lost(env, after):
    """Let the mail lane pass; the connection that holds its claim dies after so many mails."""
    env.cr.execute("SELECT pg_backend_pid()")
    (pid,) = env.cr.fetchone()
    kind = type(env["ir.mail_server"])
    original, sent = kind.send_email, []

    def send_email(self, *args, **kwargs):
        result = original(self, *args, **kwargs)
        sent.append(1)
        if len(sent) == after:
            with env.registry.cursor() as cr:
                cr.execute("SELECT pg_terminate_backend(%s)", [pid])
        return result

    kind.send_email = send_email
    return _pass(env, "mail")


def failing_hook(env, recipient):
    """Let the mail lane pass while an addon fails over one mail that has gone out."""
    kind = type(env["mail.mail"])
    original = kind._postprocess_sent_message

    def hook(self, *args, **kwargs):
        if any(recipient in mail.email_to for mail in self):
            raise ValueError("an addon's trouble")
        return original(self, *args, **kwargs)

    kind._postprocess_sent_message = hook
    return _pass(env, "mail")


def slow_server(env, seconds):
    """Let the mail lane pass; each mail takes so long."""
    kind = type(env["ir.mail_server"])
    original = kind.send_email

    def send_email(self, *args, **kwargs):
        time.sleep(seconds)
        return original(self, *args, **kwargs)

    kind.send_email = send_email
    return _pass(env, "mail")


def set_parameters(env, **values):
    """Write settings of the addon."""
    for key, value in values.items():
        env["ir.config_parameter"].set_param(f"mail_workflow_automation.{key}", str(value))


def send_test(env, workflow_id, **values):
    """Send the mails of a workflow to its marketer as tests, and let Odoo's queue pass."""
    user = env["res.users"].search([("login", "=", "marketer")])
    workflow = env["mail.workflow"].with_user(user).browse(workflow_id)
    count = workflow.send_test(values)
    env["mail.mail"].process_email_queue()
    return count
