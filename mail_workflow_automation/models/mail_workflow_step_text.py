from odoo import api, fields, models
from odoo.exceptions import ValidationError

# in the context while texts are made, which is checked and noted once for all; nobody outside has
# this object
MAKING = object()


class MailWorkflowStepText(models.Model):
    """One language of a mail step. Subject, preview and body are those of a mailing of its own, so
    that
    Odoo's designer, links, opens, answers and unsubscription work as its users know them."""

    _name = "mail.workflow.step.text"
    _description = "Text of a Mail Step"
    _order = "id"

    step_id = fields.Many2one("mail.workflow.step", required=True, ondelete="cascade", index=True)
    workflow_id = fields.Many2one(related="step_id.workflow_id")
    company_id = fields.Many2one(related="step_id.company_id", store=True, index=True)
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        required=True,
        default=lambda self: self.env.lang,
        string="Language",
    )
    mailing_id = fields.Many2one("mailing.mailing", required=True, ondelete="restrict", index=True)
    subject = fields.Char(related="mailing_id.subject", readonly=False)
    preview = fields.Char(related="mailing_id.preview", readonly=False)
    body_html = fields.Html(related="mailing_id.body_html", readonly=False)

    _lang = models.UniqueIndex("(step_id, lang)", "A mail step has one text in each language.")

    @api.constrains("mailing_id", "step_id")
    def _check_mailing(self):
        """A text is its step's own mailing: no other is sent, or shown, by this way."""
        for text in self:
            if text.mailing_id.workflow_step_id != text.step_id:
                raise ValidationError(
                    self.env._("Step “%s”: a text has a mailing of its own.", text.step_id.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        steps = self.env["mail.workflow.step"].browse([vals["step_id"] for vals in vals_list])
        steps.workflow_id._check_editable()
        needed = [i for i, vals in enumerate(vals_list) if not vals.get("mailing_id")]
        # its story is that of its workflow: nobody follows a text
        quiet = {"tracking_disable": True, "mail_create_nosubscribe": True}
        model = self.env["mailing.mailing"].with_context(workflow_text=MAKING, **quiet)
        # what Odoo would find out, or wake a cron for, with each mailing
        medium = self.env["utm.medium"]._fetch_or_create_utm_medium("email") if needed else None
        shared = {
            "ab_testing_schedule_datetime": False,
            "medium_id": medium and medium.id,
            "mail_server_id": needed and model._get_default_mail_server_id(),
        }
        mailings = model.create(
            [{**self._prepare_mailing_values(steps[i], vals_list[i]), **shared} for i in needed]
        )
        for i, mailing in zip(needed, mailings, strict=True):
            vals_list[i]["mailing_id"] = mailing.id
        for vals in vals_list:
            for name in ("subject", "preview", "body_html", "body_arch"):
                vals.pop(name, None)
        texts = super().create(vals_list)
        steps.workflow_id._edited()
        return texts

    def write(self, vals):
        self.step_id.workflow_id._check_editable()
        if "body_html" in vals:
            self.mailing_id.write({"body_arch": vals["body_html"]})
        result = super().write(vals)
        self.step_id.workflow_id._edited()
        return result

    def unlink(self):
        workflows = self.step_id.workflow_id
        workflows._check_editable()
        mailings = self.mailing_id
        result = super().unlink()
        workflows._edited()
        # mailings of a removed text keep their figures when mails were made of them
        mailings.filtered(lambda mailing: not mailing.mailing_trace_ids).sudo().unlink()
        return result

    def _entry(self):
        """Return what the file says of a text."""
        self.ensure_one()
        mailing = self.mailing_id
        entry = {"subject": mailing.subject or ""}
        if mailing.preview:
            entry["preview"] = mailing.preview
        entry["body_html"] = str(mailing.body_html or "")
        if mailing.body_arch and str(mailing.body_arch) != entry["body_html"]:
            entry["body_arch"] = str(mailing.body_arch)
        return entry

    def _write_entry(self, entry):
        """Make a text that of a file, in its own mailing."""
        self.ensure_one()
        if {"body_html": "", **entry} != self._entry():
            self.mailing_id.write(self._prepare_content_values(self.step_id, entry))

    @api.model
    def _prepare_content_values(self, step, vals):
        # Odoo takes nothing or html, not blanks
        html = (vals.get("body_html") or "").strip()
        arch = (vals.get("body_arch") or "").strip()
        return {
            "subject": vals.get("subject") or step.name or step.workflow_id.name,
            "preview": vals.get("preview") or False,
            "body_html": html,
            "body_arch": arch or html,
        }

    @api.model
    def _prepare_mailing_values(self, step, vals):
        workflow = step.workflow_id
        values = {
            **self._prepare_content_values(step, vals),
            # what is only edited is in no list
            "active": not workflow.draft_of_id,
            "mailing_model_id": workflow.model_id.id,
            "mailing_domain": "[('id', '=', 0)]",
            "workflow_id": workflow.id,
            "workflow_step_id": step.id,
            "reply_to_mode": "new" if workflow.reply_to else "update",
        }
        if workflow.email_from:
            values["email_from"] = workflow.email_from
        if workflow.reply_to:
            values["reply_to"] = workflow.reply_to
        return values

    def _language(self):
        """Return the name of its language."""
        self.ensure_one()
        return self.env["res.lang"]._get_data(code=self.lang).name or self.lang

    def action_open_designer(self):
        """Open the text in Odoo's mail designer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mailing.mailing",
            "res_id": self.mailing_id.id,
            "view_mode": "form",
            "views": [
                (
                    self.env.ref("mail_workflow_automation.mailing_mailing_view_form_workflow").id,
                    "form",
                )
            ],
            "target": "current",
        }

    def _for_lang(self, lang):
        """Return the text for a reader's language: theirs, one of the same tongue, else the
        first."""
        exact = self.filtered(lambda text: text.lang == lang)
        if exact:
            return exact[0]
        tongue = (lang or "").split("_")[0]
        return self.filtered(lambda text: text.lang.split("_")[0] == tongue)[:1] or self[:1]
