from odoo import api, models


class EventRegistration(models.Model):
    _inherit = "event.registration"

    @api.model_create_multi
    def create(self, vals_list):
        registrations = super().create(vals_list)
        registrations.filtered(lambda one: one.state == "done")._note_workflow_event(
            "event_attended"
        )
        return registrations

    def write(self, vals):
        coming = self.browse()
        if vals.get("state") == "done":
            coming = self.filtered(lambda one: one.state != "done")
        result = super().write(vals)
        coming._note_workflow_event("event_attended")
        return result

    def _update_mail_schedulers(self):
        """Odoo comes by here with those that may just have got a seat: created, confirmed, paid."""
        seated = self.filtered(lambda one: one.state in ("open", "done"))
        seated._note_workflow_event("event_registered")
        return super()._update_mail_schedulers()

    def _note_workflow_event(self, kind):
        """Note an event of registrations, with what its filters ask for."""
        events = self.env["mail.workflow.event"]
        if not self or not events._is_listened(kind):
            return
        registrations_sudo = self.sudo()  # the public registers on the website
        persons = self.env["mail.workflow.person"]._of(registrations_sudo)
        for registration in registrations_sudo:
            event = registration.event_id
            data = {
                "event": event.id,
                "template": event.event_type_id.id,
                "tag": event.tag_ids.ids,
            }
            events._emit(
                kind,
                record=registration,
                data=data,
                place=event,
                person=persons.get(registration.id),
            )
