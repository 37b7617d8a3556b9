"""What the drawing counts, and whom it counts."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.mail_workflow_automation.models.mail_workflow_figures import (
    ENTRY_FIGURES,
    MAIL_FIGURES,
    PERIODS,
    VISITS,
)

from .common import WORKFLOW_GROUP, WorkflowCase, mail, wait
from .plans import PlanCase

VIP = {"yes": {"steps": [mail("vip")]}, "no": {"steps": []}}
WORTH = {"key": "worth", "kind": "condition", "domain": [["amount_total", ">", 100]]}


@tagged("post_install", "-at_install", "mail_workflow")
class FigureCase(WorkflowCase):
    def flow(self, workflow, period="all"):
        self.env.invalidate_all()
        return workflow.with_user(self.marketer).get_flow_figures(period)

    def card(self, workflow, key, period="all"):
        return self.flow(workflow, period)["cards"][key]

    def counts(self, workflow, key, *figures, period="all"):
        card = self.card(workflow, key, period)
        return tuple(card[figure] for figure in figures)

    def sent(self, workflow):
        """Let the queued mails arrive; return their traces by address."""
        traces = self.mails(workflow).mailing_trace_ids.filtered(lambda one: not one.sent_datetime)
        traces.set_sent()
        self.mails(workflow).workflow_execution_id._advance("done", "accepted", self.now)
        self.after(minutes=10)
        return {trace.email.split("@")[0]: trace for trace in traces}

    def click(self, trace, url="/shop", **data):
        trace.set_opened()
        trace.set_clicked()
        trace._note_event("email_clicked", url=url, **data)
        self.env.cr.flush()
        self.run_engine()

    def behind(self, workflow, key, figure, period="all", user=None):
        """Return the records that a click on a figure opens."""
        action = workflow.with_user(user or self.marketer).action_open_people(key, figure, period)
        return (
            self.env[action["res_model"]].with_user(user or self.marketer).search(action["domain"])
        )

    def assertPeopleBehindEachFigure(self, workflow, period):
        found = self.flow(workflow, period)
        for key, card in found["cards"].items():
            for figure in {*VISITS, "waiting", "orders", *MAIL_FIGURES} & set(card):
                with self.subTest(key=key, figure=figure, period=period):
                    self.assertEqual(len(self.behind(workflow, key, figure, period)), card[figure])
        for key, branches in found["branches"].items():
            for branch, shown in branches.items():
                with self.subTest(key=key, branch=branch, period=period):
                    people = self.behind(workflow, key, f"branch:{branch}", period)
                    self.assertEqual(len(people), shown["count"])
        for figure in ENTRY_FIGURES:
            with self.subTest(figure=figure, period=period):
                people = self.behind(workflow, None, figure, period)
                self.assertEqual(len(people), found["entry"][figure])


@tagged("post_install", "-at_install", "mail_workflow")
class TestVisits(FigureCase):
    def test_each_who_came_is_done_skipped_held_failed_or_waits(self):
        workflow = self.workflow([mail("hello"), wait("day", days=1)])
        workflow.enroll(self.person("Ada") + self.person("Silent", email=""))
        self.run_engine()
        self.env["ir.config_parameter"].set_param("mail_workflow_automation.hold_sending", "True")
        workflow.enroll(self.person("Held"))
        self.run_engine()
        self.env["ir.config_parameter"].set_param("mail_workflow_automation.hold_sending", "")
        workflow.enroll(self.person("Broken"))
        with self.failing("mail.workflow.mailer", "_queue", ZeroDivisionError):
            self.run_engine(minutes=1)
        workflow.enroll(self.person("New"))
        figures = ("waiting", "done", "skipped", "held", "failed")
        self.assertEqual(self.counts(workflow, "hello", *figures), (1, 1, 1, 1, 1))
        self.assertEqual(self.counts(workflow, "day", *figures), (2, 0, 0, 0, 0))
        self.assertPeopleBehindEachFigure(workflow, "all")
        reasons = workflow.with_user(self.marketer).get_step_reasons("hello", "all")
        self.assertEqual(
            [(one["reason"], one["count"]) for one in reasons["skipped"]], [("no address", 1)]
        )
        self.assertEqual([one["count"] for one in reasons["held"]], [1])
        self.assertEqual([one["count"] for one in reasons["failed"]], [1])

    def test_a_branch_has_the_share_of_those_who_took_it(self):
        workflow = self.cart_workflow(
            [{**WORTH, "branches": VIP}, wait("day", days=1)], goal=None, audience=[]
        )
        for number in range(4):
            self.cart(self.person(f"Buyer{number}"), quantity=10 if not number else 1)
        self.run_engine(hours=25)
        shown = self.flow(workflow)["branches"]
        self.assertEqual(
            shown,
            {"worth": {"yes": {"count": 1, "share": 0.25}, "no": {"count": 3, "share": 0.75}}},
        )
        self.assertPeopleBehindEachFigure(workflow, "all")

    def test_a_period_counts_what_happened_in_it_and_who_is_there_now(self):
        workflow = self.workflow([mail("hello"), wait("year", days=300)])
        workflow.enroll(self.person("Old"))
        self.run_engine()
        self.run_engine(days=40)
        workflow.enroll(self.person("New"))
        self.run_engine()
        self.assertEqual(self.counts(workflow, "hello", "done", period="30"), (1,))
        self.assertEqual(self.counts(workflow, "hello", "done", period="90"), (2,))
        self.assertEqual(self.counts(workflow, "year", "waiting", period="30"), (2,))
        entry = self.flow(workflow, "30")["entry"]
        self.assertEqual((entry["entered"], entry["active"]), (1, 2))
        for period in PERIODS:
            self.assertPeopleBehindEachFigure(workflow, period)

    def test_the_holdout_stands_aside(self):
        workflow = self.workflow([mail("hello")], holdout_percent=50)
        workflow.enroll(self.people(40))
        self.run_engine()
        entry = self.flow(workflow)["entry"]
        self.assertGreater(entry["holdout"], 5)
        self.assertEqual(entry["holdout"] + entry["entered"], 40)
        self.assertEqual(self.counts(workflow, "hello", "done"), (entry["entered"],))
        self.assertPeopleBehindEachFigure(workflow, "all")

    def test_a_goal_after_the_last_step_is_counted(self):
        bought = {"kind": "custom", "name": "bought", "window_days": 7}
        workflow = self.workflow([mail("hello")], goal=bought)
        ada = self.person()
        workflow.enroll(ada + self.person("Bob"))
        self.run_engine()
        self.emit("custom", record=ada, data={"name": "bought"})
        self.run_engine(minutes=1)
        entry = self.flow(workflow)["entry"]
        self.assertEqual((entry["entered"], entry["goal"], entry["exited"]), (2, 1, 0))
        self.assertPeopleBehindEachFigure(workflow, "7")

    def test_an_unknown_step_figure_or_period_is_refused(self):
        workflow = self.workflow([mail("hello")], start=False)
        for key, figure, period in (
            ("gone", "done", "all"),
            ("hello", "charm", "all"),
            ("hello", "done", "13"),
            (None, "charm", "all"),
        ):
            with self.subTest(key), self.assertRaises(UserError):
                workflow.action_open_people(key, figure, period)
        for value in ("1/done/all", "x", "1/opened/13", "1/opened; drop/all"):
            with self.subTest(value), self.assertRaises(UserError):
                self.env["mail.workflow.enrollment"].search([("figure", "=", value)])


@tagged("post_install", "-at_install", "mail_workflow")
class TestMails(FigureCase):
    def test_people_are_counted_once_and_a_click_is_an_open(self):
        workflow = self.workflow([mail("hello"), wait("week", days=7)])
        workflow.enroll(self.person("Ada") + self.person("Bob") + self.person("Eve"))
        self.run_engine()
        traces = self.sent(workflow)
        for _time in range(3):
            self.click(traces["ada"])
        traces["bob"].set_opened()
        traces["eve"].set_bounced()
        self.run_engine()
        figures = ("sent", "delivered", "opened", "clicked", "replied", "bounced")
        self.assertEqual(self.counts(workflow, "hello", *figures), (3, 2, 2, 1, 0, 1))
        traces["bob"].set_replied()
        self.assertEqual(self.counts(workflow, "hello", "opened", "replied"), (2, 1))
        self.assertNotIn("sent", self.card(workflow, "week"))
        self.assertPeopleBehindEachFigure(workflow, "all")

    def test_who_comes_again_and_reads_again_is_still_one_reader(self):
        again = {"policy": "after_exit", "per": "person"}
        workflow = self.workflow([mail("hello")], reentry=again)
        ada = self.person()
        for _run in range(2):
            workflow.enroll(ada)
            self.run_engine()
            for trace in self.sent(workflow).values():
                self.click(trace)
            self.run_engine(days=1)
        self.assertEqual(self.counts(workflow, "hello", "done", "sent", "clicked"), (2, 1, 1))
        self.assertPeopleBehindEachFigure(workflow, "all")

    def test_what_a_machine_does_is_no_figure_and_hides_no_reader(self):
        workflow = self.workflow([mail("hello")])
        workflow.enroll(self.person("Ada") + self.person("Bob"))
        self.run_engine()
        traces = self.sent(workflow)
        traces["ada"].sent_datetime = self.now - timedelta(seconds=1)
        self.click(traces["ada"])
        for url in ("/shop", "/page", "/more"):
            traces["bob"].set_opened()
            traces["bob"]._note_event("email_clicked", url=url)
        self.run_engine()
        self.assertEqual(self.counts(workflow, "hello", "opened", "clicked"), (0, 0))
        self.after(hours=1)
        traces["ada"]._note_late_reader()
        self.click(traces["bob"])
        self.run_engine()
        self.assertEqual(self.counts(workflow, "hello", "opened", "clicked"), (2, 1))

    def test_a_burst_that_shows_later_takes_the_figure_back(self):
        workflow = self.workflow([mail("hello")])
        workflow.enroll(self.person("Ada"))
        self.run_engine()
        trace = self.sent(workflow)["ada"]
        self.click(trace, "/one")
        self.assertEqual(self.counts(workflow, "hello", "opened", "clicked"), (1, 1))
        self.click(trace, "/two")
        self.click(trace, "/three")
        self.assertEqual(self.counts(workflow, "hello", "opened", "clicked"), (0, 0))

    def test_mails_of_a_stopped_workflow_are_read_and_counted(self):
        workflow = self.workflow([mail("hello"), wait("week", days=7)])
        workflow.enroll(self.person("Ada"))
        self.run_engine()
        traces = self.sent(workflow)
        workflow.action_stop()
        self.click(traces["ada"])
        self.assertEqual(self.counts(workflow, "hello", "opened", "clicked"), (1, 1))

    def test_figures_outlive_the_events(self):
        workflow = self.workflow([mail("hello")])
        workflow.enroll(self.person("Ada"))
        self.run_engine()
        self.click(self.sent(workflow)["ada"])
        self.env["mail.workflow.event"].search([]).sudo().unlink()
        self.assertEqual(self.counts(workflow, "hello", "opened", "clicked"), (1, 1))


@tagged("post_install", "-at_install", "mail_workflow")
class TestEarned(FigureCase):
    def setUp(self):
        super().setUp()
        self.product.taxes_id = False
        self.shop = self.cart_workflow(goal={"kind": "order_confirmed", "window_days": 7})

    def reminded(self, *names):
        """Let people leave a cart and get the first mail; return their carts and mails."""
        carts = {name: self.cart(self.person(name)) for name in names}
        self.run_engine(hours=25)
        return carts, self.sent(self.shop)

    def test_an_order_after_a_click_is_earned_untaxed_by_the_mail_clicked_last(self):
        tax = self.env["account.tax"].create({"name": "A fifth", "amount": 20.0})
        self.product.taxes_id = tax
        carts, traces = self.reminded("Ada", "Bob")
        self.click(traces["ada"])
        self.run_engine(hours=25)
        last = self.sent(self.shop)
        self.click(last["ada"])
        self.after(hours=1)
        for cart in carts.values():
            cart.action_confirm()
        self.run_engine()
        self.click(traces["ada"])
        self.assertEqual(self.counts(self.shop, "remind", "orders"), (0,))
        card = self.card(self.shop, "last")
        self.assertEqual(card["orders"], 1, "Bob never clicked")
        self.assertEqual(
            card["revenue"],
            {"amount": 40.0, "currency_id": self.env.company.currency_id.id},
        )
        self.assertEqual(self.behind(self.shop, "last", "orders"), carts["Ada"])
        self.assertPeopleBehindEachFigure(self.shop, "30")

    def test_an_order_in_another_currency_is_told_in_the_companys(self):
        carts, traces = self.reminded("Ada")
        self.click(traces["ada"])
        carts["Ada"].action_confirm()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET currency_rate = 2 WHERE id = %s", [carts["Ada"].id]
        )
        self.run_engine()
        self.assertEqual(self.card(self.shop, "remind")["revenue"]["amount"], 20.0)

    def test_a_cancelled_order_and_one_too_late_earn_nothing(self):
        carts, traces = self.reminded("Ada", "Bob")
        for trace in traces.values():
            self.click(trace)
        carts["Ada"].action_confirm()
        self.run_engine()
        self.assertEqual(self.counts(self.shop, "remind", "orders"), (1,))
        carts["Ada"]._action_cancel()
        self.run_engine(days=8)
        carts["Bob"].action_confirm()
        self.run_engine()
        card = self.card(self.shop, "remind")
        self.assertEqual((card["orders"], card["revenue"]["amount"]), (0, 0.0))

    def test_an_order_that_meets_the_goal_of_two_runs_is_counted_once(self):
        each = {"policy": "each_event", "per": "record"}
        workflow = self.workflow(
            [mail("hello"), wait("week", days=7)],
            reentry=each,
            triggers=[{"kind": "custom", "name": "asked"}],
            goal={"kind": "order_confirmed"},
        )
        ada, twin = self.person("Ada"), self.person("Twin", email="ada@customer.example.com")
        workflow.enroll(ada)
        workflow.enroll(twin)
        self.run_engine()
        for trace in self.mails(workflow).mailing_trace_ids:
            trace.set_sent()
            self.after(minutes=10)
            self.click(trace)
        self.cart(ada).action_confirm()
        self.run_engine()
        self.assertEqual(self.flow(workflow)["entry"]["goal"], 2)
        self.assertEqual(self.counts(workflow, "hello", "orders"), (1,))
        self.assertPeopleBehindEachFigure(workflow, "all")

    def test_a_click_of_a_machine_earns_nothing(self):
        carts, traces = self.reminded("Ada")
        self.click(traces["ada"], verdict="bot")
        carts["Ada"].action_confirm()
        self.run_engine()
        self.assertEqual(self.counts(self.shop, "remind", "orders"), (0,))
        self.assertEqual(self.flow(self.shop)["entry"]["goal"], 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestWhoSeesFigures(FigureCase):
    def test_another_company_sees_none(self):
        workflow = self.workflow([mail("hello"), wait("day", days=1)])
        workflow.enroll(self.people(3))
        self.run_engine()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups=f"base.group_user,{WORKFLOW_GROUP}",
            company_id=other.id,
            company_ids=[fields.Command.set(other.ids)],
        )
        for call in (
            lambda theirs: theirs.get_flow_figures("all"),
            lambda theirs: theirs.get_step_reasons("hello", "all"),
            lambda theirs: theirs.action_open_people("hello", "done", "all"),
        ):
            with self.assertRaises(AccessError):
                call(workflow.with_user(stranger))
        for figure in ("waiting", "sent", "done"):
            action = workflow.action_open_people("hello", figure, "all")
            model = self.env[action["res_model"]].with_user(stranger)
            self.assertFalse(model.search(action["domain"]))


@tagged("post_install", "-at_install", "mail_workflow")
class TestCost(PlanCase, FigureCase):
    MANY = 20_000

    def seed(self):
        """Copy a run to many people, with a mail each."""
        workflow = self.workflow([mail("hello"), wait("day", days=1)])
        workflow.enroll(self.person())
        self.run_engine()
        hello, day = workflow.step_ids.sorted("sequence")
        self.seed_runs(workflow, self.MANY - 1, "2027-01-01 09:00:00")
        self.env.cr.execute(
            """
            WITH trace AS (
                INSERT INTO mailing_trace (
                       model, res_id, email, trace_type, trace_status, sent_datetime,
                       mass_mailing_id, workflow_enrollment_id, workflow_step_id)
                SELECT e.res_model, e.res_id, e.email_normalized, 'mail', 'sent', %(now)s,
                       %(mailing)s, e.id, %(step)s
                  FROM mail_workflow_enrollment e
                 WHERE e.workflow_id = %(workflow)s AND e.entry_key LIKE 'seed%%'
                RETURNING id, workflow_enrollment_id)
            INSERT INTO mail_workflow_execution (
                   enrollment_id, step_id, visit_no, state, attempt, executed_at, mailing_trace_id)
            SELECT workflow_enrollment_id, %(step)s, 1,
                   CASE WHEN id %% 10 = 0 THEN 'skipped' ELSE 'done' END, 1,
                   %(now)s::timestamp - (id %% 100) * interval '1 day', id
              FROM trace
            """,
            {
                "now": self.now,
                "mailing": hello.text_ids.mailing_id.id,
                "step": hello.id,
                "workflow": workflow.id,
            },
        )
        self.env.cr.execute(
            "UPDATE mail_workflow_enrollment SET step_id = %s WHERE workflow_id = %s",
            [day.id, workflow.id],
        )
        self.analyze("mail_workflow_enrollment", "mail_workflow_execution", "mailing_trace")
        self.env.invalidate_all()
        return workflow

    def test_figures_are_read_from_indexes_and_look_at_no_other_workflow(self):
        self.seed()
        small = self.workflow([mail("one"), wait("day", days=1)], name="Small")
        small.enroll(self.person("Bob"))
        self.run_engine()
        for table in ("mail_workflow_enrollment", "mail_workflow_execution", "mailing_trace"):
            seen = self.plans_of(lambda: self.flow(small, "30"), of=table)
            for nodes in seen:
                self.assertByIndex(nodes, table, most=20)

    def test_a_period_looks_at_the_visits_of_the_period_only(self):
        workflow = self.seed()
        table = "mail_workflow_execution"
        within = sum(self.counts(workflow, "hello", "done", "skipped", period="7"))
        self.assertLess(within, self.MANY / 10)
        for nodes in self.plans_of(lambda: self.flow(workflow, "7"), of=table):
            self.assertByIndex(nodes, table, most=within + 1, index=f"{table}_by_step")

    def test_the_number_of_queries_is_that_of_one_step(self):
        costs = []
        for count in (1, 2, 40):  # the first fills the caches
            steps = [mail(f"m{number}") for number in range(count)]
            workflow = self.workflow(steps, start=False, name=f"Of {count}")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            workflow.with_user(self.marketer).get_flow_figures("30")
            costs.append(self.env.cr.sql_log_count - before)
        self.assertEqual(costs[1], costs[2])
        self.assertLess(costs[1], 20)
