"""What the tests of scoring share: rules, what people do, and what they have."""

from odoo.addons.mail_workflow_automation.models.mail_workflow_person import Person

from .common import WorkflowCase


class ScoreHands:
    """Changes a score by hand; for any class of tests."""

    def adjust(self, record, points, note="Met at the fair", user=None, **values):
        wizards = self.env["mail.workflow.score.adjust"].with_user(user or self.marketer)
        wizard = wizards.create(
            {
                "res_model": record._name,
                "res_id": record.id,
                "points": points,
                "note": note,
                **values,
            }
        )
        wizard.action_apply()
        self.env.invalidate_all()


class ScoreCase(ScoreHands, WorkflowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ref = cls.env.ref
        cls.model = ref("mail_workflow_automation.mail_workflow_score_model")
        cls.fit = ref("mail_workflow_automation.mail_workflow_score_dimension_fit")
        cls.engagement = ref("mail_workflow_automation.mail_workflow_score_dimension_engagement")

    def rule(self, kind=None, points=5, user=None, filters=None, event_name=None, **values):
        """Write a scoring rule as a Workflow user: for a kind of event, or with a domain."""
        if kind:
            event = {"kind": kind, "filters": filters or {}}
            values["event"] = {**event, "name": event_name} if event_name else event
        else:
            values.setdefault("basis", "profile")
        rules = self.env["mail.workflow.scoring.rule"].with_user(user or self.marketer)
        return rules.create({"points": points, **values})

    def happens(self, kind, partner, record=None, visitor_id=None, email=None, **values):
        """Let somebody do something, and the engine serve it."""
        person = Person(None, email) if email else None
        self.env["mail.workflow.event"]._emit(
            kind,
            record=record,
            partner=partner,
            person=person,
            visitor_id=visitor_id,
            data=values.pop("data", None),
            occurred_at=values.pop("occurred_at", None),
        )
        self.env.cr.flush()
        self.serve()

    def views(self, partner, url, **values):
        self.happens("page_viewed", partner, data={"url": url}, **values)

    def serve(self):
        self.env["mail.workflow.event"]._cron_dispatch()
        self.env.invalidate_all()

    def job(self, **delta):
        """Let time pass, and the scoring job run."""
        if delta:
            self.after(**delta)
        self.env["mail.workflow.scoring.rule"]._cron_score()
        self.env.invalidate_all()

    def score(self, key, dimension=None, model=None):
        """Return the total of a person: a contact, or a key."""
        if not isinstance(key, str):
            key = self.env["mail.workflow.person"]._of_partner(key).key
        totals = self.env["mail.workflow.score"].search(
            [
                ("person_key", "=", key),
                ("score_model_id", "=", (model or self.model).id),
                ("dimension_id", "=", dimension.id if dimension else False),
            ]
        )
        return totals.score

    def points(self, key, **found):
        """Return the points of the lines of a person, oldest first."""
        if not isinstance(key, str):
            key = self.env["mail.workflow.person"]._of_partner(key).key
        domain = [("person_key", "=", key)] + [(name, "=", one) for name, one in found.items()]
        lines = self.env["mail.workflow.score.entry"].search(domain, order="occurred_at, id")
        return lines.mapped("points")

    def assertScore(self, key, expected, dimension=None, model=None):
        self.assertEqual(self.score(key, dimension, model), expected)
        self.assertRebuilt()

    def assertRebuilt(self):
        """The totals are the sums of the ledger."""
        self.assertEqual(self.env["mail.workflow.score"]._rebuild(), 0)
