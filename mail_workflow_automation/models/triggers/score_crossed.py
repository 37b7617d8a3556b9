from odoo import api, fields, models
from odoo.fields import Domain

from ..mail_workflow_filter import filter_field

KIND = "score_crossed"


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(selection_add=[(KIND, "Score reached")], ondelete={KIND: "cascade"})
    filter_score = filter_field(fields.Integer, string="Points From")
    filter_score_model_id = filter_field(
        fields.Many2one,
        "mail.workflow.score.model",
        string="Score Model",
        help="Empty: whichever model it is.",
    )
    filter_dimension_id = filter_field(
        fields.Many2one,
        "mail.workflow.score.dimension",
        string="Dimension",
        help="Empty: the sum of all.",
    )


class MailWorkflowTriggerScoreCrossed(models.AbstractModel):
    """A person's score rose from below a number of points to it or above: once, and again only
    after it has fallen below."""

    _name = "mail.workflow.trigger.score_crossed"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Score Reached"

    _icon = "fa-thermometer-full"
    _category = "lead"
    _filter_fields = {
        "points": "filter_score",
        "model": "filter_score_model_id",
        "dimension": "filter_dimension_id",
    }
    _record_models = ("crm.lead",)
    _scores = False

    @api.model
    def _check_filters(self, filters, workflow):
        problems = super()._check_filters(filters, workflow)
        points = filters.get("points")
        if not isinstance(points, (int, float)) or points <= 0:
            problems.append(self.env._("say from how many points on"))
        return problems

    @api.model
    def _matches(self, filters, event):
        # one total is not another: who asks for none of the dimensions asks for their sum
        dimension = (event["data"] or {}).get("dimension")
        is_asked = dimension == filters.get("dimension")
        return bool(is_asked and super()._matches(filters, event))

    @api.model
    def _passes(self, data, key, value):
        if key == "points":
            before, after = data.get("before"), data.get("after")
            numbers = (before, after, value)
            return all(isinstance(one, (int, float)) for one in numbers) and (
                before < value <= after
            )
        return super()._passes(data, key, value)

    @api.model
    def _more_records(self, workflow, events):
        """Return the open leads and opportunities of the persons."""
        if workflow.model_name != "crm.lead":
            return super()._more_records(workflow, events)
        emails = {event["email_normalized"] for event in events} - {None}
        partner_ids = {event["partner_id"] for event in events} - {None}
        leads = workflow._records([]).search(
            Domain("won_status", "=", "pending")
            & (
                Domain("email_normalized", "in", list(emails))
                | Domain("partner_id", "in", list(partner_ids))
            )
        )
        found = {}
        for lead in leads:
            known = (lead.email_normalized, lead.partner_id.email_normalized, lead.partner_id.id)
            found[lead.id] = [
                event
                for event in events
                if event["email_normalized"] in known[:2] or event["partner_id"] == known[2]
            ]
        return {lead_id: of_lead for lead_id, of_lead in found.items() if of_lead}

    @api.model
    def _row(self, move, dimension_id, before, after):
        """Return the event of a total that rose because of a move."""
        return {
            "kind": KIND,
            "partner_id": move.partner_id,
            "email_normalized": None if move.person_key.startswith("partner:") else move.person_key,
            "company_id": move.company_id,
            "data": {
                "model": move.score_model_id,
                "dimension": dimension_id,
                "before": before,
                "after": after,
                **(move.origin or {}),
            },
        }
