from odoo import api, fields, models


class MailWorkflowTest(models.TransientModel):
    """Asks which mails of a workflow to send to oneself, and as whose."""

    _name = "mail.workflow.test"
    _description = "Send a Test"

    workflow_id = fields.Many2one("mail.workflow", required=True, ondelete="cascade")
    model_name = fields.Char(related="workflow_id.model_name")
    step_id = fields.Many2one(
        "mail.workflow.step",
        string="Mail",
        ondelete="cascade",
        domain="[('workflow_id', '=', workflow_id), ('kind', '=', 'email')]",
        help="Empty: all mails of the workflow, one after the other, a day of it as a minute.",
    )
    record_id = fields.Many2oneReference(
        string="As It Is for",
        model_field="model_name",
        help="Empty: an invented person with your name.",
    )
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(), string="Language"
    )
    email = fields.Char(string="Goes to", compute="_compute_email")

    @api.depends_context("uid")
    def _compute_email(self):
        self.email = self.env.user.email

    def action_send(self):
        self.ensure_one()
        user = self.env.user
        invented = {"name": user.name, "email": user.email, "lang": self.lang or user.lang}
        count = self.workflow_id.send_test(
            self.record_id or invented, step=self.step_id.key, lang=self.lang
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s on the way to %(email)s", count=count, email=user.email
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
