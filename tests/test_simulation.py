"""Trying a workflow out: the path with dates, what people could do, each decision explained."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import START, mail, wait
from .simulation_common import SimulationCase

CLICK = {"kind": "email_clicked", "step": "remind", "after": {"hours": 2}}


@tagged("post_install", "-at_install", "mail_workflow")
class TestSimulation(SimulationCase):
    def reminder(self, **values):
        clicked = {"kind": "email_clicked", "filters": {"step": "remind"}, "branch": "clicked"}
        steps = [
            mail("remind", "Your cart"),
            wait(
                "look",
                days=3,
                events=[clicked],
                branches={
                    "clicked": {"steps": [mail("thanks")]},
                    "timeout": {"steps": [mail("again")]},
                },
            ),
            mail("last"),
        ]
        return self.workflow(steps, start=False, **values)

    def decision(self, **values):
        return {
            "key": "grant",
            "kind": "decision",
            "user": "marketer",
            "summary": "Refund?",
            "branches": {"Refund": {"steps": [mail("sorry")]}, "Voucher": {"steps": []}},
            **values,
        }

    def test_path_has_the_dates_as_if_it_began_now(self):
        result = self.simulate(self.reminder(), self.person())
        self.assertEqual(
            self.short(result),
            [
                ("remind", "done", None),
                ("look", "done", "timeout"),
                ("again", "done", None),
                ("last", "done", None),
            ],
        )
        look = self.line(result, "look")
        self.assertEqual(look["at"], fields.Datetime.to_string(START))
        three_days_on = fields.Datetime.to_string(START + timedelta(days=3))
        self.assertEqual(look["left_at"], three_days_on)
        self.assertEqual(result["end"]["state"], "done")
        self.assertEqual(result["end"]["at"], three_days_on)

    def test_what_the_person_does_is_seen_by_the_wait(self):
        result = self.simulate(self.reminder(), self.person(), CLICK)
        self.assertEqual(
            [key for key, *_rest in self.short(result)], ["remind", "look", "thanks", "last"]
        )
        look = self.line(result, "look")
        self.assertEqual(look["branch_label"], "clicked")
        self.assertEqual(look["left_at"], fields.Datetime.to_string(START + timedelta(hours=2)))
        self.assertIn("Link in a mail clicked", look["why"])

    def test_each_point_says_what_people_could_do_there(self):
        workflow = self.reminder(goal={"kind": "order_confirmed"})
        result = self.simulate(workflow, self.person())
        labels = self.labels(self.line(result, "remind"))
        self.assertEqual(
            labels, ["Mail opened", "Link in a mail clicked", "Unsubscribed from a mail"]
        )
        asks = self.line(result, "look")["asks"]
        self.assertEqual(len(asks), len({ask["label"] for ask in asks}), "offered twice")
        self.assertIn("Order confirmed", [ask["label"] for ask in asks])
        # each can be handed back as it is
        for ask in asks:
            self.simulate(workflow, self.person("Bo"), ask["answer"])

    def test_goal_ends_the_path(self):
        workflow = self.reminder(goal={"kind": "order_confirmed", "window_days": 7})
        buys = {"kind": "order_confirmed", "after": {"days": 2}}
        result = self.simulate(workflow, self.person(), buys)
        self.assertEqual(self.short(result), [("remind", "done", None), ("look", "left", None)])
        self.assertEqual(result["end"]["state"], "goal")
        self.assertEqual(result["end"]["at"], fields.Datetime.to_string(START + timedelta(days=2)))

    def test_goal_after_the_last_step_counts_within_its_window(self):
        workflow = self.reminder(goal={"kind": "order_confirmed", "window_days": 7})
        for days, is_met in ((5, True), (8, False)):
            buys = {"kind": "order_confirmed", "after": {"days": days}}
            end = self.simulate(workflow, self.person(f"P{days}"), buys)["end"]
            self.assertEqual((end["state"], bool(end["goal_at"])), ("done", is_met))

    def test_person_decides_and_the_path_goes_on(self):
        workflow = self.workflow([self.decision(), mail("end")], start=False)
        stands = self.simulate(workflow, self.person())
        self.assertEqual(self.short(stands), [("grant", "waiting", None)])
        self.assertEqual(stands["end"]["state"], "active")
        labels = self.labels(self.line(stands, "grant"))
        self.assertEqual(labels, ["Chooses: Refund", "Chooses: Voucher", "The task is cancelled"])
        answer = self.line(stands, "grant")["asks"][0]["answer"]
        chosen = self.simulate(workflow, self.person("Bo"), answer)
        self.assertEqual(
            self.short(chosen),
            [("grant", "done", "Refund"), ("sorry", "done", None), ("end", "done", None)],
        )
        self.assertIn("Refund, decided by", self.line(chosen, "grant")["why"])

    def test_decision_nobody_takes_falls_to_its_default(self):
        step = self.decision(default="Voucher", deadline_days=2)
        result = self.simulate(self.workflow([step], start=False), self.person())
        self.assertEqual(self.short(result), [("grant", "done", "Voucher")])
        self.assertEqual(
            self.line(result, "grant")["left_at"],
            fields.Datetime.to_string(START.replace(hour=0) + timedelta(days=3)),
        )

    def test_cancelled_task_is_skipped(self):
        task = {"key": "call", "kind": "task", "user": "marketer", "summary": "Call"}
        workflow = self.workflow([{**task, "wait_for": "all"}, mail("m")], start=False)
        cancelled = {"kind": "task_done", "at": "call", "result": "cancelled"}
        result = self.simulate(workflow, self.person(), cancelled)
        self.assertEqual(self.short(result), [("call", "skipped", None), ("m", "done", None)])
        self.assertEqual(self.line(result, "call")["why"], "task cancelled")

    def test_condition_says_what_it_saw(self):
        step = {
            "key": "rome",
            "kind": "condition",
            "domain": [["city", "=", "Rome"]],
            "branches": {"yes": {"steps": [mail("ciao")]}, "no": {"steps": []}},
        }
        result = self.simulate(self.workflow([step], start=False), self.person(city="Ghent"))
        line = self.line(result, "rome")
        self.assertEqual((line["branch"], line["why"]), ("no", "City: Ghent"))

    def test_change_a_step_makes_is_seen_by_later_conditions(self):
        steps = [
            {"key": "move", "kind": "update", "set": [{"field": "city", "value": "Rome"}]},
            {
                "key": "rome",
                "kind": "condition",
                "domain": [["city", "=", "Rome"]],
                "branches": {"yes": {"steps": [mail("ciao")]}, "no": {"steps": []}},
            },
        ]
        person = self.person(city="Ghent")
        result = self.simulate(self.workflow(steps, start=False), person)
        self.assertEqual(self.line(result, "rome")["branch"], "yes")
        self.env.invalidate_all()
        self.assertEqual(person.city, "Ghent")

    def test_gate_keeps_mail_back_as_it_will(self):
        workflow, person = self.reminder(), self.person()
        self.env["mail.blacklist"]._add(person.email)
        result = self.simulate(workflow, person)
        line = self.line(result, "remind")
        self.assertEqual((line["outcome"], line["why"]), ("skipped", "blacklisted"))
        self.assertFalse(line["mail"])

    def test_who_unsubscribes_gets_no_further_mail(self):
        leaves = {"kind": "email_unsubscribed", "step": "remind", "after": {"days": 1}}
        result = self.simulate(self.reminder(), self.person(), leaves)
        self.assertEqual(self.line(result, "again")["outcome"], "skipped")

    def test_quiet_hours_hold_a_mail(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("mail_workflow_automation.quiet_from", "08:00")
        parameters.set_param("mail_workflow_automation.quiet_to", "11:00")
        result = self.simulate(self.workflow([mail("m")], start=False), self.person(tz="UTC"))
        line = self.line(result, "m")
        self.assertEqual(line["outcome"], "done")
        self.assertEqual(line["left_at"], fields.Datetime.to_string(START.replace(hour=11)))

    def test_frequency_cap_counts_what_was_simulated(self):
        self.env["ir.config_parameter"].set_param("mail_workflow_automation.cap_mails", "1")
        self.env["ir.config_parameter"].set_param("mail_workflow_automation.cap_days", "2")
        result = self.simulate(self.workflow([mail("a"), mail("b")], start=False), self.person())
        self.assertEqual(
            self.line(result, "b")["left_at"],
            fields.Datetime.to_string(START + timedelta(days=2)),
        )

    def test_mail_is_shown_as_its_reader_gets_it(self):
        body = "<p>Hello <t t-out='object.name'/>, <a href='/unsubscribe_from_list'>stop</a></p>"
        workflow = self.workflow([mail("m", "For {{ object.name }}", body)], start=False)
        shown = self.line(self.simulate(workflow, self.person()), "m")["mail"]
        self.assertEqual(shown["subject"], "For Ada")
        self.assertIn("Hello Ada", shown["body_html"])
        self.assertEqual(shown["to"], '"Ada" <ada@customer.example.com>')
        self.assertEqual(shown["from"], "Shop <shop@shop.example.com>")

    def test_personal_links_are_samples(self):
        paths = ("cart", "coupon", "unsubscribe", "view")
        body = "".join(
            f"<a href='{path}'>x</a>"
            for path in ("/workflow/cart", "/workflow/coupon", "/unsubscribe_from_list", "/view")
        )
        workflow = self.workflow([mail("m", body=body)], start=True)
        html = self.line(self.simulate(workflow, self.person()), "m")["mail"]["body_html"]
        for path in paths:
            self.assertIn(f"/workflow/sample/{path}", html)
        for secret in ("token", "hash", "/workflow/cart/", "/r/"):
            self.assertNotIn(secret, html)

    def test_contact_can_be_invented(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        texts = {
            "en_US": {"subject": "Hello", "body_html": "<p>Hello</p>"},
            "fr_FR": {
                "subject": "Bonjour {{ object.name }}",
                "body_html": "<p>Chère <t t-out='object.name'/></p>",
            },
        }
        steps = [
            {
                "key": "where",
                "kind": "condition",
                "domain": [["country_id.code", "=", "BE"]],
                "branches": {
                    "yes": {"steps": [{"key": "m", "kind": "email", "texts": texts}]},
                    "no": {"steps": []},
                },
            }
        ]
        invented = {
            "name": "Zoé",
            "email": "Zoe@Customer.example.com",
            "lang": "fr_FR",
            "country_id": self.env.ref("base.be").id,
        }
        before = self.env["res.partner"].search_count([])
        workflow = self.workflow(
            steps, start=False, audience=[["country_id", "!=", False]], recheck_audience=True
        )
        result = self.simulate(workflow, invented)
        self.assertTrue(result["entry"]["enters"])
        self.assertEqual(result["record"], "Zoé")
        shown = self.line(result, "m")["mail"]
        self.assertEqual(shown["subject"], "Bonjour Zoé")
        self.assertIn("Chère Zoé", shown["body_html"])
        self.assertIn("zoe@customer.example.com", shown["to"])
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_invented_contact_has_an_invented_cart(self):
        workflow = self.cart_workflow()
        result = self.simulate(workflow, {"name": "Zoe", "email": "zoe@customer.example.com"})
        self.assertEqual([key for key, *_ in self.short(result)], ["remind", "day", "last"])
        self.assertIn("zoe@customer.example.com", self.line(result, "last")["mail"]["to"])

    def test_invented_cart_holds_the_products_of_an_example(self):
        body = '<p>Yours:</p><div data-mwa-block="cart_lines"></div>'
        workflow = self.cart_workflow([mail("m", body=body)])
        result = self.simulate(workflow, {"name": "Zoe", "email": "zoe@customer.example.com"})
        self.assertIn("Desk lamp", self.line(result, "m")["mail"]["body_html"])

    def test_who_does_not_come_in_is_told_why(self):
        workflow = self.reminder(audience=[["city", "=", "Rome"]])
        result = self.simulate(workflow, self.person(city="Ghent"))
        self.assertFalse(result["entry"]["enters"])
        self.assertIn("City: Ghent", result["entry"]["why"])

    def test_who_is_in_it_already_is_told_so(self):
        workflow, person = self.reminder(), self.person()
        workflow.action_start()
        workflow.enroll(person.with_user(self.marketer))
        entry = self.simulate(workflow, person)["entry"]
        self.assertFalse(entry["enters"])
        self.assertIn("already", entry["why"])

    def test_coupon_is_a_sample(self):
        program = self.env["loyalty.program"].create(
            {
                "name": "Ten off",
                "program_type": "coupons",
                "is_released_for_workflows": True,
                "reward_ids": [fields.Command.create({"discount": 10})],
            }
        )
        body = "<p><span data-mwa-block='coupon_code'>none</span></p>"
        steps = [{"key": "code", "kind": "coupon", "program": "Ten off"}, mail("m", body=body)]
        result = self.simulate(self.workflow(steps, start=False), self.person())
        self.assertEqual(self.line(result, "code")["branch"], "code")
        self.assertIn("SAMPLE-CODE", self.line(result, "m")["mail"]["body_html"])
        self.assertFalse(program.coupon_ids)

    def test_loop_ends_at_its_visits(self):
        steps = [
            mail("m"),
            wait("day", days=1),
            {"key": "back", "kind": "goto", "target": "m", "max_visits": 3},
        ]
        result = self.simulate(self.workflow(steps, start=False), self.person())
        mails = [line["visit"] for line in result["lines"] if line["key"] == "m"]
        self.assertEqual(mails, [1, 2, 3])
        self.assertEqual(result["end"]["reason"], "loop limit")

    def test_broken_step_is_shown_and_ends_the_path(self):
        workflow = self.workflow([mail("a"), mail("b")], start=False)
        with self.failing(
            "mail.workflow.step.email",
            "_decide",
            lambda: UserError("no luck"),
            lambda _self, step, *args: step.key == "b",
        ):
            result = self.simulate(workflow, self.person())
        self.assertEqual(self.short(result), [("a", "done", None), ("b", "error", None)])
        self.assertEqual(self.line(result, "b")["why"], "no luck")

    def test_answers_that_make_no_sense_are_refused(self):
        workflow, person = self.reminder(), self.person()
        for answer in (
            "clicks",
            {"kind": "dances"},
            {"kind": "email_clicked", "step": "nowhere"},
            {"kind": "email_clicked", "after": {"years": 3}},
            {"kind": "email_clicked", "after": {"days": -3}},
            {"kind": "email_clicked", "after": 3},
            {"kind": "email_clicked", "colour": "red"},
            {"kind": ["email_clicked"]},
            {"kind": "email_clicked", "step": {"key": "a"}},
            {"kind": "email_clicked", "filters": [1]},
            {"kind": "email_clicked", "data": "url"},
            {"kind": "email_clicked", "visit": "first"},
            {"kind": "email_clicked", "after": {"days": "two"}},
        ):
            with self.subTest(answer=answer), self.assertRaises(UserError):
                self.simulate(workflow, person, answer)
        with self.assertRaises(UserError):
            self.simulate(workflow, self.cart(person))
        for record in ({"hair": "red"}, "Ada", [person.id], None, False, -1, 1.5, 10**12):
            with self.subTest(record=record), self.assertRaises(UserError):
                self.simulate(workflow, record)
        for start in ("tomorrow", 5, ["2030-01-01"], {"days": 1}):
            with self.subTest(start=start), self.assertRaises(UserError):
                self.simulate(workflow, person, start=start)

    def test_nobody_tries_with_what_they_may_not_read(self):
        workflow = self.reminder()
        colleague = new_test_user(self.env, login="colleague", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.simulate(workflow, self.person(), user=colleague)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        hidden = self.person("Eve", company_id=other.id)
        with self.assertRaises(AccessError):
            self.simulate(workflow, hidden)

    def test_running_workflow_is_tried_with_its_own_rules(self):
        workflow = self.cart_workflow()
        cart = self.cart(self.person())
        result = self.simulate(workflow, cart)
        self.assertEqual([key for key, *_ in self.short(result)], ["remind", "day", "last"])
        cart.action_confirm()
        ordered = self.simulate(workflow, cart)
        self.assertEqual(ordered["end"]["reason"], "ordered")

    def test_editing_copy_is_tried_as_it_would_run(self):
        """A copy has no people and no shares of its own: those of the workflow count."""
        split = {"a": {"weight": 1}, "b": {"weight": 1}}
        steps = [{"key": "ways", "kind": "split", "branches": split}, mail("m")]
        workflow = self.workflow(steps, holdout_percent=50)
        workflow.begin_draft()
        copy = workflow.sudo().draft_ids
        self.assertTrue(copy)
        for number in range(8):
            person = self.person(f"P{number}")
            live, edited = self.simulate(workflow, person), self.simulate(copy, person)
            self.assertEqual(edited["entry"], live["entry"])
            self.assertEqual(self.short(edited), self.short(live))
        workflow.enroll(person.with_user(self.marketer))
        self.assertFalse(self.simulate(copy, person)["entry"]["enters"])
