from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.score import DECAY, EXPIRY, MANUAL, REVERSAL, RULE, STEP, faded

# lines that gave something, which fades or can be taken back
GIVING = (RULE, MANUAL, STEP)


class MailWorkflowScoreEntry(models.Model):
    """A line of the ledger: the truth about scores. Written once, by the engine only.

    reason    meaning                                                  guarded by
    --------  -------------------------------------------------------  ------------------------
    rule      a rule gave points, for an event or a profile            (event, rule), (rule, once)
    manual    a person gave or took points                             -
    step      a workflow did                                           execution
    decay     the shown number fell because time passed                -
    expiry    what a rule gave is over                                 line taken back
    reversal  what a rule gave was taken back: a machine did it after  line taken back
              all, the profile matches no more, contacts were merged

    ``points`` is what changed in the total, after caps and floor; ``counted_at`` as of when it
    counts, in full. A line that is taken back stays as it is, marked ``is_void``.
    """

    _name = "mail.workflow.score.entry"
    _description = "Score Entry"
    _order = "occurred_at desc, id desc"
    _rec_name = "person_key"
    _log_access = False

    person_key = fields.Char(
        string="Person", required=True, help="The address, or the contact where there is none."
    )
    partner_id = fields.Many2one(
        "res.partner", string="Contact", ondelete="set null", index="btree_not_null"
    )
    score_model_id = fields.Many2one(
        "mail.workflow.score.model", required=True, ondelete="restrict", index=True
    )
    dimension_id = fields.Many2one(
        "mail.workflow.score.dimension", required=True, ondelete="restrict", index=True
    )
    rule_id = fields.Many2one(
        "mail.workflow.scoring.rule", ondelete="restrict", index="btree_not_null"
    )
    reason = fields.Selection(
        [
            (RULE, "Rule"),
            (MANUAL, "By hand"),
            (STEP, "Workflow"),
            (DECAY, "Faded with time"),
            (EXPIRY, "Over"),
            (REVERSAL, "Taken back"),
        ],
        required=True,
    )
    points = fields.Integer(required=True, help="By how much the score changed.")
    points_now = fields.Float(compute="_compute_points_now", digits=(16, 1))
    occurred_at = fields.Datetime(string="When", required=True)
    counted_at = fields.Datetime(required=True)
    event_id = fields.Integer(string="Event ID")
    subject = fields.Char(help="The message, page or record that a repetition is counted by.")
    note = fields.Char()
    user_id = fields.Many2one("res.users", string="By", ondelete="set null")
    execution_id = fields.Many2one("mail.workflow.execution", ondelete="set null")
    reversed_id = fields.Many2one(
        "mail.workflow.score.entry", string="Takes Back", ondelete="set null"
    )
    once_key = fields.Char(help="Who has the points of a rule that gives them once.")
    expires_at = fields.Datetime()
    is_void = fields.Boolean(string="Taken Back", required=True)
    is_weak = fields.Boolean(string="Opens Only", help="An open: it makes nobody warm by itself.")

    _by_person = models.Index("(person_key, occurred_at)")
    _by_event = models.UniqueIndex("(event_id, rule_id) WHERE event_id IS NOT NULL")
    _once = models.UniqueIndex("(rule_id, once_key) WHERE once_key IS NOT NULL")
    _by_execution = models.UniqueIndex("(execution_id) WHERE execution_id IS NOT NULL")
    _takes_back = models.UniqueIndex("(reversed_id) WHERE reversed_id IS NOT NULL")
    _expiring = models.Index("(expires_at) WHERE expires_at IS NOT NULL AND NOT is_void")

    @api.model
    def _speaks(self):
        """Return the condition on lines (``e``) that say something by themselves (rule 31)."""
        return SQL(
            "e.reason = ANY(%s) AND e.points > 0 AND NOT e.is_void AND e.is_weak IS NOT TRUE",
            list(GIVING),
        )

    @api.depends("points", "is_void", "counted_at", "dimension_id.half_life_days")
    def _compute_points_now(self):
        now = fields.Datetime.now()
        for entry in self:
            if entry.reason not in GIVING or entry.is_void:
                entry.points_now = 0
                continue
            half_life_days = entry.dimension_id.half_life_days
            entry.points_now = faded(entry.points, half_life_days, entry.counted_at, now)
