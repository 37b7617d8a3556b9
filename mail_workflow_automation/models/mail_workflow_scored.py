from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .mail_workflow_listening import ADDRESS_CHANGED
from .mail_workflow_score_dimension import ENGAGEMENT, FIT
from .mail_workflow_score_model import THRESHOLDS

# who sees scores: whoever sells, nobody outside
SEERS = "sales_team.group_sale_salesman,mail_workflow_automation.mail_workflow_group_user"
SCORES = ("lead_score", "lead_score_fit", "lead_score_engagement", "lead_grade")


class MailWorkflowScored(models.AbstractModel):
    """Shows the score of the person behind a record: read from the totals, kept nowhere else.

    Sorting, filtering and grouping ask the totals too, so a contact or lead is never written for
    its score. A company has the score of its warmest contact, or its own where that is higher.
    """

    _name = "mail.workflow.scored"
    _description = "Record of a Person With a Score"

    lead_score = fields.Integer(
        compute="_compute_lead_score", search="_search_lead_score", aggregator=None, groups=SEERS
    )
    lead_score_fit = fields.Integer(
        string="Fit",
        compute="_compute_lead_score",
        search="_search_lead_score_fit",
        aggregator=None,
        groups=SEERS,
    )
    lead_score_engagement = fields.Integer(
        string="Engagement",
        compute="_compute_lead_score",
        search="_search_lead_score_engagement",
        aggregator=None,
        groups=SEERS,
    )
    lead_grade = fields.Selection(
        [
            *(("a1", "A, hot"), ("a2", "A, warm"), ("a3", "A, cold")),
            *(("b1", "B, hot"), ("b2", "B, warm"), ("b3", "B, cold")),
            *(("c1", "C, hot"), ("c2", "C, warm"), ("c3", "C, cold")),
            *(("d1", "D, hot"), ("d2", "D, warm"), ("d3", "D, cold")),
        ],
        compute="_compute_lead_score",
        search="_search_lead_grade",
        groups=SEERS,
        help="From A to D by who they are (fit); hot, warm or cold by what they do (engagement).",
    )
    lead_score_trend = fields.Integer(
        string="Last 30 Days", compute="_compute_lead_score_story", groups=SEERS
    )
    lead_score_story = fields.Html(
        string="Why", compute="_compute_lead_score_story", sanitize=False, groups=SEERS
    )

    @api.depends_context("company")
    def _compute_lead_score(self):
        found = self._read_scores()
        for record in self:
            values = found.get(record._origin.id, (0, 0, 0, False))
            for name, value in zip(SCORES, values, strict=True):
                record[name] = value or False

    @api.depends_context("company", "lang", "tz")
    def _compute_lead_score_story(self):
        for record in self:
            # whoever may see the record may see why its score is what it is
            story = self.env["mail.workflow.score.story"].sudo()
            record.lead_score_trend, record.lead_score_story = story._of(record)

    def _search_lead_score(self, operator, value):
        return self._search_score("lead_score", operator, value)

    def _search_lead_score_fit(self, operator, value):
        return self._search_score("lead_score_fit", operator, value)

    def _search_lead_score_engagement(self, operator, value):
        return self._search_score("lead_score_engagement", operator, value)

    def _search_lead_grade(self, operator, value):
        return self._search_score("lead_grade", operator, value)

    @api.model
    def _search_score(self, name, operator, value):
        if operator in ("in", "not in"):
            values = [one for one in value if one is not False]
            if name != "lead_grade" and False in value:
                values.append(0)
            found = SQL("%s = ANY(%s)", SQL("score"), values)
            if name == "lead_grade" and False in value:
                found = SQL("(%s OR score IS NULL)", found)
            if operator == "not in":
                found = SQL("(%s) IS NOT TRUE", found)
        elif operator in ("<", "<=", ">", ">=") and name != "lead_grade":
            found = SQL("score %s %s", SQL(operator), value)
        else:
            return NotImplemented
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "(SELECT %s FROM (SELECT %s AS score) AS own)",
                found,
                model._field_to_sql(alias, name, query),
            )
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr not in SCORES:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        return self._score_to_sql(alias, field_expr)

    def _read_scores(self):
        """Return ``{id: (score, fit, engagement, grade)}``, in one query."""
        if not self.ids:
            return {}
        columns = SQL(", ").join(self._score_to_sql(self._table, name) for name in SCORES)
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM %s WHERE id = ANY(%s)",
                columns,
                SQL.identifier(self._table),
                list(self.ids),
            )
        )
        return {row[0]: row[1:] for row in rows}

    @api.model
    def _score_to_sql(self, alias, name):
        """Return the expression for a score, of the person of a row."""
        dimensions = self.env["mail.workflow.score.dimension"]
        parts = {
            "lead_score": SQL("t.score"),
            "lead_score_fit": SQL("COALESCE(f.score, 0)"),
            "lead_score_engagement": SQL("COALESCE(e.score, 0)"),
            # by the thresholds of the model: changed ones count at once
            "lead_grade": self.env["mail.workflow.score.model"]._grade_to_sql(
                # what opens alone have given reaches no threshold
                SQL("CASE WHEN f.is_weak THEN 0 ELSE COALESCE(f.score, 0) END"),
                SQL("CASE WHEN e.is_weak THEN 0 ELSE COALESCE(e.score, 0) END"),
                {one: SQL("m.%s", SQL.identifier(one)) for one in THRESHOLDS},
            ),
        }
        joined = {
            "lead_score": "",
            "lead_score_fit": "f",
            "lead_score_engagement": "e",
            "lead_grade": "fem",
        }[name]
        joins = {
            "f": self._dimension_join("f", dimensions._id_of(FIT)),
            "e": self._dimension_join("e", dimensions._id_of(ENGAGEMENT)),
            "m": SQL("JOIN mail_workflow_score_model m ON m.id = t.score_model_id"),
        }
        found = SQL(
            """(SELECT %(part)s
                  FROM (%(people)s) AS person (key)
                  -- one row for each person: else the planner may look for them from the top of
                  -- all scores
                 CROSS JOIN LATERAL (
                       SELECT *
                         FROM mail_workflow_score s
                        WHERE s.person_key = person.key AND s.score_model_id = %(model)s
                          AND s.dimension_id IS NULL
                        LIMIT 1) AS t
                  %(joins)s
                 ORDER BY t.score DESC, t.person_key
                 LIMIT 1)""",
            part=parts[name],
            people=self._people_to_sql(alias),
            model=self._score_model_to_sql(alias),
            joins=SQL(" ").join(joins[one] for one in joined),
        )
        return found if name == "lead_grade" else SQL("COALESCE(%s, 0)", found)

    @api.model
    def _dimension_join(self, alias, dimension_id):
        return SQL(
            "LEFT JOIN mail_workflow_score %(alias)s ON %(alias)s.person_key = t.person_key"
            " AND %(alias)s.score_model_id = t.score_model_id"
            " AND %(alias)s.dimension_id = %(dimension)s",
            alias=SQL.identifier(alias),
            dimension=dimension_id,
        )

    @api.model
    def _score_model_to_sql(self, alias):
        """Return the expression for the score model that a row shows."""
        return SQL("%s", self.env["mail.workflow.score.model"]._shown(self.env.company.id)[0])

    @api.model
    def _shown_model(self):
        """Return the score model that this record shows."""
        default_id, _of_teams = self.env["mail.workflow.score.model"]._shown(self.env.company.id)
        return self.env["mail.workflow.score.model"].browse(default_id or [])

    @api.model
    def _forget_scores(self):
        """Let what was read of scores be read anew."""
        names = {*SCORES, "lead_score_trend", "lead_score_story"}
        for name in ("res.partner", "crm.lead", "sale.order"):
            model = self.env[name]
            model.invalidate_model(names & model._fields.keys(), flush=False)

    def _person_keys(self):
        """Return the keys of the people whose best score this record shows, a list."""
        self.ensure_one()
        rows = self.env.execute_query(
            SQL(
                "SELECT person.key FROM %(table)s, LATERAL (%(people)s) AS person (key)"
                " WHERE %(table)s.id = %(id)s",
                table=SQL.identifier(self._table),
                people=self._people_to_sql(self._table),
                id=self.id,
            )
        )
        return [row[0] for row in rows if row[0]]

    def action_view_score(self):
        """Open why the score is what it is."""
        self.ensure_one()
        view = f"mail_workflow_automation.{self._table}_view_form_score"
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Score of %s", self.display_name),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref(view).id, "form")],
            "target": "new",
            "context": {"form_view_initial_mode": "readonly", "edit": False},
        }

    def _note_new_address(self, before):
        """Note that people have another address: their scores follow.

        :param dict before: ``{id: address}``
        """
        events = self.env["mail.workflow.event"]
        if not events._is_listened(ADDRESS_CHANGED):
            return
        for record in self.sudo():
            old, new = before.get(record.id), record.email_normalized or False
            if old and old != new:
                events._emit(ADDRESS_CHANGED, record=record, data={"old": old, "new": new})


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "mail.workflow.scored"]

    @api.model
    def _people_to_sql(self, alias):
        """Return the query for the keys of a contact, and of those of its company."""
        own = self._key_to_sql(alias)
        return SQL(
            """SELECT %(own)s
                UNION ALL
               SELECT %(key)s
                 FROM res_partner c
                WHERE c.commercial_partner_id = %(id)s AND c.id <> %(id)s AND %(is_company)s""",
            own=own,
            key=self._key_to_sql("c"),
            id=SQL.identifier(alias, "id"),
            is_company=SQL.identifier(alias, "is_company", to_flush=self._fields["is_company"]),
        )

    @api.model
    def _key_to_sql(self, alias):
        field = self._fields["email_normalized"]
        return SQL(
            "COALESCE(%s, 'partner:' || %s)",
            SQL.identifier(alias, "email_normalized", to_flush=field),
            SQL.identifier(alias, "id"),
        )

    def write(self, vals):
        before = {}
        if "email" in vals and self.env["mail.workflow.event"]._is_listened(ADDRESS_CHANGED):
            before = {
                partner.id: partner.email_normalized or f"partner:{partner.id}"
                for partner in self.sudo()
            }
        result = super().write(vals)
        if before:
            self._note_new_address(before)
        return result


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "mail.workflow.scored"]

    @api.model
    def _people_to_sql(self, alias):
        """Return the query for the key of a lead: its own address, else its contact's."""
        field = self._fields["email_normalized"]
        return SQL(
            "SELECT COALESCE(%s, (SELECT %s FROM res_partner p WHERE p.id = %s))",
            SQL.identifier(alias, "email_normalized", to_flush=field),
            self.env["res.partner"]._key_to_sql("p"),
            SQL.identifier(alias, "partner_id", to_flush=self._fields["partner_id"]),
        )

    @api.model
    def _score_model_to_sql(self, alias):
        default_id, of_teams = self.env["mail.workflow.score.model"]._shown(self.env.company.id)
        if not of_teams:
            return SQL("%s", default_id)
        team = SQL.identifier(alias, "team_id", to_flush=self._fields["team_id"])
        cases = SQL(" ").join(SQL("WHEN %s THEN %s", *pair) for pair in of_teams.items())
        return SQL("CASE %s %s ELSE %s END", team, cases, default_id)

    def _shown_model(self):
        _default_id, of_teams = self.env["mail.workflow.score.model"]._shown(self.env.company.id)
        own = self.env["mail.workflow.score.model"].browse(of_teams.get(self.team_id.id) or [])
        return own or super()._shown_model()

    def write(self, vals):
        before = {}
        if "email_from" in vals and self.env["mail.workflow.event"]._is_listened(ADDRESS_CHANGED):
            before = {lead.id: lead.email_normalized for lead in self.sudo()}
        result = super().write(vals)
        if before:
            self._note_new_address(before)
        return result

    def _merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True, max_length=5):
        is_heard = self.env["mail.workflow.event"]._is_listened(ADDRESS_CHANGED)
        before = {lead.id: lead.email_normalized for lead in self.sudo()} if is_heard else {}
        merged = super()._merge_opportunity(user_id, team_id, auto_unlink, max_length)
        new = merged.sudo().email_normalized
        # what was given to an address that nobody else has is the merged lead's
        for old in {*before.values()} - {new, False} if new else ():
            self.env["mail.workflow.event"]._emit(
                ADDRESS_CHANGED, record=merged, data={"old": old, "new": new}
            )
        return merged


class SaleOrder(models.Model):
    _inherit = "sale.order"

    lead_score = fields.Integer(related="partner_id.lead_score", groups=SEERS)
    lead_grade = fields.Selection(related="partner_id.lead_grade", groups=SEERS)

    def action_view_score(self):
        """Open why the customer's score is what it is."""
        self.ensure_one()
        return self.partner_id.action_view_score()
