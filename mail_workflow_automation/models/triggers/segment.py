from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..mail_workflow import parse_domain

# how many may start to match in one look: who is over comes in with the next
NEW_MEMBERS = 2000


class MailWorkflowTrigger(models.Model):
    _inherit = "mail.workflow.trigger"

    kind = fields.Selection(
        selection_add=[("segment", "Starts to match a segment")], ondelete={"segment": "cascade"}
    )
    segment_domain = fields.Char(default="[]")


class MailWorkflowSegmentMember(models.Model):
    """Who matched a segment at the last look: "starts to match" needs a memory."""

    _name = "mail.workflow.segment.member"
    _description = "Member of a Workflow Segment"

    trigger_id = fields.Many2one(
        "mail.workflow.trigger", required=True, ondelete="cascade", index=True
    )
    res_id = fields.Integer(required=True)

    _member = models.UniqueIndex("(trigger_id, res_id)")


class MailWorkflowTriggerSegment(models.AbstractModel):
    """A record that did not match the domain at the last look does now."""

    _name = "mail.workflow.trigger.segment"
    _inherit = "mail.workflow.trigger.kind"
    _description = "Workflow Trigger: Segment"

    _is_event = False
    _icon = "fa-filter"
    _trigger_fields = {"domain": "segment_domain"}
    _poll_minutes = 5

    @api.model
    def _check_config(self, trigger):
        problem = trigger.workflow_id._domain_problem(trigger.segment_domain)
        return [self.env._("segment: %s", problem)] if problem else []

    @api.model
    def _domains(self, trigger):
        return [trigger.segment_domain]

    @api.model
    def _query(self, trigger):
        """Return the ``Query`` of the records that match now, within the workflow's audience."""
        workflow = trigger.workflow_id
        model = workflow._run_env()[workflow.model_name]
        return model._search(self._existing(trigger, None))

    @api.model
    def _existing(self, trigger, now):
        return Domain(parse_domain(trigger.segment_domain)) & trigger.workflow_id._audience()

    @api.model
    def _started(self, trigger, now):
        self.env.cr.execute(
            "DELETE FROM mail_workflow_segment_member WHERE trigger_id = %s", [trigger.id]
        )
        self._remember(trigger, self._query(trigger))

    @api.model
    def _poll(self, trigger, since, until):
        query = self._query(trigger)
        self._forget(trigger, query)
        new_ids = self._remember(trigger, query, limit=NEW_MEMBERS)
        if not new_ids:
            return 0
        made = trigger._enroll_safely(trigger.workflow_id._records(new_ids), until)
        if len(new_ids) == NEW_MEMBERS:
            trigger._look_again(until)
        return made

    def _forget(self, trigger, query):
        """Drop the members that do not match any more."""
        self.env["mail.workflow.segment.member"].flush_model()
        self.env.cr.execute(self._forget_query(trigger, query))

    def _forget_query(self, trigger, query):
        # a join, not NOT IN: beyond the memory of one query PostgreSQL would look through all who
        # match for each member
        return SQL(
            """
            DELETE FROM mail_workflow_segment_member m
             WHERE m.trigger_id = %s
               AND NOT EXISTS (SELECT FROM (%s) AS matching (id) WHERE matching.id = m.res_id)
            """,
            trigger.id,
            query.subselect(),
        )

    def _remember(self, trigger, query, limit=None):
        """Make members of those who match and are none; return their record ids."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_workflow_segment_member (trigger_id, res_id)
                SELECT %(trigger)s, matching.id
                  FROM (%(query)s) AS matching (id)
                 WHERE NOT EXISTS (
                       SELECT FROM mail_workflow_segment_member m
                        WHERE m.trigger_id = %(trigger)s AND m.res_id = matching.id)
                 LIMIT %(limit)s
                RETURNING res_id
                """,
                limit=limit,
                trigger=trigger.id,
                query=query.subselect(),
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]
