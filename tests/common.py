"""What the tests share: a clock, people, carts, workflows, and asserts in the engine's words."""

from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import TransactionCase, new_test_user, tagged

START = datetime(2026, 3, 2, 9, 0)  # a Monday

WORKFLOW_GROUP = "mail_workflow_automation.mail_workflow_group_user"
MANAGER_GROUP = "mail_workflow_automation.mail_workflow_group_manager"


def mail(key, subject=None, body="<p>Hello</p>", **values):
    """Return a mail step of a file."""
    return {"key": key, "kind": "email", "subject": subject or key, "body_html": body, **values}


def wait(key, **values):
    """Return a wait step of a file."""
    return {"key": key, "kind": "wait", **values}


def new_marketer(env, **values):
    """Return a user who has no right but Workflow user."""
    return new_test_user(
        env,
        login="marketer",
        groups=f"base.group_user,{WORKFLOW_GROUP}",
        email="marketer@shop.example.com",
        **{"lang": "en_US", **values},
    )


@tagged("post_install", "-at_install", "mail_workflow")
class WorkflowCase(TransactionCase):
    """Workflows run by a Workflow user, on a clock that stands still until it is moved."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.marketer = new_marketer(cls.env, tz="UTC")
        cls.env.company.partner_id.tz = "UTC"
        cls.website = cls.env["website"].search([("company_id", "=", cls.env.company.id)], limit=1)
        cls.product, cls.other_product = cls.env["product.product"].create(
            [
                {"name": "Desk lamp", "list_price": 40.0, "is_published": True},
                {"name": "Office chair", "list_price": 120.0, "is_published": True},
            ]
        )

    def setUp(self):
        super().setUp()
        self.now = START
        self._frozen = freeze_time(self.now)
        self._frozen.start()
        self.addCleanup(lambda: self._frozen.stop())

    # --- the clock --------------------------------------------------------------------------------

    def at(self, moment):
        """Move the clock to a moment."""
        self._frozen.stop()
        self.now = moment
        self._frozen = freeze_time(moment)
        self._frozen.start()

    def after(self, **delta):
        """Move the clock forward."""
        self.at(self.now + timedelta(**delta))

    def run_engine(self, **delta):
        """Move the clock forward, then let all crons of the engine pass once."""
        if delta:
            self.after(**delta)
        self.env["mail.workflow.event"]._cron_dispatch()
        self.env["mail.workflow.enrollment"]._cron_run()
        self.env["mail.workflow.event"]._cron_dispatch()
        self.env.invalidate_all()

    # --- making things ----------------------------------------------------------------------------

    def workflow(self, steps, user=None, start=True, **values):
        """Import a workflow as a Workflow user, and start it."""
        definition = {
            "format": 1,
            "name": values.pop("name", "Test workflow"),
            "model": "res.partner",
            "triggers": [{"kind": "manual"}],
            "email_from": "Shop <shop@shop.example.com>",
            "steps": steps,
            **values,
        }
        model = self.env["mail.workflow"].with_user(user or self.marketer)
        workflow = model.import_definition(definition)
        if start:
            workflow.action_start()
        return workflow

    def person(self, name="Ada", email=None, **values):
        """Create a contact."""
        email = email if email is not None else f"{name.lower()}@customer.example.com"
        return self.env["res.partner"].create(
            {"name": name, "email": email, "lang": "en_US", **values}
        )

    def people(self, count):
        """Create so many contacts."""
        return self.env["res.partner"].create(
            [
                {"name": f"Person {i}", "email": f"person{i}@customer.example.com", "lang": "en_US"}
                for i in range(count)
            ]
        )

    def cart(self, partner, product=None, quantity=1, **values):
        """Fill a shop cart of a contact."""
        return self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "website_id": self.website.id,
                "order_line": [
                    fields.Command.create(
                        {"product_id": (product or self.product).id, "product_uom_qty": quantity}
                    )
                ],
                **values,
            }
        )

    def cart_workflow(self, steps=None, **values):
        """Start an abandoned-cart workflow: a mail, a day, a mail."""
        steps = steps or [mail("remind"), wait("day", hours=24), mail("last")]
        return self.workflow(
            steps,
            **{
                "model": "sale.order",
                "triggers": [{"kind": "cart_abandoned", "hours": 24}],
                "reentry": {"policy": "after_exit", "per": "person", "days": 30},
                "goal": {"kind": "order_confirmed", "window_days": 7},
                **values,
            },
        )

    # --- looking ----------------------------------------------------------------------------------

    def runs(self, workflow, record=None):
        """Return the runs of a workflow, of a record."""
        domain = [("workflow_id", "=", workflow.id)]
        if record is not None:
            domain.append(("res_id", "=", record.id))
        return self.env["mail.workflow.enrollment"].search(domain, order="id")

    def mails(self, workflow, email=None):
        """Return the queued mails of a workflow, oldest first."""
        domain = [("workflow_execution_id.enrollment_id.workflow_id", "=", workflow.id)]
        if email:
            domain.append(("email_to", "ilike", email))
        return self.env["mail.mail"].search(domain, order="id")

    def path(self, run):
        """Return ``[(step key, execution state)]`` of a run, in order."""
        return [(x.step_id.key, x.state) for x in run.execution_ids.sorted("id")]

    def reason(self, run, key):
        """Return why a step was skipped, held or dead."""
        return run.execution_ids.filtered(lambda x: x.step_id.key == key).sorted("id")[-1:].reason

    def assertPath(self, run, *expected):
        self.assertEqual(self.path(run), list(expected))

    def assertState(self, run, state, reason=None):
        self.assertEqual(run.state, state, run.execution_ids.mapped("error"))
        if reason is not None:
            self.assertEqual(run.exit_reason, reason)

    def emit(self, kind, **values):
        """Note an event and write it, as a committed transaction would."""
        self.env["mail.workflow.event"].emit(kind, **values)
        self.env.cr.flush()

    @contextmanager
    def failing(self, model, method, error, when=lambda *args, **kwargs: True):
        """Let a method of a model raise ``error()`` when its arguments say so."""
        original = getattr(type(self.env[model]), method)

        def broken(self_, *args, **kwargs):
            if when(self_, *args, **kwargs):
                raise error()
            return original(self_, *args, **kwargs)

        with patch.object(type(self.env[model]), method, broken):
            yield
