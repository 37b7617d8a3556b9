"""What every kind of step and trigger keeps, whichever addon brings it."""

import json
import re
from pathlib import Path

from lxml import etree

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import file_path
from odoo.tools.safe_eval import safe_eval

from odoo.addons.mail_workflow_automation.engine.outcome import Outcome

from .common import WorkflowCase, mail, wait

ADDON = Path(file_path("mail_workflow_automation/__manifest__.py")).parent
DESCRIPTOR = {"kind", "label", "icon", "category", "description"}


@tagged("post_install", "-at_install", "mail_workflow")
class KindCase(WorkflowCase):
    def kinds(self, model):
        return self.env[model]._installed_kinds()

    def handlers(self, model):
        """Return the kinds that have a model of their own, without what they share."""
        prefix = f"{model}."
        return {
            name.removeprefix(prefix)
            for name, handler in self.env.items()
            if name.startswith(prefix)
            and handler._abstract
            and name.removeprefix(prefix) not in ("kind", "email_event", "clock", "missing")
        }


@tagged("post_install", "-at_install", "mail_workflow")
class TestStepKinds(KindCase):
    more_samples = {}

    def empty(self, kind):
        """Return a step of a kind as the form makes it, nothing filled in."""
        workflow = self.workflow([], start=False)
        return (
            self.env["mail.workflow.step"]
            .with_user(self.marketer)
            .create({"workflow_id": workflow.id, "kind": kind})
        )

    def rows(self):
        """Return ``{table: (rows, sum of the transactions that wrote them)}``."""
        self.env.flush_all()
        tables = {
            model._table
            for name, model in self.env.items()
            if name.startswith(("mail.workflow", "mailing.", "mail.mail", "mail.activity"))
            and not model._abstract
            and model._auto
        }
        found = {}
        for table in sorted({*tables, "res_partner", "sale_order"}):
            query = f"""
                SELECT count(*), coalesce(sum(xmin::text::bigint), 0), coalesce(max(ctid), '(0,0)')
                  FROM "{table}"
            """  # noqa: S608
            self.env.cr.execute(query)
            found[table] = self.env.cr.fetchone()
        return found

    def test_each_kind_has_a_model_and_each_model_a_kind(self):
        self.assertEqual(set(self.kinds("mail.workflow.step")), self.handlers("mail.workflow.step"))

    def test_the_palette_describes_each_kind(self):
        described = self.env["mail.workflow.step"].with_user(self.marketer).get_step_kinds()
        self.assertCountEqual([one["kind"] for one in described], self.kinds("mail.workflow.step"))
        for one in described:
            with self.subTest(kind=one["kind"]):
                self.assertLessEqual(DESCRIPTOR, set(one))
                for key in DESCRIPTOR:
                    self.assertIsInstance(one[key], str)
                    self.assertTrue(one[key].strip(), key)
                json.dumps(one)

    def test_an_empty_step_tells_its_problems_and_shows_itself(self):
        for kind in self.kinds("mail.workflow.step"):
            with self.subTest(kind=kind):
                step = self.empty(kind)
                handler = step._handler()
                for problems in (
                    handler._check_config(step),
                    handler._check_rights(step, self.env),
                    handler._check_branches(step),
                ):
                    self.assertIsInstance(problems, list)
                    self.assertTrue(all(isinstance(problem, str) for problem in problems))
                self.assertIsInstance(handler._summary(step), str)
                self.assertIsInstance(handler._outcomes(step), tuple)
                self.assertIsInstance(step.workflow_id.problems or "", str)
                self.assertTrue(step.outline)

    def test_an_empty_step_comes_out_and_goes_in(self):
        for kind in self.kinds("mail.workflow.step"):
            with self.subTest(kind=kind):
                step = self.empty(kind)
                first = json.dumps(step.workflow_id.export_definition())
                again = self.env["mail.workflow"].import_definition(first)
                self.assertEqual(json.dumps(again.export_definition()), first)
                self.assertEqual(step.workflow_id.copy().step_ids.kind, kind)

    def test_deciding_writes_nothing(self):
        self.env["res.partner.category"].create({"name": "Cold"})
        self.env["mailing.list"].create({"name": "News"})
        self.workflow([wait("day", days=1)], name="Other")
        partners = self.env["ir.model"]._get_id("res.partner")
        self.env["ir.actions.server"].create(
            {"name": "Mark", "model_id": partners, "state": "code", "code": "pass"}
        )
        self.env["loyalty.program"].create(
            {
                "name": "Ten off",
                "program_type": "coupons",
                "is_released_for_workflows": True,
                "reward_ids": [Command.create({"reward_type": "discount", "discount": 10})],
            }
        )
        hosts = "mail_workflow_automation.webhook_hosts"
        self.env["ir.config_parameter"].set_param(hosts, "hooks.example.com")
        samples = {
            "email": {},
            "tag": {"add": ["Cold"]},
            "task": {"user": "marketer", "summary": "Call"},
            "decision": {
                "user": "marketer",
                "summary": "Call?",
                "branches": {"Yes": {}, "No": {}},
            },
            "notify": {"user": "marketer", "text": "{{ object.name }} came"},
            "assign": {"user": "marketer"},
            "goto": {"target": "first", "max_visits": 2},
            "condition": {"domain": [["name", "=", "Ada"]]},
            "coupon": {"program": "Ten off"},
            "enroll": {"workflow": "Other"},
            "leave": {"workflows": ["Other"]},
            "list": {"add": ["News"]},
            "score": {"points": 5},
            "update": {"set": [{"field": "city", "value": "Ghent"}]},
            "server_action": {"action": "Mark"},
            "webhook": {"url": "https://hooks.example.com/", "wait": True},
            "opportunity": {"title": "Call {{ object.name }}"},
            "wait": {"days": 1},
            **self.more_samples,
        }
        for kind in self.kinds("mail.workflow.step"):
            with self.subTest(kind=kind):
                step = {"key": "sample", "kind": kind, **samples.get(kind, {})}
                if kind == "email":
                    step = mail("sample")
                handler = self.env["mail.workflow.step"]._kind_model(kind)
                # some kinds are for administrators
                user = self.env.ref("base.user_admin") if handler._publisher_group else None
                workflow = self.workflow([wait("first", days=1), step], user=user)
                run = workflow.enroll(self.person(f"Person {kind}"))
                self.run_engine()
                sample = workflow.sudo().step_ids.filtered(lambda s: s.key == "sample")
                before = self.rows()
                decided = sample._handler()._decide(sample, run.sudo(), self.now)
                self.assertEqual(self.rows(), before)
                self.assertEqual(list(decided), run.ids)
                self.assertIsInstance(decided[run.id], Outcome)
                again = sample._handler()._decide(sample, run.sudo(), self.now)
                self.assertEqual(decided, again, "the same question has the same answer")

    def test_each_kind_has_its_fragment_of_the_form(self):
        step_form = (
            self.env["mail.workflow.step"]
            .with_user(self.marketer)
            .get_view(
                self.env.ref("mail_workflow_automation.mail_workflow_step_view_form").id, "form"
            )["arch"]
        )
        for kind in self.kinds("mail.workflow.step"):
            with self.subTest(kind=kind):
                handler = self.env["mail.workflow.step"]._kind_model(kind)
                module = handler._original_module
                folder = Path(file_path(f"{module}/__manifest__.py")).parent
                self.assertTrue((folder / f"views/steps/{kind}.xml").exists())
                self.assertIn(f"kind != '{kind}'", step_form.replace("&#39;", "'"))


