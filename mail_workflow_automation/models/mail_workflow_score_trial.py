from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import bayes
from ..engine.schedule import valid_zone
from ..engine.score import Memory, Move, Standing
from .mail_workflow import parse_domain
from .mail_workflow_score_past import Past

# what only becomes so by winning or losing: a rule that asks for it knows how it ended
ENDINGS = {
    *("active", "stage_id", "won_status", "probability", "automated_probability"),
    *("date_closed", "day_close", "lost_reason_id", "is_rainbowman", "order_ids", "sale_order_ids"),
    *("sale_order_count", "sale_amount_total", "customer_rank", "invoice_ids", "total_invoiced"),
}
PARTS = 5


class MailWorkflowScoreTrial(models.AbstractModel):
    """Gives people of the past the score they would have had on the day up to which they are
    looked at, by the rules of a model as they are now; and what Odoo would have foretold."""

    _name = "mail.workflow.score.trial"
    _description = "Trial of Scoring Rules"

    @api.model
    def _rules(self, score_model):
        """Return the rules that can be tried and those that know how it ended."""
        rules = self.env["mail.workflow.scoring.rule"].search(
            [("score_model_id", "=", score_model.id), ("active", "=", True)]
        )
        rules = rules.filtered(lambda rule: not rule._problems())
        knowing = rules.filtered(self._knows_the_end)
        return rules - knowing, knowing

    @api.model
    def _knows_the_end(self, rule):
        if rule.basis == "event":
            return False
        domain = Domain(parse_domain(rule.domain))
        return any(ENDINGS & set(one.field_expr.split(".")) for one in domain.iter_conditions())

    @api.model
    def _scores(self, past, rules, score_model):
        """Return the scores of the people of a past, in their order."""
        moves = defaultdict(list)
        for place, move in self._did(past, rules, score_model) + self._were(past, rules):
            moves[place, move.dimension_id].append(move)
        dimensions = {one.id: one for one in rules.dimension_id}
        scores = [0] * len(past.cases)
        for (place, dimension_id), found in moves.items():
            dimension, until = dimensions[dimension_id], past.cases[place].until
            standing = Standing(half_life_days=dimension.half_life_days, cap=dimension.cap)
            for move in sorted(found, key=lambda move: move.occurred_at):
                standing.fade(move.occurred_at)
                standing.add(move)
            standing.fade(until)
            scores[place] += standing.score
        return scores

    @api.model
    def _did(self, past, rules, score_model):
        """Return ``[(place, move)]`` of what people did; what had ended by then is not in it."""
        by_kind = {}
        for rule in rules.filtered(lambda rule: rule.basis == "event"):
            by_kind.setdefault(rule.event_kind, []).append(rule._listener())
        if not past.cases or not by_kind:
            return []
        events = self._events(past, list(by_kind), score_model)
        scorer = self.env["mail.workflow.scorer"]
        passing = self.env["mail.workflow.dispatcher"]._passing_safely
        memory, moves = Memory(), []
        for event, rule, subject in scorer._heard(events, by_kind, passing):
            place, at, zone = event["place"], event["occurred_at"], valid_zone(rule["zone"])
            points = memory.allowed(rule, place, event["id"], subject, at, zone)
            if not points:
                continue
            memory.add(rule["id"], place, subject, at, points)
            ends_at = at + timedelta(days=rule["expires_days"])
            if not rule["expires_days"] or ends_at > past.cases[place].until:
                moves.append((place, self._move(place, rule, points, at)))
        return moves

    @api.model
    def _move(self, place, rule, points, at):
        return Move(str(place), rule["score_model_id"], rule["dimension_id"], points, at)

    @api.model
    def _events(self, past, kinds, score_model):
        """Return what people did as rows of events, each with the ``place`` of its person.

        What Odoo keeps itself counts from before it was noted: the rest is there already.
        """
        memory = self.env["mail.workflow.score.memory"]
        self.env.cr.execute(
            SQL(
                """
                  WITH noted AS (SELECT kind, min(occurred_at) AS at
                                   FROM mail_workflow_event
                                  WHERE kind = ANY(%(kinds)s)
                                  GROUP BY kind)
                SELECT ARRAY[e.place, COALESCE(e.id, -row_number() OVER ())] AS id, e.place,
                       e.kind, e.occurred_at, e.data, e.company_id, e.res_model, e.res_id,
                       'human' AS verdict
                  FROM (%(events)s) e
                  LEFT JOIN noted ON noted.kind = e.kind
                 WHERE e.id IS NOT NULL OR noted.at IS NULL OR e.occurred_at < noted.at
                """,
                kinds=kinds,
                events=memory._events(past, kinds, score_model),
            )
        )
        # a contact can be two people of the past: what they did is an event of each
        return [{**row, "id": tuple(row["id"])} for row in self.env.cr.dictfetchall()]

    @api.model
    def _were(self, past, rules):
        """Return ``[(place, move)]`` of what people are; records are read as they are today."""
        profiles = rules.filtered(lambda rule: rule.basis == "profile")
        if not past.cases or not profiles:
            return []
        parts = [
            SQL(
                "SELECT c.place, %s::int AS rule_id FROM c WHERE %s IN %s",
                rule.id,
                SQL("c.lead_id") if rule.record_model == "crm.lead" else SQL("c.partner_id"),
                self._matching(rule),
            )
            for rule in profiles
        ]
        self.env.flush_all()
        people = self.env["mail.workflow.score.past"]._people(past)
        self.env.cr.execute(SQL("%s %s", people, SQL(" UNION ALL ").join(parts)))
        by_id = {rule.id: self._profile(rule) for rule in profiles}
        return [
            (place, self._move(place, by_id[rule_id], by_id[rule_id]["points"], at))
            for place, rule_id, at in (
                (place, rule_id, past.cases[place].until)
                for place, rule_id in self.env.cr.fetchall()
            )
        ]

    @api.model
    def _profile(self, rule):
        return {
            "score_model_id": rule.score_model_id.id,
            "dimension_id": rule.dimension_id.id,
            "points": rule.points,
        }

    @api.model
    def _matching(self, rule):
        records = self.env[rule.record_model].with_context(active_test=False)
        # a lost lead is archived: it was not on the day that is looked at
        return records._search(Domain(parse_domain(rule.domain))).subselect()

    # --- what Odoo would have foretold ------------------------------------------------------------

    @api.model
    def _chances(self, past, asked, learned):
        """Return what Odoo's own predictive scoring gives leads that it has not learned from.

        Odoo keeps 0 and 100 of leads that are closed, and has learned from them. So its numbers are
        taken as it takes them (the fields of its settings, by team), from other leads, and without
        the stage, which for a closed lead says how it ended.

        :param asked: places of leads; :param learned: places of others
        """
        leads = {past.cases[place].lead_id: place for place in (*asked, *learned)}
        values = self.env["crm.lead"]._pls_get_lead_pls_values([("id", "in", list(leads))])
        rows = {
            leads[lead_id]: (
                found["team_id"],
                [one for one in found["values"] if one[0] not in ("stage_id", "probability")],
            )
            for lead_id, found in values.items()
        }
        nothing = (0, [])
        return bayes.chances(
            [(*rows.get(place, nothing), past.cases[place].is_won) for place in learned],
            [rows.get(place, nothing) for place in asked],
        )

    @api.model
    def _foretold(self, past, asked):
        """Return what Odoo gives leads: learned from all others, or where these are all there
        are, for a fifth from the other four."""
        others = sorted(set(range(len(past.cases))) - set(asked))
        if others:
            return self._chances(past, asked, others)
        found = {}
        for part in range(PARTS):
            mine = asked[part::PARTS]
            rest = sorted(set(asked) - set(mine))
            found.update(zip(mine, self._chances(past, mine, rest), strict=True))
        return [found[place] for place in asked]

    @api.model
    def _part(self, past, places):
        return Past([past.cases[place] for place in places], past.too_soon)
