import json

from odoo import api, fields, models


class MailWorkflowRevision(models.Model):
    """The definition of a workflow as it was published. Only publishing makes one; none changes."""

    _name = "mail.workflow.revision"
    _description = "Workflow Revision"
    _order = "workflow_id, number desc"
    _rec_name = "number"

    workflow_id = fields.Many2one(
        "mail.workflow", required=True, ondelete="cascade", readonly=True, index=True
    )
    company_id = fields.Many2one(related="workflow_id.company_id", store=True, index=True)
    number = fields.Integer(required=True, readonly=True)
    published_at = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Published by", readonly=True)
    # as text: the database forgets the order of the keys of JSON, and branches have an order
    definition = fields.Text(required=True, readonly=True)

    _number = models.UniqueIndex("(workflow_id, number)")

    def _shown(self):
        """Return what the drawing shows of a revision, or None."""
        if not self:
            return None
        return {"number": self.number, "date": fields.Datetime.to_string(self.published_at)}

    @api.model
    def _text(self, definition):
        return json.dumps(definition, ensure_ascii=False)


class MailWorkflow(models.Model):
    _inherit = "mail.workflow"

    revision_id = fields.Many2one(
        "mail.workflow.revision",
        copy=False,
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    revision_ids = fields.One2many(
        "mail.workflow.revision",
        "workflow_id",
        string="Published Revisions",
        copy=False,
        readonly=True,
    )

    def _revise(self, now):
        """Keep what runs from now on as a revision, where it is not what ran before."""
        self.ensure_one()
        revisions_sudo = self.env["mail.workflow.revision"].sudo()  # only publishing makes them
        text = revisions_sudo._text(self.export_definition())
        last_sudo = self.revision_id.sudo()
        if last_sudo.definition == text:
            return
        self.sudo().revision_id = revisions_sudo.create(
            {
                "workflow_id": self.id,
                "number": last_sudo.number + 1,
                "published_at": now,
                "user_id": self.env.uid,
                "definition": text,
            }
        )
