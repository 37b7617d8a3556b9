from odoo import api, models
from odoo.tools import SQL


class MailWorkflowScoreMemory(models.AbstractModel):
    """What people did, as far as anybody remembers: what was noted because somebody listened, and
    what Odoo itself keeps of tracked pages, accounts, lists and orders."""

    _name = "mail.workflow.score.memory"
    _description = "Memory of What People Did"

    @api.model
    def _events(self, past, kinds, score_model):
        """Return the query for what the people of a past did up to the day until which they are
        looked at: ``place, start, kind, occurred_at, data`` and more.

        What a machine did is not among it, and what a sale ends with only from before they came.
        """
        pasts = self.env["mail.workflow.score.past"]
        kind_model = self.env["mail.workflow.trigger"]._kind_model
        final = [kind for kind in kinds if kind_model(kind)._is_outcome]
        companies = pasts._companies(score_model)
        parts = [
            SQL(
                """
                SELECT c.place, c.start, e.id, e.kind, e.occurred_at, e.data, e.company_id,
                       e.res_model, e.res_id
                  FROM c
                  JOIN mail_workflow_event e ON %(same)s
                 WHERE e.kind = ANY(%(kinds)s) AND e.occurred_at <= c.until
                   AND (e.verdict IS NULL OR e.verdict = 'human')
                   AND (e.company_id IS NULL OR e.company_id = ANY(%(companies)s))
                """,
                same=same,
                kinds=kinds,
                companies=companies,
            )
            for same in (
                SQL("e.email_normalized = c.email"),
                SQL("e.partner_id = c.partner_id AND e.email_normalized IS NULL"),
            )
        ]
        parts += [
            SQL(
                """
                SELECT c.place, c.start, NULL::int AS id, %(kind)s::varchar AS kind,
                       m.at AS occurred_at, m.data, NULL::int AS company_id,
                       NULL::varchar AS res_model, NULL::int AS res_id
                  FROM c
                  JOIN (%(source)s) AS m (key, at, data) ON m.key = c.key
                 WHERE m.at <= c.until
                """,
                kind=kind,
                source=source,
            )
            for kind, source in self._sources(kinds, companies).items()
        ]
        return SQL(
            "%s SELECT * FROM (%s) e WHERE e.occurred_at < e.start OR e.kind <> ALL(%s)",
            pasts._people(past),
            SQL(" UNION ALL ").join(parts),
            final,
        )

    @api.model
    def _sources(self, kinds, companies):
        """Return what Odoo itself keeps, ``{kind: query for (person key, when, data)}``."""
        kind_model = self.env["mail.workflow.trigger"]._kind_model
        found = {kind: kind_model(kind)._kept(companies) for kind in kinds}
        return {kind: query for kind, query in found.items() if query is not None}

    @api.model
    def _since(self, kinds, companies):
        """Return ``{kind: since when it is noted}``; what Odoo has always kept is not in it."""
        kind_model = self.env["mail.workflow.trigger"]._kind_model
        kinds = [kind for kind in kinds if not kind_model(kind)._is_always_kept]
        parts = [
            SQL(
                "SELECT kind, min(occurred_at) AS at FROM mail_workflow_event"
                " WHERE kind = ANY(%s) GROUP BY kind",
                kinds,
            )
        ]
        parts += [
            SQL("SELECT %s::varchar, min(m.at) FROM (%s) AS m (key, at, data)", kind, query)
            for kind, query in self._sources(kinds, companies).items()
        ]
        self.env.cr.execute(
            SQL(
                "SELECT kind, min(at) FROM (%s) e WHERE at IS NOT NULL GROUP BY kind",
                SQL(" UNION ALL ").join(parts),
            )
        )
        return dict(self.env.cr.fetchall())
