"""Courses, learned on the website: who completed which."""

from odoo.fields import Command
from odoo.tests import tagged

from ..event_common import EventCase
from ..website_common import WebsiteCase


@tagged("post_install", "-at_install", "mail_workflow")
class TestCourses(EventCase, WebsiteCase):
    def course(self, name, **values):
        lesson = {"slide_category": "article", "html_content": "<p>.</p>", "is_published": True}
        return self.env["slide.channel"].create(
            {
                "name": name,
                "is_published": True,
                "channel_type": "training",
                "enroll": "public",
                "slide_ids": [Command.create({"name": f"Part {n}", **lesson}) for n in (1, 2)],
                **values,
            }
        )

    def learn(self, slide):
        self.make_jsonrpc_request("/slides/slide/set_completed", {"slide_id": slide.id})
        self.env.invalidate_all()

    def test_a_course_is_completed_with_its_last_part(self):
        lamps = self.course("Lamps")
        chairs = self.course("Chairs", visibility="members", enroll="invite")
        of_lamps = self.listening("course_completed", course="Lamps")
        of_chairs = self.listening("course_completed", course="Chairs")
        anything = self.listening("course_completed")
        ada = self.make_customer()
        (lamps + chairs)._action_add_members(ada)
        self.log_in()
        self.learn(lamps.slide_ids[0])
        self.assertEqual(self.came_in(of_lamps, of_chairs, anything), [0, 0, 0])
        self.learn(lamps.slide_ids[1])
        self.learn(lamps.slide_ids[1])
        self.assertEqual(len(self.noted("course_completed")), 1)
        self.assertEqual(self.came_in(of_lamps, of_chairs, anything), [1, 0, 1])
        for slide in chairs.slide_ids:
            self.learn(slide)
        self.assertEqual(self.came_in(of_lamps, of_chairs), [1, 1])
        self.assertEqual(self.runs(of_lamps).res_id, ada.id)
        self.assertEqual(len(self.mails(of_lamps, ada.email)), 1)
