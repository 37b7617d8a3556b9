"""Whatever the workflow, and whatever people do: the simulation goes the way the engine goes."""

import os
from datetime import timedelta

import freezegun
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from . import scenarios
from .common import START
from .simulation_common import SimulationCase
from .undone import undone

freezegun.configure(extend_ignore_list=["hypothesis"])
LONG = bool(os.environ.get("ALL"))
PROFILE = settings(
    max_examples=100 if LONG else 30,
    derandomize=not LONG,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
MOST_PASSES = 300


@tagged("post_install", "-at_install", "mail_workflow")
class TestSamePathAsTheEngine(SimulationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.partner.category"].create([{"name": "Hot"}, {"name": "Cold"}])

    @PROFILE
    @given(
        scenarios.definitions(tuple(scenarios.ABOUT)),
        scenarios.people(),
        scenarios.deeds(),
        st.booleans(),
    )
    def test_simulated_path_is_the_one_the_engine_takes(self, definition, people, deeds, running):
        with undone(self.env):
            self.at(START)
            try:
                with self.env.cr.savepoint():
                    flow = self.workflow_of(definition)
            except ValidationError:
                assume(False)
            record = self.record(flow.model_name, **people[0])
            if not running:
                flow.action_stop()
            simulated = self.simulate(flow, record, *self.answers(flow, deeds))
            if not running:
                flow.action_start()
            self.assertEqual(self.of_simulation(simulated), self.of_engine(flow, record, deeds))

    def workflow_of(self, definition):
        values = {key: definition[key] for key in definition if key not in ("format", "steps")}
        return self.workflow(definition["steps"], **values)

    def record(self, model, zone, city, has_address, birthday=None):
        """Return a contact, or a cart or a lead of theirs."""
        email = "person@customer.example.com" if has_address else ""
        values = {"tz": zone, "city": city}
        if model == "res.partner":
            return self.person("Person", email=email, birthday=birthday, **values)
        partner = self.person("Person", email=email, **values)
        if model == "sale.order":
            return self.cart(partner, validity_date=birthday)
        return self.env["crm.lead"].create(
            {"name": "Lamps", "partner_id": partner.id, "date_deadline": birthday}
        )

    def mail_keys(self, flow):
        return flow.step_ids.filtered(lambda step: step.kind == "email").sorted("id").mapped("key")

    def answers(self, flow, deeds):
        """Return what the person does as the simulation is told: from the start on, a click from
        its mail on."""
        found, keys = [], self.mail_keys(flow)
        for what, minutes in deeds:
            if isinstance(what, int) and not keys:
                continue
            # nobody clicks before the steps that follow at once are done
            after = {"minutes": max(minutes, 1) if isinstance(what, int) else minutes}
            if what == "order":
                found.append({"kind": "order_confirmed", "after": after})
            elif isinstance(what, int):
                key = keys[what % len(keys)]
                found.append({"kind": "email_clicked", "step": key, "after": after})
            else:
                found.append({"kind": "custom", "name": what, "after": after})
        return found

    # --- what the engine does ---------------------------------------------------------------------

    def of_engine(self, flow, record, deeds):
        """Let the engine pass whenever something is due or is done, and return the path."""
        flow.enroll(record.with_user(self.marketer))
        run = self.runs(flow, record)
        if not run:
            return None
        waiting = self.answers(flow, deeds)
        agenda = []
        for number, answer in enumerate(waiting):
            if "step" not in answer:
                agenda.append((START + timedelta(**answer["after"]), number))
        for _pass in range(MOST_PASSES):
            for moment, number in sorted(agenda):
                if moment <= self.now:
                    agenda.remove((moment, number))
                    self.do(run, record, waiting[number % len(waiting)])
                    self.env["mail.workflow.event"]._cron_dispatch()
            self.env["mail.workflow.enrollment"]._cron_run()
            self.env["mail.workflow.event"]._cron_dispatch()
            self.env.invalidate_all()
            self.place_clicks(run, waiting, agenda)
            upcoming = [moment for moment, _number in agenda]
            if run.state == "active":
                upcoming.append(run.due_at)
            if not upcoming:
                break
            self.at(max(self.now, min(upcoming)))
        return {
            "state": run.state,
            "goal": bool(run.goal_at),
            "path": [
                (
                    x.step_id.key,
                    x.visit_no,
                    x.state,
                    x.branch if x.branch not in (False, "then") else None,
                    x.reason or "",
                    str(x.executed_at),
                )
                for x in run.execution_ids.sorted("id")
            ],
        }

    def place_clicks(self, run, waiting, agenda):
        for number, answer in enumerate(waiting):
            if "step" in answer and not answer.get("placed"):
                first = run.execution_ids.filtered(
                    lambda x, key=answer["step"]: (
                        x.step_id.key == key and x.visit_no == 1 and x.state == "queued"
                    )
                )
                if first:
                    answer["placed"] = True
                    # whoever clicks comes after what happens at the same moment
                    moment = first.executed_at + timedelta(**answer["after"])
                    agenda.append((moment, number + len(waiting)))

    def do(self, run, record, answer):
        if answer["kind"] == "email_clicked":
            execution = run.execution_ids.filtered(
                lambda x: x.step_id.key == answer["step"] and x.visit_no == 1
            )
            execution.mailing_trace_id._note_event("email_clicked", url="/offer")
            self.env.cr.flush()
        elif answer["kind"] == "custom":
            self.emit("custom", record=record, data={"name": answer["name"]})
        else:
            partner = record if record._name == "res.partner" else record.partner_id
            self.emit("order_confirmed", partner=partner)

    def of_simulation(self, result):
        if not result["entry"]["enters"]:
            return None
        return {
            "state": result["end"]["state"],
            "goal": bool(result["end"]["goal_at"]),
            "path": [
                (
                    line["key"],
                    line["visit"],
                    line["state"],
                    line["branch"],
                    line["reason"],
                    line["left_at"],
                )
                for line in result["lines"]
                if line["state"]
            ],
        }
