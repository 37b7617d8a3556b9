import logging
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..engine.schedule import valid_zone
from ..engine.score import RULE, Memory, Move
from ..sql import unnested
from .mail_workflow_dispatcher import EVENT_COLUMNS
from .mail_workflow_event import ORIGIN
from .mail_workflow_listening import VISITOR_KNOWN
from .mail_workflow_person import Person
from .mail_workflow_visitor import CAME_BY

_logger = logging.getLogger(__name__)

# clocks of other systems are a little ahead; what claims to happen later is refused
AHEAD = timedelta(minutes=5)


class MailWorkflowScorer(models.AbstractModel):
    """Gives points for events: the third of those whom the dispatcher serves."""

    _name = "mail.workflow.scorer"
    _description = "Scorer of Workflow Events"

    @api.model
    def _serve(self, events, now, listening, machines):
        """Let scores follow people to new addresses, take back what a machine turned out to have
        done, and give the points of a batch of events.

        :param machines: ids of events whose verdict has changed
        """
        events = self.env["mail.workflow.score.entry"]._follow_addresses(events)
        self._take_back(machines, now)
        self.env["mail.workflow.score.change"]._serve(events, now)
        rules = listening["scoring"]
        if any(event["kind"] in rules or event["kind"] == VISITOR_KNOWN for event in events):
            self._score_safely(events, now, rules)

    @api.model
    def _score_safely(self, events, now, rules, passing=None):
        """Score events; after an error once more with each filter guarded, then by halves, so
        that it stays with its rule and its event."""
        dispatcher = self.env["mail.workflow.dispatcher"]
        try:
            with self.env.cr.savepoint():
                past = self._past_of_known(events, list(rules)) if passing is None else []
                self._score(past + events, now, rules, passing or dispatcher._passing)
                return
        except Exception as error:  # noqa: BLE001 one bad event must not keep the others (rule 13)
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            if passing and len(events) == 1:
                _logger.exception("Workflow event %s could not be scored", events[0]["id"])
                return
            if passing is None:
                events = self._past_of_known(events, list(rules)) + events
        half = len(events) // 2 if passing else 0
        for part in filter(None, (events[:half], events[half:])):
            self._score_safely(part, now, rules, dispatcher._passing_safely)

    @api.model
    def _past_of_known(self, events, kinds):
        """Return what visitors did before it was known who they are: served long ago, to nobody.

        What is scored already is found out when it is scored again.
        """
        known = [event for event in events if event["kind"] == VISITOR_KNOWN]
        visitors = {event["visitor_id"] for event in known}
        visitors |= {event["data"]["into"] for event in known if (event["data"] or {}).get("into")}
        if not visitors:
            return []
        self.env.cr.execute(
            SQL(
                """
                SELECT %s
                  FROM mail_workflow_event
                 WHERE visitor_id = ANY(%s) AND kind = ANY(%s) AND dispatched_at IS NOT NULL
                   AND (partner_id IS NOT NULL OR email_normalized IS NOT NULL)
                 ORDER BY occurred_at, id
                """,
                EVENT_COLUMNS,
                list(visitors),
                kinds,
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _score(self, events, now, rules, passing, *, silent=False):
        """Give the points of events; a constant number of queries, however many there are.

        :param dict rules: ``{kind: [rule]}``, see ``mail.workflow.scoring.rule._listeners``
        :returns: how many lines were written
        """
        events = self._scorable(self._with_addressees(events), now)
        heard = self._heard(events, rules, passing)
        if not heard:
            return 0
        memory = self._remembered(heard)
        moves = []
        for event, rule, subject in heard:
            key = Person(event["partner_id"], event["email_normalized"]).key
            zone = valid_zone(rule["zone"])
            points = memory.allowed(rule, key, event["id"], subject, event["occurred_at"], zone)
            if points:
                moves.append(self._move(event, rule, key, subject, points))
                memory.add(rule["id"], key, subject, event["occurred_at"], points)
                memory.add_event(rule["id"], event["id"])
        return self.env["mail.workflow.score.keeper"]._apply(moves, now, silent=silent)

    @api.model
    def _with_addressees(self, events):
        """Return the events, those of unknown visitors who came by a mail as if whom it was sent
        to had done it: mails are seldom forwarded, and a few points are no harm."""
        came_by = {
            event["id"]: event["data"][CAME_BY]
            for event in events
            if not event["email_normalized"]
            and not event["partner_id"]
            and (event["data"] or {}).get(CAME_BY)
        }
        if not came_by:
            return events
        self.env["mail.workflow.enrollment"].flush_model()
        self.env.cr.execute(
            "SELECT id, partner_id, email_normalized FROM mail_workflow_enrollment"
            " WHERE id = ANY(%s)",
            [list(set(came_by.values()))],
        )
        addressees = {
            run_id: {"partner_id": partner_id, "email_normalized": email}
            for run_id, partner_id, email in self.env.cr.fetchall()
        }
        return [{**event, **addressees.get(came_by.get(event["id"]), {})} for event in events]

    @api.model
    def _scorable(self, events, now):
        """Return the events that are somebody's, and have happened."""
        found = []
        for event in events:
            if not event["email_normalized"] and not event["partner_id"]:
                continue
            if event["occurred_at"] > now + AHEAD:
                _logger.warning(
                    "Workflow event %s gives no points: it says to be of %s, which is to come",
                    event["id"],
                    event["occurred_at"],
                )
                continue
            found.append(event)
        return found

    @api.model
    def _heard(self, events, rules, passing):
        """Return ``[(event, rule, subject)]`` in the order of the events, less the rules that
        a more special one replaces."""
        triggers = self.env["mail.workflow.trigger"]
        matching = {}
        for kind, of_kind in self.env["mail.workflow.dispatcher"]._by_kind(events).items():
            for rule in rules.get(kind, ()):
                for event in passing(of_kind, rule["spec"]):
                    if not rule["company_id"] or event["company_id"] in (None, rule["company_id"]):
                        matching.setdefault(event["id"], []).append(rule)
        heard = []
        for event in sorted(events, key=lambda event: (event["occurred_at"], event["id"])):
            found = matching.pop(event["id"], ())
            replaced = {rule["replaces_id"] for rule in found}
            subject = triggers._kind_model(event["kind"])._subject(event) if found else None
            heard += [(event, rule, subject) for rule in found if rule["id"] not in replaced]
        return heard

    @api.model
    def _remembered(self, heard):
        """Return what the rules have given these people so far, as far as it matters: two queries.

        Who is looked up here is written afterwards, and a second worker's write is refused: what
        is remembered is true.
        """
        memory = Memory()
        self.env["mail.workflow.score.entry"].flush_model()
        self.env.cr.execute(
            "SELECT rule_id, event_id FROM mail_workflow_score_entry WHERE event_id = ANY(%s)",
            [list({event["id"] for event, _rule, _subject in heard})],
        )
        for rule_id, event_id in self.env.cr.fetchall():
            memory.add_event(rule_id, event_id)
        wanted = {
            (Person(event["partner_id"], event["email_normalized"]).key, rule["id"])
            for event, rule, _subject in heard
            if rule["repeat"] != "each" or rule["cap"] or rule["day_cap"]
        }
        if wanted:
            self.env.cr.execute(
                SQL(
                    """
                    SELECT e.rule_id, e.person_key, e.subject, e.occurred_at, e.points
                      FROM mail_workflow_score_entry e
                      JOIN %s AS v (person_key, rule_id)
                        ON v.person_key = e.person_key AND v.rule_id = e.rule_id
                     WHERE e.reason = %s AND (e.once_key IS NOT NULL OR NOT e.is_void)
                    """,
                    unnested(sorted(wanted), "varchar", "int"),
                    RULE,
                )
            )
            for row in self.env.cr.fetchall():
                memory.add(*row)
        return memory

    @api.model
    def _move(self, event, rule, key, subject, points):
        occurred_at, days = event["occurred_at"], rule["expires_days"]
        return Move(
            key,
            rule["score_model_id"],
            rule["dimension_id"],
            points,
            occurred_at,
            rule_id=rule["id"],
            partner_id=event["partner_id"],
            company_id=event["company_id"] or rule["company_id"],
            event_id=event["id"],
            subject=subject,
            once_key=key if rule["repeat"] == "once" else None,
            expires_at=occurred_at + timedelta(days=days) if days else None,
            is_weak=rule["is_weak"],
            origin={name: value for name, value in (event["data"] or {}).items() if name in ORIGIN},
        )

    @api.model
    def _take_back(self, event_ids, now):
        """Take back the points of events that a machine did after all."""
        if not event_ids:
            return
        self.env.cr.execute(
            "SELECT id FROM mail_workflow_score_entry WHERE event_id = ANY(%s)", [list(event_ids)]
        )
        lines = [row[0] for row in self.env.cr.fetchall()]
        note = self.env._("a machine did it")
        self.env["mail.workflow.score.keeper"]._take_back(lines, now, note=note)
