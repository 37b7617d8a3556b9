import pytz

from odoo import api, models

from ..engine.schedule import valid_zone


class MailWorkflowZone(models.AbstractModel):
    """The time zone in which a person lives."""

    _name = "mail.workflow.zone"
    _description = "Time Zone of a Workflow's Person"

    @api.model
    def _of_company(self, workflow):
        """Return the zone of a workflow's company, else UTC."""
        return valid_zone(workflow.sudo().company_id.partner_id.tz)

    @api.model
    def _of_runs(self, workflow, runs):
        """Return ``{run id: ZoneInfo}`` of the persons of runs."""
        return self._of_persons(workflow, {run.id: run.partner_id.id for run in runs})

    @api.model
    def _of_records(self, workflow, records):
        """Return ``{record id: ZoneInfo}`` of the persons behind records."""
        persons = self.env["mail.workflow.person"]._of(records)
        contact_ids = {
            record_id: persons[record_id].partner_id if record_id in persons else None
            for record_id in records.ids
        }
        return self._of_persons(workflow, contact_ids)

    @api.model
    def _of_persons(self, workflow, contact_ids):
        """Return the zone of each person: the contact's, else the last visit's, else that of a
        country with one zone, else the company's, else UTC.

        :param dict contact_ids: ``{key: contact id or None}``
        :returns: ``{key: ZoneInfo}``
        """
        company_zone = workflow.sudo().company_id.partner_id.tz
        if workflow.timezone_policy == "company":
            return dict.fromkeys(contact_ids, valid_zone(company_zone))
        contacts_sudo = self.env["res.partner"].sudo()
        partners_sudo = contacts_sudo.browse({one for one in contact_ids.values() if one})
        partners_sudo.fetch(["tz", "country_id"])
        visitors = self._visitor_zones(partners_sudo)
        zones = {}
        for key, contact_id in contact_ids.items():
            partner = contacts_sudo.browse(contact_id or []).with_prefetch(partners_sudo.ids)
            zones[key] = valid_zone(
                partner.tz,
                visitors.get(partner.id),
                self._country_zone(partner.country_id.code),
                company_zone,
            )
        return zones

    @api.model
    def _visitor_zones(self, partners):
        """Return ``{contact id: zone}`` of their last visits."""
        visitors_sudo = (
            self.env["website.visitor"]
            .sudo()
            .search(
                [("partner_id", "in", partners.ids), ("timezone", "!=", False)],
                order="last_connection_datetime",
            )
        )
        return {visitor.partner_id.id: visitor.timezone for visitor in visitors_sudo}

    @api.model
    def _country_zone(self, code):
        zones = pytz.country_timezones.get(code, []) if code else []
        return zones[0] if len(zones) == 1 else None
