from odoo import api, models, tools
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

TEMPLATE = "mail_workflow_automation_event.block_event_details"
REGISTRATION = "event.registration"


class MailWorkflowBlockEventDetails(models.AbstractModel):
    """The event that the reader registered for: its name, when in its own zone, where, and links
    to its page and for a calendar."""

    _name = "mail.workflow.block.event_details"
    _inherit = "mail.workflow.block"
    _description = "Event"

    _block_label = _lt("Event")
    _block_sequence = 35
    _block_help = _lt("The event the reader registered for: when, where, and for their calendar.")

    @api.model
    def _render(self, text, runs, env, base_url, options):
        registrations = self._registrations(runs)
        html, known = {}, {}
        for run_id, registration_sudo in registrations.items():
            key = registration_sudo.event_id, registration_sudo.event_slot_id
            if key not in known:
                details = self._details(env, registration_sudo, base_url, text.lang)
                known[key] = self._html(env, TEMPLATE, details, text.lang)
            html[run_id] = known[key]
        return html

    @api.model
    def _registrations(self, runs):
        """Return ``{run id: registration}``: the record of the run, or of the event that brought
        it in. Who registered may be told for what, whoever the workflow runs as."""
        places = {run.id: run if run.res_model == REGISTRATION else run.event_id for run in runs}
        ids = {
            run_id: place.res_id
            for run_id, place in places.items()
            if place and place.res_model == REGISTRATION
        }
        there = self.env[REGISTRATION].sudo().browse(set(ids.values())).exists()
        found = {registration.id: registration for registration in there}
        return {run_id: found[res_id] for run_id, res_id in ids.items() if res_id in found}

    @api.model
    def _details(self, env, registration_sudo, base_url, lang):
        registration_sudo = registration_sudo.with_context(lang=lang)
        event = registration_sudo.event_id
        begin, end = registration_sudo.event_begin_date, registration_sudo.event_end_date
        details = {
            "name": event.name,
            "when": self._when(env, begin, end, event.date_tz, lang),
            "place": event.address_inline or (event.event_url and env._("Online")),
            "online": not event.address_inline and event.event_url,
            "page": False,
            "calendar": False,
        }
        # the website shows events where it has that application
        if "website_url" in event._fields and event.website_published:
            calendar = event._get_event_resource_urls(registration_sudo.event_slot_id)["iCal_url"]
            details["page"] = f"{base_url}{event.website_url}"
            details["calendar"] = f"{base_url}{calendar}"
        return details

    @api.model
    def _when(self, env, begin, end, zone, lang):
        """Return a period in words, where the event takes place."""

        def day(moment):
            local = tools.format_datetime(
                env, moment, tz=zone, dt_format="yyyy-MM-dd", lang_code="en_US"
            )
            return tools.format_date(env, local, lang_code=lang, date_format="full")

        def time(moment):
            return tools.format_time(env, moment, tz=zone, time_format="short", lang_code=lang)

        last = time(end) if day(begin) == day(end) else f"{day(end)}, {time(end)}"
        return f"{day(begin)}, {time(begin)} – {last} ({zone})"

    @api.model
    def _sample(self, env, lang, options):
        details = {
            "name": env._("Open evening"),
            "when": env._("Thursday, May 21, 6:00 PM – 9:00 PM"),
            "place": env._("12 Market Square"),
            "online": False,
            "page": "#",
            "calendar": "#",
        }
        return self._html(env, TEMPLATE, details, lang)
