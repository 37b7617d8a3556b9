from odoo import models

from ..models.mail_workflow_event import STARTS


class BaseImport(models.TransientModel):
    _inherit = "base_import.import"

    def execute_import(self, fields, columns, options, dryrun=False):
        """Import; events of it are noted where the option ``workflow_start`` says so, but those of
        a mere test never happened."""
        starts = bool(options.get("workflow_start")) and not dryrun
        importing = self.with_context(**{STARTS: starts})
        return super(BaseImport, importing).execute_import(fields, columns, options, dryrun)
