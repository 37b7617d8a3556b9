"""What the server tells the drawing."""

import json

from odoo.tests import tagged

from .common import mail, wait
from .draft_common import DraftCase, asks, entry_of


@tagged("post_install", "-at_install", "mail_workflow")
class TestDrawing(DraftCase):
    def test_cards_say_what_the_drawing_needs(self):
        workflow = self.workflow(
            [
                mail("m", subject="Hello"),
                wait("day", days=1),
                asks("where", yes=[{"key": "stop", "kind": "end"}], no=[]),
                {"key": "back", "kind": "goto", "target": "m", "max_visits": 2},
            ],
            start=False,
            triggers=[{"kind": "custom", "name": "signed"}],
            goal={"kind": "order_confirmed"},
        )
        flow = json.loads(json.dumps(self.flow_of(workflow)))
        cards = flow["cards"]
        self.assertEqual(cards["m"]["summary"], "“Hello”")
        self.assertEqual((cards["day"]["shape"], cards["m"]["shape"]), ("pill", "card"))
        self.assertEqual(
            cards["where"]["branches"],
            [
                {"name": "yes", "label": "Yes", "tone": "good"},
                {"name": "no", "label": "No", "tone": "bad"},
            ],
        )
        self.assertEqual((cards["back"]["goto"], cards["back"]["open_end"]), ("m", False))
        self.assertTrue(cards["m"]["open_end"])
        self.assertEqual(len(flow["entry"]["triggers"]), 1)
        self.assertTrue(flow["goal"]["summary"])
        self.assertEqual((flow["changes"], flow["revision"], flow["removed"]), (None, None, []))

    def test_problems_stand_where_they_are(self):
        workflow = self.workflow(
            [{"key": "call", "kind": "task"}, mail("m")],
            start=False,
            model="crm.lead",
            triggers=[{"kind": "cart_abandoned", "hours": 24}],
        )
        flow = self.flow_of(workflow)
        self.assertTrue(flow["cards"]["call"]["problems"])
        self.assertFalse(flow["cards"]["m"]["problems"])
        self.assertTrue(flow["entry"]["problems"])
        self.assertEqual(flow["entry"]["triggers"][0]["problems"], flow["entry"]["problems"])
        self.assertEqual(flow["problems"], [])

    def test_each_kind_of_the_palette_can_be_added_as_it_is(self):
        workflow = self.workflow([], start=False)
        kinds = self.flow_of(workflow)["kinds"]
        self.assertEqual(set(kinds), set(self.env["mail.workflow.step"]._installed_kinds()))
        for kind, described in kinds.items():
            with self.subTest(kind=kind):
                entry = {**json.loads(json.dumps(described["entry"])), "key": "new"}
                flow = self.save(workflow, lambda d, entry=entry: d.update(steps=[entry]))
                self.assertEqual(list(flow["cards"]), ["new"])
                self.assertEqual(flow["cards"]["new"]["kind"], kind)
                self.assertEqual(entry_of(flow["definition"], "new"), {"key": "new", **entry})
                self.assertRegex(described["color"], r"^#[0-9a-f]{6}$")

    def test_five_hundred_steps_cost_the_queries_of_ten(self):
        def flow(count):
            several = [
                lambda i: mail(f"m{i}", body=f"<p>{i}</p><a href='/shop/{i}'>x</a>"),
                lambda i: wait(f"w{i}", days=1),
                lambda i: {"key": f"t{i}", "kind": "task", "user": "marketer", "summary": "Call"},
                lambda i: asks(f"c{i}", yes=[], no=[]),
                lambda i: {"key": f"n{i}", "kind": "notify", "user": "marketer", "text": "x"},
            ]
            steps = [several[i % len(several)](i) for i in range(count)]
            return self.workflow(steps, start=False)

        costs = []
        for count in (10, 100):
            workflow = flow(count)
            self.flow_of(workflow)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self.flow_of(workflow)["cards"]), count)
            costs.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(costs[1], costs[0] + 2, costs)
