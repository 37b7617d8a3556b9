"""What a workflow brings about: those who are in it beside those who were left out (holdout)."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.comparison import compare


class MailWorkflowFigures(models.AbstractModel):
    _inherit = "mail.workflow.figures"

    @api.model
    def _comparison(self, workflow, since):
        """Return how many people met the goal, of those in the workflow and of those left out.

        People, not runs, who came in since a moment (None: ever).

        :returns: None without a goal; else ``{"with": {"people", "goal"}, "without": {"people",
            "goal"}, "verdict": "few" | "open" | "more" | "fewer", "words": str}``
        """
        if not workflow.goal_kind:
            return None
        self.env["mail.workflow.enrollment"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT is_holdout, count(*), count(*) FILTER (WHERE reached)
                  FROM (SELECT COALESCE(is_holdout, false) AS is_holdout,
                               bool_or(goal_at IS NOT NULL) AS reached
                          FROM mail_workflow_enrollment
                         WHERE workflow_id = %s AND entered_at >= %s
                         GROUP BY 1, COALESCE(email_normalized, 'partner ' || partner_id,
                                              res_model || ' ' || res_id)) AS person
                 GROUP BY is_holdout
                """,
                workflow.id,
                since or fields.Datetime.to_datetime("1970-01-01"),
            )
        )
        groups = {False: (0, 0), True: (0, 0)}
        groups |= {is_holdout: (people, goal) for is_holdout, people, goal in rows}
        (people, goal), (people_without, goal_without) = groups[False], groups[True]
        verdict = compare(goal, people, goal_without, people_without)
        return {
            "with": {"people": people, "goal": goal},
            "without": {"people": people_without, "goal": goal_without},
            "verdict": verdict,
            "words": self._verdict_in_words(verdict),
        }

    @api.model
    def _verdict_in_words(self, verdict):
        return {
            "few": self.env._(
                "Too few people yet to tell whether the workflow makes a difference."
            ),
            "open": self.env._(
                "The difference may well be chance. Let it run longer, or leave more people out."
            ),
            "more": self.env._(
                "With the workflow more people reach the goal. Chance alone would make such a "
                "difference less than once in twenty times."
            ),
            "fewer": self.env._(
                "With the workflow fewer people reach the goal. Chance alone would make such a "
                "difference less than once in twenty times."
            ),
        }[verdict]
