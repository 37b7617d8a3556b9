from odoo import api, models
from odoo.fields import Domain


class MailWorkflowTriggerKind(models.AbstractModel):
    """What every kind of trigger offers.

    A kind is one file: the ``selection_add`` and its columns on ``mail.workflow.trigger``, and the
    abstract model ``mail.workflow.trigger.<kind>`` that inherits this one. An event kind also
    holds the
    hook that notes the event.
    """

    _name = "mail.workflow.trigger.kind"
    _description = "Kind of Workflow Trigger"

    _is_event = True
    _icon = "fa-bolt"
    # file key -> column, for the generic export and import
    _trigger_fields = {}
    # filter key -> text that says what it takes; other keys are refused
    _filter_keys = {}
    # whether its events have a name of their own and filters on any of their data
    _is_named = False
    # models an event's record can be of; empty: any
    _record_models = ()
    # how long a clock kind rests between two looks
    _poll_minutes = 1
    # events that end the runs of this trigger whatever the workflow says
    _implicit_exits = ()

    @api.model
    def _check_config(self, trigger):
        """Return the problems of the trigger, a list of str."""
        return self._check_filters(trigger.filters or {}, trigger.workflow_id)

    @api.model
    def _check_rights(self, trigger, env):
        """Return what the user of ``env`` (``run_as_id``) may not do that the trigger does, a list
        of str."""
        return []

    @api.model
    def _domains(self, trigger):
        """Return the domains on the workflow's model that the trigger looks with, as stored."""
        return []

    @api.model
    def _check_filters(self, filters, workflow):
        """Return the problems of the filters of an event, a list of str."""
        return [
            self.env._(
                "unknown filter “%(key)s”, known: %(known)s",
                key=key,
                known=", ".join(self._filter_keys) or "-",
            )
            for key in filters
            if key not in self._filter_keys
        ]

    @api.model
    def _matches(self, filters, event):
        """Tell whether an event of this kind passes the filters.

        :param dict event: a row of ``mail_workflow_event``, ``data`` parsed
        """
        data = event["data"] or {}
        return all(data.get(key) == value for key, value in filters.items())

    @api.model
    def _existing(self, trigger, now):
        """Return the domain of the records that match already (for "existing too")."""
        return Domain.FALSE

    @api.model
    def _worth_entering(self, trigger, records):
        """Return those of a batch of existing records who may come in."""
        return records

    @api.model
    def _count_existing(self, trigger, now):
        """Return how many records match already."""
        records = trigger.workflow_id._records([])
        return records.search_count(self._existing(trigger, now))

    @api.model
    def _started(self, trigger, now):
        """Remember what is there at the start, so that only what comes later counts."""

    @api.model
    def _poll(self, trigger, since, until):
        """Enroll what came between the two moments (clock kinds).

        :returns: how many runs were made
        """
        return 0

    @api.model
    def _recheck(self, trigger, enrollments, now):
        """Check runs again right before a step.

        :returns: ``{enrollment id: reason to leave}``
        """
        return {}

    @api.model
    def _summary(self, trigger):
        label = dict(trigger._fields["kind"]._description_selection(self.env)).get(
            trigger.kind, trigger.kind
        )
        filters = ", ".join(f"{key}: {value}" for key, value in (trigger.filters or {}).items())
        return f"{label} ({filters})" if filters else label

    @api.model
    def _export(self, trigger):
        """Return the kind's own keys for the file."""
        definition = self.env["mail.workflow.definition"]
        return definition._export_columns(trigger, self._trigger_fields)

    @api.model
    def _import(self, values, workflow, path):
        """Return column values from the kind's own keys.

        :raises DefinitionError: naming the offending key
        """
        definition = self.env["mail.workflow.definition"]
        return definition._import_columns(
            "mail.workflow.trigger", self._trigger_fields, values, path, workflow
        )
