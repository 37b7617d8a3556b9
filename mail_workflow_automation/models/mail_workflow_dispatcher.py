import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

BATCH = 500
EVENT_COLUMNS = (
    "id",
    "kind",
    "occurred_at",
    "res_model",
    "res_id",
    "partner_id",
    "email_normalized",
    "company_id",
    "website_id",
    "data",
    "verdict",
    "key",
)


class MailWorkflowDispatcher(models.AbstractModel):
    """Serves events to whom they concern: runs that wait, have a goal or an exit; then triggers."""

    _name = "mail.workflow.dispatcher"
    _description = "Workflow Event Dispatcher"

    @api.model
    def _run(self):
        lanes = self.env["mail.workflow.lane"]
        now = fields.Datetime.now()

        def work():
            return self.env["mail.workflow.runner"]._retrying(lambda: self._dispatch_batch(now))

        handled = lanes._passes("dispatcher", work)
        self.env["mail.workflow.runner"]._retrying(
            lambda: self.env["mail.workflow.trigger"]._poll_due(now)
        )
        lanes._checkpoint()
        return handled

    @api.model
    def _dispatch_batch(self, now):
        """Claim and serve one batch of events.

        :returns: how many were dispatched
        """
        events = self._claim()
        if not events:
            return 0
        deferred = self._serve_runs(events, now)
        events = [event for event in events if event["id"] not in deferred]
        self._serve_triggers(events, now)
        self._mark(events, now)
        return len(events)

    @api.model
    def _claim(self):
        """Return undispatched events, locked, in the order in which they occurred."""
        self.env.cr.execute(
            SQL(
                """
                SELECT %s
                  FROM mail_workflow_event
                 WHERE dispatched_at IS NULL
                 ORDER BY id
                 LIMIT %s
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                SQL(", ").join(SQL.identifier(name) for name in EVENT_COLUMNS),
                BATCH,
            )
        )
        events = self.env.cr.dictfetchall()
        return sorted(events, key=lambda event: (event["occurred_at"], event["id"]))

    @api.model
    def _mark(self, events, now):
        if events:
            self.env.cr.execute(
                "UPDATE mail_workflow_event SET dispatched_at = %s WHERE id = ANY(%s)",
                [now, [event["id"] for event in events]],
            )

    # --- runs: goals, exits, waits ----------------------------------------------------------------

    @api.model
    def _serve_runs(self, events, now):
        """Let runs leave or go on because of events.

        :returns: ids of events to be served later: a run they concern is being worked on right now
        """
        listening = self.env["mail.workflow.listening"]._all()
        relevant = [
            e for e in events if e["kind"] in listening["ends"] or e["kind"] in listening["waits"]
        ]
        if not relevant:
            return set()
        workflow_ids = {
            listener[0]
            for event in relevant
            for listener in (
                *listening["ends"].get(event["kind"], ()),
                *listening["waits"].get(event["kind"], ()),
            )
        }
        runs = self._concerned_runs(relevant, list(workflow_ids))
        locked = self._lock([run["id"] for run in runs])
        by_workflow = defaultdict(list)
        for run in runs:
            by_workflow[run["workflow_id"]].append(run)
        deferred, ended, resumed, since = set(), {}, {}, {}
        busy = [run for run in runs if run["id"] not in locked]
        for event in relevant:
            if any(self._concerns(event, run, {}) for run in busy):
                deferred.add(event["id"])
                continue
            self._apply_ends(
                event, listening["ends"].get(event["kind"], ()), by_workflow, ended, resumed
            )
            self._apply_waits(
                event, listening["waits"].get(event["kind"], ()), by_workflow, ended, resumed, since
            )
        self._end(ended, now)
        self._resume(resumed, now)
        return deferred

    @api.model
    def _concerned_runs(self, events, workflow_ids):
        """Return the open runs (and those done within reach of a goal) the events can be about."""
        emails = list({e["email_normalized"] for e in events if e["email_normalized"]})
        partner_ids = list({e["partner_id"] for e in events if e["partner_id"]})
        records = list(
            {(e["res_model"], e["res_id"]) for e in events if e["res_model"] and e["res_id"]}
        )
        parts = [
            SQL("email_normalized = ANY(%s)", emails),
            SQL("partner_id = ANY(%s)", partner_ids),
        ]
        if records:
            parts.append(SQL("(res_model, res_id) IN %s", tuple(records)))
        self.env["mail.workflow.enrollment"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT id, workflow_id, company_id, res_model, res_id, partner_id,
                       email_normalized, state, step_id, waiting_since, entered_at, event_id,
                       goal_at
                  FROM mail_workflow_enrollment
                 WHERE workflow_id = ANY(%s)
                   AND (state IN ('active', 'holdout') OR (state = 'done' AND goal_at IS NULL))
                   AND (%s)
                """,
                workflow_ids,
                SQL(" OR ").join(parts),
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _lock(self, ids):
        """Lock runs; return the ids of those nobody else works on."""
        if not ids:
            return set()
        self.env.cr.execute(
            "SELECT id FROM mail_workflow_enrollment WHERE id = ANY(%s) FOR NO KEY UPDATE SKIP "
            "LOCKED",
            [ids],
        )
        return {row[0] for row in self.env.cr.fetchall()}

    @api.model
    def _apply_ends(self, event, listeners, by_workflow, ended, resumed):
        for workflow_id, role, spec in listeners:
            for run in by_workflow.get(workflow_id, ()):
                if run["id"] in ended or not self._concerns(event, run, spec):
                    continue
                if not self._in_window(event, run, spec) or not self._passes(event, spec):
                    continue
                if run["state"] == "done" and not (role == "goal" and spec.get("window_days")):
                    continue
                ended[run["id"]] = (role, run["state"], event)
                resumed.pop(run["id"], None)

    @api.model
    def _apply_waits(self, event, listeners, by_workflow, ended, resumed, since):
        for workflow_id, step_id, spec, branch in listeners:
            for run in by_workflow.get(workflow_id, ()):
                if run["id"] in ended or run["id"] in resumed:
                    continue
                if (
                    run["step_id"] != step_id
                    or not run["waiting_since"]
                    or run["state"] != "active"
                ):
                    continue
                if not self._concerns(event, run, spec) or not self._passes(event, spec):
                    continue
                key = (step_id, id(spec))
                if key not in since:
                    since[key] = self._awaiting_since(step_id, spec, by_workflow[workflow_id])
                if self._since_entry(event, run) and event["occurred_at"] >= since[key][run["id"]]:
                    resumed[run["id"]] = (branch, event)

    @api.model
    def _awaiting_since(self, step_id, spec, runs):
        """Return ``{run id: datetime}`` from which on an event ends the wait of runs that stand at
        a step: what came before their last mail is stale."""
        step = self.env["mail.workflow.step"].sudo().browse(step_id)
        here = [run["id"] for run in runs if run["step_id"] == step_id and run["waiting_since"]]
        standing = self.env["mail.workflow.enrollment"].sudo().browse(here)
        return step._handler()._look_back_from(step, standing, spec)

    @api.model
    def _concerns(self, event, run, spec):
        """Tell whether an event is about a run: its record, or its person."""
        data = event["data"] or {}
        if "enrollment_id" in data and data["enrollment_id"] != run["id"]:
            return False
        same_record = (event["res_model"], event["res_id"]) == (run["res_model"], run["res_id"])
        if same_record or spec.get("same_record"):
            return same_record
        if event["company_id"] and event["company_id"] != run["company_id"]:
            return False
        # one contact is one person, even when the address has changed meanwhile
        return any(
            event[name] and event[name] == run[name] for name in ("email_normalized", "partner_id")
        )

    @api.model
    def _since_entry(self, event, run):
        """Tell whether an event came after what brought the run in."""
        if run["event_id"] and event["occurred_at"] == run["entered_at"]:
            return event["id"] > run["event_id"]
        return event["occurred_at"] >= run["entered_at"]

    @api.model
    def _in_window(self, event, run, spec):
        if not self._since_entry(event, run):
            return False
        days = spec.get("window_days")
        return not days or event["occurred_at"] <= run["entered_at"] + timedelta(days=days)

    @api.model
    def _passes(self, event, spec):
        """Tell whether an event passes the filters of a spec (name, filters of its kind)."""
        if spec.get("name") and (event["data"] or {}).get("name") != spec["name"]:
            return False
        handler = self.env["mail.workflow.trigger"]._kind_model(spec["kind"])
        return handler._matches(spec.get("filters") or {}, event)

    @api.model
    def _end(self, ended, now):
        runs = self.env["mail.workflow.enrollment"].sudo()
        goals = [
            run_id
            for run_id, (role, state, _e) in ended.items()
            if role == "goal" and state != "done"
        ]
        late_goals = [
            run_id
            for run_id, (role, state, _e) in ended.items()
            if role == "goal" and state == "done"
        ]
        runs.browse(goals)._leave("goal", "goal", now)
        if late_goals:
            runs.browse(late_goals).write({"goal_at": now})
        exits = defaultdict(list)
        for run_id, (role, _state, event) in ended.items():
            if role == "exit":
                exits[event["kind"]].append(run_id)
        for kind, ids in exits.items():
            runs.browse(ids)._leave("exited", self._kind_label(kind), now)

    @api.model
    def _kind_label(self, kind):
        labels = dict(
            self.env["mail.workflow.trigger"]._fields["kind"]._description_selection(self.env)
        )
        return labels.get(kind, kind)

    @api.model
    def _resume(self, resumed, now):
        """Go on at waits: by the branch of the event that came first."""
        by_branch = defaultdict(list)
        for run_id, (branch, _event) in resumed.items():
            by_branch[branch].append(run_id)
        runner = self.env["mail.workflow.runner"]
        for branch, ids in by_branch.items():
            runner._finish_waits(
                self.env["mail.workflow.enrollment"].sudo().browse(ids), branch, now
            )

    # --- triggers ---------------------------------------------------------------------------------

    @api.model
    def _serve_triggers(self, events, now):
        """Enroll what events bring in; an error stays with its trigger."""
        listening = self.env["mail.workflow.listening"]._all()["triggers"]
        found = defaultdict(list)
        for event in events:
            for trigger_id in listening.get(event["kind"], ()):
                found[trigger_id].append(event)
        for trigger in self.env["mail.workflow.trigger"].sudo().browse(list(found)):
            try:
                with self.env.cr.savepoint():
                    self._serve_trigger(trigger, found[trigger.id], now)
            except Exception as error:  # noqa: BLE001 one bad trigger must not keep the others' events
                self.env["mail.workflow.runner"]._reraise_if_serialization(error)
                trigger.workflow_id._report_trouble(trigger, error)

    @api.model
    def _serve_trigger(self, trigger, events, now):
        workflow = trigger.workflow_id
        if workflow._pause_without_rights():
            return
        spec = trigger._spec()
        events = [
            event
            for event in events
            if event["occurred_at"] >= workflow.started_at
            and (event["data"] or {}).get("origin_workflow_id") != workflow.id
            and self._same_shop(event, workflow)
            and self._passes(event, spec)
            and self._often_enough(trigger, event)
            and not self._ended_since(workflow, event)
        ]
        by_record = self._records_of(workflow, events)
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
    def _often_enough(self, trigger, event):
        if trigger.count <= 1:
            return True
        since = event["occurred_at"] - timedelta(days=trigger.within_days or 36500)
        found = self.env["mail.workflow.lookup"]._events(
            [event], trigger._spec(), since, until=event["occurred_at"]
        )
        return len(found) >= trigger.count

    @api.model
    def _ended_since(self, workflow, event):
        """Tell whether a later event of the person is already a goal or exit of the workflow: a
        late "abandoned" never follows an "ordered"."""
        subject = {**event, "id": None, "company_id": workflow.company_id.id}
        for _role, spec in self.env["mail.workflow.listening"]._ends(workflow):
            # what brings people in and is the goal as well: each such event is a new entry
            if spec["kind"] == event["kind"] and self._passes(event, spec):
                continue
            later = self.env["mail.workflow.lookup"]._events(
                [event], spec, event["occurred_at"], after=event["id"]
            )
            if any(self._concerns(one, subject, spec) for one in later):
                return True
        return False

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
