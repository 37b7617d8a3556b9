"""What the tests of the file format share: a file that says everything, and how one is refused."""

from odoo.addons.mail_workflow_automation.exceptions import DefinitionError

from .common import WorkflowCase, wait


class DefinitionCase(WorkflowCase):
    def setUp(self):
        super().setUp()
        self.list = self.env["mailing.list"].create({"name": "Lamps and chairs"})
        self.tag = self.env["res.partner.category"].create({"name": "Cold"})
        self.env["resource.calendar"].create({"name": "Shop hours"})
        self.env["product.category"].create({"name": "Bulbs"})
        self.below = self.env["res.partner.category"].create(
            {"name": "Lamps", "parent_id": self.tag.id}
        )
        self.env["crm.team"].create({"name": "Lamp sellers"})
        self.env["crm.tag"].create({"name": "Warm"})
        self.env["loyalty.program"].create({"name": "Ten off", "program_type": "coupons"})
        self.env["product.category"].create(
            {
                "name": "Light",
                "parent_id": self.env["product.category"].create({"name": "Home"}).id,
            }
        )
        self.env["crm.team"].create({"name": "Lamps team"})
        self.env["crm.stage"].create({"name": "Curious"})
        self.env["crm.tag"].create({"name": "Hot"})
        self.env["mail.workflow.content"].create({"name": "Our guide", "url": "/guide"})
        self.model = self.env["mail.workflow"].with_user(self.marketer)
        self.model.create({"name": "Winback"})

    def everything(self):
        """Return a definition with every kind and every option."""
        return {
            "format": 1,
            "name": "Everything",
            "description": "All that a file can say.",
            "model": "sale.order",
            "purpose": "marketing",
            "triggers": [
                {"kind": "cart_abandoned", "hours": 0.5},
                {"kind": "manual"},
                {"kind": "segment", "domain": [["amount_total", ">", 500.5]]},
                {"kind": "cart_updated", "count": 3, "within_days": 7},
                {"kind": "task_done", "filters": {"type": "mail.mail_activity_data_call"}},
                {
                    "kind": "page_viewed",
                    "filters": {"url": "/blog/*"},
                    "count": 3,
                    "within_days": 7,
                },
                {"kind": "content_requested"},
                {"kind": "content_downloaded", "filters": {"content": "Our guide"}},
                {"kind": "page_dwelled", "filters": {"url": "/pricing", "seconds": 10}},
                {"kind": "order_cancelled", "filters": {"product": "Desk lamp"}},
                {
                    "kind": "order_confirmed",
                    "filters": {
                        "category": "Home / Light",
                        "first": True,
                        "min_amount": 99.5,
                        "product": "Desk lamp",
                    },
                },
                {"kind": "invoice_posted", "filters": {"min_amount": 5, "type": "in_invoice"}},
                {"kind": "invoice_paid"},
                {"kind": "lead_created", "filters": {"team": "Lamps team", "type": "lead"}},
                {"kind": "lead_stage_changed", "filters": {"stage": "Curious"}},
                {"kind": "lead_won", "filters": {"team": "Lamps team"}},
                {"kind": "lead_lost"},
                {"kind": "tag_added", "filters": {"lead_tag": "Hot", "tag": "Cold / Lamps"}},
                {"kind": "list_unsubscribed", "filters": {"list": "Lamps and chairs"}},
                {"kind": "form_submitted", "filters": {"model": "crm.lead", "page": "/a/*"}},
                {
                    "kind": "workflow_finished",
                    "filters": {"outcome": "goal", "workflow": "Winback"},
                },
                {
                    "kind": "record_changed",
                    "filters": {
                        "field": "state",
                        "from": "draft",
                        "model": "sale.order",
                        "on": "changed",
                        "to": "sent",
                    },
                },
                {"kind": "custom", "name": "trial_started", "filters": {"plan": "pro", "a": [1]}},
                {"kind": "email_clicked", "filters": {"step": "remind", "link": "/shop"}},
                {
                    "kind": "date",
                    "field": "validity_date",
                    "offset_days": -3,
                    "time": "",
                    "repeat": "yearly",
                },
                {
                    "kind": "inactive",
                    "days": 60,
                    "orders": False,
                    "visits": True,
                    "logins": True,
                    "opens": True,
                },
                {"kind": "replenishment", "by": "category", "category": "Bulbs", "days_before": 5},
                {
                    "kind": "schedule",
                    "every": 2,
                    "unit": "months",
                    "on": "weekday",
                    "nth": "-1",
                    "weekdays": ["mon", "fri"],
                    "time": "18:30",
                    "from": "2026-03-02",
                    "domain": [["amount_total", ">", 20]],
                },
            ],
            "audience": ["|", ["amount_total", ">=", 20], ["partner_id.name", "in", ["A", "B"]]],
            "recheck_audience": True,
            "reentry": {"policy": "after_exit", "per": "record", "days": 30},
            "goal": {"kind": "order_confirmed", "same_record": True, "window_days": 7},
            "exits": [
                {"kind": "email_unsubscribed"},
                {"kind": "custom", "name": "phoned", "filters": {"mood": "good"}},
            ],
            "list": "Lamps and chairs",
            "email_from": "Shop <shop@shop.example.com>",
            "reply_to": "answers@shop.example.com",
            "timezone": "company",
            "lateness_hours": 0,
            "calendar": "Shop hours",
            "holdout_percent": 12.5,
            "priority": -3,
            "create_contact": False,
            "steps": [
                {
                    "key": "remind",
                    "kind": "email",
                    "name": "A reminder",
                    "texts": {
                        "en_US": {
                            "subject": "Your cart, {{ object.partner_id.name }}",
                            "preview": "Still there",
                            "body_html": "<p>Hello <t t-out='object.partner_id.name'/>"
                            "<a href='/workflow/cart'>Cart</a></p>",
                            "body_arch": "<div class='o_layout'><p>Hello</p></div>",
                        },
                        "fr_FR": {"subject": "Votre panier", "body_html": "<p>Bonjour</p>"},
                    },
                    "on_skip": "leave",
                },
                wait("day", hours=1.5),
                wait("office", days=3, business=True),
                wait(
                    "sent",
                    days=2,
                    domain=[["state", "=", "sent"]],
                    branches={
                        "yes": {"steps": [{"key": "enough", "kind": "end"}]},
                        "timeout": {"steps": []},
                    },
                ),
                wait("morning", until_time="09:00", weekdays=["mon", "fri"]),
                wait(
                    "validity",
                    until_field="validity_date",
                    offset_days=-2,
                    until_time="08:30",
                    on_past="leave",
                ),
                {
                    "key": "reaction",
                    "kind": "wait",
                    "events": [
                        {
                            "kind": "email_clicked",
                            "filters": {"step": "remind", "link": "lamp"},
                            "branch": "clicked",
                        },
                        {"kind": "email_opened", "branch": "opened", "same_record": True},
                    ],
                    "days": 3,
                    "branches": {
                        "clicked": {"steps": [self.task_step()]},
                        "opened": {"steps": []},
                        "timeout": {"steps": [{"key": "out", "kind": "end", "reason": "cold"}]},
                    },
                },
                {
                    "key": "worth",
                    "kind": "condition",
                    "branches": {
                        "vip": {
                            "when": {"domain": [["amount_total", ">", 100]]},
                            "steps": [
                                {
                                    "key": "mark",
                                    "kind": "tag",
                                    "add": ["Cold / Lamps"],
                                    "remove": ["Cold"],
                                }
                            ],
                        },
                        "clicked": {
                            "when": {
                                "event": "email_clicked",
                                "filters": {"step": "remind"},
                                "within_days": 2,
                            },
                            "steps": [],
                        },
                        "else": {
                            "steps": [
                                {"key": "again", "kind": "goto", "target": "day", "max_visits": 3}
                            ]
                        },
                    },
                },
                {
                    "key": "big",
                    "kind": "condition",
                    "domain": [["amount_total", ">", 1000]],
                    "branches": {"yes": {"steps": [{"key": "stop", "kind": "end"}]}},
                },
                {"key": "small", "kind": "condition", "domain": []},
                *self.people_steps(),
                *self.record_steps(),
            ],
        }

    def record_steps(self):
        """Return steps that change records, and ways through them."""
        return [
            {
                "key": "ways",
                "kind": "split",
                "branches": {
                    "long": {
                        "weight": 12.5,
                        "steps": [
                            {
                                "key": "news",
                                "kind": "list",
                                "add": ["Lamps and chairs"],
                                "resubscribe": True,
                            }
                        ],
                    },
                    "short": {"weight": 3, "steps": []},
                },
            },
            {
                "key": "change",
                "kind": "update",
                "on": "contact",
                "set": [
                    {"field": "city", "value": "Ghent"},
                    {"field": "user_id", "value": "marketer"},
                    {"field": "function", "value": None},
                    {"field": "partner_latitude", "value": 51.05},
                    {"field": "active", "value": True},
                    {"field": "ref", "from": "client_order_ref"},
                    {"field": "category_id", "add": ["Cold / Lamps", "Cold"]},
                ],
            },
            {
                "key": "code",
                "kind": "coupon",
                "program": "Ten off",
                "days": 7,
                "most": 2,
                "period_days": 30,
                "share": 50,
                "min_amount": 20,
                "min_margin": 12.5,
                "first_only": True,
                "branches": {
                    "code": {"steps": []},
                    "none": {"steps": [{"key": "sorry", "kind": "end", "reason": "no code"}]},
                },
            },
            {
                "key": "hook",
                "kind": "webhook",
                "url": "https://hooks.example.com/told",
                "fields": "name, amount_total",
                "wait": True,
                "branches": {
                    "ok": {"steps": []},
                    "failed": {"steps": [{"key": "unheard", "kind": "end"}]},
                },
            },
            {"key": "other", "kind": "enroll", "workflow": "Winback"},
            {"key": "away", "kind": "leave", "workflows": ["Winback"]},
            {
                "key": "deal",
                "kind": "opportunity",
                "title": "Offer for {{ object.partner_id.name }}",
                "user": "marketer",
                "team": "Lamp sellers",
                "tags": ["Warm"],
                "revenue": 99.5,
                "several": True,
            },
        ]

    def people_steps(self):
        team = {"assignee": "team", "team": "sales_team.team_sales_department"}
        return [
            {
                "key": "grant",
                "kind": "decision",
                "assignee": "anyone",
                "group": "sales_team.group_sale_manager",
                "summary": "Grant it?",
                "deadline_days": 3,
                "on_deadline": "late",
                "branches": {
                    "Yes": {"steps": [{"key": "own", "kind": "assign", **team, "overwrite": True}]},
                    "No": {"steps": []},
                    "late": {"steps": []},
                },
            },
            {
                "key": "again_asked",
                "kind": "decision",
                "assignee": "owner",
                "summary": "Now?",
                "default": "No",
                "branches": {"Yes": {"steps": []}, "No": {"steps": []}},
            },
            {
                "key": "inform",
                "kind": "notify",
                **team,
                "subject": "{{ object.name }}",
                "text": "!",
            },
            {"key": "note", "kind": "notify", "as": "note", "text": "Seen"},
        ]

    def task_step(self):
        return {
            "key": "call",
            "kind": "task",
            "user": "marketer",
            "summary": "Call",
            "note": "Ask politely",
            "deadline_days": 2,
            "working_days": True,
            "type": "mail.mail_activity_data_call",
            "substitute": "marketer",
            "wait_for": "first",
            "on_deadline": "late",
            "also": [
                {"summary": "Pack", "assignee": "anyone", "users": ["marketer"]},
                {"summary": "Sell", "assignee": "team", "team": "sales_team.team_sales_department"},
                {"summary": "Look", "assignee": "owner"},
            ],
        }

    def counts(self):
        """Return the rows of every table that an import could touch."""
        self.env.flush_all()
        tables = [
            model._table
            for name, model in self.env.items()
            if (name.startswith("mail.workflow") or name.startswith("mailing."))
            and not model._abstract
            and model._auto
        ]
        found = {}
        for table in sorted(set(tables)):
            self.env.cr.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
            found[table] = self.env.cr.fetchone()[0]
        return found

    def refused(self, definition, *fragments):
        """Import a definition that is refused: all fragments are in the message, nothing is
        written."""
        before = self.counts()
        with self.assertRaises(DefinitionError) as caught:
            self.model.import_definition(definition)
        self.env.invalidate_all()
        self.assertEqual(self.counts(), before)
        for fragment in fragments:
            self.assertIn(fragment, str(caught.exception))
        return caught.exception
