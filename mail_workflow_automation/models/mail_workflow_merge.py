from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.entry import entry_key, split_key
from ..sql import unnested
from .mail_workflow_person import Person


class MailWorkflowEnrollment(models.Model):
    _inherit = "mail.workflow.enrollment"

    @api.model
    def _merge_persons(self, sources, target):
        """Make the runs of merged contacts runs of the one that stays.

        Of two open runs in one workflow the older goes on, the other ends "merged". Events move
        too.
        """
        now = fields.Datetime.now()
        persons = self.env["mail.workflow.person"]
        person = self._merged_person(sources, target)
        runs = self.search(
            [
                "|",
                ("partner_id", "in", (sources | target).ids),
                "&",
                ("res_model", "=", "res.partner"),
                ("res_id", "in", (sources | target).ids),
            ],
            order="id",
        )
        old = [persons._of_partner(one) for one in sources | target]
        old_keys = {one.key for one in old if one}
        moved, ended, taken = {}, [], set()
        for run in runs:
            is_partner = run.res_model == "res.partner"
            key, occasion = split_key(run.entry_key)
            if key in old_keys:
                key = person.key
            elif is_partner and key == f"res.partner,{run.res_id}":
                key = f"res.partner,{target.id}"
            key = entry_key(key, occasion)
            if run.state in ("active", "holdout"):
                if (run.workflow_id.id, key) in taken:
                    ended.append(run.id)
                taken.add((run.workflow_id.id, key))
            moved[run.id] = (key, target.id if is_partner else run.res_id)
        self.browse(ended)._leave("exited", self.env._("merged with another contact"), now)
        self._rekey(runs, moved, dict.fromkeys(moved, person))
        self._merge_events(sources, target, person)

    @api.model
    def _merge_leads(self, sources, target):
        """Make the runs of merged leads runs of the one that stays; of two open ones in one
        workflow the older goes on."""
        leads = sources | target
        runs = self.search(
            [("res_model", "=", leads._name), ("res_id", "in", leads.ids)], order="id"
        )
        open_runs = runs.filtered(lambda run: run.state in ("active", "holdout"))
        going_on = self.union(*{run.workflow_id: run for run in reversed(open_runs)}.values())
        reason = self.env._("merged with another lead")
        (open_runs - going_on)._leave("exited", reason, fields.Datetime.now())
        own_keys = {f"{lead._name},{lead.id}" for lead in leads}
        moved = {}
        for run in runs.filtered(lambda run: run.res_id != target.id):
            key, occasion = split_key(run.entry_key)
            key = f"{target._name},{target.id}" if key in own_keys else key
            moved[run.id] = (entry_key(key, occasion), target.id)
        self._rekey(runs, moved)

    @api.model
    def _merged_person(self, sources, target):
        """Return who the contact is once Odoo has merged: it fills in what the target lacks, the
        address too, after the keys have moved."""
        emails = [one.email_normalized for one in (*sources.sudo(), target.sudo())]
        return Person(target.id, next(filter(None, reversed(emails)), None))

    def _refresh_persons(self, records):
        """Follow people to their new address, and a record to its new customer.

        :param records: those of the runs
        :returns: ``{run id: reason to leave}`` of runs whose person has another open run by now
        """
        persons = self.env["mail.workflow.person"]._of(records)
        reasons = {}
        for run in self:
            moved = run._moved(persons.get(run.res_id) or Person(None, None))
            if moved is None:
                reasons[run.id] = self.env._("the person has another run by now")
            elif moved:
                keys = {one.id: (key, one.res_id) for one, (key, _person) in moved.items()}
                people = {one.id: person for one, (_key, person) in moved.items()}
                self._rekey(run.union(*moved), keys, people)
        return reasons

    def _moved(self, person):
        """Return ``{run: (entry key, Person)}`` of this run, whose person is another one by now,
        and of those that make room for it as theirs is, too: two have each other's address.

        None where another open run keeps the place; a run that is about nobody any more keeps its
        key.
        """
        moved, taken, run = {}, set(), self
        while run and run not in moved:
            old = Person(run.partner_id.id or None, run.email_normalized or None)
            base, occasion = split_key(run.entry_key)
            key = run.entry_key
            if person.key and base == old.key:
                key = entry_key(person.key, occasion)
            if key in taken or (moved and key == run.entry_key):
                return None
            if person == old:
                break
            moved[run] = key, person
            taken.add(key)
            if key == run.entry_key or run.state not in ("active", "holdout"):
                break
            run = run._other_open_run(key)
            person = run._person_now() if run else None
        return moved

    def _other_open_run(self, key):
        """Return the other open run of this run's workflow that has a key."""
        return self.search(
            [
                ("workflow_id", "=", self.workflow_id.id),
                ("entry_key", "=", key),
                ("state", "in", ("active", "holdout")),
                ("id", "!=", self.id),
            ],
            limit=1,
        )

    def _person_now(self):
        """Return the Person that the record of the run is about by now."""
        record_sudo = self.env[self.res_model].sudo().browse(self.res_id).exists()
        persons = self.env["mail.workflow.person"]._of(record_sudo)
        return persons.get(self.res_id) or Person(None, None)

    @api.model
    def _rekey(self, runs, moved, persons=None):
        """Give runs their new keys; run numbers continue where a key has runs already.

        :param dict moved: ``{run id: (entry key, record id)}``
        :param dict persons: ``{run id: Person}``: who they are about from now on, None for whom
            they were
        """
        if not moved:
            return
        self.flush_model()
        # first out of the way, then numbered anew by key: no order of updates meets the unique
        # index
        self.env.cr.execute(
            SQL(
                "UPDATE mail_workflow_enrollment SET entry_key = 'merging:' || id WHERE id = "
                "ANY(%s)",
                list(moved),
            )
        )
        keys = list({key for key, _res_id in moved.values()})
        self.env.cr.execute(
            SQL(
                """
                SELECT workflow_id, entry_key, max(run_no)
                  FROM mail_workflow_enrollment
                 WHERE workflow_id = ANY(%s) AND entry_key = ANY(%s)
                 GROUP BY workflow_id, entry_key
                """,
                runs.workflow_id.ids,
                keys,
            )
        )
        numbers = {
            (workflow_id, key): run_no for workflow_id, key, run_no in self.env.cr.fetchall()
        }
        rows = []
        for run in runs.browse(moved):
            key, res_id = moved[run.id]
            numbers[(run.workflow_id.id, key)] = numbers.get((run.workflow_id.id, key), 0) + 1
            person = persons[run.id] if persons else (None, None)
            rows.append((run.id, key, res_id, numbers[(run.workflow_id.id, key)], *person))
        about = SQL()
        if persons:
            about = SQL(", partner_id = v.partner_id, email_normalized = v.email_normalized")
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_enrollment e
                   SET entry_key = v.entry_key, res_id = v.res_id, run_no = v.run_no %s
                  FROM %s AS v (id, entry_key, res_id, run_no, partner_id, email_normalized)
                 WHERE e.id = v.id
                """,
                about,
                unnested(rows, "int", "varchar", "int", "int", "int", "varchar"),
            )
        )
        self.invalidate_model()

    @api.model
    def _merge_events(self, sources, target, person):
        self.env["mail.workflow.event"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_event
                   SET partner_id = %(target)s, email_normalized = %(email)s,
                       res_id = CASE WHEN res_model = 'res.partner' AND res_id = ANY(%(sources)s)
                                     THEN %(target)s ELSE res_id END
                 WHERE partner_id = ANY(%(sources)s)
                """,
                target=target.id,
                email=person.email_normalized,
                sources=sources.ids,
            )
        )


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _merge_dependences(self, opportunities):
        """Let the runs of merged leads go on with the one that stays, before Odoo deletes the
        others."""
        result = super()._merge_dependences(opportunities)
        self.env["mail.workflow.enrollment"].sudo()._merge_leads(opportunities, self)
        return result
