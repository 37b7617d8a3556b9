"""Who may see, write and start what; what nobody can reach; no code from a marketer."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import new_test_user, tagged

from .common import MANAGER_GROUP, WORKFLOW_GROUP, WorkflowCase, mail, wait

DEFINING = ("mail.workflow", "mail.workflow.step", "mail.workflow.trigger")
TEXTS = ("mail.workflow.step.text",)
TABLES = ("mail.workflow.enrollment", "mail.workflow.execution", "mail.workflow.event")
OPERATIONS = ("read", "write", "create", "unlink")


class SecurityCase(WorkflowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Other shop"})

        def user(login, groups, **values):
            return new_test_user(cls.env, login=login, groups=groups, **values)

        there = {
            "company_id": cls.other_company.id,
            "company_ids": [(6, 0, cls.other_company.ids)],
        }
        cls.users = {
            "portal": user("p", "base.group_portal"),
            "public": user("pub", "base.group_public"),
            "employee": user("e", "base.group_user"),
            "salesperson": user("s", "base.group_user,sales_team.group_sale_salesman"),
            "mass_mailer": user("m", "base.group_user,mass_mailing.group_mass_mailing_user"),
            "marketer": cls.marketer,
            "colleague": user("c", f"base.group_user,{WORKFLOW_GROUP}"),
            "stranger": user("x", f"base.group_user,{MANAGER_GROUP}", **there),
            "manager": user("b", f"base.group_user,{MANAGER_GROUP}"),
        }

    def setUp(self):
        super().setUp()
        self.flow = self.workflow([mail("a"), wait("day", days=1), mail("b")])
        self.run_of_ada = self.flow.enroll(self.person())
        self.run_engine()
        bob = self.person("Bob", company_id=self.env.company.id)
        self.emit("email_opened", record=bob)
        self.env["mail.workflow.event"]._insert(
            [
                {
                    "kind": "email_opened",
                    "occurred_at": self.now,
                    "res_model": "res.partner",
                    "res_id": 1,
                    "partner_id": None,
                    "email_normalized": "x@customer.example.com",
                    "visitor_id": None,
                    "company_id": self.env.company.id,
                    "website_id": None,
                    "data": None,
                    "verdict": "human",
                    "key": None,
                }
            ]
        )

    def records(self, model):
        """Return what the started workflow has in a model."""
        domain = {
            "mail.workflow": [("id", "=", self.flow.id)],
            "mail.workflow.step": [("workflow_id", "=", self.flow.id)],
            "mail.workflow.trigger": [("workflow_id", "=", self.flow.id)],
            "mail.workflow.step.text": [("step_id.workflow_id", "=", self.flow.id)],
            "mail.workflow.enrollment": [("workflow_id", "=", self.flow.id)],
            "mail.workflow.execution": [("enrollment_id.workflow_id", "=", self.flow.id)],
            "mail.workflow.event": [("company_id", "=", self.env.company.id)],
            "mailing.mailing": [("workflow_id", "=", self.flow.id)],
            "mailing.trace": [("workflow_enrollment_id.workflow_id", "=", self.flow.id)],
        }[model]
        found = self.env[model].sudo().search(domain)
        self.assertTrue(found, model)
        return found


@tagged("post_install", "-at_install", "mail_workflow")
class TestAccess(SecurityCase):
    def allowed(self, user, model):
        """Return the operations a user has on the records of the workflow in a model."""
        records = self.records(model).with_user(self.users[user])
        return tuple(
            operation
            for operation in OPERATIONS
            if (
                records.browse().has_access("create")
                if operation == "create"
                else records.has_access(operation)
            )
        )

    def test_who_is_no_workflow_user_sees_nothing(self):
        for user in ("portal", "public", "employee", "salesperson", "mass_mailer"):
            for model in (*DEFINING, *TEXTS, *TABLES):
                with self.subTest(user=user, model=model):
                    self.assertEqual(self.allowed(user, model), ())

    def test_owner_and_manager_write_definitions_and_read_tables(self):
        for user in ("marketer", "manager"):
            for model in (*DEFINING, *TEXTS):
                with self.subTest(user=user, model=model):
                    self.assertEqual(self.allowed(user, model), OPERATIONS)
            for model in TABLES:
                with self.subTest(user=user, model=model):
                    self.assertEqual(self.allowed(user, model), ("read",))

    def test_a_colleague_does_not_see_anothers_workflow(self):
        for model in (*DEFINING, *TEXTS, *TABLES[:2]):
            with self.subTest(model=model):
                self.assertNotIn("read", self.allowed("colleague", model))
                self.assertFalse(
                    self.env[model]
                    .with_user(self.users["colleague"])
                    .search([("id", "in", self.records(model).ids)])
                )

    def test_a_colleague_of_the_sales_team_works_on_its_workflows(self):
        team = self.env["crm.team"].create(
            {"name": "Shop", "member_ids": [(4, self.users["colleague"].id)]}
        )
        self.flow.sudo().team_id = team
        self.env.invalidate_all()
        for model in (*DEFINING, *TEXTS):
            with self.subTest(model=model):
                self.assertEqual(self.allowed("colleague", model), OPERATIONS)

    def test_another_company_finds_nothing(self):
        models = (*DEFINING, *TEXTS, *TABLES, "mailing.mailing", "mailing.trace")
        for model in models:
            with self.subTest(model=model):
                self.assertNotIn("read", self.allowed("stranger", model))
                found = self.env[model].with_user(self.users["stranger"])
                self.assertFalse(found.search([("id", "in", self.records(model).ids)]))
                addresses = {"mailing.trace": "email", "mail.workflow.event": "email_normalized"}
                if model in addresses:
                    self.assertFalse(
                        found.search([(addresses[model], "ilike", "customer.example.com")])
                    )

    def test_buttons_of_another_companys_run_do_nothing(self):
        run = self.run_of_ada.with_user(self.users["stranger"])
        for button in ("action_take_out", "action_skip_wait", "action_block_person"):
            with self.subTest(button=button), self.assertRaises(AccessError):
                getattr(run, button)()
        with self.assertRaises(AccessError):
            self.flow.with_user(self.users["stranger"]).action_pause()

    def test_another_companys_people_do_not_come_in(self):
        theirs = self.person("Eve", company_id=self.other_company.id)
        with self.assertRaises(AccessError):
            self.flow.enroll(theirs.with_user(self.marketer))
        self.assertFalse(self.flow.sudo().enroll(theirs.sudo()))

    def test_runs_are_written_by_the_engine_only(self):
        for record in (self.run_of_ada, self.run_of_ada.execution_ids[:1]):
            for user in ("marketer", "manager"):
                mine = record.with_user(self.users[user])
                with self.assertRaises(AccessError):
                    mine.write({"state": "done"})
                with self.assertRaises(AccessError):
                    mine.unlink()


@tagged("post_install", "-at_install", "mail_workflow")
class TestNothingByTheSide(SecurityCase):
    def test_rpc_does_not_reach_what_is_private(self):
        private = {
            "mail.workflow.event": ("emit", "_insert", "_cron_dispatch", "_write_pending"),
            "mail.workflow.enrollment": ("_leave", "_cron_run", "_follow", "_reopen"),
            "mail.workflow": ("_set_state", "_run_env", "_records", "_import_steps"),
            "mail.workflow.runner": ("_run", "_carry_out"),
            "mail.workflow.mailer": ("_queue", "_cart_token"),
            "mail.workflow.definition": ("_import", "_write"),
        }
        for model, methods in private.items():
            for method in methods:
                with self.subTest(model=model, method=method), self.assertRaises(AccessError):
                    get_public_method(self.env[model].with_user(self.marketer), method)

    def test_abstract_models_of_the_engine_offer_nothing(self):
        for name, model in self.env.items():
            if not (name.startswith("mail.workflow.") and model._abstract):
                continue
            own = [
                method
                for cls in type(model).__mro__
                if "mail_workflow" in cls.__module__
                for method, function in vars(cls).items()
                if callable(function) and not method.startswith("_")
            ]
            with self.subTest(model=name):
                # the buttons on contacts, orders and leads
                buttons = [method for method in own if method.startswith("action_view_")]
                # hooks into the ORM's own methods: an abstract model has no table, no rights
                self.assertFalse(set(own) - set(buttons) - {"create", "write", "unlink"})

    def test_a_mere_write_starts_nothing(self):
        draft = self.workflow([mail("a")], start=False)
        for values in ({"state": "running"}, {"started_at": self.now}, {"state": "stopped"}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                draft.write(values)
        with self.assertRaises(AccessError):
            self.env["mail.workflow"].with_user(self.marketer).create(
                {"name": "W", "state": "running"}
            )

    def test_what_runs_is_not_edited(self):
        tricky = {
            "workflow_importing": True,
            "workflow_placing": True,
            "workflow_deleting": True,
            "mail_workflow_id": self.flow.id,
        }
        flow = self.flow.with_context(**tricky)
        for change in (
            lambda: flow.write({"audience_domain": "[('name', '=', 'x')]"}),
            lambda: flow.write({"goal_kind": "order_confirmed"}),
            lambda: flow.trigger_ids.write({"kind": "contact_created"}),
            lambda: flow.trigger_ids.create({"workflow_id": flow.id, "kind": "contact_created"}),
            lambda: flow.trigger_ids.unlink(),
            lambda: flow.step_ids[0].write({"kind": "end"}),
            lambda: flow.step_ids.create({"workflow_id": flow.id, "kind": "end"}),
            lambda: flow.step_ids[0].unlink(),
            lambda: flow.step_ids.text_ids[0].write({"subject": "Other"}),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                change()
            self.env.invalidate_all()

    def test_a_text_cannot_be_pointed_at_another_mailing(self):
        secret = self.env["mailing.mailing"].create(
            {
                "subject": "Secret",
                "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                "body_html": "<p>Secret</p>",
            }
        )
        draft = self.workflow([mail("a")], start=False)
        with self.assertRaises(UserError):
            draft.step_ids.text_ids.mailing_id = secret
        with self.assertRaises(UserError):
            draft.step_ids.text_ids.create(
                {"step_id": draft.step_ids.id, "lang": "fr_FR", "mailing_id": secret.id}
            )

    def test_a_mailing_of_a_workflow_is_not_sent_by_hand(self):
        mailing = self.records("mailing.mailing")[0].with_user(self.users["mass_mailer"])
        for button in ("action_send_mail", "action_put_in_queue", "action_launch"):
            with self.subTest(button=button), self.assertRaises(UserError):
                getattr(mailing, button)()


@tagged("post_install", "-at_install", "mail_workflow")
class TestNoCode(SecurityCase):
    CODE = (
        "<p t-out=\"object.env['res.users'].search([])\"/>",
        "<p t-out='object.partner_id.unlink()'/>",
        "<t t-if='object.write({})'>x</t>",
        "<t t-foreach='object.env.user' t-as='u'><t t-out='u'/></t>",
        '<p t-attf-title="{{ object.env }}">x</p>',
        '<a t-att-href="object.env.user.id">x</a>',
        '<t t-call="web.layout"/>',
        '<t t-set="x" t-value="object.env"/>',
    )

    def test_a_marketer_cannot_save_code_in_a_text(self):
        workflow = self.workflow([mail("a")], start=False)
        text = workflow.step_ids.text_ids
        for body in self.CODE:
            for target, name in (
                (text, "body_html"),
                (text.mailing_id, "body_html"),
                (text.mailing_id, "body_arch"),
            ):
                with self.subTest(body=body, name=name, target=target._name):
                    try:
                        with self.env.cr.savepoint():
                            target.with_user(self.marketer).write({name: body})
                            self.env.flush_all()
                    except AccessError:
                        continue
                    finally:
                        self.env.invalidate_all()
                    # what was saved went through Odoo's cleaning, and nothing of it is run
                    kept = str(text.mailing_id.body_html)
                    self.assertNotIn("object.env", kept)
                    self.assertNotIn("unlink", kept)
                    self.assertNotIn("write", kept)

    def test_a_marketer_cannot_save_code_in_a_subject_or_preview(self):
        text = self.workflow([mail("a")], start=False).step_ids.text_ids
        for name in ("subject", "preview"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                text.with_user(self.marketer).write({name: "{{ object.env.user.name }}"})
                self.env.flush_all()
            self.env.invalidate_all()

    def test_code_of_an_administrator_does_not_run_as_a_marketer(self):
        workflow = self.workflow([mail("a")], start=False)
        text = workflow.step_ids.text_ids
        text.mailing_id.sudo().body_html = '<p t-out="object.env.user.name"/>'
        with self.assertRaisesRegex(UserError, "expressions"):
            workflow.action_start()

    def test_a_domain_holds_no_code(self):
        workflow = self.workflow([mail("a")], start=False)
        for domain in (
            "[('name', '=', __import__('os').getcwd())]",
            "[('child_ids', 'any!', [('name', '=', 'x')])]",
            "[(lambda self: 1)]",
            "[('create_uid', '=', uid)]",
            "env['res.users'].search([])",
            "{}",
        ):
            with self.subTest(domain=domain), self.assertRaises(UserError):
                with self.env.cr.savepoint():
                    workflow.audience_domain = domain
            self.env.invalidate_all()


@tagged("post_install", "-at_install", "mail_workflow")
class TestMarketersJob(WorkflowCase):
    def test_a_workflow_user_does_the_whole_job(self):
        self.assertFalse(self.marketer.has_group("base.group_system"))
        self.assertFalse(self.marketer.has_group("mail.group_mail_template_editor"))
        model = self.env["mail.workflow"].with_user(self.marketer)
        workflow = model.create_from_recipe("abandoned_cart")
        text = workflow.step_ids.filtered(lambda s: s.key == "remind").text_ids._for_lang("en_US")
        text.subject = "Your cart, {{ object.partner_id.name }}"
        text.body_html = (
            "<p>Hello <t t-out='object.partner_id.name'>there</t> from "
            "<t t-out='object.company_id.name'/>,</p>"
            "<div data-mwa-block='cart_lines'>lines</div>"
            "<p><a href='/workflow/cart'>My cart</a> <a href='/shop'>Shop</a>"
            " <a href='/unsubscribe_from_list'>Unsubscribe</a></p>"
        )
        workflow.step_ids.filtered(lambda s: s.key == "day").wait_count = 12
        workflow.action_start()
        cart = self.cart(self.person("Ada <b>"), quantity=3)
        self.run_engine(hours=24, minutes=1)
        sent = self.mails(workflow)
        self.assertEqual(len(sent), 1)
        self.assertEqual(sent.subject, "Your cart, Ada <b>")
        body = str(sent.body_html)
        self.assertIn("Hello Ada &lt;b&gt; from", body)
        self.assertIn(self.env.company.name, body)
        for fragment in ("Desk lamp", "3", "image_128", f"{cart.order_line.price_total:,.2f}"):
            self.assertIn(fragment, body)
        self.assertIn("/workflow/cart/", body)
        self.assertIn("/mailing/", body)
        self.assertNotIn("t-out", body)
        self.run_engine(hours=13)
        self.assertEqual(len(self.mails(workflow)), 2)
        self.assertState(self.runs(workflow), "done")

    def test_a_workflow_user_sees_pauses_and_takes_out(self):
        workflow = self.workflow([mail("a"), wait("day", days=1), mail("b")])
        run = workflow.enroll(self.person()).with_user(self.marketer)
        self.run_engine()
        workflow.action_pause()
        workflow.step_ids.text_ids[0].subject = "Better"
        workflow.action_resume()
        run.action_take_out()
        self.assertState(run, "exited", "taken out")
        self.assertTrue(run.execution_ids.mapped("display_name"))
        self.assertTrue(run.log_text)

    def test_merge_fields_reach_no_field_that_is_not_offered(self):
        workflow = self.workflow([mail("a")], start=False)
        text = workflow.step_ids.text_ids
        with self.assertRaises(AccessError):
            text.body_html = "<p t-out='object.signup_token'/>"
            self.env.flush_all()

    def test_amounts_dates_and_names_are_escaped(self):
        self.product.name = "<script>alert(1)</script>"
        workflow = self.cart_workflow([mail("a", body="<div data-mwa-block='cart_lines'>x</div>")])
        self.cart(
            self.person("Ada"),
            order_line=[
                fields.Command.create({"product_id": self.product.id, "product_uom_qty": 1})
            ],
        )
        self.run_engine(hours=24, minutes=1)
        self.assertNotIn("<script>", str(self.mails(workflow).body_html))
