import pytz

from odoo import api, models

from ..engine.schedule import valid_zone


class MailWorkflowZone(models.AbstractModel):
    """The time zone in which a person lives."""

    _name = "mail.workflow.zone"
    _description = "Time Zone of a Workflow's Person"

    @api.model
    def _of_runs(self, workflow, runs):
        """Return ``{run id: ZoneInfo}``: the contact's, else the last visit's, else that of a
        country with
        one zone, else the company's, else UTC."""
        company_zone = workflow.sudo().company_id.partner_id.tz
        if workflow.timezone_policy == "company":
            zone = valid_zone(company_zone)
            return dict.fromkeys(runs.ids, zone)
        partners_sudo = runs.partner_id.sudo()
        visitors = self._visitor_zones(partners_sudo)
        zones = {}
        for run in runs:
            partner = run.partner_id.sudo()
            zones[run.id] = valid_zone(
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
