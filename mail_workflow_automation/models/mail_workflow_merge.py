from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.entry import entry_key, split_key
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
        self._rekey(runs, moved, person)
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
            person = persons.get(run.res_id)
            old = Person(run.partner_id.id or None, run.email_normalized or None)
            if not person or person == old:
                continue
            base, occasion = split_key(run.entry_key)
            key = entry_key(person.key, occasion) if base == old.key else run.entry_key
            if key != run.entry_key and self._has_open_run(run.workflow_id, key):
                reasons[run.id] = self.env._("the person has another run by now")
                continue
            self._rekey(run, {run.id: (key, run.res_id)}, person)
        return reasons

    @api.model
    def _has_open_run(self, workflow, key):
        return bool(
            self.search_count(
                [
                    ("workflow_id", "=", workflow.id),
                    ("entry_key", "=", key),
                    ("state", "in", ("active", "holdout")),
                ],
                limit=1,
            )
        )

    @api.model
    def _rekey(self, runs, moved, person=None):
        """Give runs their new keys; run numbers continue where a key has runs already.

        :param dict moved: ``{run id: (entry key, record id)}``
        :param person: who they are about from now on, None for whom they were
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
            rows.append(
                SQL("(%s, %s, %s, %s)", run.id, key, res_id, numbers[(run.workflow_id.id, key)])
            )
        about = SQL()
        if person:
            about = SQL(", partner_id = %s, email_normalized = %s", *person)
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_enrollment e
                   SET entry_key = v.entry_key, res_id = v.res_id, run_no = v.run_no %s
                  FROM (VALUES %s) AS v (id, entry_key, res_id, run_no)
                 WHERE e.id = v.id
                """,
                about,
                SQL(", ").join(rows),
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
