from collections import defaultdict
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..engine.suggestion import Fact, by_level, mask
from .mail_workflow_score_past import LEADS

# what people did so long before they came says something, too
BEFORE = timedelta(days=90)


class Did(NamedTuple):
    """The key of a fact: an event with a filter, as a rule asks for it."""

    kind: str
    name: str | None
    filters: tuple

    @property
    def event(self):
        """The event of a rule."""
        event = {"kind": self.kind, "filters": dict(self.filters)}
        return {**event, "name": self.name} if self.name else event


class Was(NamedTuple):
    """The key of a fact: a value of a field of the contact or lead."""

    record_model: str
    path: str
    value: object

    @property
    def domain(self):
        return [(self.path, "=", self.value)]


# what a lead or contact is, by the path in a rule's domain: ``(model, path, column)``
LEAD_FIELDS = (
    ("crm.lead", "country_id", SQL("l.country_id")),
    ("crm.lead", "source_id", SQL("l.source_id")),
    ("crm.lead", "medium_id", SQL("l.medium_id")),
    ("crm.lead", "campaign_id", SQL("l.campaign_id")),
    ("crm.lead", "lang_id", SQL("l.lang_id")),
)
CONTACT_FIELDS = (
    ("res.partner", "country_id", SQL("p.country_id")),
    ("res.partner", "lang", SQL("p.lang")),
)
COMPANY_FIELDS = (
    ("res.partner", "commercial_partner_id.industry_id", SQL("company.industry_id")),
    ("res.partner", "commercial_partner_id.is_company", SQL("company.is_company")),
)


class Facts:
    """What is known of the people of a past, as it is found."""

    def __init__(self, past):
        self._past = past
        self._true = defaultdict(set)
        self._known = {}
        self._first = {}

    def did(self, places, key, at):
        """Some people did something; ``at`` is when one of them did it first."""
        self._true[key].update(places)
        self._first[key] = min(at, self._first.get(key, at))

    def was(self, place, path, value):
        """Somebody was something: known, whatever the value."""
        self._true[Was(*path, value)].add(place)
        self._known.setdefault(path, set()).add(place)

    def all(self, since):
        """Return ``[Fact]``: what is special before what is general, of which there may have been
        nothing else.

        :param dict since: ``{kind: since when it is noted}``; who came before is not known
        """
        order = sorted(self._true, key=lambda key: -len(key[2]) if self._is_did(key) else 0)
        return [Fact(key, self._known_of(key, since), mask(self._true[key])) for key in order]

    def levels(self):
        """Return the people by how much they did in all, as masks."""
        counts = [0] * len(self._past.cases)
        for key, places in self._true.items():
            if self._is_did(key):
                for place in places:
                    counts[place] += 1
        return by_level(counts)

    def _is_did(self, key):
        return isinstance(key, Did)

    def _known_of(self, key, since):
        if not self._is_did(key):
            return self._known_masks[key[:2]]
        first = since.get(key.kind, datetime.min)
        if key.filters:
            # a page that is new, or newly noted, says nothing of those who came before
            first = max(first, self._first[key].replace(day=1, hour=0, minute=0, second=0))
        return self._since_mask(first)

    @cached_property
    def _known_masks(self):
        return {path: mask(places) for path, places in self._known.items()}

    def _since_mask(self, first):
        # people are in the order in which they came
        cases = self._past.cases
        place = next((at for at, case in enumerate(cases) if case.start >= first), len(cases))
        return (1 << len(cases)) - (1 << place)


class MailWorkflowScoreFact(models.AbstractModel):
    """Finds what people of the past did and were, before they were won or lost.

    What a sale ends with (orders, invoices, stages, tasks) counts only from before they came. A
    field of a record has no date: it is compared among those of whom it is known, so that a
    country that is written down when an order is made says nothing by being there. Of tags it is
    not even known who could have had them: they count where their date was noted, as an event.
    """

    _name = "mail.workflow.score.fact"
    _description = "Facts of the Past"

    @api.model
    def _read(self, past, kind, score_model):
        """Return the ``Facts`` of a past and since when events are noted, ``{kind: datetime}``."""
        facts = Facts(past)
        if past.cases:
            self._read_events(facts, past, score_model)
            self._read_profiles(facts, past, kind)
        companies = self.env["mail.workflow.score.past"]._companies(score_model)
        since = self.env["mail.workflow.score.memory"]._since(self._kinds(), companies)
        return facts, since

    @api.model
    def _kinds(self):
        """Return the kinds of event that say something by themselves: an open does not."""
        kinds = self.env["mail.workflow.scoring.rule"]._selection_event_kind()
        kind_model = self.env["mail.workflow.trigger"]._kind_model
        return [kind for kind, _label in kinds if kind_model(kind)._qualifies]

    @api.model
    def _read_events(self, facts, past, score_model):
        triggers = self.env["mail.workflow.trigger"]
        handlers = {kind: triggers._kind_model(kind) for kind in self._kinds()}
        events = self.env["mail.workflow.score.memory"]._events(past, list(handlers), score_model)
        self.env.cr.execute(
            SQL(
                """
                SELECT e.kind, e.data, array_agg(e.place), min(e.occurred_at)
                  FROM (%(events)s) e
                 WHERE e.occurred_at >= e.start - %(before)s
                 GROUP BY 1, 2
                """,
                events=events,
                before=BEFORE,
            )
        )
        # many do the same: what can be asked about it is found out once
        for kind, data, places, at in self.env.cr.fetchall():
            for name, filters in self._asked(handlers[kind], data or {}):
                facts.did(places, Did(kind, name, tuple(sorted(filters.items()))), at)

    @api.model
    def _asked(self, handler, data):
        """Return the names and filters by which a rule could ask for an event."""
        if not handler._matches({}, {"data": data}):
            return []
        if handler._is_named:
            return [(data["name"], {})] if data.get("name") else []
        return [(None, filters) for filters in handler._past_filters(data)]

    @api.model
    def _read_profiles(self, facts, past, kind):
        fields_read = (LEAD_FIELDS if kind == LEADS else CONTACT_FIELDS) + COMPANY_FIELDS
        partners = self.env["res.partner"].with_context(active_test=False)._search([])
        self.env.cr.execute(
            SQL(
                """
                %(people)s
                SELECT c.place, %(columns)s
                  FROM c
                  LEFT JOIN crm_lead l ON l.id = c.lead_id
                  LEFT JOIN res_partner p
                         ON p.id = c.partner_id AND p.create_date <= c.until
                        AND p.id IN %(partners)s
                  LEFT JOIN res_partner company ON company.id = p.commercial_partner_id
                """,
                columns=SQL(", ").join(column for _model, _path, column in fields_read),
                people=self.env["mail.workflow.score.past"]._people(past),
                partners=partners.subselect(),
            )
        )
        for place, *values in self.env.cr.fetchall():
            for (model, path, _column), value in zip(fields_read, values, strict=True):
                if value is not None:
                    facts.was(place, (model, path), value)
