import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine.score import DECAY, EXPIRY, Move
from .mail_workflow import parse_domain
from .mail_workflow_dispatcher import EVENT_COLUMNS

_logger = logging.getLogger(__name__)

BATCH = 1000
# how soon a changed record is looked at again
LOOK = timedelta(minutes=15)
# what the person of a record is known by, see mail.workflow.person
PERSON = SQL("COALESCE(l.email_normalized, p.email_normalized, 'partner:' || p.id)")


class MailWorkflowScoreJob(models.AbstractModel):
    """What scoring does without an event, in short batches: time passes, profiles change, a new
    rule counts what has been.

    A change to a threshold that this brings about is told like any other, but for a rule that is
    new: what it finds has been so for long.
    """

    _name = "mail.workflow.score.job"
    _description = "Scoring Job"

    @api.model
    def _run(self, now):
        retrying = self.env["mail.workflow.runner"]._retrying
        kinds = [self._fade, self._expire, self._count_past, self._look]

        def work():
            while kinds:
                handled = retrying(lambda: kinds[0](now))
                if handled:
                    return handled
                kinds.pop(0)
            return 0

        return self.env["mail.workflow.lane"]._passes("scoring", work)

    @api.model
    def _fade(self, now):
        """Let totals fade whose shown number changes; the same however late this is."""
        self.env["mail.workflow.score"].flush_model()
        self.env.cr.execute(
            """
            SELECT person_key, score_model_id, dimension_id, partner_id
              FROM mail_workflow_score
             WHERE fade_at <= %s
             ORDER BY fade_at
             LIMIT %s
               FOR NO KEY UPDATE SKIP LOCKED
            """,
            [now, BATCH],
        )
        moves = [
            Move(key, model_id, dimension_id, 0, now, reason=DECAY, partner_id=partner_id)
            for key, model_id, dimension_id, partner_id in self.env.cr.fetchall()
        ]
        self.env["mail.workflow.score.keeper"]._apply(moves, now)
        return len(moves)

    @api.model
    def _expire(self, now):
        """Take back what rules gave for a time that is over."""
        self.env["mail.workflow.score.entry"].flush_model()
        self.env.cr.execute(
            """
            SELECT id
              FROM mail_workflow_score_entry
             WHERE expires_at <= %s AND NOT is_void
             ORDER BY expires_at
             LIMIT %s
               FOR NO KEY UPDATE SKIP LOCKED
            """,
            [now, BATCH],
        )
        lines = [row[0] for row in self.env.cr.fetchall()]
        self.env["mail.workflow.score.keeper"]._take_back(lines, now, reason=EXPIRY)
        return len(lines)

    # --- a new rule for what has been -------------------------------------------------------------

    @api.model
    def _count_past(self, now):
        """Score the events there were before a rule that asks for it."""
        self.env["mail.workflow.scoring.rule"].flush_model()
        self.env.cr.execute(
            """
            SELECT id
              FROM mail_workflow_scoring_rule
             WHERE past_until > 0
             ORDER BY id
             LIMIT 1
               FOR NO KEY UPDATE SKIP LOCKED
            """
        )
        rule = (
            self.env["mail.workflow.scoring.rule"]
            .sudo()
            .browse([row[0] for row in self.env.cr.fetchall()])
        )
        if not rule:
            return 0
        events = self._past_events(rule) if rule.active and not rule._problems() else []
        if len(events) < BATCH:
            rule.write({"past_after": 0, "past_until": 0})
        else:
            rule.past_after = events[-1]["id"]
        self._score_past(rule, events, now)
        return max(len(events), 1)

    @api.model
    def _past_events(self, rule):
        self.env["mail.workflow.event"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT %s
                  FROM mail_workflow_event
                 WHERE id > %s AND id <= %s AND kind = %s AND dispatched_at IS NOT NULL
                 ORDER BY id
                 LIMIT %s
                """,
                EVENT_COLUMNS,
                rule.past_after,
                rule.past_until,
                rule.event_kind,
                BATCH,
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _score_past(self, rule, events, now):
        rules = {rule.event_kind: self._with_special(rule)}
        passing = self.env["mail.workflow.dispatcher"]._passing_safely
        self.env["mail.workflow.scorer"]._score(events, now, rules, passing, silent=True)

    @api.model
    def _with_special(self, rule):
        """Return the rule with those that replace it, which have counted or do so themselves."""
        of_kind = rule._listeners().get(rule.event_kind, [])
        return [one for one in of_kind if rule.id in (one["id"], one["replaces_id"])]

    # --- profiles ---------------------------------------------------------------------------------

    @api.model
    def _look(self, now):
        """Look which people match a profile that did not, and which did and do no more."""
        rules = self.env["mail.workflow.scoring.rule"].sudo()
        rules.flush_model()
        self.env.cr.execute(
            """
            SELECT id
              FROM mail_workflow_scoring_rule
             WHERE look_at <= %s
             ORDER BY look_at, id
             LIMIT 1
               FOR NO KEY UPDATE SKIP LOCKED
            """,
            [now],
        )
        rule = rules.browse([row[0] for row in self.env.cr.fetchall()])
        if not rule:
            return 0
        try:
            with self.env.cr.savepoint():
                handled = self._look_by(rule, now)
        except Exception as error:  # noqa: BLE001 one bad domain must not stop the others
            self.env["mail.workflow.runner"]._reraise_if_serialization(error)
            _logger.warning("Scoring rule %s could not be applied", rule.id, exc_info=True)
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            rule.write({"trouble": first, "look_at": now + LOOK})
            return 1
        if handled < BATCH:
            again = now + LOOK if self._is_counted(rule) else False
            done = {"is_applied": True, "trouble": False, "past_after": 0}
            rule.write({"look_at": again, **done})
        return max(handled, 1)

    @api.model
    def _look_by(self, rule, now):
        """Look at a batch; return how many it had, less than a full one at the end."""
        is_first = not rule.is_applied
        gone = self._of_before(rule) if is_first else self._not_matching(rule)
        keeper = self.env["mail.workflow.score.keeper"]
        keeper._take_back(gone, now, note=self.env._("matches no more"), silent=is_first)
        if len(gone) == BATCH:
            return BATCH
        ids = self._next_records(rule) if is_first else None
        people = self._newly_matching(rule, ids)
        moves = [self._profile_move(rule, *person, now) for person in people]
        keeper._apply(moves, now, silent=is_first)
        return len(ids) if is_first else max(len(gone), len(moves))

    @api.model
    def _next_records(self, rule):
        """Return the records that a rule which is new looks at next, a batch of ids: by their
        number, so that each is looked at once, however many there are."""
        if not self._is_counted(rule):
            return []
        model, domain = self._seen(rule)
        domain &= Domain("id", ">", rule.past_after)
        ids = list(model._search(domain, order="id", limit=BATCH))
        if ids:
            rule.past_after = ids[-1]
        return ids

    @api.model
    def _profile_move(self, rule, person_key, partner_id, now):
        return Move(
            person_key,
            rule.score_model_id.id,
            rule.dimension_id.id,
            rule.points,
            now,
            rule_id=rule.id,
            partner_id=partner_id,
            company_id=rule.company_id.id or None,
            subject=str(rule.version),
            once_key=person_key,
        )

    @api.model
    def _seen(self, rule):
        """Return the model and the domain of a rule, as its user sees them in the companies of
        its score model."""
        user = rule.user_id
        if not user.active and user.id != SUPERUSER_ID:
            raise ValueError(self.env._("%s, as whom the rule looks, is archived", user.name))
        companies = rule.company_id.ids or user.company_ids.ids
        model = self.env(user=user.id, su=False)[rule.record_model].with_context(
            allowed_company_ids=companies, active_test=True
        )
        return model, Domain(parse_domain(rule.domain))

    @api.model
    def _matching(self, rule, ids=None):
        """Return the query for the people who match now, ``(person_key, partner_id)``.

        :param ids: of these records, which are known to match
        """
        if ids is None:
            model, domain = self._seen(rule)
            found = SQL("IN %s", model._search(domain).subselect())
        else:
            found = SQL("= ANY(%s)", ids)
        public = list(self.env["mail.workflow.person"]._public_partner_ids())
        self.env.flush_all()
        if rule.record_model == "crm.lead":
            joined = SQL("crm_lead l LEFT JOIN res_partner p ON p.id = l.partner_id")
            key = PERSON
            record_id = SQL("l.id")
        else:
            joined, record_id = SQL("res_partner p"), SQL("p.id")
            key = SQL("COALESCE(p.email_normalized, 'partner:' || p.id)")
        return SQL(
            """
            SELECT %(key)s AS person_key, min(p.id) AS partner_id
              FROM %(joined)s
             WHERE %(record_id)s %(found)s AND (p.id IS NULL OR p.id <> ALL(%(public)s))
             GROUP BY 1
            HAVING %(key)s IS NOT NULL
            """,
            key=key,
            joined=joined,
            record_id=record_id,
            found=found,
            public=public,
        )

    @api.model
    def _is_counted(self, rule):
        return bool(rule.active and rule.score_model_id.active and rule.basis == "profile")

    @api.model
    def _not_matching(self, rule):
        """Return lines of people who match no more."""
        matching = SQL("SELECT NULL::varchar, NULL::int WHERE FALSE")
        if self._is_counted(rule):
            matching = self._matching(rule)
        self.env.cr.execute(
            SQL(
                """
                SELECT e.id
                  FROM mail_workflow_score_entry e
                 WHERE e.rule_id = %(rule)s AND e.once_key IS NOT NULL
                   AND NOT EXISTS (
                       SELECT FROM (%(matching)s) AS m (person_key, partner_id)
                        WHERE m.person_key = e.once_key)
                 LIMIT %(batch)s
                """,
                rule=rule.id,
                matching=matching,
                batch=BATCH,
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _of_before(self, rule):
        """Return lines that a rule gave as it was before it was changed."""
        kept = str(rule.version) if self._is_counted(rule) else None
        self.env.cr.execute(
            """
            SELECT id
              FROM mail_workflow_score_entry
             WHERE rule_id = %s AND once_key IS NOT NULL AND subject IS DISTINCT FROM %s
             LIMIT %s
            """,
            [rule.id, kept, BATCH],
        )
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _newly_matching(self, rule, ids=None):
        """Return ``[(person key, contact id)]`` of people who match and have nothing yet."""
        if not self._is_counted(rule):
            return []
        self.env.cr.execute(
            SQL(
                """
                SELECT m.person_key, m.partner_id
                  FROM (%(matching)s) AS m (person_key, partner_id)
                 WHERE NOT EXISTS (
                       SELECT FROM mail_workflow_score_entry e
                        WHERE e.rule_id = %(rule)s AND e.once_key = m.person_key)
                 LIMIT %(batch)s
                """,
                matching=self._matching(rule, ids),
                rule=rule.id,
                batch=BATCH,
            )
        )
        return self.env.cr.fetchall()


class MailWorkflowScoringRule(models.Model):
    _inherit = "mail.workflow.scoring.rule"

    @api.model
    def _cron_score(self):
        """Let scores fade and end, apply profiles and new rules; safe by hand and beside itself."""
        return self.env["mail.workflow.score.job"]._run(fields.Datetime.now())
