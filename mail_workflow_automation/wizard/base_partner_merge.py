from odoo import models


class BasePartnerMerge(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Re-key runs and scores first: Odoo moves columns by SQL, and knows nothing of people
        and keys."""
        self.env["mail.workflow.enrollment"].sudo()._merge_persons(src_partners, dst_partner)
        self.env["mail.workflow.score.entry"].sudo()._merge_persons(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)
