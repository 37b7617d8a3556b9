from odoo import api, models
from odoo.tools import email_normalize

from odoo.addons.mail_workflow_automation.models.mail_workflow_person import Person


class MailWorkflowPerson(models.AbstractModel):
    _inherit = "mail.workflow.person"

    @api.model
    def _of(self, records):
        """A registration is about who comes, not about who booked for them."""
        persons = super()._of(records)
        if records._name != "event.registration":
            return persons
        for registration in records.sudo():
            email = email_normalize(registration.email)
            booker = persons.get(registration.id)
            if email and (booker is None or booker.email_normalized != email):
                persons[registration.id] = Person(None, email)
        return persons
