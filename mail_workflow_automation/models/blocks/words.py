from markupsafe import escape

from odoo import api, models


class MailWorkflowWords(models.AbstractModel):
    """Words within a sentence that each reader has of their own."""

    _name = "mail.workflow.words"
    _inherit = "mail.workflow.block"
    _description = "Words of a Reader"

    _is_inline = True

    @api.model
    def _render(self, text, runs, env, base_url, options):
        return {run_id: escape(words) for run_id, words in self._words(text, runs).items()}

    @api.model
    def _words(self, text, runs):
        """Return ``{run id: str}``."""
        raise NotImplementedError
