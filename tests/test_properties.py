"""Whatever the workflow, and whatever happens to it: everybody goes the way the model says."""

import itertools
import os
from contextlib import contextmanager
from unittest.mock import patch

import freezegun
from hypothesis import HealthCheck, assume, given, settings

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.mail_workflow_automation.engine.shares import share
from odoo.addons.mail_workflow_automation.models import mail_workflow_dispatcher as dispatcher
from odoo.addons.mail_workflow_automation.models import mail_workflow_runner as runner

from . import model, scenarios
from .common import START, WorkflowCase, mail, wait
from .undone import forget, undone

# what shrinks a counterexample looks at the real time
freezegun.configure(extend_ignore_list=["hypothesis"])
LONG = bool(os.environ.get("ALL"))
PROFILE = settings(
    max_examples=300 if LONG else 20,
    derandomize=not LONG,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
SOMEBODY = {"zone": "UTC", "city": "Paris", "has_address": True}
CALM = (("D", None), ("R", None))


class WorkerKilledError(BaseException):
    """Stands for the end of a worker's process: nothing in the engine may catch it."""


@tagged("post_install", "-at_install", "mail_workflow")
class TestSamePath(WorkflowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.partner.category"].create([{"name": "Hot"}, {"name": "Cold"}])

    @PROFILE
    @given(scenarios.definitions(), scenarios.people(), scenarios.moments())
    def test_everybody_goes_the_way_of_the_model(self, definition, people, moments):
        self.check(definition, people, moments)

    # --- one scenario -----------------------------------------------------------------------------

    def check(self, definition, people, moments):
        """Let engine and model do the same, from a clean start, and compare after each pass."""
        with (
            undone(self.env),
            patch.object(runner, "BATCH", 2),
            patch.object(dispatcher, "BATCH", 2),
        ):
            self.at(START)
            try:
                with self.env.cr.savepoint():
                    self.flow = self.workflow_of(definition)
            except ValidationError:
                assume(False)
            persons = [model.Person(**one) for one in people]
            self.world = model.World(definition, persons, START, self.lot)
            self.partners = [self.partner(number, **one) for number, one in enumerate(people)]
            self.env.flush_all()
            for number in range(len(people)):
                self.do_event(number, "in")
            self.do_passes(0, CALM)
            for (action, *values), minutes, passes in moments:
                getattr(self, f"do_{action}")(*values)
                self.do_passes(minutes, passes)
            self.do_resume()
            self.do_passes(60, CALM)

    def workflow_of(self, definition):
        values = {key: definition[key] for key in definition if key not in ("format", "steps")}
        return self.workflow(definition["steps"], **values)

    def partner(self, number, zone, city, has_address, birthday=None):
        email = f"person{number}@customer.example.com" if has_address else ""
        return self.person(f"Person {number}", email=email, tz=zone, city=city, birthday=birthday)

    def lot(self, person, key):
        """Return where somebody falls at a split, or (without a key) at the holdout."""
        number = next(n for n, one in enumerate(self.world.people) if one is person)
        partner = self.partners[number]
        step = self.flow.step_ids.filtered(lambda step: step.key == key)
        salt = step.salt if key else self.flow.salt
        return share(salt, partner.email_normalized or f"partner:{partner.id}")

    # --- what happens -----------------------------------------------------------------------------

    def who(self, number):
        number %= len(self.partners)
        return self.partners[number], self.world.people[number]

    def do_event(self, number, name):
        partner, person = self.who(number)
        self.emit("custom", record=partner, data={"name": name})
        self.world.happened(person, "custom", self.now, name=name)

    def do_order(self, number):
        partner, person = self.who(number)
        self.emit("order_confirmed", partner=partner)
        self.world.happened(person, "order_confirmed", self.now)

    def do_click(self, number):
        partner, person = self.who(number)
        found = self.world.last_mail(person)
        if found:
            index, key, visit_no = found
            execution = self.runs(self.flow, partner)[index].execution_ids.filtered(
                lambda x: (x.step_id.key, x.visit_no) == (key, visit_no)
            )
            execution.mailing_trace_id._note_event("email_clicked", url="/offer")
            self.env.cr.flush()
        self.world.click(person, self.now)

    def do_enroll(self, number):
        partner, person = self.who(number)
        self.flow.enroll(partner.with_user(self.marketer))
        self.world.enroll(person, self.now)

    def do_move(self, number, city):
        partner, person = self.who(number)
        partner.city = person.city = city

    def do_date(self, number, day):
        partner, person = self.who(number)
        partner.birthday = person.birthday = day

    def do_blacklist(self, number):
        partner, person = self.who(number)
        if partner.email:
            self.env["mail.blacklist"]._add(partner.email)
        person.is_blacklisted = True

    def do_take_out(self, number):
        partner, person = self.who(number)
        self.runs(self.flow, partner).with_user(self.marketer).action_take_out()
        self.world.take_out(person, self.now)

    def do_pause(self):
        if not self.world.paused_at:
            self.flow.action_pause()
            self.world.pause(self.now)

    def do_resume(self):
        if self.world.paused_at:
            self.flow.action_resume()
            self.world.resume(self.now)

    def do_passes(self, minutes, passes):
        self.after(minutes=minutes)
        for lane, trouble in passes:
            self.env.flush_all()
            if trouble == "error":
                with self.batch_error():
                    self.let_pass(lane)
            else:
                if trouble is not None:
                    self.let_be_killed(lane, trouble)
                self.let_pass(lane)
            if lane == "D":
                self.world.dispatch(self.now)
            else:
                self.world.run(self.now)
            self.compare()

    def let_pass(self, lane):
        if lane == "D":
            self.env["mail.workflow.event"]._cron_dispatch()
        else:
            self.env["mail.workflow.enrollment"]._cron_run()

    # --- trouble ----------------------------------------------------------------------------------

    def let_be_killed(self, lane, at):
        """Let a pass be killed before a statement: what it committed stays, no more."""
        cr, lanes = self.env.cr, type(self.env["mail.workflow.lane"])
        commit, execute = lanes._checkpoint, type(cr).execute
        committed, statements = [cr.savepoint(flush=False)], itertools.count()

        def checkpoint(self_, *args, **kwargs):
            left = commit(self_, *args, **kwargs)
            with patch.object(type(cr), "execute", execute):
                committed.pop().close(rollback=False)
                committed.append(cr.savepoint(flush=False))
            return left

        def counted(self_, *args, **kwargs):
            if next(statements) == at:
                raise WorkerKilledError
            return execute(self_, *args, **kwargs)

        killed = False
        with (
            patch.object(lanes, "_checkpoint", checkpoint),
            patch.object(type(cr), "execute", counted),
        ):
            try:
                self.let_pass(lane)
            except WorkerKilledError:
                killed = True
        if killed:
            forget(self.env)
        committed.pop().close(rollback=killed)
        self.env.registry.clear_all_caches()

    @contextmanager
    def batch_error(self):
        """Let the first batch of several runs fail after all its work."""
        kind = type(self.env["mail.workflow.runner"])
        original, hits = kind._carry_out, []

        def carry_out(self_, step, runs, *args):
            result = original(self_, step, runs, *args)
            if len(runs) > 1 and not hits:
                hits.append(1)
                raise RuntimeError("a batch went wrong")
            return result

        with patch.object(kind, "_carry_out", carry_out):
            yield

    # --- comparing --------------------------------------------------------------------------------

    def compare(self):
        self.env.invalidate_all()
        for number, (partner, person) in enumerate(
            zip(self.partners, self.world.people, strict=True)
        ):
            self.assertEqual(
                self.of_engine(partner), self.of_model(person), f"person {number} at {self.now}"
            )

    def of_engine(self, partner):
        found = [
            {
                "state": run.state,
                "reason": run.exit_reason or "",
                "goal": bool(run.goal_at),
                "at": run.state == "active"
                and (run.step_id.key, run.visit_no, run.due_at, bool(run.waiting_since)),
                "path": [
                    (x.step_id.key, x.visit_no, x.state, x.branch or None, x.reason or "")
                    for x in run.execution_ids.sorted("id")
                ],
                "mails": self.env["mail.mail"].search_count(
                    [("workflow_execution_id", "in", run.execution_ids.ids)]
                ),
            }
            for run in self.runs(self.flow, partner)
        ]
        tasks = [("res_model", "=", "res.partner"), ("res_id", "=", partner.id)]
        return {
            "runs": found,
            "tags": set(partner.category_id.mapped("name")),
            "tasks": self.env["mail.activity"].search_count(tasks),
        }

    def of_model(self, person):
        found = [
            {
                "state": run.state,
                "reason": run.reason,
                "goal": bool(run.goal_at),
                "at": run.state == "active"
                and (run.step, run.visit, run.due, bool(run.waiting_since)),
                "path": [(v.step, v.number, v.state, v.branch, v.reason) for v in run.visits],
                "mails": sum(visit.state == "queued" for visit in run.visits),
            }
            for run in person.runs
        ]
        return {"runs": found, "tags": person.tags, "tasks": person.tasks}

    # --- what was found ---------------------------------------------------------------------------

    def test_who_comes_back_right_after_leaving_gets_all_mails_again(self):
        definition = {
            "name": "Again",
            "triggers": [{"kind": "manual"}, {"kind": "custom", "name": "in"}],
            "audience": [],
            "recheck_audience": False,
            "lateness_hours": 0,
            "reentry": {"policy": "after_exit", "per": "person", "days": 0},
            "exits": [{"kind": "custom", "name": "a"}],
            "steps": [mail("m"), wait("w", days=1)],
        }
        # the dispatcher comes a minute later: it ends the first run after the second has begun
        moments = [
            (("event", 0, "a"), 1, ()),
            (("event", 0, "in"), 1, CALM),
        ]
        self.check(definition, [SOMEBODY], moments)
        self.assertEqual(len(self.world.people[0].runs), 2)

    def test_events_served_late_end_one_wait_each(self):
        definition = {
            "name": "Two waits",
            "triggers": [{"kind": "manual"}, {"kind": "custom", "name": "in"}],
            "audience": [],
            "recheck_audience": False,
            "lateness_hours": 0,
            "reentry": {"policy": "never", "per": "person", "days": 0},
            "steps": [
                wait(key, days=1, events=[{"kind": "custom", "name": name, "branch": name}])
                for key, name in (("first", "a"), ("second", "b"))
            ],
        }
        prompt = [(("event", 0, "a"), 1, CALM), (("event", 0, "b"), 1, CALM)]
        late = [(("event", 0, "a"), 1, ()), (("event", 0, "b"), 1, CALM)]
        for moments in (prompt, late):
            self.check(definition, [SOMEBODY], moments)
            [run] = self.world.people[0].runs
            self.assertEqual([visit.branch for visit in run.visits], ["a", "b"])
