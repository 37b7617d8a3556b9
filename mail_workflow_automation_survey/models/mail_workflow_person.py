from odoo import api, models
from odoo.tools import email_normalize

from odoo.addons.mail_workflow_automation.models.mail_workflow_person import Person


class MailWorkflowPerson(models.AbstractModel):
    _inherit = "mail.workflow.person"

    @api.model
    def _of(self, records):
        """Who answered without an account is known by the address they gave."""
        persons = super()._of(records)
        if records._name != "survey.user_input":
            return persons
        for answers in records.sudo():
            email = email_normalize(answers.email)
            if email and answers.id not in persons:
                persons[answers.id] = Person(None, email)
        return persons
