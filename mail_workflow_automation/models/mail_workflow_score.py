from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.score import midnight_after


class MailWorkflowScore(models.Model):
    """The total of a person in one dimension of a score model; without a dimension: their sum.

    Always the sum of the ledger, moved in SQL beside it. In a table of its own: a checkout, which
    writes the contact, never waits for scoring.
    """

    _name = "mail.workflow.score"
    _description = "Score"
    _order = "score desc, id"
    _rec_name = "person_key"
    _log_access = False

    person_key = fields.Char(string="Person", required=True)
    partner_id = fields.Many2one(
        "res.partner", string="Contact", ondelete="set null", index="btree_not_null"
    )
    score_model_id = fields.Many2one(
        "mail.workflow.score.model", required=True, ondelete="restrict"
    )
    dimension_id = fields.Many2one(
        "mail.workflow.score.dimension", ondelete="restrict", index="btree_not_null"
    )
    score = fields.Integer(required=True, default=0)
    exact = fields.Float(
        required=True, default=0, help="What is left of the points, unrounded, as of the time."
    )
    exact_at = fields.Datetime()
    fade_at = fields.Datetime(help="When the number that is shown changes next.")
    is_weak = fields.Boolean(
        string="Opens Only",
        help="Nothing but opened mails speaks for this: it reaches no threshold.",
    )

    _person = models.UniqueIndex("(person_key, score_model_id, COALESCE(dimension_id, 0))")
    _highest = models.Index("(score_model_id, score) WHERE dimension_id IS NULL")
    _fading = models.Index("(fade_at) WHERE fade_at IS NOT NULL")

    def action_view_entries(self):
        """Open the lines of the ledger that make this total."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_workflow_automation.mail_workflow_score_entry_action"
        )
        domain = fields.Domain("person_key", "=", self.person_key)
        domain &= fields.Domain("score_model_id", "=", self.score_model_id.id)
        if self.dimension_id:
            domain &= fields.Domain("dimension_id", "=", self.dimension_id.id)
        return {**action, "domain": list(domain), "context": {}}

    @api.model
    def _as_of(self, person_keys, score_model, moment):
        """Return the scores that people had at a moment, as the ledger tells.

        :param datetime moment: naive UTC
        :returns: ``{person key: {dimension id, or None for the sum: score}}``
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT person_key, dimension_id, sum(points)
                  FROM mail_workflow_score_entry
                 WHERE person_key = ANY(%s) AND score_model_id = %s AND occurred_at <= %s
                 GROUP BY GROUPING SETS ((person_key, dimension_id), (person_key))
                """,
                list(person_keys),
                score_model.id,
                moment,
            )
        )
        found = {key: {None: 0} for key in person_keys}
        for key, dimension_id, points in self.env.cr.fetchall():
            found[key][dimension_id] = points
        return found

    @api.model
    def _rebuild(self, person_keys=None):
        """Set every total to the sum of its ledger.

        :param person_keys: of these people only
        :returns: how many were not; none, unless somebody changed the tables behind our back
        """
        self.flush_model()
        now = fields.Datetime.now()
        of_whom = SQL("TRUE")
        if person_keys is not None:
            of_whom = SQL("person_key = ANY(%s)", list(person_keys))
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM mail_workflow_score s
                 WHERE %s AND NOT EXISTS (
                       SELECT FROM mail_workflow_score_entry e
                        WHERE e.person_key = s.person_key
                          AND e.score_model_id = s.score_model_id
                          AND e.dimension_id = COALESCE(s.dimension_id, e.dimension_id))
                """,
                of_whom,
            )
        )
        changed = self.env.cr.rowcount
        self.env.cr.execute(self._wrong_totals(of_whom, now))
        changed += self.env.cr.rowcount
        self.invalidate_model()
        return changed

    @api.model
    def _wrong_totals(self, of_whom, now):
        """Return the statement that sets right the totals that are not the sum of their ledger."""
        return SQL(
            """
            WITH truth AS (
                SELECT person_key, score_model_id, dimension_id, sum(points) AS score,
                       max(partner_id) AS partner_id, NOT bool_or(%(speaks)s) AS is_weak
                  FROM mail_workflow_score_entry e
                 WHERE %(of_whom)s
                 GROUP BY GROUPING SETS ((person_key, score_model_id, dimension_id),
                                         (person_key, score_model_id))
            )
            INSERT INTO mail_workflow_score AS s (
                   person_key, partner_id, score_model_id, dimension_id, score, exact, exact_at,
                   fade_at, is_weak)
            SELECT t.person_key, t.partner_id, t.score_model_id, t.dimension_id, t.score,
                   CASE WHEN d.id IS NULL THEN 0 ELSE t.score END,
                   CASE WHEN d.id IS NOT NULL THEN %(now)s::timestamp END,
                   CASE WHEN d.half_life_days > 0 AND t.score > 0
                        THEN %(midnight)s::timestamp END,
                   d.id IS NOT NULL AND t.is_weak
              FROM truth t
              LEFT JOIN mail_workflow_score_dimension d ON d.id = t.dimension_id
                ON CONFLICT (person_key, score_model_id, COALESCE(dimension_id, 0))
                DO UPDATE
               SET score = EXCLUDED.score, exact = EXCLUDED.exact, exact_at = EXCLUDED.exact_at,
                   fade_at = EXCLUDED.fade_at, partner_id = EXCLUDED.partner_id,
                   is_weak = EXCLUDED.is_weak
             WHERE s.score <> EXCLUDED.score
                OR (s.is_weak IS TRUE) <> EXCLUDED.is_weak
            """,
            of_whom=of_whom,
            speaks=self.env["mail.workflow.score.entry"]._speaks(),
            now=now,
            midnight=midnight_after(now),
        )
