from odoo import api, fields, models

from ..mail_workflow_filter import filter_field


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("tag_added", "Tag added")], ondelete={"tag_added": "cascade"}
    )
    filter_tag_id = filter_field(fields.Many2one, "res.partner.category", string="Contact Tag")
    filter_lead_tag_id = filter_field(fields.Many2one, "crm.tag", string="Lead Tag")


class MailWorkflowTriggerTagAdded(models.AbstractModel):
    """A contact or lead got a tag: by hand, by a form, by another workflow."""

    _name = "mail.workflow.trigger.tag_added"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Tag Added"

    _icon = "fa-tag"
    _category = "contact"
    _record_models = ("res.partner", "crm.lead")
    _filter_fields = {"tag": "filter_tag_id", "lead_tag": "filter_lead_tag_id"}


class MailWorkflowTagged(models.AbstractModel):
    """What has tags, and notes which it gets."""

    _name = "mail.workflow.tagged"
    _description = "Tagged for Workflows"

    # the field with the tags, and the filter that names one
    _workflow_tags = ("", "")

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if self.env["mail.workflow.event"]._is_listened("tag_added"):
            records._note_tags_added({})
        return records

    def write(self, vals):
        name, _key = self._workflow_tags
        if name not in vals or not self.env["mail.workflow.event"]._is_listened("tag_added"):
            return super().write(vals)
        before = {record.id: record[name] for record in self}
        result = super().write(vals)
        self._note_tags_added(before)
        return result

    def _note_tags_added(self, before):
        """Note each tag that records did not have before.

        :param dict before: ``{record id: tags}``
        """
        name, key = self._workflow_tags
        for record in self:
            for tag in record[name] - before.get(record.id, record[name].browse()):
                self.env["mail.workflow.event"].emit("tag_added", record=record, data={key: tag.id})


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "mail.workflow.tagged"]

    _workflow_tags = ("category_id", "tag")


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "mail.workflow.tagged"]

    _workflow_tags = ("tag_ids", "lead_tag")
