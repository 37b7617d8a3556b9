from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..engine.score import DECAY, EXPIRY, REVERSAL, RULE, Move, Standing
from ..sql import unnested

# columns of the ledger that a move fills, with their types in the database
LINE = {
    "person_key": "varchar",
    "partner_id": "int",
    "score_model_id": "int",
    "dimension_id": "int",
    "rule_id": "int",
    "reason": "varchar",
    "points": "int",
    "occurred_at": "timestamp",
    "counted_at": "timestamp",
    "event_id": "int",
    "subject": "varchar",
    "note": "varchar",
    "user_id": "int",
    "execution_id": "int",
    "reversed_id": "int",
    "once_key": "varchar",
    "expires_at": "timestamp",
    "is_weak": "bool",
}
TOTAL = {"person_key": "varchar", "score_model_id": "int", "dimension_id": "int"}
STANDING = {
    **TOTAL,
    "exact": "float",
    "exact_at": "timestamp",
    "fade_at": "timestamp",
    "is_weak": "bool",
}


class MailWorkflowScoreKeeper(models.AbstractModel):
    """Keeps the ledger and the totals: the only door through which a score changes."""

    _name = "mail.workflow.score.keeper"
    _description = "Keeper of the Score Ledger"

    @api.model
    def _apply(self, moves, now, *, silent=False):
        """Write moves into the ledger and move the totals, in one statement.

        Two who do so for one person at once come one after the other: the second is refused by the
        database (a serialization error), and does it again.

        :param moves: in the order in which they happened
        :param silent: crossing a threshold is not told: a recount is nothing that somebody did
        :returns: how many lines were written
        """
        if not moves:
            return 0
        totals = self._lock({(move.person_key, move.score_model_id) for move in moves})
        sums = defaultdict(int)
        for (person_key, model_id, dimension_id), standing in totals.items():
            if dimension_id:
                sums[person_key, model_id] += standing.counting
        lines, crossings = [], []
        dimensions = self._dimensions()
        for move in moves:
            key = (move.person_key, move.score_model_id, move.dimension_id)
            standing = totals.get(key)
            if standing is None:
                standing = totals[key] = Standing(**dimensions[move.dimension_id])
            was, sum_was = standing.counting, sums[key[:2]]
            lines += self._written(standing, move)
            sums[key[:2]] += standing.counting - was
            if standing.counting > was and not silent:
                crossings.append((move, was, standing.counting, sum_was, sums[key[:2]]))
        moved = {(line.person_key, line.score_model_id, line.dimension_id) for line in lines}
        self._keep_faded({key: one for key, one in totals.items() if key[2] and key not in moved})
        if lines:
            self._void(moves)
            self._write(lines, {key: totals[key] for key in moved})
            self._weaken(moves)
            self._note_crossings(crossings)
            self.env["mail.workflow.scored"]._forget_scores()
        return len(lines)

    @api.model
    def _written(self, standing, move):
        """Carry a move out on a standing; return the lines that it makes."""
        lines = [
            Move(
                move.person_key,
                move.score_model_id,
                move.dimension_id,
                change,
                midnight,
                reason=DECAY,
                partner_id=move.partner_id,
                counted_at=midnight,
            )
            for midnight, change in standing.fade(move.occurred_at)
        ]
        if move.reason == DECAY:
            return lines
        wanted = move.points
        move.points = standing.add(move)
        # of what people do again and again, nothing is written that a cap leaves nothing of
        if move.points or move.reason != RULE or wanted < 0 or not move.event_id:
            lines.append(move)
        return lines

    @api.model
    def _dimensions(self):
        """Return ``{id: {"half_life_days", "cap"}}``."""
        self.env["mail.workflow.score.dimension"].flush_model()
        self.env.cr.execute("SELECT id, half_life_days, cap FROM mail_workflow_score_dimension")
        return {
            row_id: {"half_life_days": half_life_days or 0, "cap": cap or 0}
            for row_id, half_life_days, cap in self.env.cr.fetchall()
        }

    @api.model
    def _lock(self, people):
        """Lock the totals of people in score models.

        :param people: ``{(person key, score model id)}``
        :returns: ``{(person key, score model id, dimension id): Standing}``
        """
        self.env["mail.workflow.score"].flush_model()
        self.env["mail.workflow.score.dimension"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT s.person_key, s.score_model_id, s.dimension_id, s.score, s.exact,
                       s.exact_at, d.half_life_days, d.cap, s.is_weak
                  FROM mail_workflow_score s
                  LEFT JOIN mail_workflow_score_dimension d ON d.id = s.dimension_id
                 WHERE (s.person_key, s.score_model_id) IN (SELECT * FROM %s)
                 ORDER BY s.id
                   FOR NO KEY UPDATE OF s
                """,
                unnested(sorted(people), "varchar", "int"),
            )
        )
        return {
            (key, model_id, dimension_id): Standing(
                score, exact, at, half_life_days or 0, cap or 0, bool(is_weak)
            )
            for key, model_id, dimension_id, score, exact, at, half_life_days, cap, is_weak in (
                self.env.cr.fetchall()
            )
        }

    @api.model
    def _write(self, lines, totals):
        """Write lines and totals in one statement: a total moves by what was really written."""
        names = [name for name in LINE if name != "partner_id"]
        rows = [tuple(getattr(line, name) for name in LINE) for line in lines]
        standings = [
            (*key, standing.exact, standing.at, standing.next_change(), standing.is_weak)
            for key, standing in totals.items()
        ]
        self.env.cr.execute(
            SQL(
                """
                WITH given (%(columns)s) AS (
                    SELECT * FROM %(rows)s
                ), lines AS (
                    INSERT INTO mail_workflow_score_entry (is_void, partner_id, %(names)s)
                    -- a contact may be gone, or not be known by the event: then by its address
                    SELECT FALSE,
                           COALESCE((SELECT p.id FROM res_partner p
                                      WHERE p.id = given.partner_id),
                                    (SELECT p.id FROM res_partner p
                                      WHERE p.email_normalized = given.person_key
                                      ORDER BY p.active DESC, p.id LIMIT 1)),
                           %(given)s
                      FROM given
                        ON CONFLICT DO NOTHING
                    RETURNING person_key, partner_id, score_model_id, dimension_id, points
                ), moved AS (
                    SELECT person_key, max(partner_id) AS partner_id, score_model_id,
                           dimension_id, sum(points) AS points
                      FROM lines
                     GROUP BY GROUPING SETS ((person_key, score_model_id, dimension_id),
                                             (person_key, score_model_id))
                ), standing (%(standing_columns)s) AS (
                    SELECT * FROM %(standings)s
                )
                INSERT INTO mail_workflow_score AS s (
                       person_key, partner_id, score_model_id, dimension_id, score, exact,
                       exact_at, fade_at, is_weak)
                SELECT m.person_key, m.partner_id, m.score_model_id, m.dimension_id, m.points,
                       COALESCE(t.exact, 0), t.exact_at, t.fade_at, COALESCE(t.is_weak, FALSE)
                  FROM moved m
                  LEFT JOIN standing t USING (person_key, score_model_id, dimension_id)
                 ORDER BY m.person_key, m.score_model_id, m.dimension_id
                    ON CONFLICT (person_key, score_model_id, COALESCE(dimension_id, 0))
                    DO UPDATE
                   SET score = s.score + EXCLUDED.score, exact = EXCLUDED.exact,
                       exact_at = EXCLUDED.exact_at, fade_at = EXCLUDED.fade_at,
                       is_weak = EXCLUDED.is_weak,
                       partner_id = COALESCE(EXCLUDED.partner_id, s.partner_id)
                """,
                columns=SQL(", ").join(SQL.identifier(name) for name in LINE),
                names=SQL(", ").join(SQL.identifier(name) for name in names),
                given=SQL(", ").join(SQL.identifier("given", name) for name in names),
                rows=unnested(rows, *LINE.values()),
                standing_columns=SQL(", ").join(SQL.identifier(name) for name in STANDING),
                standings=unnested(standings, *STANDING.values()),
            )
        )
        self.env["mail.workflow.score"].invalidate_model()
        self.env["mail.workflow.score.entry"].invalidate_model()

    @api.model
    def _keep_faded(self, totals):
        """Write when totals change next that did not change now."""
        rows = [(*key, standing.next_change()) for key, standing in totals.items()]
        if rows:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE mail_workflow_score s
                       SET fade_at = v.fade_at
                      FROM %s AS v (person_key, score_model_id, dimension_id, fade_at)
                     WHERE s.person_key = v.person_key AND s.score_model_id = v.score_model_id
                       AND s.dimension_id = v.dimension_id
                       AND s.fade_at IS DISTINCT FROM v.fade_at
                    """,
                    unnested(rows, *TOTAL.values(), "timestamp"),
                )
            )

    @api.model
    def _void(self, moves):
        """Mark lines that are taken back. What was given once can be had again, but for what is
        over."""
        line_ids = [move.reversed_id for move in moves if move.reversed_id]
        again = [move.reversed_id for move in moves if move.reversed_id and move.reason != EXPIRY]
        if line_ids:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE mail_workflow_score_entry
                       SET is_void = TRUE,
                           once_key = CASE WHEN id = ANY(%s) THEN NULL ELSE once_key END
                     WHERE id = ANY(%s)
                    """,
                    again,
                    line_ids,
                )
            )

    @api.model
    def _weaken(self, moves):
        """Mark totals for which nothing speaks any more, after lines were taken back, but opens."""
        keys = {
            (move.person_key, move.score_model_id, move.dimension_id)
            for move in moves
            if move.reversed_id
        }
        if keys:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE mail_workflow_score s
                       SET is_weak = TRUE
                      FROM %s AS v (person_key, score_model_id, dimension_id)
                     WHERE s.person_key = v.person_key AND s.score_model_id = v.score_model_id
                       AND s.dimension_id = v.dimension_id AND s.is_weak IS NOT TRUE
                       AND NOT EXISTS (
                           SELECT FROM mail_workflow_score_entry e
                            WHERE e.person_key = v.person_key
                              AND e.score_model_id = v.score_model_id
                              AND e.dimension_id = v.dimension_id AND %s)
                    """,
                    unnested(sorted(keys), *TOTAL.values()),
                    self.env["mail.workflow.score.entry"]._speaks(),
                )
            )

    @api.model
    def _take_back(self, line_ids, now, *, reason=REVERSAL, note=None, silent=False):
        """Take back lines that have not been yet, by lines of their own.

        Points that are over are so as of when they were; others as of now.

        :returns: how many lines were written
        """
        if not line_ids:
            return 0
        self.env["mail.workflow.score.entry"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT id, person_key, partner_id, score_model_id, dimension_id, points, rule_id,
                       counted_at, expires_at, subject
                  FROM mail_workflow_score_entry
                 WHERE id = ANY(%s) AND NOT is_void
                 ORDER BY expires_at, id
                """,
                list(line_ids),
            )
        )
        moves = [
            Move(
                line["person_key"],
                line["score_model_id"],
                line["dimension_id"],
                line["points"],
                line["expires_at"] if reason == EXPIRY else now,
                reason=reason,
                rule_id=line["rule_id"],
                partner_id=line["partner_id"],
                subject=line["subject"],
                note=note,
                reversed_id=line["id"],
                since=line["counted_at"],
            )
            for line in self.env.cr.dictfetchall()
        ]
        return self._apply(moves, now, silent=silent)

    @api.model
    def _note_crossings(self, crossings):
        """Tell of scores that rose to a threshold somebody waits for."""
        wanted = self.env["mail.workflow.listening"]._filters("score_crossed")
        if not wanted or not crossings:
            return
        crossed = self.env["mail.workflow.trigger.score_crossed"]
        rows = []
        for move, was, is_now, sum_was, sum_is in crossings:
            for dimension_id, low, high in (
                (move.dimension_id, was, is_now),
                (None, sum_was, sum_is),
            ):
                row = crossed._row(move, dimension_id, low, high)
                if any(crossed._matches(filters, row) for filters in wanted):
                    rows.append(row)
        self.env["mail.workflow.event"]._note_rows(rows)
