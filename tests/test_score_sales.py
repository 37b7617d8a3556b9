"""Salespeople with their scores in a browser, and people outside who find nothing of them."""

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import new_marketer
from .page_common import TourCase
from .score_common import ScoreHands

HOTTEST = "/odoo/action-mail_workflow_automation.crm_lead_action_hottest"
SELLER = "base.group_user,sales_team.group_sale_salesman"


@tagged("post_install", "-at_install", "mail_workflow")
class TestScoreSales(ScoreHands, TourCase):
    """On the real clock: a score is given, a workflow gives the task, a salesperson does it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = new_marketer(cls.env)
        cls.fit = cls.env.ref("mail_workflow_automation.mail_workflow_score_dimension_fit")
        cls.people = cls.env["res.partner"].create(
            [
                {"name": name, "email": f"{name.lower()}@customer.example.com"}
                for name in ("Ada", "Bob", "Eve")
            ]
        )
        definition = {
            "format": 1,
            "name": "Hot lead",
            "model": "crm.lead",
            "purpose": "operational",
            "triggers": [{"kind": "score_crossed", "filters": {"points": 50}}],
            "steps": [
                {
                    "key": "call",
                    "kind": "task",
                    "assignee": "owner",
                    "summary": "Call while it is hot",
                }
            ],
        }
        manager = cls.env.ref("base.user_admin")
        cls.workflow = cls.env["mail.workflow"].with_user(manager).import_definition(definition)
        cls.workflow.action_start()

    def give(self, partner, points, **values):
        """Change a score by hand, and let the engine do what follows from it."""
        self.adjust(partner, points, **values)
        self.env.cr.flush()
        self.env["mail.workflow.event"]._cron_dispatch()
        self.env["mail.workflow.enrollment"]._cron_run()

    def pipeline(self, login, groups):
        """Return a salesperson with three opportunities, of which one is hot."""
        seller = new_test_user(
            self.env, login, groups=groups, lang="en_US", email=f"{login}@shop.example.com"
        )
        ada, bob, eve = self.people
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": name,
                    "partner_id": partner.id,
                    "user_id": seller.id,
                    "type": "opportunity",
                }
                # the hottest is the oldest: no other order has it on top
                for name, partner in (("Chairs", ada), ("Tables", eve), ("Lamps", bob))
            ]
        )
        self.give(ada, 45, dimension_id=self.fit.id)
        self.give(ada, 60)
        self.give(bob, 25)
        self.env.flush_all()
        return seller, leads[0]

    def sells(self, login, groups):
        """Let a salesperson go through the tour; it ends with the task done."""
        seller, lead = self.pipeline(login, groups)
        self.assertEqual(lead.activity_ids.user_id, seller)
        self.tour(HOTTEST, "mail_workflow_hottest", login)
        self.assertFalse(lead.activity_ids)
        self.env["mail.workflow.event"]._cron_dispatch()
        self.env["mail.workflow.enrollment"]._cron_run()
        self.env.invalidate_all()
        run = self.env["mail.workflow.enrollment"].search([("workflow_id", "=", self.workflow.id)])
        self.assertEqual((run.res_id, run.state), (lead.id, "done"))

    def test_salesperson_sees_sorts_opens_why_and_does_the_task(self):
        self.sells("seller", f"{SELLER}_all_leads")

    def test_salesperson_of_own_documents_does_the_same(self):
        self.sells("own_seller", SELLER)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_model")
    def test_customer_finds_nothing_of_scores_on_any_page_nor_by_rpc(self):
        portal = new_test_user(
            self.env, "ada_home", groups="base.group_portal", email="ada@customer.example.com"
        )
        self.give(portal.partner_id, 9876, note="Called us twice")
        self.env.flush_all()
        self.authenticate("ada_home", "ada_home")
        for path in ("/my", "/my/home", "/my/account", "/shop", "/contactus", "/"):
            with self.subTest(path=path):
                text = self.url_open(path).text
                for words in ("9,876", ">9876<", "lead_score", "lead_grade", "Called us twice"):
                    self.assertNotIn(words, text)
        calls = [
            ("res.partner", "read", [portal.partner_id.ids, ["lead_score"]], {}),
            ("res.partner", "search_read", [[["lead_score", ">", 5]]], {"fields": ["name"]}),
            ("res.partner", "search_read", [[]], {"fields": ["name"], "order": "lead_grade"}),
            ("res.partner", "action_view_score", [portal.partner_id.ids], {}),
            ("mail.workflow.score", "search_read", [[]], {}),
            ("mail.workflow.score.entry", "search_read", [[]], {}),
        ]
        for model, method, args, kwargs in calls:
            with self.subTest(model=model, method=method, args=args):
                values = {"model": model, "method": method, "args": args, "kwargs": kwargs}
                answer = self.url_open(
                    "/web/dataset/call_kw", json={"jsonrpc": "2.0", "params": values}
                ).json()
                self.assertNotIn("9876", str(answer))
                if method != "action_view_score":
                    self.assertIn("AccessError", answer["error"]["data"]["name"])
