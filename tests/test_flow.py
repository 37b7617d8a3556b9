from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import WorkflowCase, mail, wait

CITY = {"key": "where", "kind": "condition", "domain": [["city", "=", "Paris"]]}


def custom(name, **values):
    return {"kind": "custom", "name": name, **values}


@tagged("post_install", "-at_install", "mail_workflow")
class TestBranches(WorkflowCase):
    def branching(self, **branches):
        return {**CITY, "branches": {name: {"steps": steps} for name, steps in branches.items()}}

    def test_only_the_way_that_matches_is_taken(self):
        workflow = self.workflow(
            [self.branching(yes=[mail("in_paris")], no=[mail("elsewhere")]), mail("all")]
        )
        ada, bob = self.person("Ada", city="Paris"), self.person("Bob", city="Rome")
        runs = workflow.enroll(ada | bob)
        self.run_engine()
        self.run_engine()
        of_ada, of_bob = runs.sorted("res_id")
        self.assertPath(of_ada, ("where", "done"), ("in_paris", "queued"), ("all", "queued"))
        self.assertPath(of_bob, ("where", "done"), ("elsewhere", "queued"), ("all", "queued"))
        self.assertEqual(len(self.mails(workflow)), 4)

    def test_empty_branch_goes_on_where_branches_meet(self):
        workflow = self.workflow([self.branching(yes=[mail("in_paris")], no=[]), mail("all")])
        run = workflow.enroll(self.person(city="Rome"))
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("where", "done"), ("all", "queued"))
        self.assertState(run, "done")

    def test_condition_without_else_lets_the_others_go_on(self):
        step = {
            "key": "which",
            "kind": "condition",
            "branches": {
                "paris": {"when": {"domain": [["city", "=", "Paris"]]}, "steps": [mail("p")]},
                "rome": {"when": {"domain": [["city", "=", "Rome"]]}, "steps": [mail("r")]},
            },
        }
        workflow = self.workflow([step, mail("all")])
        run = workflow.enroll(self.person(city="Oslo"))
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("which", "done"), ("all", "queued"))

    def test_first_matching_branch_wins_and_else_comes_last(self):
        step = {
            "key": "which",
            "kind": "condition",
            "branches": {
                "else": {"steps": [mail("other")]},
                "any": {"when": {"domain": [["city", "!=", False]]}, "steps": [mail("any")]},
                "paris": {"when": {"domain": [["city", "=", "Paris"]]}, "steps": [mail("p")]},
            },
        }
        workflow = self.workflow([step])
        runs = workflow.enroll(self.person("Ada", city="Paris") | self.person("Bob"))
        self.run_engine()
        of_ada, of_bob = runs.sorted("res_id")
        self.assertPath(of_ada, ("which", "done"), ("any", "queued"))
        self.assertPath(of_bob, ("which", "done"), ("other", "queued"))

    def test_nested_branches(self):
        inner = {**self.branching(yes=[mail("deep")], no=[{"kind": "end"}]), "key": "inner"}
        workflow = self.workflow([self.branching(yes=[inner, mail("after")], no=[]), mail("all")])
        run = workflow.enroll(self.person(city="Paris"))
        self.run_engine()
        self.run_engine()
        self.assertPath(
            run,
            ("where", "done"),
            ("inner", "done"),
            ("deep", "queued"),
            ("after", "queued"),
            ("all", "queued"),
        )

    def test_end_in_a_branch_does_not_come_back(self):
        workflow = self.workflow(
            [
                self.branching(yes=[{"key": "stop", "kind": "end", "reason": "local"}], no=[]),
                mail("all"),
            ]
        )
        runs = workflow.enroll(self.person("Ada", city="Paris") | self.person("Bob"))
        self.run_engine()
        self.run_engine()
        of_ada, of_bob = runs.sorted("res_id")
        self.assertState(of_ada, "exited", "local")
        self.assertState(of_bob, "done")
        self.assertEqual(len(self.mails(workflow)), 1)

    def test_event_since_entry_decides(self):
        step = {
            "key": "trial",
            "kind": "condition",
            "branches": {
                "yes": {
                    "when": {"event": "custom", "name": "trial", "since": "entry"},
                    "steps": [mail("thanks")],
                },
                "else": {"steps": [mail("try")]},
            },
        }
        workflow = self.workflow([wait("day", days=1), step])
        ada, bob, eve = self.person("Ada"), self.person("Bob"), self.person("Eve")
        self.emit("custom", record=eve, data={"name": "trial"})
        self.run_engine(hours=1)
        runs = workflow.enroll(ada | bob | eve)
        self.run_engine()
        self.emit("custom", record=ada, data={"name": "trial"})
        self.emit("custom", record=bob, data={"name": "something else"})
        self.run_engine(days=1)
        self.run_engine()
        keys = [run.execution_ids.sorted("id")[-1:].step_id.key for run in runs.sorted("res_id")]
        self.assertEqual(keys, ["thanks", "try", "try"], "an event before the entry does not count")

    def test_what_brought_a_run_in_is_not_since_its_entry(self):
        step = {
            "key": "again",
            "kind": "condition",
            "branches": {
                "yes": {"when": {"event": "custom", "name": "trial"}, "steps": [mail("twice")]},
                "else": {"steps": [mail("once")]},
            },
        }
        workflow = self.workflow([step], triggers=[custom("trial")])
        ada = self.person()
        self.emit("custom", record=ada, data={"name": "trial"})
        self.run_engine()
        self.run_engine()
        self.assertPath(self.runs(workflow), ("again", "done"), ("once", "queued"))


