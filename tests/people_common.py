"""What the tests of steps with people share: salespeople, and what they do with their tasks."""

from odoo.tests import new_test_user

from .common import WorkflowCase

SALES = "base.group_user,sales_team.group_sale_salesman"


class PeopleCase(WorkflowCase):
    """Salespeople without any right on workflows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bert, cls.cleo, cls.dora = (
            new_test_user(cls.env, login=name, name=name.title(), groups=SALES)
            for name in ("bert", "cleo", "dora")
        )
        cls.team = cls.env["crm.team"].create(
            {"name": "Shop team", "member_ids": [(6, 0, (cls.bert | cls.cleo | cls.dora).ids)]}
        )

    def task(self, key="call", **values):
        """Return a task step of a file, that waits to be done."""
        return {"key": key, "kind": "task", "summary": key, "wait_for": "all", **values}

    def lead(self, **values):
        """Create a lead of a new contact, or of one given."""
        self.leads = getattr(self, "leads", 0) + 1
        if "partner_id" not in values:
            values["partner_id"] = self.person(f"Lead{self.leads}").id
        return self.env["crm.lead"].create({"name": "Big desk", **values})

    def todo(self, *records, user=None):
        """Return the open activities of records, of a user."""
        domain = [("res_id", "in", [one.id for one in records])]
        domain.append(("res_model", "=", records[0]._name))
        if user:
            domain.append(("user_id", "=", user.id))
        return self.env["mail.activity"].search(domain, order="id")

    def do(self, activity, user=None):
        """Mark an activity as done, as its user does in the chatter; then the engine passes."""
        activity.with_user(user or activity.user_id).action_feedback(feedback="Done so")
        self.env.cr.flush()
        self.run_engine()
