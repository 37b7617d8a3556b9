from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import outcome as outcomes_of
from ..engine.entry import split_key

# the occasion in the key of an entry, for PostgreSQL
OCCASION_SUFFIX = r" \d{4}(?:-\d\d-\d\d)?$"


class MailWorkflowGate(models.AbstractModel):
    """The one gate that a mail of a workflow passes at the moment of sending."""

    _name = "mail.workflow.gate"
    _description = "Gate of Workflow Mail"

    @api.model
    def _refusals(self, step, runs, queued=False):
        """Return why runs get no mail of a step: ``{run id: reason}``. A fixed number of queries.

        Operational mail passes opt-out and blacklist; a missing address stops every mail.

        :param bool queued: the mails were made already, and are about to be handed over
        """
        workflow = step.workflow_id
        refusals = {run.id: self.env._("no address") for run in runs if not run.email_normalized}
        runs = runs.filtered(lambda run: run.id not in refusals)
        if not runs:
            return refusals
        checks = [self._archived]
        if workflow.purpose == "marketing":
            checks += [self._blacklisted, self._opted_out, self._unconfirmed, self._bounced]
            # of two that were queued side by side, unseen by each other, the first goes out
            checks += [self._queued_twice] if queued else [self._internal, self._duplicates]
        for check in checks:
            for run_id, reason in check(step, runs).items():
                refusals.setdefault(run_id, reason)
        return refusals

    @api.model
    def _decide(self, step, runs):
        """Return what a step that is a message decides: it is queued, or skipped with its reason.

        :returns: ``{run id: Outcome}``
        """
        refusals = self._refusals(step, runs)
        return {
            run.id: outcomes_of.skip(refusals[run.id])
            if run.id in refusals
            else outcomes_of.done(execution_state="queued")
            for run in runs
        }

    @api.model
    def _holds(self, step, runs, now):
        """Return why runs get their marketing mail later: ``{run id: Outcome}``.

        First the time of day where they live, then the frequency cap. Operational mail passes.
        """
        workflow = step.workflow_id
        if workflow.purpose != "marketing" or not runs:
            return {}
        windows = self.env["mail.workflow.window"]
        allowed = windows._next(workflow, runs, dict.fromkeys(runs.ids, now))
        held = {
            run_id: outcomes_of.hold(due_at, reason, is_new_date=True)
            for run_id, (due_at, reason) in allowed.items()
            if reason
        }
        free = runs.filtered(lambda run: run.id not in held)
        freed = self.env["mail.workflow.cap"]._freed_at(workflow, free, now)
        later = windows._next(workflow, free.browse(list(freed)), freed)
        reason = self.env._("frequency cap")
        held.update(
            {
                run_id: outcomes_of.hold(due, reason, is_new_date=True)
                for run_id, (due, _) in later.items()
            }
        )
        return held

    @api.model
    def _archived(self, step, runs):
        model = self.env[step.workflow_id.model_name].sudo().with_context(active_test=False)
        archived = set()
        if "active" in model._fields:
            records = model.browse(runs.mapped("res_id"))
            archived = set(records.filtered(lambda record: not record.active).ids)
        return {
            run.id: self.env._("archived")
            for run in runs
            if run.res_id in archived or (run.partner_id and not run.partner_id.active)
        }

    @api.model
    def _internal(self, step, runs):
        emails = runs.mapped("email_normalized")
        users_sudo = (
            self.env["res.users"]
            .sudo()
            .search(
                Domain("share", "=", False)
                & (
                    Domain("partner_id", "in", runs.partner_id.ids)
                    | Domain("partner_id.email_normalized", "in", emails)
                )
            )
        )
        partner_ids, internal = (
            set(users_sudo.partner_id.ids),
            set(users_sudo.partner_id.mapped("email_normalized")) - {False},
        )
        return {
            run.id: self.env._("internal user")
            for run in runs
            if run.partner_id.id in partner_ids or run.email_normalized in internal
        }

    @api.model
    def _blacklisted(self, step, runs):
        rows = (
            self.env["mail.blacklist"]
            .sudo()
            .search([("email", "in", runs.mapped("email_normalized"))])
        )
        emails = set(rows.mapped("email"))
        return {run.id: self.env._("blacklisted") for run in runs if run.email_normalized in emails}

    @api.model
    def _opted_out(self, step, runs):
        topic = step.workflow_id.list_id
        if not topic:
            return {}
        subscriptions_sudo = (
            self.env["mailing.subscription"]
            .sudo()
            .search(
                [
                    ("list_id", "=", topic.id),
                    ("contact_id.email_normalized", "in", runs.mapped("email_normalized")),
                ]
            )
        )
        out, back_in = set(), set()
        for subscription in subscriptions_sudo:
            emails = out if subscription.opt_out else back_in
            emails.add(subscription.contact_id.email_normalized)
        # as in Odoo: of several subscriptions of one address, one that is in counts
        return {
            run.id: self.env._("opted out") for run in runs if run.email_normalized in out - back_in
        }

    @api.model
    def _unconfirmed(self, step, runs):
        emails = self.env["mail.workflow.content.request"]._unconfirmed(
            runs.mapped("email_normalized")
        )
        return {
            run.id: self.env._("not confirmed") for run in runs if run.email_normalized in emails
        }

    @api.model
    def _bounced(self, step, runs):
        limit = self.env["mail.workflow"]._get_int_param("bounce_limit", 1)
        if not limit:
            return {}
        reason, often = self.env._("address bounced"), Domain("message_bounce", ">=", limit)
        partners_sudo = self.env["res.partner"].sudo()
        found = partners_sudo.search(
            often & Domain("email_normalized", "in", runs.mapped("email_normalized"))
        )
        emails = set(found.mapped("email_normalized"))
        # a lead or subscriber without a contact
        own_ids, model = set(), self.env[step.workflow_id.model_name].sudo()
        if "message_bounce" in model._fields and model._name != "res.partner":
            own = often & Domain("id", "in", runs.mapped("res_id"))
            own_ids = set(model.with_context(active_test=False).search(own).ids)
        return {
            run.id: reason
            for run in runs
            if run.email_normalized in emails or run.res_id in own_ids
        }

    @api.model
    def _duplicates(self, step, runs):
        """One mail per address and step and entry: of runs of one address at a time, the first
        gets it.

        Runs per event or occasion (a date, a year) are entries of their own, and so is a run that
        follows another of its key, also where the event that brought it in is older than the
        moment the first was ended.
        """
        if step.workflow_id.reentry_per == "event":
            return {}
        found = self._with_others(step, runs)
        reason = self.env._("duplicate address")
        seen = set()
        for run in runs.sorted("id"):
            entry = run.email_normalized, split_key(run.entry_key)[1]
            if entry in seen:
                found.setdefault(run.id, reason)
            elif run.id not in found:
                seen.add(entry)
        return found

    @api.model
    def _queued_twice(self, step, runs):
        if step.workflow_id.reentry_per == "event":
            return {}
        return self._with_others(step, runs, only_earlier=True)

    @api.model
    def _with_others(self, step, runs, only_earlier=False):
        """Return ``{run id: reason}`` of the runs to whose address another one sends this step."""
        self.env["mail.workflow.execution"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT e.id
                  FROM mail_workflow_enrollment e
                  JOIN mail_workflow_enrollment other
                    ON other.workflow_id = e.workflow_id
                   AND other.email_normalized = e.email_normalized
                   AND other.entry_key != e.entry_key
                   AND substring(other.entry_key FROM %(occasion)s)
                       IS NOT DISTINCT FROM substring(e.entry_key FROM %(occasion)s)
                   AND (other.left_at IS NULL OR other.left_at > e.entered_at)
                   AND (other.id < e.id OR NOT %(only_earlier)s)
                  JOIN mail_workflow_execution x
                    ON x.enrollment_id = other.id AND x.step_id = %(step)s
                   AND x.state IN ('queued', 'done', 'failed')
                 WHERE e.id = ANY(%(ids)s)
                """,
                only_earlier=only_earlier,
                step=step.id,
                ids=runs.ids,
                occasion=OCCASION_SUFFIX,
            )
        )
        reason = self.env._("duplicate address")
        return {row[0]: reason for row in self.env.cr.fetchall()}
