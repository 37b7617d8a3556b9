from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.score import REVERSAL
from ..sql import unnested
from .mail_workflow_listening import ADDRESS_CHANGED
from .mail_workflow_person import Person


class MailWorkflowScoreEntry(models.Model):
    """People change: they get another address, are merged, or are forgotten."""

    _inherit = "mail.workflow.score.entry"

    @api.model
    def _is_in_use(self, scoring):
        """Tell whether there are scores that follow people, or rules that will make some."""
        if scoring or self.env["mail.workflow.score"].sudo().search_count([], limit=1):
            return True
        return bool(self.env["mail.workflow.scoring.rule"].sudo().search_count([], limit=1))

    @api.model
    def _merge_persons(self, sources, target):
        """Make the ledgers of merged contacts one; what a rule gives once counts once.

        What was given under an address that another contact has too stays where it is, but for
        the lines about the merged contacts themselves.
        """
        persons = self.env["mail.workflow.person"]
        merged = sources | target
        person = self.env["mail.workflow.enrollment"]._merged_person(sources, target)
        old = {one.key for one in map(persons._of_partner, merged) if one} - {person.key}
        shared = self._held_by_others(old, merged)
        where = SQL("person_key = ANY(%s)", list(old - shared))
        if shared:
            where = SQL(
                "(%s OR (person_key = ANY(%s) AND partner_id = ANY(%s)))",
                where,
                list(shared),
                merged.ids,
            )
        self._rekey(
            SQL(
                "SELECT id, %s AS key, %s::int AS partner_id FROM mail_workflow_score_entry"
                " WHERE %s",
                person.key,
                person.partner_id,
                where,
            )
        )

    @api.model
    def _held_by_others(self, keys, partners=None):
        """Return those of the addresses that another contact, or a lead, has."""
        self.env["res.partner"].flush_model(["email_normalized"])
        self.env["crm.lead"].flush_model(["email_normalized"])
        ids = partners.ids if partners else []
        self.env.cr.execute(
            SQL(
                """
                SELECT email_normalized FROM res_partner
                 WHERE email_normalized = ANY(%(keys)s) AND id <> ALL(%(ids)s)
                 UNION
                SELECT email_normalized FROM crm_lead
                 WHERE email_normalized = ANY(%(keys)s)
                """,
                keys=list(keys),
                ids=ids,
            )
        )
        return {row[0] for row in self.env.cr.fetchall()}

    @api.model
    def _rekey(self, lines):
        """Give lines to people; totals move with them.

        :param SQL lines: a query of ``id``, ``key`` and ``partner_id``: whose each becomes
        """
        self.flush_model()
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT e.person_key, e.score_model_id, line.key
                  FROM (%s) AS line
                  JOIN mail_workflow_score_entry e ON e.id = line.id
                """,
                lines,
            )
        )
        found = self.env.cr.fetchall()
        if not found:
            return
        people = {(old, model_id) for old, model_id, _new in found}
        people |= {(new, model_id) for _old, model_id, new in found}
        keeper = self.env["mail.workflow.score.keeper"]
        keeper._lock(people)
        keeper._take_back(
            self._doubled(lines, list({new for _old, _model_id, new in found})),
            now,
            reason=REVERSAL,
            silent=True,
            note=self.env._("had by the same person already"),
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_score_entry e
                   SET once_key = CASE WHEN e.once_key IS NOT NULL THEN line.key END,
                       person_key = line.key, partner_id = COALESCE(line.partner_id, e.partner_id)
                  FROM (%s) AS line
                 WHERE e.id = line.id
                """,
                lines,
            )
        )
        self.env["mail.workflow.score"]._rebuild({key for key, _model_id in people})
        self.invalidate_model()
        self.env["mail.workflow.scored"]._forget_scores()

    @api.model
    def _doubled(self, lines, keys):
        """Return the lines of rules that give once which a person would have twice: all but the
        first of each rule.

        :param SQL lines: as in ``_rekey``
        :param keys: of those who get them
        """
        self.env.cr.execute(
            SQL(
                """
                WITH line AS MATERIALIZED (%s)
                SELECT id
                  FROM (SELECT e.id, row_number() OVER (
                                   PARTITION BY e.rule_id, COALESCE(line.key, e.person_key)
                                       ORDER BY e.occurred_at, e.id) AS place
                          FROM mail_workflow_score_entry e
                          LEFT JOIN line ON line.id = e.id
                         WHERE e.once_key IS NOT NULL
                           AND (e.person_key = ANY(%s) OR e.id IN (SELECT id FROM line))) AS held
                 WHERE place > 1
                """,
                lines,
                keys,
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _forget_keys(self, keys):
        if not keys:
            return
        self.flush_model()
        for table in ("mail_workflow_score_entry", "mail_workflow_score"):
            self.env.cr.execute(
                SQL("DELETE FROM %s WHERE person_key = ANY(%s)", SQL.identifier(table), list(keys))
            )
        self.env["mail.workflow.forget"]._forget_events(keys, only_served=False)
        self.invalidate_model()
        self.env["mail.workflow.score"].invalidate_model()

    @api.model
    def _follow_addresses(self, events):
        """Give people's scores to their new address, in the order in which it changed. Who has
        none any more is forgotten: so is who was made anonymous.

        :returns: the events, those of before the change as of the new address
        """
        changed = [event for event in events if event["kind"] == ADDRESS_CHANGED]
        if not changed:
            return events
        moves = self._moves(changed)
        self._forget_keys({old for old, person in moves.items() if not person})
        rows = [(old, person.key, person.partner_id) for old, person in moves.items() if person]
        if rows:
            self._rekey(
                SQL(
                    """
                    SELECT e.id, moved.key, moved.partner_id
                      FROM mail_workflow_score_entry e
                      JOIN %s AS moved (old, key, partner_id) ON e.person_key = moved.old
                    """,
                    unnested(rows, "varchar", "varchar", "int"),
                )
            )
        # the old address has served its purpose
        self.env.cr.execute(
            "UPDATE mail_workflow_event SET data = NULL WHERE id = ANY(%s)",
            [[event["id"] for event in changed]],
        )
        return [self._as_of_now(event, moves) for event in events]

    @api.model
    def _as_of_now(self, event, moves):
        old = Person(event["partner_id"], event["email_normalized"]).key
        if old not in moves:
            return event
        # who is forgotten gets no more points for what they did before
        return {**event, **(moves[old] or Person(None, None))._asdict()}

    @api.model
    def _moves(self, events):
        """Return ``{old address: its Person now}``, None for who has none any more: somebody may
        have changed it several times. What another has, too, stays with that one."""
        held = self._held_by_others({event["data"]["old"] for event in events})
        moves = {}
        for event in events:
            old, new = event["data"]["old"], event["data"]["new"]
            if old in held:
                continue
            person = Person(event["partner_id"], new) if new else None
            for before, after in moves.items():
                if after and after.key == old:
                    moves[before] = person
            moves[old] = person
        return {old: person for old, person in moves.items() if not person or person.key != old}
