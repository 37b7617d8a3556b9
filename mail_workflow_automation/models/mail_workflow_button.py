from odoo import fields, models


class MailWorkflowButton(models.AbstractModel):
    """The button on contacts, orders and leads that leads to the runs and mails of the person."""

    _name = "mail.workflow.button"
    _description = "Button to the Runs of a Person"

    workflow_run_count = fields.Integer(
        compute="_compute_workflow_run_count",
        groups="mail_workflow_automation.mail_workflow_group_user",
        string="Workflow Runs",
    )

    workflow_mail_count = fields.Integer(
        compute="_compute_workflow_mail_count",
        groups="mail_workflow_automation.mail_workflow_group_user",
        string="Workflow Mails",
    )

    def _compute_workflow_run_count(self):
        persons = self.env["mail.workflow.person"]._of(self)
        runs = self.env["mail.workflow.enrollment"]
        domain = self._workflow_runs_domain(persons.values())
        counts = {}
        for email, partner, count in runs._read_group(
            domain, ["email_normalized", "partner_id"], ["__count"]
        ):
            key = email or f"partner:{partner.id}"
            counts[key] = counts.get(key, 0) + count
        for record in self:
            person = persons.get(record.id)
            record.workflow_run_count = counts.get(person.key, 0) if person else 0

    def _compute_workflow_mail_count(self):
        persons = self.env["mail.workflow.person"]._of(self)
        runs = self.env["mail.workflow.enrollment"].search(
            self._workflow_runs_domain(persons.values())
        )
        counts = {}
        for run, count in self.env["mailing.trace"]._read_group(
            [("workflow_enrollment_id", "in", runs.ids)], ["workflow_enrollment_id"], ["__count"]
        ):
            key = run.email_normalized or f"partner:{run.partner_id.id}"
            counts[key] = counts.get(key, 0) + count
        for record in self:
            person = persons.get(record.id)
            record.workflow_mail_count = counts.get(person.key, 0) if person else 0

    def _workflow_runs_domain(self, persons):
        emails = [person.email_normalized for person in persons if person.email_normalized]
        partner_ids = [person.partner_id for person in persons if not person.email_normalized]
        return fields.Domain("email_normalized", "in", emails) | (
            fields.Domain("email_normalized", "=", False)
            & fields.Domain("partner_id", "in", partner_ids)
        )

    def action_view_workflow_runs(self):
        """Open the runs of the person behind this record."""
        self.ensure_one()
        persons = self.env["mail.workflow.person"]._of(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_workflow_automation.mail_workflow_enrollment_action"
        )
        action["domain"] = list(self._workflow_runs_domain(persons.values()))
        action["context"] = {}
        return action

    def action_view_workflow_mails(self):
        """Open the mails that workflows sent to the person behind this record."""
        self.ensure_one()
        persons = self.env["mail.workflow.person"]._of(self)
        runs = self.env["mail.workflow.enrollment"].search(
            self._workflow_runs_domain(persons.values())
        )
        return runs.action_view_mails()
