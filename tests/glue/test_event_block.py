"""What a mail says of the event its reader registered for."""

from urllib.parse import urlsplit

from odoo.tests import tagged

from ..website_common import WebsiteCase
from .test_event import REGISTRATION, EventsCase

BLOCK = (
    '<p>Hello <span data-mwa-block="contact_name">there</span></p>'
    '<div data-mwa-block="event_details" data-mwa-heading="Your event">.</div>'
)


@tagged("post_install", "-at_install", "mail_workflow")
class TestEventBlock(EventsCase, WebsiteCase):
    def place(self):
        return self.env["res.partner"].create(
            {"name": "Town Hall", "street": "Market Square 1", "city": "Ghent"}
        )

    def mailing(self, of=REGISTRATION, **values):
        text = {"subject": "Your seat", "body_html": BLOCK}
        step = {"key": "m", "kind": "email", "texts": {"en_US": text, "fr_FR": text}}
        trigger = values.pop("trigger", "event_registered")
        return self.workflow([step], model=of, triggers=[{"kind": trigger}], **values)

    def test_when_in_its_own_zone_where_and_for_the_calendar(self):
        workflow = self.mailing()
        event = self.event("Lamps <script>", address_id=self.place().id)
        zoe = self.person("Zoé", lang="fr_FR")
        self.register(event, self.person())
        self.register(event, zoe)
        self.register(event, name="Guest Eve", email="eve@guest.example.com")
        self.run_engine()
        english = self.mails(workflow, "ada@").body_html
        self.assertIn("Lamps &lt;script&gt;", english)
        self.assertIn("Friday, March 20, 2026", english)
        self.assertIn("7:00", english)
        self.assertIn("Market Square 1", english)
        self.assertIn("Europe/Brussels", english)
        self.assertIn("Your event", english)
        french = self.mails(workflow, zoe.email).body_html
        self.assertIn("vendredi 20 mars 2026", french)
        self.assertIn("19:00", french)
        self.assertIn("Guest Eve", self.mails(workflow, "eve@").body_html)
        calendar = next(url for url in self.links(self.mails(workflow, "ada@")) if "/ics" in url)
        answer = self.url_open(urlsplit(calendar).path)
        self.assertIn("BEGIN:VCALENDAR", answer.text)

    def test_a_run_of_a_contact_knows_the_event_that_brought_it_in(self):
        workflow, others = (
            self.mailing("res.partner"),
            self.mailing("res.partner", trigger="manual", name="Others"),
        )
        self.register(self.event(), self.person())
        others.enroll(self.person("Bob"))
        self.run_engine()
        self.assertIn("Lamp evening", self.mails(workflow).body_html)
        nothing = self.mails(others).body_html
        self.assertNotIn("Your event", nothing)
        self.assertNotIn("event_details", nothing)

    def test_a_mail_that_nobody_gets_shows_a_sample(self):
        block = self.env["mail.workflow.block.event_details"]
        self.assertIn("Open evening", block._sample_with(self.env, "en_US", {}))
