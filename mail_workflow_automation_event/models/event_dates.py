from odoo import api, models

REGISTRATION = "event.registration"
# of a registration, but kept with its event, or its slot
DATES = frozenset(("event_begin_date", "event_end_date"))


class MailWorkflowTriggerRecordChanged(models.AbstractModel):
    _inherit = "mail.workflow.trigger.record_changed"

    @api.model
    def _may_watch_field(self, field):
        """The dates of its event are watched as if the registration had them itself."""
        is_date = field.model_name == REGISTRATION and field.name in DATES
        return is_date or super()._may_watch_field(field)


class EventRegistration(models.Model):
    _inherit = "event.registration"

    def _remember_dates(self):
        """Keep the dates that registrations have now, where somebody waits for them."""
        watch = self._workflow_watch()
        names = watch.fields & DATES if watch else ()
        if self and names:
            self.env["mail.workflow.trigger.record_changed"]._remember_old(self, names)
            # Odoo computes them anew for another event only, not for another date of theirs
            self.invalidate_recordset(list(DATES), flush=False)

    def write(self, vals):
        if {"event_id", "event_slot_id"} & vals.keys():
            self._remember_dates()
        return super().write(vals)


class EventEvent(models.Model):
    _inherit = "event.event"

    def write(self, vals):
        if {"date_begin", "date_end"} & vals.keys():
            self.sudo().registration_ids._remember_dates()
        return super().write(vals)


class EventSlot(models.Model):
    _inherit = "event.slot"

    def write(self, vals):
        if {"date", "start_hour", "end_hour"} & vals.keys():
            self.sudo().registration_ids._remember_dates()
        return super().write(vals)