@tagged("post_install", "-at_install", "mail_workflow")
class TestJumps(WorkflowCase):
    def loop(self, visits=3, **values):
        return [
            mail("m"),
            wait("hour", hours=1),
            {"key": "back", "kind": "goto", "target": "m", "max_visits": visits, **values},
        ]

    def test_three_passes_then_loop_limit(self):
        workflow = self.workflow(self.loop())
        run = workflow.enroll(self.person())
        for _pass in range(6):
            self.run_engine(hours=1)
        self.assertEqual(len(self.mails(workflow)), 3)
        self.assertState(run, "exited", "loop limit")
        self.run_engine(hours=1)
        self.assertEqual(len(self.mails(workflow)), 3)

    def test_after_the_limit_the_next_step_comes(self):
        workflow = self.workflow([*self.loop(visits=2), mail("last")])
        run = workflow.enroll(self.person())
        for _pass in range(6):
            self.run_engine(hours=1)
        self.assertEqual(
            [(x.step_id.key, x.visit_no) for x in run.execution_ids.sorted("id")],
            [("m", 1), ("hour", 1), ("back", 1), ("m", 2), ("hour", 2), ("back", 2), ("last", 1)],
        )
        self.assertState(run, "done")

    def test_cycle_without_a_wait_is_refused_at_start(self):
        steps = [mail("m"), {"key": "back", "kind": "goto", "target": "m", "max_visits": 2}]
        workflow = self.workflow(steps, start=False)
        with self.assertRaisesRegex(ValidationError, "wait"):
            workflow.action_start()
        self.assertEqual(workflow.state, "draft")

    def test_wait_for_a_date_alone_does_not_make_a_loop_safe(self):
        steps = [
            mail("m"),
            wait("until", until_field="create_date", on_past="continue"),
            {"key": "back", "kind": "goto", "target": "m", "max_visits": 5},
        ]
        with self.assertRaisesRegex(ValidationError, "wait"):
            self.workflow(steps)

    def test_jump_forward_passes_over_what_lies_between(self):
        workflow = self.workflow(
            [
                {"key": "skip", "kind": "goto", "target": "last", "max_visits": 1},
                mail("never"),
                mail("last"),
            ]
        )
        run = workflow.enroll(self.person())
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("skip", "done"), ("last", "queued"))

    def test_jump_out_of_a_branch_back_to_the_list(self):
        workflow = self.workflow(
            [
                mail("m"),
                wait("hour", hours=1),
                {
                    **CITY,
                    "branches": {
                        "yes": {
                            "steps": [
                                {"key": "back", "kind": "goto", "target": "m", "max_visits": 2}
                            ]
                        },
                        "no": {"steps": [mail("no")]},
                    },
                },
                mail("last"),
            ]
        )
        run = workflow.enroll(self.person(city="Paris"))
        for _pass in range(4):
            self.run_engine(hours=1)
        keys = [key for key, _state in self.path(run)]
        self.assertEqual(keys, ["m", "hour", "where", "back", "m", "hour", "where", "back", "last"])
        self.assertState(run, "done")

    def test_jump_into_a_branch_goes_on_from_there(self):
        workflow = self.workflow(
            [
                {"key": "in", "kind": "goto", "target": "deep", "max_visits": 1},
                {**CITY, "branches": {"yes": {"steps": [mail("deep")]}, "no": {"steps": []}}},
                mail("last"),
            ]
        )
        run = workflow.enroll(self.person(city="Rome"))
        self.run_engine()
        self.run_engine()
        self.assertPath(run, ("in", "done"), ("deep", "queued"), ("last", "queued"))


@tagged("post_install", "-at_install", "mail_workflow")
class TestEffects(WorkflowCase):
    def test_tag_is_put_on_and_taken_off(self):
        new, old = self.env["res.partner.category"].create([{"name": "Hot"}, {"name": "Cold"}])
        workflow = self.workflow([{"key": "t", "kind": "tag", "add": ["Hot"], "remove": ["Cold"]}])
        ada = self.person(category_id=[(4, old.id)])
        run = workflow.enroll(ada)
        self.run_engine()
        self.run_engine()
        self.assertEqual(ada.category_id, new)
        self.assertState(run, "done")

    def test_task_is_made_once_for_the_named_user(self):
        task = {"key": "call", "kind": "task", "user": "marketer", "summary": "Call"}
        workflow = self.workflow([{**task, "deadline_days": 2}])
        ada = self.person()
        workflow.enroll(ada)
        self.run_engine()
        self.run_engine()
        activity = self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("res_id", "=", ada.id)]
        )
        self.assertEqual(activity.mapped("user_id"), self.marketer)
        self.assertEqual(str(activity.date_deadline), "2026-03-04")

    def test_person_without_address_goes_on_or_leaves_as_the_step_says(self):
        ada = self.person(email=False)
        on = self.workflow([mail("m"), {"key": "t", "kind": "end", "reason": "came here"}])
        off = self.workflow([mail("m", on_skip="leave"), {"kind": "end"}])
        went_on, left = on.enroll(ada), off.enroll(ada)
        self.run_engine()
        self.run_engine()
        self.assertState(went_on, "exited", "came here")
        self.assertEqual(self.reason(went_on, "m"), "no address")
        self.assertState(left, "exited", "no address")
