from odoo import api, fields, models

from ..mail_workflow_filter import filter_field

TAG_ADDED = "tag_added"


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
        if self.env["mail.workflow.event"]._is_listened(TAG_ADDED):
            records._note_tags_added({})
        return records

    def write(self, vals):
        name, _key = self._workflow_tags
        if name not in vals or not self.env["mail.workflow.event"]._is_listened(TAG_ADDED):
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
                self.env["mail.workflow.event"].emit(TAG_ADDED, record=record, data={key: tag.id})


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "mail.workflow.tagged"]

    _workflow_tags = ("category_id", "tag")


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "mail.workflow.tagged"]

    _workflow_tags = ("tag_ids", "lead_tag")


class ResPartnerCategory(models.Model):
    """A tag can be given from its own side, too: contacts are added to the tag."""

    _inherit = "res.partner.category"

    @api.model_create_multi
    def create(self, vals_list):
        tags = super().create(vals_list)
        if any(vals.get("partner_ids") for vals in vals_list):
            tags._note_contacts_added({})
        return tags

    def write(self, vals):
        if "partner_ids" not in vals or not self.env["mail.workflow.event"]._is_listened(TAG_ADDED):
            return super().write(vals)
        before = self._contacts_by_tag()
        result = super().write(vals)
        self._note_contacts_added(before)
        return result

    def _contacts_by_tag(self):
        # who has a tag does not depend on whom the user may see
        return {tag.id: tag.with_context(active_test=False).sudo().partner_ids for tag in self}

    def _note_contacts_added(self, before):
        """Note each contact that tags did not have before.

        :param dict before: ``{tag id: contacts}``
        """
        events = self.env["mail.workflow.event"]
        if not events._is_listened(TAG_ADDED):
            return
        for tag_id, contacts in self._contacts_by_tag().items():
            for contact in contacts - before.get(tag_id, contacts.browse()):
                events.emit(TAG_ADDED, record=contact, data={"tag": tag_id})
