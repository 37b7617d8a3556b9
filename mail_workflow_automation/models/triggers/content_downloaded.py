from odoo import fields, models


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("content_downloaded", "Content downloaded")],
        ondelete={"content_downloaded": "cascade"},
    )


class MailWorkflowTriggerContentDownloaded(models.AbstractModel):
    """A content was fetched by the personal link of a mail (``controllers/content.py``)."""

    _name = "mail.workflow.trigger.content_downloaded"
    _inherit = "mail.workflow.trigger.content_requested"
    _description = "Workflow Trigger: Content Downloaded"

    _icon = "fa-download"
