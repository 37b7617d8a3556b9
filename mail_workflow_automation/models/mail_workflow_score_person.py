from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.score import REVERSAL
from .mail_workflow_event import ADDRESS_CHANGED
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
        self._rekey(where, person)

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
    def _rekey(self, where, person):
        """Give lines to a person; totals move with them.

        :param SQL where: which lines
        """
        self.flush_model()
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT person_key, score_model_id FROM mail_workflow_score_entry"
                " WHERE %s",
                where,
            )
        )
        people = set(self.env.cr.fetchall())
        if not people:
            return
        keeper = self.env["mail.workflow.score.keeper"]
        keeper._lock(people | {(person.key, model_id) for _key, model_id in people})
        keeper._take_back(
            self._doubled(where, person),
            now,
            reason=REVERSAL,
            silent=True,
            note=self.env._("had by the same person already"),
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_workflow_score_entry
                   SET once_key = CASE WHEN once_key IS NOT NULL THEN %(key)s END,
                       person_key = %(key)s, partner_id = COALESCE(%(partner)s, partner_id)
                 WHERE %(where)s
                """,
                key=person.key,
                partner=person.partner_id,
                where=where,
            )
        )
        self.env["mail.workflow.score"]._rebuild({key for key, _id in people} | {person.key})
        self.invalidate_model()
        self.env["mail.workflow.scored"]._forget_scores()

    @api.model
    def _doubled(self, where, person):
        """Return the lines of rules that give once which the one person would have twice: all but
        the first of each rule."""
        self.env.cr.execute(
            SQL(
                """
                SELECT id
                  FROM (SELECT id, row_number() OVER (
                                   PARTITION BY rule_id ORDER BY occurred_at, id) AS place
                          FROM mail_workflow_score_entry
                         WHERE once_key IS NOT NULL AND (person_key = %s OR %s)) AS held
                 WHERE place > 1
                """,
                person.key,
                where,
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _forget(self, partners):
        """Delete what people have whose last contact goes."""
        persons = self.env["mail.workflow.person"]
        keys = {one.key for one in map(persons._of_partner, partners) if one}
        self._forget_keys(keys - self._held_by_others(keys, partners))

    @api.model
    def _forget_keys(self, keys):
        if not keys:
            return
        self.flush_model()
        for table in ("mail_workflow_score_entry", "mail_workflow_score"):
            self.env.cr.execute(
                SQL("DELETE FROM %s WHERE person_key = ANY(%s)", SQL.identifier(table), list(keys))
            )
        self.invalidate_model()
        self.env["mail.workflow.score"].invalidate_model()

    @api.model
    def _follow_addresses(self, events):
        """Give people's scores to their new address, in the order in which it changed. Who has
        none any more is forgotten: so is who was made anonymous."""
        changed = [event for event in events if event["kind"] == ADDRESS_CHANGED]
        if not changed:
            return
        for event in changed:
            old, new = event["data"]["old"], event["data"]["new"]
            if self._held_by_others([old]):
                continue
            if new:
                self._rekey(SQL("person_key = %s", old), Person(event["partner_id"], new))
            else:
                self._forget_keys({old})
        # the old address has served its purpose
        self.env.cr.execute(
            "UPDATE mail_workflow_event SET data = NULL WHERE id = ANY(%s)",
            [[event["id"] for event in changed]],
        )
