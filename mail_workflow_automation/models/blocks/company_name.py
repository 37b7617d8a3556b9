from odoo import api, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class MailWorkflowBlockCompanyName(models.AbstractModel):
    """The name of the company that writes."""

    _name = "mail.workflow.block.company_name"
    _inherit = "mail.workflow.words"
    _description = "Name of the Company"

    _block_label = _lt("Name of the company")
    _block_help = _lt("The name of the company that writes.")

    @api.model
    def _words(self, text, runs):
        return {run.id: run.company_id.name for run in runs}
