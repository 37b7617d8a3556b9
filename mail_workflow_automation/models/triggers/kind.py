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
    # under which heading it is offered, see ``_category_labels``
    _category = "other"
    # file key -> column, for the generic export and import
    _trigger_fields = {}
    # filter key -> column (``filter_field``) that shows it and says what it takes; other keys are
    # refused
    _filter_fields = {}
    # whether its events have a name of their own and filters on any of their data
    _is_named = False
    # whether visitors of the website do it, who may become known later
    _is_by_visitor = False
    # whether points can be given for it
    _scores = True
    # whether it says enough by itself to make somebody warm: an open does not (rule 31)
    _qualifies = True
    # whether it can be about an address that has no contact yet
    _brings_addresses = False
    # whether it is part of what a sale ends with: it foretells none, unless it was before
    _is_outcome = False
    # whether Odoo itself has always kept it, see ``_kept``
    _is_always_kept = False
    # models an event's record can be of; empty: any
    _record_models = ()
    # its addon is not installed
    _is_missing = False
    # how long a clock kind rests between two looks
    _poll_minutes = 1
    # events that end the runs of this trigger whatever the workflow says
    _implicit_exits = ()

    @api.model
    def _category_labels(self):
        """Return the headings under which kinds are offered, in their order: ``{category:
        label}``."""
        return {
            "website": self.env._("Website"),
            "mail": self.env._("Mail"),
            "sales": self.env._("Sales"),
            "lead": self.env._("Leads"),
            "contact": self.env._("Contacts"),
            "other": self.env._("Other"),
        }

    @api.model
    def _describe(self, trigger):
        """Return what a form shows of the kind, and asks for its filters.

        :param trigger: a trigger of the workflow, of this kind
        """
        return {
            "icon": self._icon,
            "category": self._category_labels()[self._category],
            "is_named": self._is_named,
            "defaults": {
                key: value
                for key, value in self._default_filters(trigger.workflow_id).items()
                if value
            },
            "filters": [self._describe_filter(key, trigger) for key in self._filter_fields],
        }

    @api.model
    def _describe_filter(self, key, trigger):
        """Return what a form needs to ask for a filter; ``only`` says with which values of other
        filters it is asked for: ``{filter: value}``."""
        filter_types = self.env["mail.workflow.filter"]
        return filter_types._describe(key, self._filter_fields[key], trigger)

    @api.model
    def _check_config(self, trigger):
        """Return the problems of the trigger, a list of str."""
        return self._check_filters(trigger.filters or {}, trigger.workflow_id)

    @api.model
    def _check_rights(self, trigger, env):
        """Return what the user of ``env`` (``run_as_id``) may not do that the trigger does, a list
        of str."""
        workflow = trigger.workflow_id
        makes_contacts = workflow.model_name == "res.partner" and workflow.create_contact
        if not (self._brings_addresses and makes_contacts):
            return []
        if env["res.partner"].has_access("create"):
            return []
        return [self.env._("%s may not create contacts for new addresses", env.user.name)]

    @api.model
    def _domains(self, trigger):
        """Return the domains on the workflow's model that the trigger looks with, as stored."""
        return []

    @api.model
    def _check_filters(self, filters, workflow):
        """Return the problems of the filters of an event, a list of str."""
        filter_types = self.env["mail.workflow.filter"]
        problems = []
        for key, value in filters.items():
            if key not in self._filter_fields:
                known = ", ".join(self._filter_fields) or "-"
                problem = self.env._(
                    "unknown filter “%(key)s”, known: %(known)s", key=key, known=known
                )
            else:
                problem = filter_types._problem(key, self._filter_fields[key], value)
            problems += [problem] if problem else []
        return problems

    @api.model
    def _default_filters(self, workflow):
        """Return the filters a trigger of this kind begins with."""
        return {}

    @api.model
    def _matches(self, filters, event):
        """Tell whether an event of this kind passes the filters: each is in its ``data`` under the
        same key, alone or among several; ``min_x`` is the least ``x``. Asks the database nothing.

        :param dict event: a row of ``mail_workflow_event``, ``data`` parsed
        """
        data = event["data"] or {}
        return all(self._passes(data, key, value) for key, value in filters.items())

    @api.model
    def _passes(self, data, key, value):
        if key.startswith("min_"):
            found = data.get(key.removeprefix("min_"))
            return isinstance(found, (int, float)) and found >= value
        found = data.get(key)
        return value in found if isinstance(found, list) else found == value

    @api.model
    def _subject(self, event):
        """Return what an event is about, by which its repetitions are told: a page, a message, a
        record; None for nothing but its person."""
        data = event["data"] or {}
        if self._is_by_visitor:
            return data.get("url")
        return f"{event['res_model']},{event['res_id']}" if event["res_id"] else None

    @api.model
    def _past_filters(self, data):
        """Return the filters by which somebody could ask for an event, a list of dicts; an empty
        one asks for any of the kind. The past is searched by them for what is worth points.

        :param dict data: of an event that passes without filters
        """
        found = [{}]
        for key in self._filter_fields:
            value = data.get(key)
            values = value if isinstance(value, list) else [value]
            found += [{key: one} for one in values if one]
        return found

    @api.model
    def _kept(self, companies):
        """Return the query for what Odoo itself keeps of such events, ``(person key, when,
        data)``; None for nothing.

        :param companies: ids
        """
        return None

    @api.model
    def _more_records(self, workflow, events):
        """Return ``{record id: [events]}`` of records of the workflow that events concern which
        name neither them nor, of contacts, their person."""
        return {}

    @api.model
    def _existing(self, trigger, now):
        """Return the domain of the records that match already (for "existing too")."""
        workflow = trigger.workflow_id
        contacts = self._existing_contacts() if workflow.model_name == "res.partner" else None
        return Domain.FALSE if contacts is None else workflow._audience() & contacts

    @api.model
    def _existing_contacts(self):
        """Return the domain of the contacts it is true of already, None where that is of nobody,
        or needs more than the kind to tell."""
        return None

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
        words = trigger.workflow_id._kind_in_words(trigger.kind)
        if self._is_event:
            words = trigger.workflow_id._event_in_words(trigger._spec())
        if trigger.count > 1:
            often = {"event": words, "count": trigger.count}
            if trigger.within_days:
                length = trigger.workflow_id._length_in_words(trigger.within_days)
                return self.env._(
                    "%(event)s, %(count)s times within %(length)s", length=length, **often
                )
            return self.env._("%(event)s, %(count)s times", **often)
        return words

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
