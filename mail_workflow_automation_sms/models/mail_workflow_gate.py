from odoo import api, models

from odoo.addons.mail_workflow_automation.engine.entry import split_key


class MailWorkflowGate(models.AbstractModel):
    _inherit = "mail.workflow.gate"

    @api.model
    def _refusals(self, step, runs, queued=False):
        """A text message passes the gate of mail, with a number in the place of an address."""
        if step.kind != "sms":
            return super()._refusals(step, runs, queued=queued)
        numbers = self.env["mail.workflow.texter"]._numbers(step, runs)
        refusals = {
            run.id: self.env._("no valid phone number") for run in runs if run.id not in numbers
        }
        runs = runs.browse(list(numbers))
        found = [self._archived(step, runs)]
        if step.workflow_id.purpose == "marketing" and runs:
            found += [
                self._phone_blacklisted(runs, numbers),
                self._phone_opted_out(step, runs, numbers),
                self._opted_out(step, runs.filtered("email_normalized")),
            ]
            if not queued:
                found += [self._internal(step, runs), self._number_twice(step, runs, numbers)]
        for reasons in found:
            for run_id, reason in reasons.items():
                refusals.setdefault(run_id, reason)
        return refusals

    @api.model
    def _phone_blacklisted(self, runs, numbers):
        rows_sudo = (
            self.env["phone.blacklist"].sudo().search([("number", "in", list(numbers.values()))])
        )
        out = set(rows_sudo.mapped("number"))
        return {run.id: self.env._("blacklisted") for run in runs if numbers[run.id] in out}

    @api.model
    def _phone_opted_out(self, step, runs, numbers):
        topic = step.workflow_id.list_id
        if not topic:
            return {}
        subscriptions_sudo = (
            self.env["mailing.subscription"]
            .sudo()
            .search(
                [
                    ("list_id", "=", topic.id),
                    ("contact_id.phone_sanitized", "in", list(numbers.values())),
                ]
            )
        )
        out, back_in = set(), set()
        for subscription in subscriptions_sudo:
            found = out if subscription.opt_out else back_in
            found.add(subscription.contact_id.phone_sanitized)
        return {run.id: self.env._("opted out") for run in runs if numbers[run.id] in out - back_in}

    @api.model
    def _number_twice(self, step, runs, numbers):
        """One message per number and step and entry, as of mail (rule 8)."""
        if step.workflow_id.reentry_per == "event":
            return {}
        traces_sudo = (
            self.env["mailing.trace"]
            .sudo()
            .search(
                [
                    ("workflow_step_id", "=", step.id),
                    ("sms_number", "in", list(numbers.values())),
                    ("trace_status", "not in", ("cancel", "error")),
                ]
            )
        )
        reason, seen, found = self.env._("duplicate number"), set(), {}
        for run in runs.sorted("id"):
            entry = numbers[run.id], split_key(run.entry_key)[1]
            others = traces_sudo.filtered(
                lambda trace, number=numbers[run.id]: trace.sms_number == number
            ).workflow_enrollment_id
            if entry in seen or any(self._is_same_entry(run, other) for other in others):
                found[run.id] = reason
            seen.add(entry)
        return found

    @api.model
    def _is_same_entry(self, run, other):
        return (
            other.entry_key != run.entry_key
            and split_key(other.entry_key)[1] == split_key(run.entry_key)[1]
            and (not other.left_at or other.left_at > run.entered_at)
        )
