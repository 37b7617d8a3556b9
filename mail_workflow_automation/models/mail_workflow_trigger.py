from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.schedule import next_look

# where the engine has got to: they move while the workflow runs, define nothing, and are the
# engine's alone
PLACES = {
    *("polled_at", "next_poll_at", "portion_after", "portion_until"),
    *("existing_after", "existing_until"),
}
NO_PORTION = {"portion_after": 0, "portion_until": False}


class MailWorkflowTrigger(models.Model):
    """One way into a workflow. Its kind adds its own columns (``triggers/<kind>.py``)."""

    _name = "mail.workflow.trigger"
    _description = "Workflow Trigger"
    _order = "id"

    workflow_id = fields.Many2one("mail.workflow", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="workflow_id.company_id", store=True, index=True)
    kind = fields.Selection([], required=True)
    filters = fields.Json(
        compute="_compute_filters",
        store=True,
        readonly=False,
        precompute=True,
        help="Which events of the kind count, see the kind.",
    )
    count = fields.Integer(
        default=0, help="How many such events within the days. 0 or 1: the first one."
    )
    within_days = fields.Integer(default=0)
    polled_at = fields.Datetime(
        copy=False, groups=fields.NO_ACCESS, help="Up to when a clock kind has looked."
    )
    next_poll_at = fields.Datetime(copy=False, groups=fields.NO_ACCESS)
    portion_after = fields.Integer(
        copy=False,
        groups=fields.NO_ACCESS,
        help="Up to which record a look in portions has come in.",
    )
    portion_until = fields.Datetime(
        copy=False, groups=fields.NO_ACCESS, help="Up to when a look in portions looks."
    )
    summary = fields.Char(compute="_compute_summary")

    @api.depends("kind")
    def _compute_filters(self):
        """What filters one kind says nothing of another."""
        for trigger in self:
            filters = trigger.filters
            if trigger.kind and isinstance(filters, dict) and not trigger._handler()._is_named:
                known = trigger._handler()._filter_fields
                filters = {key: value for key, value in filters.items() if key in known}
            if trigger.kind and not filters:
                filters = trigger._handler()._default_filters(trigger.workflow_id)
            trigger.filters = filters or None

    @api.depends(lambda self: self._summary_fields())
    def _compute_summary(self):
        for trigger in self:
            trigger.summary = trigger._handler()._summary(trigger) if trigger.kind else ""

    @api.constrains("filters")
    def _check_filters_shape(self):
        for trigger in self:
            if not isinstance(trigger.filters or {}, dict):
                raise ValidationError(
                    self.env._(
                        "Workflow “%s”: the filters of a trigger are names with values.",
                        trigger.workflow_id.name,
                    )
                )

    @api.model
    def _summary_fields(self):
        return [
            name
            for name, field in self._fields.items()
            if field.store and name not in {"id", *PLACES, *models.MAGIC_COLUMNS}
        ]

    @api.model_create_multi
    def create(self, vals_list):
        triggers = super().create(vals_list)
        triggers.workflow_id._edited()
        self.env["mail.workflow.listening"]._changed()
        return triggers

    def write(self, vals):
        result = super().write(vals)
        if not set(vals) <= PLACES:
            self.workflow_id._edited()
            self.env["mail.workflow.listening"]._changed()
        return result

    def unlink(self):
        workflows = self.workflow_id
        result = super().unlink()
        workflows._edited()
        self.env["mail.workflow.listening"]._changed()
        return result

    def _handler(self):
        """Return the kind of this trigger."""
        self.ensure_one()
        return self._kind_model(self.kind)

    @api.model
    def _kind_model(self, kind):
        """Return the kind of that name; a stand-in where its addon is not installed."""
        model = self.env.get(f"mail.workflow.trigger.{kind}")
        return self.env["mail.workflow.trigger.missing"] if model is None else model

    @api.model
    def _event_kind_selection(self):
        """Return the kinds that are events: goals, exits and waits can name them."""
        return [
            (kind, label)
            for kind, label in self._fields["kind"]._description_selection(self.env)
            if self._kind_model(kind)._is_event
        ]

    def _spec(self):
        """Return the trigger in the form of an event."""
        self.ensure_one()
        return {"kind": self.kind, "filters": self.filters or {}}

    def _start(self, now, *, include_existing=False):
        """Look only forward from ``now``; enroll who matches already where asked for."""
        self._forgive()
        self.sudo().write({"polled_at": now, "next_poll_at": now, **NO_PORTION})
        if include_existing:
            self._owe_existing()
        for trigger in self.sudo():
            if include_existing:
                trigger._serve_owed(now)
            trigger._handler()._started(trigger, now)

    def _resume(self, now):
        """Go on after a pause: what passed meanwhile is looked at now, or by the next poll."""
        self.sudo().write({"next_poll_at": now})
        for trigger in self.sudo():
            trigger._serve_owed(now)

    @api.model
    def _poll_due(self, now):
        """Let the clock kinds of running workflows look, each in its turn.

        By hand (not in a cron) they look at once. A trigger that another worker is looking at is
        left
        to it.
        :returns: how many runs were made
        """
        in_turn = self.env["mail.workflow.lane"]._in_turn()
        kinds = [k for k in self._installed_kinds() if not self._kind_model(k)._is_event]
        self.flush_model()
        self.env["mail.workflow"].flush_model(["state"])
        self.env.cr.execute(
            """
            SELECT t.id
              FROM mail_workflow_trigger t
              JOIN mail_workflow w ON w.id = t.workflow_id
             WHERE w.state = 'running' AND w.active AND t.kind = ANY(%s)
               AND (%s OR t.next_poll_at IS NULL OR t.next_poll_at <= %s)
             ORDER BY t.next_poll_at, t.id
               FOR NO KEY UPDATE OF t SKIP LOCKED
            """,
            [kinds, not in_turn, now],
        )
        made = 0
        for trigger in self.sudo().browse([row[0] for row in self.env.cr.fetchall()]):
            made += trigger._poll(now)
        return made

    def _poll(self, now):
        """Enroll what this clock kind finds; an error stays with its trigger."""
        self.ensure_one()
        handler = self._handler()
        if self.workflow_id._pause_without_rights():
            return 0
        before, since = self.polled_at, self.polled_at or now
        again = next_look(now, handler._poll_minutes)
        self.write({"polled_at": now, "next_poll_at": again})
        try:
            with self.env.cr.savepoint():
                return handler._poll(self, since, now)
        except Exception as error:  # noqa: BLE001 one bad domain must not stop the others
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            self.workflow_id._report_trouble(self, error)
            self.polled_at = before
            return 0

    def _look_again(self, now):
        """Let a clock kind that found more than one look may take go on with the next pass."""
        self.next_poll_at = now
        self.env["mail.workflow.lane"]._wake("runner")