@tagged("post_install", "-at_install", "mail_workflow")
class TestTriggerKinds(KindCase):
    def test_each_kind_has_a_model_and_each_model_a_kind(self):
        kinds = set(self.kinds("mail.workflow.trigger"))
        self.assertEqual(kinds, self.handlers("mail.workflow.trigger"))

    def test_an_empty_trigger_tells_its_problems_and_shows_itself(self):
        for kind in self.kinds("mail.workflow.trigger"):
            with self.subTest(kind=kind):
                workflow = self.workflow([], start=False, triggers=[{"kind": kind}])
                trigger = workflow.trigger_ids
                handler = trigger._handler()
                for problems in (
                    handler._check_config(trigger),
                    handler._check_rights(trigger, self.env),
                    handler._check_filters({"nonsense": 1}, workflow),
                ):
                    self.assertIsInstance(problems, list)
                    self.assertTrue(all(isinstance(problem, str) for problem in problems))
                self.assertTrue(trigger.summary)
                self.assertIsInstance(workflow._count_existing(), int)
                first = workflow.export_definition()
                again = self.env["mail.workflow"].import_definition(first)
                self.assertEqual(again.export_definition(), first)

    def test_each_filter_has_a_column_on_the_form(self):
        form = etree.fromstring(
            self.env["mail.workflow"].with_user(self.marketer).get_view(view_type="form")["arch"]
        )
        for kind in self.kinds("mail.workflow.trigger"):
            handler = self.env["mail.workflow.trigger"]._kind_model(kind)
            for key, name in handler._filter_fields.items():
                with self.subTest(kind=kind, filter=key):
                    shown = form.xpath(f"//group[@name='trigger']//field[@name='{name}']")
                    self.assertTrue(shown)
                    hidden, row = (
                        shown[0].get("invisible"),
                        {"filter_on": "", "model_name": "", name: True},
                    )
                    self.assertFalse(safe_eval(hidden, {**row, "kind": kind}))
                    self.assertTrue(safe_eval(hidden, {**row, "kind": "manual"}))

    def test_each_filter_is_one_truth_in_file_form_and_words(self):
        """What is filled in on the form stands in the file; what came by file is on the form."""
        filters = self.env["mail.workflow.filter"]
        for kind in self.kinds("mail.workflow.trigger"):
            handler = self.env["mail.workflow.trigger"]._kind_model(kind)
            for key, name in handler._filter_fields.items():
                with self.subTest(kind=kind, filter=key):
                    value = self.filter_sample(name)
                    steps = [mail("a"), {"key": "b", "kind": "task"}]
                    workflow = self.workflow(steps, start=False, triggers=[{"kind": kind}])
                    trigger = workflow.trigger_ids
                    trigger.filters = None
                    trigger[name] = value
                    stored = filters._written(trigger, name)
                    self.assertEqual(trigger.filters, {key: stored})
                    self.assertFalse(filters._problem(key, name, stored))
                    first = workflow.export_definition()
                    again = self.env["mail.workflow"].import_definition(json.dumps(first))
                    self.assertEqual(json.dumps(again.export_definition()), json.dumps(first))
                    self.assertEqual(again.trigger_ids[name], trigger[name])
                    self.assertNotEqual(trigger.summary, workflow._kind_in_words(kind))
                    goal = {"kind": kind, "filters": first["triggers"][0]["filters"]}
                    aimed = self.workflow([mail("a")], start=False, goal=goal)
                    self.assertEqual(aimed.goal_filters, {key: stored})
                    self.assertEqual(aimed.export_definition()["goal"], goal)
                    trigger[name] = False
                    self.assertFalse(trigger.filters)

    def filter_sample(self, name):
        """Return a value that fits the column of a filter."""
        field = self.env["mail.workflow.trigger"]._fields[name]
        if field.comodel_name == "ir.model":
            return self.env["ir.model"]._get("crm.lead")
        if field.type == "many2one":
            sample = [("name", "=", f"Sample of {name}")]
            found = self.env[field.comodel_name].search(sample)
            owner = {"user_id": self.marketer.id} if name == "filter_workflow_id" else {}
            return found or found.create({"name": sample[0][2], **owner})
        if field.type == "selection":
            return field.get_values(self.env)[0]
        samples = {"boolean": True, "integer": 3, "float": 2.5}
        texts = {"filter_step": "a", "filter_task_step": "b"}
        return samples.get(field.type, texts.get(name, "/shop"))

    def test_a_matcher_bears_any_event(self):
        event = {"kind": "", "data": None, "verdict": None, "res_model": None, "res_id": None}
        for kind in self.kinds("mail.workflow.trigger"):
            handler = self.env["mail.workflow.trigger"]._kind_model(kind)
            if not handler._is_event:
                continue
            with self.subTest(kind=kind):
                self.assertIsInstance(handler._matches({}, {**event, "kind": kind}), bool)
                for data in ({}, {"step": None, "url": None, "list_id": None, "name": 5}):
                    for key in handler._filter_fields:
                        found = handler._matches({key: "x"}, {**event, "kind": kind, "data": data})
                        self.assertFalse(found)


@tagged("post_install", "-at_install", "mail_workflow")
class TestOneFilePerKind(KindCase):
    def test_no_other_file_lists_the_kinds(self):
        """A kind is named in its own file (and its form): elsewhere there is no list of kinds."""
        kinds = {*self.kinds("mail.workflow.step"), *self.kinds("mail.workflow.trigger")}
        own = re.compile(
            r"models/(steps|triggers)/|views/(steps|triggers)/|recipes/|i18n/|static/lib/"
        )
        lists = []
        for path in sorted(ADDON.rglob("*")):
            name = path.relative_to(ADDON).as_posix()
            if path.suffix not in (".py", ".js") or own.search(name):
                continue
            # the manifest names the files of the forms
            if name == "__manifest__.py" or name.endswith("__init__.py"):
                continue
            text = path.read_text()
            for literal in re.findall(r"[\[({][^\[\](){}]*[\])}]", text):
                named = set(re.findall(r"[\"']([a-z_]+)[\"']", literal)) & kinds
                # tag, task, end and the like are words of their own
                if len(named) >= 3:
                    lists.append((name, sorted(named)))
        self.assertEqual(lists, [])
