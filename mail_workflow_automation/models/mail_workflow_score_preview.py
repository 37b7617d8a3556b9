from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..engine.preview import crossings, histogram, table
from ..engine.schedule import valid_zone
from ..engine.score import RULE, Memory
from ..sql import unnested
from .mail_workflow_dispatcher import EVENT_COLUMNS
from .mail_workflow_person import Person
from .mail_workflow_score_dimension import ENGAGEMENT, FIT
from .mail_workflow_score_model import THRESHOLDS

# what a rule for what people do is tried on: so many events, and of so many noted last
MOST_EVENTS, AMONG_LAST = 20_000, 200_000
MOST_PEOPLE = 8
# what a preview takes of a rule's form
RULE_FIELDS = {
    *("basis", "points", "event", "mail_step_id", "record_model", "domain", "repeat"),
    *("window_days", "cap", "day_cap", "dimension_id", "active"),
}


class MailWorkflowScorePreview(models.AbstractModel):
    """What other thresholds, or another rule, would make of the scores there are. Writes nothing.

    A rule for what people do is tried on the newest events that are kept. What a rule gives is
    added as it is: the limits of dimensions, fading and rules that replace each other are not
    reckoned with.
    """

    _name = "mail.workflow.score.preview"
    _description = "Preview of Scores"

    @api.model
    def _preview(self, score_model_id, thresholds=None, rule_id=False, rule=None):
        """Return how people's grades and scores are, and how they would be.

        :param dict thresholds: of the score model, ``{field: number}``; what is not there stays
        :param dict rule: values of a scoring rule as they stand in its form, not saved yet
        :returns: ``{"people", "is_cut", "table", "crossings", "charts", "movers"}``, see
            ``engine.preview``; or ``{"problem": str}`` where they make no sense
        """
        score_model = self.env["mail.workflow.score.model"].browse(score_model_id).exists()
        score_model.check_access("read")
        current = {name: score_model[name] for name in THRESHOLDS}
        asked = dict(current)
        asked |= {name: int(v or 0) for name, v in (thresholds or {}).items() if name in current}
        problems = score_model._threshold_problems(asked)
        given, is_cut = self._nothing(), False
        if rule is not None and not problems:
            tried = self._tried(score_model, rule_id, rule)
            problems = self._problems(tried)
            if not problems:
                given, is_cut = self._given(tried, rule_id)
        if problems or not score_model:
            return {"problem": "; ".join(problems)}
        return {**self._compare(score_model, given, current, asked), "is_cut": is_cut}

    @api.model
    def _problems(self, rule):
        """Return what saving the rule would be refused for, a list of str."""
        try:
            rule._check_numbers()
        except ValidationError as error:
            return [str(error)]
        return rule._problems(as_asker=True)

    # --- what a rule would give -------------------------------------------------------------------

    @api.model
    def _nothing(self):
        return SQL("SELECT NULL::varchar, NULL::int, NULL::int, NULL::int, NULL::bool WHERE FALSE")

    @api.model
    def _tried(self, score_model, rule_id, values):
        """Return the rule as it would be after saving by this user, in memory."""
        rules = self.env["mail.workflow.scoring.rule"]
        rules.check_access("read")
        origin = rules.browse(rule_id or []).exists()
        origin.check_access("read")
        kept = {name: value for name, value in values.items() if name in RULE_FIELDS}
        own = {"score_model_id": score_model.id, "user_id": self.env.uid}
        return rules.new({**kept, **own}, origin=origin)

    @api.model
    def _given(self, rule, rule_id):
        """Return the query for what a rule would give, less what it gave so far:
        ``(person_key, partner_id, dimension_id, points, is_weak)``; and whether not all events
        were read."""
        is_cut = False
        given = self._nothing()
        if rule.active and rule.score_model_id.active and rule.basis == "profile":
            given = SQL(
                "SELECT person_key, partner_id, %s::int, %s::int, FALSE FROM (%s) AS matching",
                rule.dimension_id.id,
                rule.points,
                self.env["mail.workflow.score.job"]._matching(rule),
            )
        elif rule.active and rule.score_model_id.active:
            rows, is_cut = self._given_for_events(rule)
            if rows:
                types = ("varchar", "int", "int", "int")
                is_weak = not rule._handler()._qualifies
                given = SQL("SELECT *, %s FROM %s", is_weak, unnested(rows, *types))
        taken = SQL(
            """
            SELECT person_key, NULL::int, dimension_id, -points, TRUE
              FROM mail_workflow_score_entry
             WHERE rule_id = %s AND reason = %s AND NOT is_void
            """,
            rule_id or None,
            RULE,
        )
        return SQL("%s UNION ALL %s", given, taken), is_cut

    @api.model
    def _given_for_events(self, rule):
        """Return what a rule would have given for what people did, rows and whether that is all."""
        self.env["mail.workflow.event"].flush_model()
        self.env.cr.execute("SELECT max(id) FROM mail_workflow_event")
        after = (self.env.cr.fetchone()[0] or 0) - AMONG_LAST
        self.env.cr.execute(
            SQL(
                """
                SELECT %s
                  FROM mail_workflow_event
                 WHERE id > %s AND kind = %s AND dispatched_at IS NOT NULL
                   AND (partner_id IS NOT NULL OR email_normalized IS NOT NULL)
                 ORDER BY id DESC
                 LIMIT %s
                """,
                EVENT_COLUMNS,
                after,
                rule.event_kind,
                MOST_EVENTS,
            )
        )
        events = self.env.cr.dictfetchall()
        is_cut = len(events) == MOST_EVENTS or after > 0
        listener = rule._listener()
        passing = self.env["mail.workflow.dispatcher"]._passing_safely(
            [
                event
                for event in sorted(events, key=lambda one: (one["occurred_at"], one["id"]))
                if not listener["company_id"]
                or event["company_id"] in (None, listener["company_id"])
            ],
            listener["spec"],
        )
        subject_of = rule._handler()._subject
        zone = valid_zone(listener["zone"])
        memory, rows = Memory(), []
        for event in passing:
            key = Person(event["partner_id"], event["email_normalized"]).key
            at, subject = event["occurred_at"], subject_of(event)
            points = memory.allowed(listener, key, event["id"], subject, at, zone)
            if points:
                memory.add(listener["id"], key, subject, at, points)
                rows.append((key, event["partner_id"], rule.dimension_id.id, points))
        return rows, is_cut

    # --- now and then -----------------------------------------------------------------------------

    @api.model
    def _compare(self, score_model, given, current, asked):
        """Return what is now beside what would be, from one query over all people."""
        standing = self._standing(score_model, given, current, asked)
        self.env["mail.workflow.score"].flush_model()
        self.env["mail.workflow.score.entry"].flush_model()
        names = ("fit", "fit_then", "engagement", "engagement_then", "grade", "grade_then")
        columns = SQL(", ").join(SQL.identifier(name) for name in names)
        self.env.cr.execute(
            SQL("%s SELECT %s, count(*) FROM standing GROUP BY %s", standing, columns, columns)
        )
        rows = self.env.cr.fetchall()
        lines = {
            FIT: ("grade_c", "grade_b", "grade_a"),
            ENGAGEMENT: ("warm_from", "hot_from"),
        }
        dimensions = self.env["mail.workflow.score.dimension"]
        charts = []
        for place, (code, of_dimension) in zip((0, 2), lines.items(), strict=True):
            marks = [(name, current[name], asked[name]) for name in of_dimension]
            values = [(row[place], row[place + 1], row[-1]) for row in rows]
            name = dimensions.browse(dimensions._id_of(code)).name
            charts.append({"name": code, "label": name, **histogram(values, marks)})
        grades = [row[4:] for row in rows]
        return {
            "people": sum(row[-1] for row in rows),
            "table": table(grades),
            "crossings": crossings(grades),
            "charts": charts,
            "movers": self._movers(standing),
        }

    @api.model
    def _standing(self, score_model, given, current, asked):
        """Return the beginning of a query, with a row for each person that has a score in the
        model or would have one."""
        dimensions = self.env["mail.workflow.score.dimension"]
        grade = self.env["mail.workflow.score.model"]._grade_to_sql
        return SQL(
            """
            WITH given (person_key, partner_id, dimension_id, points, is_weak) AS (
                %(given)s
            ), change AS (
                SELECT person_key, max(partner_id) AS partner_id,
                       sum(points) FILTER (WHERE dimension_id = %(fit)s) AS fit,
                       sum(points) FILTER (WHERE dimension_id = %(engagement)s) AS engagement,
                       bool_or(dimension_id = %(fit)s AND points > 0 AND NOT is_weak) AS is_fit,
                       bool_or(dimension_id = %(engagement)s AND points > 0 AND NOT is_weak)
                       AS is_engaged
                  FROM given
                 GROUP BY person_key
            ), kept AS (
                SELECT person_key, max(partner_id) AS partner_id,
                       COALESCE(sum(score) FILTER (WHERE dimension_id = %(fit)s), 0) AS fit,
                       COALESCE(sum(score) FILTER (WHERE dimension_id = %(engagement)s), 0)
                       AS engagement,
                       bool_or(dimension_id = %(fit)s AND is_weak IS NOT TRUE) AS is_fit,
                       bool_or(dimension_id = %(engagement)s AND is_weak IS NOT TRUE)
                       AS is_engaged
                  FROM mail_workflow_score
                 WHERE score_model_id = %(model)s AND dimension_id IS NOT NULL
                 GROUP BY person_key
            ), numbers AS (
                SELECT person_key, COALESCE(k.partner_id, c.partner_id) AS partner_id,
                       COALESCE(k.fit, 0)::int AS fit,
                       COALESCE(k.engagement, 0)::int AS engagement,
                       GREATEST(COALESCE(k.fit, 0) + COALESCE(c.fit, 0), 0)::int AS fit_then,
                       GREATEST(COALESCE(k.engagement, 0) + COALESCE(c.engagement, 0), 0)::int
                       AS engagement_then,
                       -- what opens alone have given reaches no threshold
                       COALESCE(k.is_fit, FALSE)::int AS is_fit,
                       COALESCE(k.is_engaged, FALSE)::int AS is_engaged,
                       (COALESCE(k.is_fit, FALSE) OR COALESCE(c.is_fit, FALSE))::int
                       AS is_fit_then,
                       (COALESCE(k.is_engaged, FALSE) OR COALESCE(c.is_engaged, FALSE))::int
                       AS is_engaged_then
                  FROM kept k
                  FULL JOIN change c USING (person_key)
            ), standing AS (
                SELECT *, %(grade)s AS grade, %(grade_then)s AS grade_then
                  FROM numbers
            )
            """,
            given=given,
            fit=dimensions._id_of(FIT),
            engagement=dimensions._id_of(ENGAGEMENT),
            model=score_model.id,
            grade=grade(SQL("fit * is_fit"), SQL("engagement * is_engaged"), current),
            grade_then=grade(
                SQL("fit_then * is_fit_then"), SQL("engagement_then * is_engaged_then"), asked
            ),
        )

    @api.model
    def _movers(self, standing):
        """Return some of the people whose grade would be another, the warmest first."""
        self.env.cr.execute(
            SQL(
                """
                %s
                SELECT person_key, partner_id, grade, grade_then
                  FROM standing
                 WHERE grade <> grade_then
                 ORDER BY engagement_then + fit_then DESC, person_key
                 LIMIT %s
                """,
                standing,
                MOST_PEOPLE,
            )
        )
        rows = self.env.cr.fetchall()
        labels = dict(
            self.env["res.partner"]._fields["lead_grade"]._description_selection(self.env)
        )
        # of contacts that this user may not see, only the address by which they are scored
        seen = self.env["res.partner"].search([("id", "in", [row[1] for row in rows if row[1]])])
        names = {partner.id: partner.display_name for partner in seen}
        return [
            {
                "key": key,
                "name": names.get(partner_id, key),
                "partner_id": partner_id if partner_id in names else False,
                "grade": labels[grade],
                "grade_then": labels[grade_then],
            }
            for key, partner_id, grade, grade_then in rows
        ]


class MailWorkflowScoreModel(models.Model):
    _inherit = "mail.workflow.score.model"

    @api.model
    def get_preview(self, score_model_id, thresholds=None, rule_id=False, rule=None):
        """Return what a screen shows before it saves, see ``mail.workflow.score.preview``."""
        previews = self.env["mail.workflow.score.preview"]
        return previews._preview(score_model_id, thresholds, rule_id, rule)
