import json

from odoo import api, models
from odoo.exceptions import ValidationError


class MailWorkflow(models.Model):
    """A workflow as a file (design.md, section 4)."""

    _inherit = "mail.workflow"

    @api.constrains("goal_filters", "exit_events")
    def _check_event_shapes(self):
        for workflow in self:
            exits = workflow.exit_events or []
            filters = workflow.goal_filters or {}
            if not (
                isinstance(filters, dict)
                and isinstance(exits, list)
                and all(isinstance(spec, dict) for spec in exits)
            ):
                raise ValidationError(
                    self.env._(
                        "Workflow “%s”: events that end a run have the form of the file.",
                        workflow.name,
                    )
                )

    @api.model
    def import_definition(self, definition):
        """Make a draft from the file format (design.md, section 4).

        :param definition: dict, or JSON text
        :returns: the new workflow, a draft
        :raises DefinitionError: naming the offending entry; nothing is written
        """
        return self.env["mail.workflow.definition"]._import(definition)

    def export_definition(self):
        """Return the workflow as a dict in the file format; importing it gives the same again."""
        self.ensure_one()
        self.check_access("read")
        return self.env["mail.workflow.definition"]._export(self)

    def action_export(self):
        """Download the workflow as a file."""
        self.ensure_one()
        content = json.dumps(self.export_definition(), indent=2, ensure_ascii=False)
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"{self.name}.json",
                "raw": content.encode(),
                "mimetype": "application/json",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
        }

    def _export_steps(self):
        definitions = self.env["mail.workflow.definition"].with_context(workflow_external_ids={})
        return definitions._export_steps(self.with_env(definitions.env))
