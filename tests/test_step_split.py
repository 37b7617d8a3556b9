"""Split: shares by a hash, the same for a person who comes back and in a simulation."""

from collections import Counter

from odoo.tests import tagged

from .common import WorkflowCase


def split(**weights):
    branches = {name: {"weight": weight, "steps": []} for name, weight in weights.items()}
    return {"key": "ways", "kind": "split", "branches": branches}


@tagged("post_install", "-at_install", "mail_workflow")
class TestSplit(WorkflowCase):
    def ways(self, workflow):
        """Return ``{record id: branch}`` of the runs of a workflow."""
        return {
            run.res_id: run.execution_ids.filtered(lambda x: x.step_id.kind == "split").branch
            for run in self.runs(workflow)
        }

    def test_each_branch_gets_its_share(self):
        workflow = self.workflow([split(a=70, b=30)])
        workflow.enroll(self.people(1000))
        self.run_engine()
        found = Counter(self.ways(workflow).values())
        self.assertEqual(sum(found.values()), 1000)
        self.assertTrue(640 < found["a"] < 760, found)

    def test_a_person_who_comes_back_goes_the_same_way(self):
        workflow = self.workflow(
            [split(a=1, b=1, c=1)], reentry={"policy": "after_exit", "per": "person"}
        )
        people = self.people(60)
        workflow.enroll(people)
        self.run_engine()
        first = self.ways(workflow)
        workflow.enroll(people)
        self.run_engine()
        self.assertEqual(len(self.runs(workflow)), 120)
        self.assertEqual(self.ways(workflow), first)
        self.assertEqual(set(first.values()), {"a", "b", "c"})

    def test_two_contacts_with_one_address_go_the_same_way(self):
        workflow = self.workflow([split(a=1, b=1)], reentry={"policy": "never", "per": "record"})
        for number in range(20):
            for name in ("One", "Two"):
                workflow.enroll(self.person(name, email=f"shared{number}@customer.example.com"))
        self.run_engine()
        ways = {}
        for run in self.runs(workflow):
            ways.setdefault(run.email_normalized, set()).add(run.execution_ids.branch)
        self.assertEqual(len(ways), 20)
        self.assertTrue(all(len(found) == 1 for found in ways.values()))

    def test_deciding_in_advance_says_what_happens(self):
        workflow = self.workflow([split(a=1, b=1)])
        workflow.enroll(self.people(40))
        runs = self.runs(workflow)
        step = workflow.sudo().step_ids
        decided = step._handler()._decide(step, runs, self.now)
        self.run_engine()
        self.assertEqual(self.ways(workflow), {run.res_id: decided[run.id].branch for run in runs})

    def test_a_copy_draws_anew(self):
        people = self.people(60)
        first = self.workflow([split(a=1, b=1)])
        second = first.copy()
        second.action_start()
        for workflow in (first, second):
            workflow.enroll(people)
        self.run_engine()
        self.assertEqual(len(self.ways(second)), 60)
        self.assertNotEqual(self.ways(first), self.ways(second))

    def test_the_steps_of_the_branch_are_carried_out(self):
        self.env["res.partner.category"].create([{"name": "Short"}, {"name": "Long"}])
        ways = {
            "short": {"weight": 1, "steps": [{"kind": "tag", "add": ["Short"]}]},
            "long": {"weight": 3, "steps": [{"kind": "tag", "add": ["Long"]}]},
        }
        workflow = self.workflow([{"key": "ways", "kind": "split", "branches": ways}])
        people = self.people(40)
        workflow.enroll(people)
        self.run_engine()
        for person in people:
            self.assertEqual(person.category_id.name, self.ways(workflow)[person.id].capitalize())

    def test_a_new_one_halves(self):
        workflow = self.workflow([], start=False)
        step = workflow.step_ids.create({"workflow_id": workflow.id, "kind": "split"})
        self.assertEqual([way["weight"] for way in step.split_branches], [50, 50])
        self.assertFalse([p for p in workflow.lint() if p["step_id"] == step.id])

    def test_one_way_or_no_share_is_a_problem(self):
        for branches, problem in (
            ([{"name": "a", "weight": 1}], "two branches"),
            ([{"name": "a", "weight": 1}, {"name": "b", "weight": 0}], "more than zero"),
        ):
            workflow = self.workflow([split(a=1, b=1)], start=False)
            workflow.step_ids.split_branches = branches
            self.assertIn(problem, workflow.problems)
