from odoo import api, models

GRADE = "lead_grade"
LEAST = "d3"


class CrmLead(models.Model):
    """The grade can be one of the variables of Odoo's predictive probability, where somebody
    chooses it in the settings of CRM. It is no column of the lead: it is added to what Odoo reads.
    """

    _inherit = "crm.lead"

    @api.model
    def _is_grade_predicting(self):
        chosen = self.env["ir.config_parameter"].sudo().get_param("crm.pls_fields") or ""
        return GRADE in chosen.split(",")

    def _pls_get_safe_fields(self):
        return [name for name in super()._pls_get_safe_fields() if name != GRADE]

    def _pls_get_lead_pls_values(self, domain=None):
        found = super()._pls_get_lead_pls_values(domain=domain)
        if found and self._is_grade_predicting():
            leads_sudo = (self.browse(found) if domain else self).sudo()
            for lead_id, grade in leads_sudo._predicting_grades().items():
                found[lead_id]["values"].insert(0, (GRADE, grade))
        return found

    def prepare_pls_tooltip_data(self):
        data = super().prepare_pls_tooltip_data()
        labels = dict(self._fields[GRADE]._description_selection(self.env))
        for part in (*data["low_3_data"], *data["top_3_data"]):
            if part["field"] == GRADE:
                part["value"] = labels.get(part["value"], part["value"])
        return data

    def _predicting_grades(self):
        """Return ``{id: grade}``, each as its company sees it. Who has no points is D, cold: Odoo
        compares only values that are there."""
        grades = {}
        for company, leads in self.grouped("company_id").items():
            shown = leads.with_company(company or self.env.company)
            grades |= {lead.id: lead[GRADE] or LEAST for lead in shown}
        return grades
