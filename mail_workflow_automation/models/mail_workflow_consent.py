from odoo import fields, models

from .mail_workflow_enrollment import BLOCKED


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    def _opt_out(self, email):
        """Take an address off the workflow's list; one that was never on it is noted as opted
        out."""
        self.ensure_one()
        topic_sudo = self.list_id.sudo()
        topic_sudo._update_subscription_from_email(email, opt_out=True)
        contacts_sudo = self.env["mailing.contact"].sudo()
        known = contacts_sudo.search(
            [("email_normalized", "=", email), ("list_ids", "in", topic_sudo.ids)]
        )
        if not known:
            contact = contacts_sudo.search([("email_normalized", "=", email)], limit=1)
            contact = contact or contacts_sudo.create({"name": email, "email": email})
            self.env["mailing.subscription"].sudo().create(
                {"contact_id": contact.id, "list_id": topic_sudo.id, "opt_out": True}
            )


class MailWorkflowEnrollment(models.Model):
    _inherit = "mail.workflow.enrollment"

    def _open_cart(self):
        """Return the cart a run is about, or the newest open one of its person; empty when there
        is none."""
        self.ensure_one()
        orders = self.env["sale.order"].sudo()
        if self.res_model == "sale.order":
            order = orders.browse(self.res_id).exists()
            if order.state == "draft" and order.order_line:
                return order
        domain = fields.Domain("state", "=", "draft") & fields.Domain("website_id", "!=", False)
        domain &= fields.Domain("order_line", "!=", False) & fields.Domain(
            "company_id", "=", self.company_id.id
        )
        if self.website_id:
            domain &= fields.Domain("website_id", "=", self.website_id.id)
        if self.email_normalized:
            domain &= fields.Domain("partner_id.email_normalized", "=", self.email_normalized)
        else:
            domain &= fields.Domain("partner_id", "=", self.partner_id.id)
        return orders.search(domain, order="cart_changed_at desc, id desc", limit=1)

    def action_block_person(self):
        """Write to these people no more: on the blacklist, and out of every workflow."""
        self._check_actor()
        emails = {run.email_normalized for run in self if run.email_normalized}
        message = self.env._(
            "Asked not to be written to, noted by %s in a workflow.", self.env.user.name
        )
        for email in emails:
            # the blacklist takes one address at a time; a person is blocked by hand
            self.env["mail.blacklist"].sudo()._add(email, message=message)
        runs_sudo = self.sudo().search(
            [("email_normalized", "in", list(emails)), ("state", "in", ("active", "holdout"))]
        )
        (runs_sudo | self.sudo())._leave(
            "exited", BLOCKED, fields.Datetime.now(), by=self.env.user.name
        )
        return True
