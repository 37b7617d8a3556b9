from datetime import timedelta

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .mail_workflow_person import Person

# one question to confirm an address is enough for so long, however often its form is sent
ASK_AGAIN_AFTER = timedelta(hours=1)
MOST_QUESTIONS = 5  # a day and address


class MailWorkflowContentRequest(models.Model):
    """Somebody asked for a content by a form. Where it asks for a confirmation, nothing marketing
    goes to an address nobody knew before until its owner has confirmed."""

    _name = "mail.workflow.content.request"
    _description = "Request for a Content"
    _order = "id desc"
    _rec_name = "email"

    content_id = fields.Many2one(
        "mail.workflow.content", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="content_id.company_id", store=True, index=True)
    name = fields.Char()
    email = fields.Char(required=True)
    email_normalized = fields.Char(compute="_compute_email_normalized", store=True)
    consent = fields.Boolean(string="I would like to get mail about this")
    lang = fields.Char(readonly=True)
    needs_confirmation = fields.Boolean(readonly=True)
    was_known = fields.Boolean(
        readonly=True, help="Somebody of this address was in the database before."
    )
    confirmed_at = fields.Datetime(readonly=True)
    confirmation_url = fields.Char(
        compute="_compute_confirmation_url", compute_sudo=True, groups=fields.NO_ACCESS
    )

    _by_email = models.Index("(email_normalized)")

    @api.depends("email")
    def _compute_email_normalized(self):
        for asked in self:
            asked.email_normalized = tools.email_normalize(asked.email)

    def _compute_confirmation_url(self):
        for asked in self:
            path = f"/workflow/content/confirm/{asked.id}/{asked._token()}"
            asked.confirmation_url = f"{asked._base_url()}{path}"

    def _base_url(self):
        website = self.content_id.website_id or self.env["website"].get_current_website()
        return website.get_base_url()

    def _logo(self):
        """Return the logo of the company that asks, as its mails have it."""
        block = self.env["mail.workflow.block.company_logo"]
        return block._logo(self.env, self.company_id.sudo(), self._base_url(), self.env.lang)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            content = self.env["mail.workflow.content"].browse(vals.get("content_id") or 0)
            if not content.exists() or not content.active:
                raise ValidationError(self.env._("This is not offered any more."))
            if not tools.email_normalize(vals.get("email") or ""):
                raise ValidationError(self.env._("Enter an e-mail address."))
            if not vals.get("consent"):
                raise ValidationError(self.env._("Tick the box to get it by mail."))
            for name in ("needs_confirmation", "was_known", "confirmed_at"):
                vals.pop(name, None)
        lang = self.env.context.get("lang")
        requests = super().create(
            [
                {**vals, "name": (vals.get("name") or "").strip() or False, "lang": lang}
                for vals in vals_list
            ]
        )
        requests._look_up()
        requests._ask()
        (requests - requests.filtered("needs_confirmation"))._confirm()
        return requests

    def _look_up(self):
        """Note what is known of the addresses before anything is sent to them."""
        emails = self.mapped("email_normalized")
        domain = [("email_normalized", "in", emails)]
        # whether an address is known does not depend on who asks, who is nobody here
        known = {
            record.email_normalized
            for model in ("res.partner", "mailing.contact")
            for record in self.env[model].sudo().search(domain)
        }
        confirmed = set(
            self.sudo().search([*domain, ("confirmed_at", "!=", False)]).mapped("email_normalized")
        )
        # whoever left the list is put back by its owner's word only
        left = {
            (one.contact_id.email_normalized, one.list_id)
            for one in self.env["mailing.subscription"]
            .sudo()
            .search(
                [
                    ("contact_id.email_normalized", "in", emails),
                    ("list_id", "in", self.content_id.list_id.ids),
                    ("opt_out", "=", True),
                ]
            )
        }
        for asked in self:
            email, content = asked.email_normalized, asked.content_id
            asked.was_known = email in known
            asked.needs_confirmation = content.double_opt_in and (
                email not in confirmed or (email, content.list_id) in left
            )

    def _ask(self):
        """Send the mail with the button; not without end to an address that somebody typed."""
        template = self.env.ref("mail_workflow_automation.mail_template_content_confirm")
        now = fields.Datetime.now()
        asking = self.filtered("needs_confirmation")
        earlier = self.sudo().search(
            [
                ("email_normalized", "in", asking.mapped("email_normalized")),
                ("needs_confirmation", "=", True),
                ("create_date", ">", now - timedelta(days=1)),
            ]
        )
        asked_now = self.browse()
        for asked in asking:
            before = earlier.filtered(
                lambda one, asked=asked: (
                    one.email_normalized == asked.email_normalized and one.id < asked.id
                )
            )
            again = before.filtered(
                lambda one, asked=asked: (
                    one.content_id == asked.content_id and one.create_date > now - ASK_AGAIN_AFTER
                )
            )
            if not again and len(before) < MOST_QUESTIONS:
                asked_now |= asked
        if asked_now:
            template.sudo().send_mail_batch(asked_now.ids)
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _confirm(self):
        """Take the owner's word, once: now they are subscribed, and workflows hear of it."""
        now = fields.Datetime.now()
        for asked in self.filtered(lambda one: not one.confirmed_at):
            asked.confirmed_at = now
            content = asked.content_id
            if content.list_id:
                asked._subscribe(content.list_id)
            self.env["mail.workflow.event"]._emit(
                "content_requested",
                data={"content": content.id, "confirmed": asked.needs_confirmation},
                place=asked,
                person=Person(None, asked.email_normalized),
            )

    def _subscribe(self, mailing_list):
        contacts_sudo = self.env["mailing.contact"].sudo()
        contact = contacts_sudo.search([("email_normalized", "=", self.email_normalized)], limit=1)
        contact = contact or contacts_sudo.create({"name": self.name, "email": self.email})
        subscriptions_sudo = self.env["mailing.subscription"].sudo()
        subscription = subscriptions_sudo.search(
            [("contact_id", "=", contact.id), ("list_id", "=", mailing_list.id)], limit=1
        )
        if not subscription:
            subscriptions_sudo.create({"contact_id": contact.id, "list_id": mailing_list.id})
        elif subscription.opt_out:
            subscription.opt_out = False

    def _token(self):
        """Sign the link in the mail that asks to confirm."""
        self.ensure_one()
        return tools.hmac(self.env(su=True), "mail_workflow_content_confirm", self.id)[:40]

    @api.model
    def _unconfirmed(self, emails):
        """Return those of the addresses that asked for something, never confirmed it, and were
        not known before. One query."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT email_normalized
                  FROM mail_workflow_content_request
                 WHERE email_normalized = ANY(%s)
                 GROUP BY email_normalized
                HAVING bool_and(needs_confirmation AND confirmed_at IS NULL
                                AND NOT COALESCE(was_known, false))
                """,
                emails,
            )
        )
        return {row[0] for row in self.env.cr.fetchall()}


class MailWorkflowIntake(models.AbstractModel):
    _inherit = "mail.workflow.intake"

    @api.model
    def _names(self, emails):
        asked = self.env["mail.workflow.content.request"].sudo()
        names = {
            one.email_normalized: one.name
            for one in asked.search([("email_normalized", "in", emails), ("name", "!=", False)])
        }
        return {**names, **super()._names(emails)}
