from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..engine.score import DECAY, RULE

TREND = timedelta(days=30)
MOST_LINES = 80
WEEKS = 12


class MailWorkflowScoreStory(models.AbstractModel):
    """Tells why a score is what it is: its lines, newest first, and how it went.

    Reads with the rights of the engine, for who may see the record: call it with ``sudo``.
    """

    _name = "mail.workflow.score.story"
    _description = "Why a Score Is What It Is"

    @api.model
    def _of(self, record):
        """Return the change within the last 30 days and the story of a record, ``(int, Markup)``;
        ``(0, False)`` of a person without points."""
        score_model = record._shown_model().sudo()
        keys = record._person_keys() if record._origin.id and score_model else []
        totals = self._totals(keys)
        best = max(
            (one for one in totals if one["score_model_id"] == score_model.id),
            key=lambda one: one["score"],
            default=None,
        )
        if best is None:
            return 0, False
        now = fields.Datetime.now()
        key = best["person_key"]
        scores = self.env["mail.workflow.score"]
        before = scores._as_of([key], score_model, now - TREND)[key][None]
        entries = self.env["mail.workflow.score.entry"]
        own = Domain("person_key", "=", key) & Domain("score_model_id", "=", score_model.id)
        lines = entries.search(own & Domain("reason", "!=", DECAY), limit=MOST_LINES)
        faded = entries._read_group(own & Domain("reason", "=", DECAY), [], ["points:sum"])
        values = {
            "score": best["score"],
            "trend": best["score"] - before,
            "person": best["name"] if len(keys) > 1 else False,
            "path": self._path(key, score_model, now),
            "is_weak": best["is_weak"],
            "lines": [self._line(line) for line in lines],
            "faded": faded[0][0],
            "is_cut": len(lines) == MOST_LINES,
            "others": [
                (self._model_name(one), one["score"])
                for one in totals
                if one["person_key"] == key and one["score_model_id"] != score_model.id
            ],
        }
        template = "mail_workflow_automation.score_story"
        return values["trend"], self.env["ir.qweb"]._render(template, values)

    @api.model
    def _totals(self, keys):
        """Return the totals of people in the models of the companies at hand, dicts."""
        self.env.cr.execute(
            SQL(
                """
                SELECT s.person_key, s.score_model_id, s.score, COALESCE(p.name, s.person_key)
                       AS name,
                       EXISTS (SELECT FROM mail_workflow_score d
                                WHERE d.person_key = s.person_key
                                  AND d.score_model_id = s.score_model_id
                                  AND d.dimension_id IS NOT NULL AND d.is_weak AND d.score > 0)
                       AS is_weak
                  FROM mail_workflow_score s
                  JOIN mail_workflow_score_model m ON m.id = s.score_model_id AND m.active
                  LEFT JOIN res_partner p ON p.id = s.partner_id
                 WHERE s.person_key = ANY(%s) AND s.dimension_id IS NULL
                   AND (m.company_id IS NULL OR m.company_id = ANY(%s))
                 ORDER BY s.score DESC, s.id
                """,
                list(keys),
                self.env.companies.ids,
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _model_name(self, total):
        return self.env["mail.workflow.score.model"].browse(total["score_model_id"]).name

    @api.model
    def _line(self, line):
        """Return what is shown of a line of the ledger."""
        return {
            "date": format_date(
                self.env, fields.Datetime.context_timestamp(line, line.occurred_at).date()
            ),
            "title": self._title(line),
            "detail": self._detail(line),
            "dimension": line.dimension_id.name,
            "points": line.points,
            "points_now": round(line.points_now),
            "is_void": line.is_void,
        }

    @api.model
    def _title(self, line):
        if line.reason == RULE:
            return line.rule_id.display_name
        label = dict(line._fields["reason"]._description_selection(self.env))[line.reason]
        return f"{label}: {line.rule_id.display_name}" if line.rule_id else label

    @api.model
    def _detail(self, line):
        """Return what else is known: the page, who did it, the note."""
        page = line.subject if (line.subject or "").startswith("/") else False
        return " · ".join(filter(None, [page, line.note, line.user_id.name]))

    @api.model
    def _path(self, key, score_model, now):
        """Return how the score went, week by week, as the points of a line 100 wide and 24
        high."""
        moments = [now - timedelta(weeks=week) for week in range(WEEKS, -1, -1)]
        self.env.cr.execute(
            SQL(
                """
                SELECT COALESCE(sum(e.points), 0)
                  FROM unnest(%s::timestamp[]) WITH ORDINALITY AS w (moment, place)
                  LEFT JOIN mail_workflow_score_entry e
                         ON e.person_key = %s AND e.score_model_id = %s
                        AND e.occurred_at <= w.moment
                 GROUP BY w.place
                 ORDER BY w.place
                """,
                moments,
                key,
                score_model.id,
            )
        )
        scores = [row[0] for row in self.env.cr.fetchall()]
        top = max(*scores, 1)
        return " ".join(
            f"{100 * place / WEEKS:.0f},{23 - 22 * max(score, 0) / top:.1f}"
            for place, score in enumerate(scores)
        )
