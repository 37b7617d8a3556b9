"""Recipes with other applications: events, and the review request after a real delivery."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.mail_workflow_automation.recipes import RECIPES

from ..recipe_common import RecipeCase, Scene, play_each
from ..recipe_scenes import order

REGISTRATION = "event.registration"


def event(case, days=10):
    """Publish an event of an evening, in so many days."""
    begin = case.now.replace(hour=18) + timedelta(days=days)
    return case.env["event.event"].create(
        {
            "name": "Lamp evening",
            "date_begin": begin,
            "date_end": begin + timedelta(hours=3),
            "date_tz": "UTC",
            "is_published": True,
        }
    )


def register(case, person, at=None):
    """Register for an event, one of their own unless told."""
    values = {"event_id": (at or event(case)).id, "partner_id": person.id}
    return case.env[REGISTRATION].create(values)


def come(case, registration, _run):
    registration.action_set_done()


def deliver(case, person):
    """Order, and have it delivered."""
    case.product.is_storable = False
    ordered = order(case, person)
    for picking in ordered.picking_ids:
        picking.move_ids.picked = True
        picking.button_validate()
    case.assertEqual(set(ordered.picking_ids.mapped("state")), {"done"})
    return ordered


BEFORE = "before soon day today after came"
SCENES = {
    "event": [Scene(register, f"{BEFORE} thanks", acts={"after": come}), Scene(register, BEFORE)],
    "review_request": [Scene(deliver, "days morning ask clicked remind")],
}


@tagged("post_install", "-at_install", "mail_workflow")
@play_each(SCENES)
class TestGlueRecipes(RecipeCase):
    """Played as in the core, with the applications installed."""

    def started(self, key):
        workflow = self.make(key, self.env["mail.workflow"]._recipes()[key])
        workflow.action_start()
        return workflow

    def test_each_recipe_of_a_glue_addon_is_played(self):
        ours = self.env["mail.workflow"]._recipes().keys() - RECIPES.keys()
        self.assertLessEqual(ours, SCENES.keys())
        gallery = self.env["mail.workflow"].with_user(self.marketer).get_gallery()["goals"]
        shown = {recipe["key"] for goal in gallery for recipe in goal["recipes"]}
        self.assertLessEqual(ours, shown)

    def test_who_did_not_come_is_missed_only_where_attendance_was_taken(self):
        workflow, at = self.started("event"), event(self)
        people = self.readers()
        begun = {person.id: register(self, person, at) for person in people}
        self.env.cr.flush()
        self.run_engine()

        def door(case, registration, run):
            if run.partner_id == people[0]:
                registration.action_set_done()

        self.play(workflow, Scene(None, "", acts={"after": door}), begun)
        paths = [self.told(workflow)[run.id] for run in self.runs(workflow).sorted("id")]
        self.assertEqual(paths, [f"{BEFORE} thanks", f"{BEFORE} missed"])
        self.check_mails(workflow)

    def test_two_events_are_two_invitations_and_a_late_guest_gets_no_early_mail(self):
        workflow, ada = self.started("event"), self.person()
        for days in (10, 10, 1):
            register(self, ada, event(self, days))
        self.env.cr.flush()
        self.run_engine()
        self.run_engine(days=1)
        self.run_engine()
        self.assertEqual(self.mails(workflow).mapped("subject"), ["Today is the day!"])
        self.run_engine(days=7, hours=2)
        self.run_engine()
        subjects = self.mails(workflow).mapped("subject")
        self.assertEqual(subjects[1:3], ["See you very soon"] * 2)

    def test_who_booked_several_seats_under_one_address_is_told_once(self):
        workflow, ada, at = self.started("event"), self.person(), event(self)
        for person in (ada, self.person("Guest", email=ada.email.upper()), ada):
            register(self, person, at)
        self.env.cr.flush()
        self.run_engine()
        self.run_engine(days=9)
        self.run_engine()
        self.assertEqual(len(self.runs(workflow)), 3)
        self.assertEqual(self.mails(workflow).mapped("subject"), ["See you very soon"])

    def test_of_two_seats_that_two_workers_took_up_at_once_one_is_told(self):
        workflow, ada, at = self.started("event"), self.person(), event(self)
        for _twice in range(2):
            register(self, ada, at)
        self.env.cr.flush()
        self.run_engine()
        # the second worker's snapshot has no execution of the first one's
        with patch.object(type(self.env["mail.workflow.gate"]), "_duplicates", lambda *args: {}):
            self.run_engine(days=9)
            self.run_engine()
        self.assertEqual(len(self.mails(workflow)), 2)
        self.env["mail.mail"]._cron_send_workflow_mail()
        self.assertEqual(sorted(self.mails(workflow).mapped("state")), ["cancel", "sent"])

    def test_review_is_asked_for_after_the_delivery_not_the_order(self):
        workflow = self.started("review_request")
        self.assertEqual(workflow.trigger_ids.kind, "delivery_done")
        order(self, self.person())
        self.env.cr.flush()
        self.run_engine(days=15)
        self.assertFalse(self.runs(workflow))
