import json
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...engine import outcome
from ...engine.outside import RefusedError

_lt = LazyTranslate(__name__)

ADMINISTRATOR = "base.group_system"
OK, FAILED = "ok", "failed"
# who waits for an answer that does not come goes on after so long
LIMIT = timedelta(hours=24)


class MailWorkflowStep(models.Model):
    _inherit = "mail.workflow.step"

    kind = fields.Selection(selection_add=[("webhook", "Webhook")], ondelete={"webhook": "cascade"})
    webhook_url = fields.Char(string="Address", help="Its host must be on the list in Settings.")
    webhook_fields = fields.Char(
        string="Fields to Send",
        help="Technical names of fields of the record, with commas between them.",
    )
    webhook_wait = fields.Boolean(
        string="Wait for the answer",
        help="Go on by the branch “ok” or “failed”, once it is known. Otherwise at once.",
    )
    webhook_secret = fields.Char(
        string="Secret",
        compute="_compute_webhook_secret",
        store=True,
        copy=False,
        groups=ADMINISTRATOR,
        help="The receiver checks with it that a call comes from here.",
    )

    @api.depends("kind")
    def _compute_webhook_secret(self):
        for step in self:
            # a step keeps its kind; who makes it may not read the secret
            step.webhook_secret = secrets.token_urlsafe(32) if step.kind == "webhook" else False

    def action_renew_webhook_secret(self):
        """Make a new secret; the old one is worth nothing any more."""
        self.check_access("write")
        self.write({"webhook_secret": secrets.token_urlsafe(32)})
        return True


class MailWorkflowStepWebhook(models.AbstractModel):
    """Tells another system about the run: signed, after the commit, again until it answers.

    Data leaves the house: only an administrator lets it run, to hosts on a list in the settings.
    """

    _name = "mail.workflow.step.webhook"
    _inherit = "mail.workflow.step.kind"
    _description = "Workflow Step: Webhook"

    _step_order = 8
    _step_icon = "fa-plug"
    _step_help = _lt("Calls the address of another system, and can wait for its answer.")
    _step_category = "record"
    _publisher_group = ADMINISTRATOR
    _step_fields = {"url": "webhook_url", "fields": "webhook_fields", "wait": "webhook_wait"}

    @api.model
    def _file_keys(self):
        return {*self._step_fields, "branches"}

    @api.model
    def _outcomes(self, step):
        return (OK, FAILED) if step.webhook_wait else ()

    @api.model
    def _check_config(self, step):
        if not step.webhook_url:
            return [self.env._("say which address to call")]
        problems = []
        try:
            self.env["mail.workflow.webhook.call"]._allowed().check(step.webhook_url)
        except RefusedError as error:
            problems.append(self.env._("%s; see Settings, Workflows", error))
        model = self.env.get(step.workflow_id.model_name)
        for name in self._field_names(step):
            field = model._fields.get(name) if model is not None else None
            if field is None or field.type in ("binary", "one2many", "many2many"):
                problems.append(self.env._("“%s” is no field that can be sent", name))
        return problems

    @api.model
    def _check_rights(self, step, env):
        model = env.get(step.workflow_id.model_name)
        if model is None:
            return []
        return [
            self.env._("%(user)s may not read “%(field)s”", user=env.user.name, field=name)
            for name in self._field_names(step)
            if name in model._fields and not model._has_field_access(model._fields[name], "read")
        ]

    @api.model
    def _field_names(self, step):
        return [name.strip() for name in (step.webhook_fields or "").split(",") if name.strip()]

    @api.model
    def _decide(self, step, runs, now):
        if not step.webhook_wait:
            return {run.id: outcome.done(execution_state="queued") for run in runs}
        calls = self.env["mail.workflow.webhook.call"]._of_visits(step, runs)
        return {run.id: self._decide_waiting(run, calls.get(run.id), now) for run in runs}

    @api.model
    def _decide_waiting(self, run, call, now):
        since = run.waiting_since or now
        if call and call.state == "done":
            return outcome.done(OK, reason=call._in_words())
        if call and call.state in ("dead", "cancelled"):
            return outcome.done(FAILED, reason=call._in_words())
        if now >= since + LIMIT:
            return outcome.done(FAILED, reason=self.env._("no answer in time"))
        return outcome.wait(since + LIMIT)

    @api.model
    def _branch_after_wait(self, step):
        return FAILED

    @api.model
    def _perform(self, step, runs, outcomes, executions, now):
        if not step.webhook_wait:
            self._intend(step, runs, now)

    @api.model
    def _stand(self, step, runs, outcomes, now):
        self._intend(step, runs.filtered(lambda run: not run.waiting_since), now)

    @api.model
    def _let_go(self, step, runs, now):
        for call in self.env["mail.workflow.webhook.call"]._of_visits(step, runs).values():
            if call.state == "queued":
                call.state = "cancelled"

    @api.model
    def _intend(self, step, runs, now):
        workflow = step.workflow_id
        records = workflow._records(runs.mapped("res_id"))
        names = self._field_names(step)
        calls = self.env["mail.workflow.webhook.call"]
        bodies = {
            run: json.dumps(
                {
                    "key": calls._key(step, run),
                    "workflow": workflow.name,
                    "step": step.key,
                    "entered_at": fields.Datetime.to_string(run.entered_at),
                    "model": run.res_model,
                    "id": run.res_id,
                    "email": run.email_normalized or None,
                    "fields": {name: self._sent(record, name) for name in names},
                },
                default=str,
                ensure_ascii=False,
            )
            for run, record in zip(runs, records, strict=True)
        }
        calls._intend(step, bodies, now)

    @api.model
    def _sent(self, record, name):
        value = record[name]
        if isinstance(value, models.BaseModel):
            return {"id": value.id, "name": value.display_name} if value else None
        return None if value is False and record._fields[name].type != "boolean" else value

    @api.model
    def _asks(self, step):
        if not step.webhook_wait:
            return []
        answer = {"kind": "webhook_answered", "after": {"minutes": 1}}
        return [
            (answer, self.env._("The other system answers")),
            ({**answer, "result": "failed"}, self.env._("The other system fails")),
        ]

    @api.model
    def _summary(self, step):
        return step.webhook_url or ""
