"""What is done to a whole file, or to many at once, costs hardly more for 30 than for 3."""

from collections import Counter
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import tagged
from odoo.tools import SQL

from .common import mail, wait
from .draft_common import DraftCase, entry_of
from .score_common import ScoreCase

FEW, MANY = 3, 30
# rows are written in portions, and Odoo reads what it computes of each mailing's name
SPARE = 6


class CostCase(DraftCase):
    def cost(self, act):
        """Return how often which queries are asked by something, a Counter of their beginnings."""
        asked = Counter()
        execute = Cursor.execute

        def counted(cursor, query, *args, **kwargs):
            text = query.code if isinstance(query, SQL) else query
            asked[" ".join(text.split())[:90]] += 1
            return execute(cursor, query, *args, **kwargs)

        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(Cursor, "execute", counted):
            act()
            self.env.flush_all()
        return asked

    def assertCostStays(self, act, few=FEW, many=MANY, spare=SPARE):
        """Assert what ``act(count)`` costs for a few and for many."""
        act(1)
        costs = [self.cost(lambda count=count: act(count)) for count in (few, many)]
        totals = [cost.total() for cost in costs]
        grown = (costs[1] - costs[0]).most_common(5)
        self.assertLessEqual(totals[1], totals[0] + spare, f"{totals}, most of it {grown}")


@tagged("post_install", "-at_install", "mail_workflow")
class TestEditCosts(CostCase):
    def setUp(self):
        super().setUp()
        self.env["res.partner.category"].create({"name": "Hot"})

    def steps(self, count):
        """Return a file's steps of several kinds, so many of each."""
        steps = []
        for no in range(count):
            steps += [
                mail(f"mail{no}", subject=f"Letter {no}"),
                wait(f"wait{no}", days=1),
                {"key": f"tag{no}", "kind": "tag", "add": ["Hot"]},
                {
                    **{"key": f"asks{no}", "kind": "condition", "domain": [["city", "=", "Paris"]]},
                    "branches": {
                        "yes": {"steps": [wait(f"yes{no}", days=2)]},
                        "no": {"steps": []},
                    },
                },
            ]
        return steps

    def test_importing_a_file(self):
        # less than two queries for each five steps are left
        self.assertCostStays(
            lambda count: self.workflow(self.steps(count), start=False), spare=2 * (MANY - FEW)
        )

    def test_the_first_edit_of_a_started_workflow(self):
        flows = {count: self.workflow(self.steps(count)) for count in (1, FEW, MANY)}
        self.assertCostStays(lambda count: flows[count].begin_draft(), spare=3 * SPARE)
        for count, workflow in flows.items():
            self.assertEqual(len(workflow.draft_ids.step_ids), 5 * count)
            self.assertFalse(workflow.get_changes()["items"], "it says what runs")

    def test_saving_what_moves_many_steps(self):
        flows = {count: self.workflow(self.steps(count), start=False) for count in (1, FEW, MANY)}
        files = {count: flow.export_definition() for count, flow in flows.items()}
        for definition in files.values():
            definition["steps"].reverse()
        self.assertCostStays(
            lambda count: flows[count].save_flow(files[count], flows[count].version),
            spare=3 * SPARE,
        )
        self.assertEqual(flows[MANY].export_definition()["steps"], files[MANY]["steps"])

    def test_new_dates_for_those_who_wait_at_changed_steps(self):
        flows, people = {}, self.people(MANY)
        for count in (1, FEW, MANY):
            steps = []
            for no in range(count):
                steps.append(wait(f"wait{no}", days=9))
            flows[count] = self.workflow(steps)
            runs = flows[count].enroll(people[:count]).sudo()
            self.run_engine()
            for run, step in zip(runs, flows[count].step_ids.sorted("sequence"), strict=True):
                run.step_id = step

        def act(count):
            flows[count].step_ids._give_new_dates(self.now)

        self.assertCostStays(act, spare=0)

    def test_starting_with_many_triggers(self):
        flows = {
            count: self.workflow(
                [mail("a")], triggers=[{"kind": "contact_created"}] * count, start=False
            )
            for count in (1, FEW, MANY)
        }
        self.assertCostStays(lambda count: flows[count].trigger_ids._start(self.now), spare=0)

    def test_a_renamed_step_writes_one(self):
        workflow = self.workflow(self.steps(MANY))
        workflow.begin_draft()

        def rename(definition):
            entry_of(definition, "wait5")["name"] = "A week"

        flow = self.flow_of(workflow)
        rename(flow["definition"])
        cost = self.cost(lambda: workflow.save_flow(flow["definition"], flow["version"])).total()
        self.assertLess(cost, 150)


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreCosts(CostCase, ScoreCase):
    def test_addresses_that_change(self):
        self.rule("custom", event_name="came", points=5)
        moved = {}
        for count in (1, FEW, MANY):
            people = self.env["res.partner"].create(
                [
                    {"name": f"P{count} {no}", "email": f"p{no}@c{count}.example.com"}
                    for no in range(count)
                ]
            )
            for one in people:
                self.env["mail.workflow.event"].emit("custom", partner=one, data={"name": "came"})
            self.env.cr.flush()
            self.serve()
            moved[count] = people

        def act(count):
            changed = [
                {
                    "id": 0,
                    "kind": "address_changed",
                    "partner_id": one.id,
                    "email_normalized": f"new-{one.email_normalized}",
                    "data": {"old": one.email_normalized, "new": f"new-{one.email_normalized}"},
                }
                for one in moved[count]
            ]
            for one in moved[count]:
                one.email = f"new-{one.email}"
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env["mail.workflow.score.entry"]._follow_addresses(changed)
            return self.env.cr.sql_log_count - before

        act(1)
        few, many = act(FEW), act(MANY)
        self.assertEqual(few, many)
        for one in moved[MANY]:
            self.assertEqual(self.score(one), 5)

    def test_deleting_score_models(self):
        models = self.env["mail.workflow.score.model"].create(
            [{"name": f"Model {no}"} for no in range(1 + FEW + MANY)]
        )
        parts = {1: models[:1], FEW: models[1 : 1 + FEW], MANY: models[1 + FEW :]}
        self.assertCostStays(lambda count: parts[count]._unlink_except_with_points(), spare=0)
        self.assertCostStays(lambda count: parts[count]._check_one_of_team(), spare=0)
