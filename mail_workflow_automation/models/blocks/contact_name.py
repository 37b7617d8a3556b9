from odoo import api, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class MailWorkflowBlockContactName(models.AbstractModel):
    """The reader's name; what an address stands for is none."""

    _name = "mail.workflow.block.contact_name"
    _inherit = "mail.workflow.words"
    _description = "Name of the Reader"

    _block_label = _lt("Name of the reader")
    _block_help = _lt("The name of the reader.")

    @api.model
    def _words(self, text, runs):
        name_of = self.env["mail.workflow.mailer"]._name_of
        return {run.id: name_of(run) for run in runs}
