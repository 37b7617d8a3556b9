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


class MailingContactImport(models.TransientModel):
    _inherit = "mailing.contact.import"

    def action_import(self):
        """Put addresses on lists; as with a file nobody is welcomed because of it."""
        answer = super(MailingContactImport, self.with_context(import_file=True)).action_import()
        following = answer.get("params", {}).get("next", {})
        if "context" in following:
            following["context"] = self.env.context
        return answer
