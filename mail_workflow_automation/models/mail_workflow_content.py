from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MailWorkflowContent(models.Model):
    """Something people ask for by a form and get by mail: a file or a link."""

    _name = "mail.workflow.content"
    _description = "Content to Download"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    description = fields.Html(translate=True, help="Shown on its page, above the form.")
    file = fields.Binary(attachment=True)
    file_name = fields.Char()
    url = fields.Char(string="Link", help="Where the content is, instead of a file.")
    double_opt_in = fields.Boolean(
        default=True,
        help="Who asks for it gets a mail first, and has to press a button there: nothing else is "
        "sent to an address that has not confirmed.",
    )
    list_id = fields.Many2one(
        "mailing.list",
        string="Subscribe to",
        ondelete="restrict",
        help="Who asks for it joins this mailing list; with a confirmation, once confirmed.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    website_id = fields.Many2one(
        "website",
        domain="[('company_id', '=', company_id)]",
        help="Its page is in this shop only. Empty: in all shops of the company.",
    )
    request_ids = fields.One2many("mail.workflow.content.request", "content_id")
    request_count = fields.Integer(compute="_compute_request_count", string="Requests")
    page_path = fields.Char(
        compute="_compute_page_path",
        string="Address",
        help="On the website: the page with the form. In a mail of a workflow: the reader's own "
        "link to the content.",
    )

    @api.depends("request_ids")
    def _compute_request_count(self):
        counts = self.env["mail.workflow.content.request"]._read_group(
            [("content_id", "in", self.ids)], ["content_id"], ["__count"]
        )
        by_content = {content.id: count for content, count in counts}
        for content in self:
            content.request_count = by_content.get(content.id, 0)

    @api.depends_context("uid")
    def _compute_page_path(self):
        for content in self:
            content.page_path = f"/workflow/content/{content.id}" if content.id else False

    @api.constrains("file", "url")
    def _check_source(self):
        for content in self:
            if bool(content.file) == bool(content.url):
                raise ValidationError(
                    self.env._("“%s”: give it a file or a link, one of them.", content.name)
                )
            if content.url and not content.url.startswith(("https://", "http://", "/")):
                raise ValidationError(
                    self.env._("“%s”: a link begins with https:// or /.", content.name)
                )

    def action_view_requests(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_workflow_automation.mail_workflow_content_request_action"
        )
        action["domain"] = [("content_id", "=", self.id)]
        return action

    def _is_shown_on(self, website):
        """Tell whether it can be asked for on a website."""
        return bool(
            self.exists()
            and self.active
            and self.company_id == website.company_id
            and self.website_id in (website, self.env["website"])
        )
