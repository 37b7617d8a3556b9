from collections import defaultdict
from datetime import timedelta

from odoo import api, models

from .mail_workflow_event import SILENT
from .mail_workflow_visitor import ANONYMOUS


class MailWorkflowIntake(models.AbstractModel):
    """Brings in whom an event concerns, by the triggers that listen to it."""

    _name = "mail.workflow.intake"
    _description = "Intake of Workflows"

    @api.model
    def _serve(self, events, now, listening):
        """Enroll what events bring in, an error stays with its trigger; note what triggers of
        paused workflows miss. What is marked as silent brings in nobody."""
        silent = {ANONYMOUS, SILENT}
        events = [event for event in events if not silent & (event["data"] or {}).keys()]
        missed = self.env["mail.workflow.missed"]
        for kind, of_kind in self.env["mail.workflow.dispatcher"]._by_kind(events).items():
            missed._note(listening["paused"].get(kind, ()), of_kind)
        heard = self._heard(events, listening["triggers"])
        for trigger in self.env["mail.workflow.trigger"].sudo().browse(list(heard)):
            self._serve_safely(trigger, heard[trigger.id], now)

    @api.model
    def _heard(self, events, listening):
        """Return ``{trigger id: [events]}``: whom each event passes to.

        Where a filter fails, these are all events of the kinds: which one is to blame shows when
        they are served.
        """
        dispatcher = self.env["mail.workflow.dispatcher"]
        try:
            with self.env.cr.savepoint():
                return self._sort_out(events, listening, dispatcher._passing)
        except Exception as error:  # noqa: BLE001 one bad filter must not keep the others' events
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
        return self._sort_out(events, listening, lambda of_kind, _spec: of_kind)

    @api.model
    def _sort_out(self, events, listening, passing):
        found = {}
        for kind, of_kind in self.env["mail.workflow.dispatcher"]._by_kind(events).items():
            for trigger_id, spec in listening.get(kind, ()):
                passed = passing(of_kind, spec)
                if passed:
                    found[trigger_id] = passed
        return found

    @api.model
    def _serve_safely(self, trigger, events, now):
        """Serve events to a trigger; after an error by halves, so that it stays with its event."""
        try:
            with self.env.cr.savepoint():
                self._serve_trigger(trigger, events, now)
        except Exception as error:  # noqa: BLE001 one bad trigger must not keep the others' events
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            if len(events) < 2:
                trigger.workflow_id._report_trouble(trigger, error)
                return
            half = len(events) // 2
            self._serve_safely(trigger, events[:half], now)
            self._serve_safely(trigger, events[half:], now)

    @api.model
    def _serve_trigger(self, trigger, events, now):
        workflow = trigger.workflow_id
        if workflow._pause_without_rights():
            self.env["mail.workflow.missed"]._note(trigger.ids, events)
            return
        events = [
            event
            for event in self.env["mail.workflow.dispatcher"]._passing(events, trigger._spec())
            if event["occurred_at"] >= workflow.started_at
            and (event["data"] or {}).get("origin_workflow_id") != workflow.id
            and self._same_shop(event, workflow)
        ]
        events = self._often_enough(trigger, events)
        ended = self._ended_since(workflow, events)
        events = [event for event in events if event["id"] not in ended]
        by_record = self._records_of(workflow, events)
        by_record = by_record or trigger._handler()._more_records(workflow, events)
        # of several events of one record in a batch each may bring in a run of its own
        while by_record:
            first = {record_id: queue.pop(0) for record_id, queue in by_record.items()}
            due = {record_id: min(event["occurred_at"], now) for record_id, event in first.items()}
            self.env["mail.workflow.enroller"]._enroll_records(
                workflow,
                workflow._records(list(first)),
                now=now,
                trigger=trigger,
                events=first,
                due=due,
            )
            by_record = {record_id: queue for record_id, queue in by_record.items() if queue}

    @api.model
    def _same_shop(self, event, workflow):
        if event["company_id"] and event["company_id"] != workflow.company_id.id:
            return False
        return not (
            workflow.website_id
            and event["website_id"]
            and event["website_id"] != workflow.website_id.id
        )

    @api.model
    def _often_enough(self, trigger, events):
        """Return the events by which the trigger's count within its days is reached."""
        if trigger.count <= 1 or not events:
            return events
        window = timedelta(days=trigger.within_days or 36500)
        since = min(event["occurred_at"] for event in events) - window
        found = self.env["mail.workflow.lookup"]._events(events, trigger._spec(), since)
        return [
            event
            for event in events
            if trigger.count
            <= sum(
                event["occurred_at"] - window <= one["occurred_at"] <= event["occurred_at"]
                and self._same_subject(one, event)
                for one in found
            )
        ]

    @api.model
    def _same_subject(self, one, other):
        """Tell whether two events are about one record or one person."""
        same_record = (one["res_model"], one["res_id"]) == (other["res_model"], other["res_id"])
        return bool(one["res_id"] and same_record) or any(
            one[name] and one[name] == other[name] for name in ("email_normalized", "partner_id")
        )

    @api.model
    def _ended_since(self, workflow, events):
        """Return the ids of the events after which a later one of the person is already a goal or
        exit of the workflow: a late "abandoned" never follows an "ordered".

        One query for each goal and exit, however many events there are.
        """
        if not events:
            return set()
        dispatcher = self.env["mail.workflow.dispatcher"]
        since = min(event["occurred_at"] for event in events)
        ended = set()
        for _role, spec in self.env["mail.workflow.listening"]._ends(workflow):
            # what brings people in and is the goal as well: each such event is a new entry
            asking = [
                event
                for event in events
                if spec["kind"] != event["kind"] or not dispatcher._passing([event], spec)
            ]
            later = self.env["mail.workflow.lookup"]._events(asking, spec, since) if asking else []
            for event in asking if later else []:
                subject = {**event, "id": None, "company_id": workflow.company_id.id}
                moment = (event["occurred_at"], event["id"])
                if any(
                    (one["occurred_at"], one["id"]) > moment
                    and dispatcher._concerns(one, subject, spec)
                    for one in later
                ):
                    ended.add(event["id"])
        return ended

    @api.model
    def _records_of(self, workflow, events):
        """Return ``{record id: [events]}``: the event's own record, or the contact of its
        person."""
        found = defaultdict(list)
        without_contact = defaultdict(list)
        for event in events:
            if event["res_model"] == workflow.model_name and event["res_id"]:
                found[event["res_id"]].append(event)
            elif workflow.model_name == "res.partner":
                if event["partner_id"]:
                    found[event["partner_id"]].append(event)
                elif event["email_normalized"]:
                    without_contact[event["email_normalized"]].append(event)
        if without_contact:
            contacts = self._contacts(workflow, without_contact)
            for email, queue in without_contact.items():
                if email in contacts:
                    found[contacts[email]] += queue
        return found

    @api.model
    def _contacts(self, workflow, emails):
        """Return ``{address: contact id}``, created where there is none and the workflow says so.

        An address whose contacts are all archived stays out: somebody put them away.
        """
        partners = workflow._records([])
        known = partners.with_context(active_test=False).search(
            [("email_normalized", "in", list(emails))], order="active, id desc"
        )
        found = {partner.email_normalized: partner.id for partner in known}
        missing = [email for email in emails if email not in found]
        if missing and workflow.create_contact:
            names = self._names(missing)
            created = partners.create(
                [{"name": names.get(email) or email, "email": email} for email in missing]
            )
            found.update(zip(missing, created.ids, strict=True))
        return found

    @api.model
    def _names(self, emails):
        """Return ``{address: name}`` as the mailing contacts have it."""
        contacts_sudo = (
            self.env["mailing.contact"].sudo().search([("email_normalized", "in", emails)])
        )
        return {contact.email_normalized: contact.name for contact in contacts_sudo}
