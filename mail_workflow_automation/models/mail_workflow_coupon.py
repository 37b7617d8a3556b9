from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..sql import unnested


class MailWorkflowCoupon(models.Model):
    """A code that a workflow gave to a person. Only the engine writes it.

    Codes of one program are numbered for each person, over all workflows: of two workers who
    give a person the same number at the same moment the database lets one through, and has the
    other look again.
    """

    _name = "mail.workflow.coupon"
    _description = "Workflow Coupon"
    _order = "id desc"
    _log_access = False

    program_id = fields.Many2one(
        "loyalty.program", required=True, ondelete="cascade", readonly=True
    )
    person = fields.Char(required=True, readonly=True)
    number = fields.Integer(required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Contact", ondelete="set null", index="btree_not_null", readonly=True
    )
    card_id = fields.Many2one(
        "loyalty.card",
        string="Coupon",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
    )
    enrollment_id = fields.Many2one(
        "mail.workflow.enrollment",
        string="Run",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    given_at = fields.Datetime(required=True, readonly=True)

    _number = models.UniqueIndex("(person, program_id, number)")

    @api.model
    def _given(self, program, runs):
        """Return the codes of a program that the persons of runs have had, ever."""
        persons = [run._person_key() for run in runs]
        return self.sudo().search(  # over all workflows, whoever may see them
            Domain("program_id", "=", program.id)
            & (Domain("person", "in", persons) | Domain("partner_id", "in", runs.partner_id.ids))
        )

    @api.model
    def _give(self, program, cards, runs, now):
        """Note the codes that persons were given: those of a batch in the order of their persons,
        so that two workers do not wait for each other in a circle.

        :param cards: one for each of the runs, in their order
        """
        given = self._given(program, runs)
        last = {}
        for coupon in given:
            last[coupon.person] = max(coupon.number, last.get(coupon.person, 0))
        rows = []
        for run, card in zip(runs, cards, strict=True):
            person = run._person_key()
            last[person] = last.get(person, 0) + 1
            rows.append((person, last[person], run.partner_id.id or None, card.id, run.id))
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_workflow_coupon (
                       program_id, company_id, given_at, person, number, partner_id, card_id,
                       enrollment_id)
                SELECT %(program)s, %(company)s, %(now)s, r.person, r.number, r.partner_id,
                       r.card_id, r.enrollment_id
                  FROM %(rows)s AS r (person, number, partner_id, card_id, enrollment_id)
                ON CONFLICT DO NOTHING
                """,
                program=program.id,
                company=runs.company_id.id,
                now=now,
                rows=unnested(sorted(rows), "varchar", "int", "int", "int", "int"),
            )
        )
        self.invalidate_model()

    @api.model
    def _newest_of(self, runs):
        """Return ``{run id: the newest code it was given}``, of those that were given one."""
        found = self.sudo().search(  # the mail of a run shows what the run was given
            [("enrollment_id", "in", runs.ids), ("card_id", "!=", False)], order="id"
        )
        return {coupon.enrollment_id.id: coupon.card_id for coupon in found}
