"""What a pass costs: queries do not grow with the people."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.mail_workflow_automation.models.mail_workflow_runner import BATCH

from .common import START, WorkflowCase, mail, wait

# Odoo writes rows of its own tables in portions of 100: a full batch has more statements for each
# table than one of 10
PORTIONS = -(-(BATCH + BATCH // 4) // 100)
CART = """
    <p>Hello <t t-out="object.partner_id.name">there</t></p>
    <div data-mwa-block="cart_lines"></div><p><a href="/workflow/cart">Your cart</a></p>
    <p><a href="/unsubscribe_from_list">Unsubscribe</a></p>
"""


@tagged("post_install", "-at_install", "mail_workflow")
class TestQueryCounts(WorkflowCase):
    """A full batch of runs costs what a batch of 10 costs, whatever the kind of step."""

    def costs(self):
        """Carry out what is due; return the number of queries of each batch."""
        runner = self.env["mail.workflow.runner"]
        costs = []
        while True:
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            if not runner._run_batch(fields.Datetime.now()):
                return costs
            self.env.flush_all()
            costs.append(self.env.cr.sql_log_count - before)

    def assertCostStays(self, workflow, records, tables=0):
        """Assert what a batch costs, with 10 due runs and with all of 1,000.

        :param tables: how many tables of Odoo's a step writes through the ORM
        """
        workflow.enroll(records[:10])
        self.costs()  # caches are warm now
        workflow.enroll(records[10:20])
        (few,) = self.costs()
        workflow.enroll(records[20:])
        many = self.costs()
        self.assertEqual(len(self.runs(workflow)), len(records))
        self.assertFalse(self.runs(workflow).execution_ids.filtered("error"))
        self.assertLessEqual(max(many), few + 1 + tables * PORTIONS, f"{few} became {many}")

    def test_mail(self):
        workflow = self.workflow([mail("hello"), wait("day", days=1)])
        self.assertCostStays(workflow, self.people(1020), tables=4)
        self.assertEqual(len(self.mails(workflow)), 1020)

    def test_mail_under_a_cap_in_quiet_hours_and_working_time(self):
        self.env["res.config.settings"].create(
            {
                "mail_workflow_cap_mails": 1,
                "mail_workflow_quiet_from": "22:00",
                "mail_workflow_quiet_to": "08:00",
            }
        ).execute()
        people = self.people(1020)
        for index, partner in enumerate(people):
            partner.tz = ("UTC", "Asia/Tokyo", "Pacific/Honolulu")[index % 3]
        self.workflow([wait("w", days=9)], name="other").enroll(people)
        self.env["resource.calendar"].create({"name": "Office", "tz": "UTC"})
        workflow = self.workflow([mail("hello"), wait("day", days=1)], calendar="Office")
        self.assertCostStays(workflow, people, tables=4)
        self.assertEqual(len(self.mails(workflow)), 340, "in Tokyo the office is closed")

    def test_mail_with_cart_lines(self):
        workflow = self.workflow(
            [mail("remind", body=CART), wait("day", days=1)], model="sale.order"
        )
        carts = self.env["sale.order"]
        for person in self.people(140):
            carts |= self.cart(person)
        self.assertCostStays(workflow, carts, tables=4)
        self.assertEqual(len(self.mails(workflow)), 140)

    def test_wait(self):
        workflow = self.workflow([wait("day", days=1)])
        self.assertCostStays(workflow, self.people(1020))

    def test_wait_for_an_event(self):
        opened = {"kind": "email_opened", "branch": "opened"}
        workflow = self.workflow([wait("open", days=1, events=[opened])])
        self.assertCostStays(workflow, self.people(1020))

    def test_condition(self):
        named = {"key": "named", "kind": "condition", "domain": [["name", "ilike", "1"]]}
        workflow = self.workflow([named, wait("day", days=1)])
        self.assertCostStays(workflow, self.people(1020))

    def test_steps_without_a_wait_between_them(self):
        """What is checked before each step is checked once where no step changes it."""
        named = {"kind": "condition", "domain": [["name", "ilike", "1"]]}
        goal = {"kind": "order_confirmed"}
        costs, people = [], self.people(20)
        for count in (1, 5):
            steps = [{"key": f"named{i}", **named} for i in range(count)]
            workflow = self.workflow([*steps, wait("day", days=1)], goal=goal)
            workflow.enroll(people[:10])
            self.costs()  # caches are warm now
            workflow.enroll(people[10:])
            costs += self.costs()
        one, five = costs
        self.assertLessEqual(five, one + 4 * 8, "claim, look at the record, execution, move")

    def test_tag(self):
        tag = self.env["res.partner.category"].create({"name": "Known"})
        known = {"key": "known", "kind": "tag", "add": ["Known"]}
        workflow = self.workflow([known, wait("day", days=1)])
        people = self.people(1020)
        self.assertCostStays(workflow, people, tables=1)
        self.assertEqual(people.category_id, tag)

    def test_split(self):
        halves = {"a": {"weight": 1, "steps": []}, "b": {"weight": 1, "steps": []}}
        split = {"key": "split", "kind": "split", "branches": halves}
        workflow = self.workflow([split, wait("day", days=1)])
        self.assertCostStays(workflow, self.people(1020))

    def test_list(self):
        listed = self.env["mailing.list"].create({"name": "News"})
        workflow = self.workflow(
            [{"key": "news", "kind": "list", "add": ["News"]}, wait("day", days=1)]
        )
        self.assertCostStays(workflow, self.people(1020), tables=5)
        self.assertEqual(listed.contact_count, 1020)

    def test_opportunity(self):
        deal = {
            "key": "deal",
            "kind": "opportunity",
            "title": "{{ object.name }}",
            "user": "marketer",
        }
        workflow = self.workflow([deal, wait("day", days=1)])
        people = self.people(1020)
        self.assertCostStays(workflow, people, tables=6)
        self.assertEqual(len(people.opportunity_ids), 1020)

    def test_update(self):
        change = {"key": "change", "kind": "update", "set": [{"field": "ref", "value": "seen"}]}
        workflow = self.workflow([change, wait("day", days=1)])
        people = self.people(1020)
        self.assertCostStays(workflow, people, tables=1)
        self.assertEqual(set(people.mapped("ref")), {"seen"})

    def test_enroll(self):
        other = self.workflow([wait("day", days=1)], name="Other")
        other.action_pause()  # they come in, and cost nothing yet
        enroll = {"key": "enroll", "kind": "enroll", "workflow": "Other"}
        people = self.people(1020)
        self.assertCostStays(self.workflow([enroll, wait("week", days=7)]), people)
        self.assertEqual(len(self.runs(other)), 1020)

    def test_leave(self):
        other = self.workflow([wait("day", days=1)], name="Other")
        leave = {"key": "leave", "kind": "leave", "workflows": ["Other"]}
        people = self.people(1020)
        other.enroll(people)
        self.costs()
        self.assertCostStays(self.workflow([leave, wait("week", days=7)]), people)
        self.assertEqual(set(self.runs(other).mapped("state")), {"exited"})

    def test_server_action(self):
        self.env["ir.actions.server"].create(
            {
                "name": "Mark",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": "records.write({'ref': 'marked'})",
            }
        )
        act = {"key": "act", "kind": "server_action", "action": "Mark"}
        people = self.people(1020)
        workflow = self.workflow([act, wait("day", days=1)], user=self.env.ref("base.user_admin"))
        self.assertCostStays(workflow, people, tables=1)
        self.assertEqual(set(people.mapped("ref")), {"marked"})

    def test_coupon(self):
        reward = {"reward_type": "discount", "discount": 10}
        program = self.env["loyalty.program"].create(
            {
                "name": "Ten off",
                "program_type": "coupons",
                "is_released_for_workflows": True,
                "reward_ids": [fields.Command.clear(), fields.Command.create(reward)],
            }
        )
        code = {"key": "code", "kind": "coupon", "program": "Ten off", "first_only": True}
        workflow = self.workflow([code, wait("day", days=1)])
        self.assertCostStays(workflow, self.people(1020), tables=3)
        self.assertEqual(program.coupon_count, 1020)

    def test_webhook(self):
        hosts = "mail_workflow_automation.webhook_hosts"
        self.env["ir.config_parameter"].set_param(hosts, "hooks.example.com")
        tell = {"key": "tell", "kind": "webhook", "url": "https://hooks.example.com/"}
        workflow = self.workflow([tell, wait("day", days=1)], user=self.env.ref("base.user_admin"))
        self.assertCostStays(workflow, self.people(1020))
        calls = self.env["mail.workflow.webhook.call"]
        self.assertEqual(calls.search_count([("step_id.workflow_id", "=", workflow.id)]), 1020)

    def test_task(self):
        call = {"key": "call", "kind": "task", "summary": "Call", "user": "marketer"}
        workflow = self.workflow([call, wait("day", days=1)])
        people = self.people(1020)
        self.assertCostStays(workflow, people, tables=3)
        tasks = self.env["mail.activity"].search_count([("res_id", "in", people.ids)])
        self.assertEqual(tasks, 1020)

    def test_decision(self):
        ask = {"key": "ask", "kind": "decision", "summary": "Call?", "user": "marketer"}
        workflow = self.workflow([{**ask, "branches": {"Yes": {}, "No": {}}}])
        self.assertCostStays(workflow, self.people(1020), tables=3)

    def test_notify(self):
        tell = {"kind": "notify", "user": "marketer", "text": "{{ object.name }} came"}
        note = {**tell, "key": "note", "as": "note"}
        workflow = self.workflow([{**tell, "key": "tell"}, note, wait("day", days=1)])
        people = self.people(1020)
        self.assertCostStays(workflow, people, tables=3)
        self.assertEqual(len(people.message_ids.filtered(lambda one: "came" in one.body)), 1020)

    def test_assign(self):
        self.env["crm.team"].create({"name": "Callers", "member_ids": [(4, self.marketer.id)]})
        assign = {"key": "assign", "kind": "assign", "assignee": "team", "team": "Callers"}
        workflow = self.workflow([assign, wait("day", days=1)])
        people = self.people(1020)
        self.assertCostStays(workflow, people, tables=2)
        self.assertEqual(people.user_id, self.marketer)

    def test_task_of_a_team_that_is_waited_for(self):
        self.env["crm.team"].create({"name": "Callers", "member_ids": [(4, self.marketer.id)]})
        call = {"key": "call", "kind": "task", "summary": "Call", "wait_for": "all"}
        workflow = self.workflow([{**call, "assignee": "team", "team": "Callers"}])
        people = self.people(1020)
        self.assertCostStays(workflow, people, tables=3)
        tasks = self.env["mail.activity"].search([("res_id", "in", people.ids)])
        self.assertEqual(len(tasks), 1020)
        runs = self.runs(workflow)
        step = workflow.step_ids

        def cost(some):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            step._handler()._decide(step, some, fields.Datetime.now())
            return self.env.cr.sql_log_count - before

        few, many = cost(runs[:10]), cost(runs[:1000])
        self.assertLessEqual(many, few + 1, f"{few} became {many}")

    def test_looks_of_the_clock_kinds(self):
        """Whom the time brings in costs the same, ten or three hundred of them."""
        kinds = (
            {"kind": "schedule", "unit": "days", "time": "09:00"},
            {"kind": "date", "field": "birthday", "time": "09:00", "repeat": "yearly"},
            {"kind": "inactive", "days": 30},
        )
        for index, trigger in enumerate(kinds):
            self.at(START + timedelta(days=10 * index))
            people = self.people(320)
            workflow = self.workflow(
                [wait("day", days=1)],
                name=trigger["kind"],
                triggers=[trigger],
                audience=[["city", "=", trigger["kind"]]],
                reentry={"policy": "after_exit", "per": "record"},
            )
            costs = []
            for group in (people[:10], people[10:20], people[20:]):
                self.after(days=1)
                people.city = False
                group.write({"city": trigger["kind"], "birthday": self.now.date()})
                self.env.flush_all()
                self.env.cr.execute(
                    "UPDATE res_partner SET create_date = %s WHERE id = ANY(%s)",
                    [self.now - timedelta(days=30), group.ids],
                )
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                workflow.trigger_ids.sudo()._poll(self.now)
                self.env.flush_all()
                costs.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(self.runs(workflow)), 320, trigger)
            self.assertLessEqual(costs[2], costs[1] + 1, trigger)

    def test_mail_lane(self):
        """Judging and writing a batch; what goes over the wire is not in these queries."""
        workflow = self.workflow([mail("hello", on_skip="leave"), wait("day", days=1)])
        people = self.people(90)
        post = self.env["mail.workflow.post"]

        def cost(persons):
            workflow.enroll(persons)
            self.costs()
            self.env["mail.blacklist"].create({"email": persons[0].email_normalized})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            mails = self.env["mail.mail"].browse(post._claim(fields.Datetime.now()))
            self.assertEqual(len(mails), len(persons))
            refused = mails._refuse_late(fields.Datetime.now())
            self.assertEqual(len(refused), 1)
            third = len(mails) // 3
            fates = dict.fromkeys((mails - refused)[:third].ids)
            fates.update(dict.fromkeys((mails - refused)[third:].ids, ("unknown", "(451, later)")))
            mails._note_fates(fates)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(people[:10])  # caches are warm now
        few, many = cost(people[10:20]), cost(people[20:70])
        self.assertLessEqual(many, few + PORTIONS, f"{few} became {many}")

    def test_events_that_bring_people_in(self):
        """With a goal and a count, whose look-back is one query for all events of a batch."""
        self.workflow(
            [wait("day", days=1)],
            triggers=[{"kind": "custom", "name": "trial", "count": 2, "within_days": 3}],
            goal={"kind": "order_confirmed"},
            reentry={"policy": "after_exit", "per": "person"},
        )
        people = self.people(240)

        def cost(persons):
            for person in persons:
                for _twice in range(2):
                    self.emit("custom", partner=person, data={"name": "trial"})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["mail.workflow.dispatcher"]._dispatch_batch(fields.Datetime.now())
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(people[:10])  # caches are warm now
        few, many = cost(people[10:20]), cost(people[20:])
        runs = self.env["mail.workflow.enrollment"].search_count([("res_id", "in", people.ids)])
        self.assertEqual(runs, 240)
        self.assertLessEqual(many, few + PORTIONS, f"{few} became {many}")

    def test_events_that_pass_nobody_s_filter(self):
        """Nothing is looked up for them, however many workflows listen to their kind."""
        people = self.people(10)
        costs = []
        for _listeners in range(2):
            for number in range(5):
                workflow = self.workflow(
                    [wait("day", days=1)],
                    triggers=[{"kind": "custom", "name": f"came {number}"}],
                    goal={"kind": "custom", "name": f"bought {number}"},
                )
                workflow.enroll(people)
            for person in people:
                self.emit("custom", partner=person, data={"name": "looked"})
            before = self.env.cr.sql_log_count
            self.env["mail.workflow.dispatcher"]._dispatch_batch(fields.Datetime.now())
            costs.append(self.env.cr.sql_log_count - before)
        # claim and mark, two savepoints, and who listens: workflows, rules, whether scores are used
        self.assertEqual(costs[0], costs[1])
        self.assertLessEqual(costs[1], 10)
