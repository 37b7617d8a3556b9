"""The clock kinds look with the rights of who publishes: what they may not see does not come in."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import WorkflowCase, wait

HIDDEN = "Hidden"


@tagged("post_install", "-at_install", "mail_workflow")
class TestClockRights(WorkflowCase):
    def setUp(self):
        super().setUp()
        self.arrive()

    def arrive(self):
        """Make two contacts, of whom one can be hidden."""
        self.arrived = getattr(self, "arrived", 0) + 1
        self.ada = self.person(f"Ada{self.arrived}", city="Ghent")
        self.bob = self.person(f"Bob{self.arrived}", city=HIDDEN)
        self.both = self.ada | self.bob

    def hide(self, model, domain):
        """Show of a model only what matches, to everybody."""
        self.env["ir.rule"].create(
            {
                "name": f"Seen of {model}",
                "model_id": self.env["ir.model"]._get_id(model),
                "domain_force": str(domain),
            }
        )

    def forbid(self, model):
        """Let nobody read a model any more."""
        rights = self.env["ir.model.access"].search([("model_id.model", "=", model)])
        rights.write({"perm_read": False})

    def starts(self, trigger, start=True, **values):
        return self.workflow(
            [wait("day", days=1)],
            triggers=[trigger],
            start=start,
            audience=[["id", "in", self.both.ids]],
            **{"lateness_hours": 0, "reentry": {"policy": "never", "per": "record"}, **values},
        )

    def assertOnlySeen(self, trigger, happen):
        """Assert that what happens to both brings in who is seen; without the rule, both."""
        for is_hidden in (False, True):
            with self.subTest(kind=trigger["kind"], hidden=is_hidden):
                self.arrive()
                if is_hidden:
                    self.hide("res.partner", [("city", "!=", HIDDEN)])
                workflow = self.starts(trigger, name=f"{trigger['kind']} {is_hidden}")
                happen()
                self.run_engine(days=1)
                self.run_engine(days=1)
                came = set(self.runs(workflow).mapped("res_id"))
                self.assertEqual(came, set((self.ada if is_hidden else self.both).ids))

    def test_date(self):
        def happen():
            self.both.birthday = self.now.date() + timedelta(days=1)

        trigger = {"kind": "date", "field": "birthday", "time": "08:00", "repeat": "yearly"}
        self.assertOnlySeen(trigger, happen)

    def test_schedule(self):
        self.assertOnlySeen({"kind": "schedule", "unit": "days", "time": "08:00"}, lambda: None)

    def test_segment(self):
        def happen():
            self.both.ref = f"came at {self.now}"

        trigger = {"kind": "segment", "domain": [["ref", "like", "came"]]}
        self.assertOnlySeen(trigger, happen)

    def test_inactive(self):
        def happen():
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE res_partner SET create_date = %s WHERE id = ANY(%s)",
                [self.now - timedelta(days=30) + timedelta(hours=12), self.both.ids],
            )

        self.assertOnlySeen({"kind": "inactive", "days": 30}, happen)

    def buy(self, *days_ago):
        """Let both buy so many days before now."""
        for partner in self.both:
            for days in days_ago:
                order = self.cart(partner)
                order.action_confirm()
                order.date_order = self.now - timedelta(days=days)
        self.env.flush_all()

    def test_replenishment(self):
        trigger = {"kind": "replenishment", "days_before": 0}
        self.assertOnlySeen(trigger, lambda: self.buy(59, 29))

    def test_orders_that_are_not_seen_are_not_reminded_of(self):
        self.hide("sale.order", [("partner_id.city", "!=", HIDDEN)])
        self.buy(59, 29)
        workflow = self.workflow(
            [wait("day", days=1)],
            model="sale.order",
            triggers=[{"kind": "replenishment", "days_before": 0}],
        )
        self.run_engine(days=1)
        self.run_engine(days=1)
        self.assertEqual(self.runs(workflow).partner_id, self.ada)

    def test_who_may_read_nothing_is_refused_at_the_start_with_the_reason(self):
        self.forbid("res.partner")
        for trigger in (
            {"kind": "date", "field": "birthday"},
            {"kind": "schedule"},
            {"kind": "segment"},
            {"kind": "inactive"},
            {"kind": "replenishment"},
        ):
            with self.subTest(kind=trigger["kind"]):
                draft = self.starts(trigger, start=False, name=trigger["kind"])
                with self.assertRaisesRegex(UserError, "may not read Contact"):
                    draft.action_start()
                self.assertEqual(draft.state, "draft")

    def test_what_tells_of_people_s_doings_must_be_readable_too(self):
        kinds = (
            ({"kind": "replenishment"}, "sale.order", "may not read sales orders"),
            ({"kind": "inactive", "orders": True}, "sale.order", "may not read Sales Order"),
            (
                {"kind": "inactive", "orders": False, "opens": True},
                "mailing.trace",
                "may not read Mailing Statistics",
            ),
        )
        drafts = [
            self.starts(trigger, start=False, name=f"Draft {number}")
            for number, (trigger, _model, _reason) in enumerate(kinds)
        ]
        self.assertFalse(any(draft.problems for draft in drafts))
        for draft, (trigger, model, reason) in zip(drafts, kinds, strict=True):
            with self.subTest(**trigger):
                self.forbid(model)
                with self.assertRaisesRegex(UserError, reason):
                    draft.action_start()

    def test_right_that_is_lost_later_pauses_the_workflow(self):
        workflow = self.starts({"kind": "schedule", "unit": "days", "time": "08:00"})
        self.forbid("res.partner")
        self.run_engine(days=1)
        self.assertEqual(workflow.sudo().state, "paused")
        self.assertFalse(self.runs(workflow))
