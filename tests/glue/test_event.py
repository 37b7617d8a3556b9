"""Events: who registers on the website, who comes, who does not, before and after the day."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.fields import Command
from odoo.http import Request
from odoo.tests import new_test_user, tagged

from ..common import mail, wait
from ..event_common import EventCase
from ..website_common import WebsiteCase

BEGIN = datetime(2026, 3, 20, 18, 0)  # a Friday, 18 days after the tests begin
REGISTRATION = "event.registration"


class EventsCase(EventCase):
    def event(self, name="Lamp evening", **values):
        return self.env["event.event"].create(
            {
                "name": name,
                "date_begin": BEGIN,
                "date_end": BEGIN + timedelta(hours=3),
                "date_tz": "Europe/Brussels",
                "is_published": True,
                **values,
            }
        )

    def register(self, event, partner=None, **values):
        values = {"partner_id": partner.id, **values} if partner else values
        return self.env[REGISTRATION].create({"event_id": event.id, **values})


@tagged("post_install", "-at_install", "mail_workflow")
class TestEventsOverHttp(EventsCase, WebsiteCase):
    def send_form(self, event, *people):
        """Send the form of the website for people, ``(name, address)`` each."""
        self.authenticate(None, None)
        data = {"csrf_token": Request.csrf_token(self)}
        for number, (name, email) in enumerate(people, 1):
            data[f"{number}-event_ticket_id"] = "0"
            given = {"name": name, "email": email, "phone": "+32470123456"}
            for question in event.question_ids:
                key = f"{number}-{question.question_type}-{question.id}"
                data[key] = given[question.question_type]
        answer = self.url_open(f"/event/{event.id}/registration/confirm", data=data)
        self.assertIn("/registration/success", answer.url, answer.text[-2000:])
        self.env.invalidate_all()

    def test_who_registers_on_the_website_and_comes(self):
        event = self.event()
        thanks = self.listening("event_registered", REGISTRATION, event="Lamp evening")
        contacts = self.listening("event_registered")
        came = self.listening("event_attended", REGISTRATION)
        self.send_form(event, ("Ada", "ada@guest.example.com"), ("Bob", "bob@guest.example.com"))
        self.assertEqual(self.came_in(thanks, contacts, came), [2, 2, 0])
        emails = {"ada@guest.example.com", "bob@guest.example.com"}
        self.assertEqual(set(self.runs(thanks).mapped("email_normalized")), emails)
        self.assertEqual(set(self.runs(contacts).mapped("email_normalized")), emails)
        self.assertEqual(self.runs(contacts).mapped("res_model"), ["res.partner"] * 2)
        desk = new_test_user(self.env, "desk", groups="event.group_event_registration_desk")
        self.at(BEGIN)
        ada = self.env[REGISTRATION].search([("email", "=", "ada@guest.example.com")])
        found = self.env[REGISTRATION].with_user(desk).register_attendee(ada.barcode, event.id)
        self.assertEqual(found["status"], "confirmed_registration")
        self.assertEqual(self.came_in(thanks, contacts, came), [2, 2, 1])
        self.assertEqual(self.runs(came).res_id, ada.id)
        self.assertEqual(len(self.mails(came, "ada@guest.example.com")), 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestEventFilters(EventsCase):
    def test_one_event_those_of_a_template_those_with_a_tag(self):
        kind = self.env["event.type"].create({"name": "Webinar"})
        tags = self.env["event.tag.category"].create({"name": "Topic"})
        tag = self.env["event.tag"].create({"name": "Light", "category_id": tags.id})
        lamps = self.event("Lamps", event_type_id=kind.id, tag_ids=[Command.set(tag.ids)])
        chairs = self.event("Chairs", event_type_id=kind.id)
        walls = self.event("Walls")
        listeners = [
            self.listening("event_registered", event="Lamps"),
            self.listening("event_registered", template="Webinar"),
            self.listening("event_registered", tag="Light"),
            self.listening("event_registered"),
        ]
        for event, partner in zip((lamps, chairs, walls), self.people(3), strict=True):
            self.register(event, partner)
        self.assertEqual(self.came_in(*listeners), [1, 2, 1, 3])

    def test_a_person_booked_for_somebody_else(self):
        listener = self.listening("event_registered", REGISTRATION)
        event, bob = self.event(), self.person("Bob")
        self.register(event, bob, name="Ada", email="ada@guest.example.com")
        self.register(event, bob)
        self.assertEqual(self.came_in(listener), [2])
        self.assertEqual(
            self.runs(listener).mapped("email_normalized"),
            ["ada@guest.example.com", "bob@customer.example.com"],
        )

    def test_a_seat_that_is_not_paid_is_none_yet(self):
        listener = self.listening("event_registered")
        event, ada = self.event(), self.person()
        product = self.env.ref("event_product.product_product_event")
        ticket = self.env["event.event.ticket"].create(
            {"name": "Seat", "event_id": event.id, "product_id": product.id, "price": 30}
        )
        seat = {
            "product_id": product.id,
            "event_id": event.id,
            "event_ticket_id": ticket.id,
            "price_unit": 30,
        }
        order = self.env["sale.order"].create(
            {"partner_id": ada.id, "order_line": [Command.create(seat)]}
        )
        registration = self.register(event, ada, sale_order_line_id=order.order_line.id)
        self.assertEqual(registration.state, "draft")
        self.assertEqual(self.came_in(listener), [0])
        order.action_confirm()
        self.assertEqual(registration.state, "open")
        self.assertEqual(self.came_in(listener), [1])

    def test_confirmed_once_more_after_it_was_cancelled(self):
        listener = self.listening("event_registered", REGISTRATION)
        registration = self.register(self.event(), self.person())
        registration.action_confirm()
        self.assertEqual(len(self.noted("event_registered")), 1)
        registration.action_cancel()
        registration.action_confirm()
        self.assertEqual(len(self.noted("event_registered")), 2)
        self.assertEqual(self.came_in(listener), [1])

    def test_who_is_marked_twice_attended_once(self):
        self.listening("event_attended")
        registrations = self.register(self.event(), self.person()) + self.register(
            self.event("Other"), self.person("Bob"), state="done"
        )
        registrations.action_set_done()
        registrations.action_set_done()
        self.assertEqual(len(self.noted("event_attended")), 2)

    def test_five_hundred_at_once_are_one_insert(self):
        self.listening("event_registered")
        event = self.event()
        registrations = self.env[REGISTRATION].create(
            [{"event_id": event.id, "partner_id": p.id, "state": "draft"} for p in self.people(500)]
        )
        self.env.flush_all()
        events = self.env["mail.workflow.event"]
        insert, inserted = type(events)._insert, []

        def count(self_, rows):
            inserted.append(len(rows))
            return insert(self_, rows)

        with patch.object(type(events), "_insert", count):
            registrations.action_confirm()
            self.env.cr.flush()
        self.assertEqual(inserted, [500])


@tagged("post_install", "-at_install", "mail_workflow")
class TestAroundAnEvent(EventsCase):
    def around(self):
        """A mail the day before, then another after it for who came and who did not."""
        branches = {
            "yes": {"steps": [mail("thanks")]},
            "no": {"steps": [mail("missed")]},
        }
        return self.workflow(
            [
                wait("before", until_field="event_begin_date", offset_days=-1, until_time="09:00"),
                mail("tomorrow"),
                wait("after", until_field="event_end_date", offset_days=1, until_time="10:00"),
                {
                    "key": "came",
                    "kind": "condition",
                    "domain": [["state", "=", "done"]],
                    "branches": branches,
                },
            ],
            model=REGISTRATION,
            triggers=[{"kind": "event_registered"}],
            reentry={"policy": "each_event", "per": "record"},
        )

    def test_before_and_after_it_and_who_did_not_come(self):
        workflow = self.around()
        event = self.event()
        ada, bob = (self.register(event, self.person(name)) for name in ("Ada", "Bob"))
        self.run_engine()
        self.at(datetime(2026, 3, 19, 8, 30))
        self.run_engine()
        self.assertFalse(self.mails(workflow))
        self.run_engine(hours=1)
        self.assertEqual(self.mails(workflow).mapped("subject"), ["tomorrow"] * 2)
        self.at(BEGIN)
        ada.action_set_done()
        self.at(datetime(2026, 3, 21, 11, 0))
        self.run_engine()
        subjects = [
            self.mails(workflow, one.partner_id.email).mapped("subject") for one in (ada, bob)
        ]
        self.assertEqual(subjects, [["tomorrow", "thanks"], ["tomorrow", "missed"]])

    def test_an_event_that_is_put_off_puts_off_the_mail(self):
        workflow = self.around()
        event = self.event()
        self.register(event, self.person())
        self.run_engine()
        week = timedelta(days=7)
        event.write({"date_end": event.date_end + week, "date_begin": event.date_begin + week})
        self.at(datetime(2026, 3, 19, 9, 30))
        self.run_engine()
        self.assertFalse(self.mails(workflow))
        self.run_engine(days=7)
        self.assertEqual(self.mails(workflow).mapped("subject"), ["tomorrow"])

    def test_an_event_that_is_brought_forward_brings_the_mail_forward(self):
        workflow = self.around()
        event, other = self.event(), self.event("Other")
        self.register(event, self.person())
        moving = self.register(other, self.person("Bob"))
        self.run_engine()
        self.at(datetime(2026, 3, 10, 12, 0))
        event.write(
            {"date_begin": datetime(2026, 3, 13, 18), "date_end": datetime(2026, 3, 13, 21)}
        )
        moving.event_id = event
        self.run_engine()
        self.assertEqual(self.runs(workflow).mapped("due_at"), [datetime(2026, 3, 12, 9)] * 2)
        self.at(datetime(2026, 3, 12, 9, 30))
        self.run_engine()
        self.run_engine()
        self.assertEqual(self.mails(workflow).mapped("subject"), ["tomorrow"] * 2)

    def test_a_slot_that_is_brought_forward_brings_the_mail_forward(self):
        workflow = self.around()
        event = self.event(is_multi_slots=True, date_begin=datetime(2026, 3, 9, 8))
        slot = self.env["event.slot"].create(
            {"event_id": event.id, "date": "2026-03-20", "start_hour": 18, "end_hour": 20}
        )
        self.register(event, self.person(), event_slot_id=slot.id)
        self.run_engine()
        slot.date = "2026-03-13"
        self.run_engine(hours=1)
        self.assertEqual(self.runs(workflow).due_at.date(), datetime(2026, 3, 12).date())

    def test_an_event_brought_forward_into_the_past_is_not_announced(self):
        workflow = self.around()
        event = self.event()
        self.register(event, self.person())
        self.run_engine()
        self.at(datetime(2026, 3, 10, 12, 0))
        event.date_begin = datetime(2026, 3, 10, 18, 0)
        self.run_engine()
        self.assertEqual(self.reason(self.runs(workflow), "tomorrow"), "date already past")
        self.at(datetime(2026, 3, 21, 11, 0))
        self.run_engine()
        self.assertEqual(self.mails(workflow).mapped("subject"), ["missed"])

    def test_who_cancels_hears_no_more_of_it(self):
        workflow = self.around()
        registration = self.register(self.event(), self.person())
        self.run_engine()
        registration.action_cancel()
        self.at(datetime(2026, 3, 19, 9, 30))
        self.run_engine()
        self.assertFalse(self.mails(workflow))
        self.assertState(self.runs(workflow), "exited", "registration cancelled")

    def test_days_before_the_event_is_a_trigger_too(self):
        workflow = self.workflow(
            [mail("soon")],
            model=REGISTRATION,
            triggers=[{"kind": "date", "field": "event_begin_date", "offset_days": -2}],
            audience=[["state", "in", ["open", "done"]]],
        )
        event = self.event()
        self.register(event, self.person())
        self.register(event, self.person("Bob"), state="cancel")
        self.run_engine(days=1)
        self.assertEqual(self.came_in(workflow), [0])
        self.at(datetime(2026, 3, 18, 9, 30))
        self.assertEqual(self.came_in(workflow), [1])
        self.run_engine(hours=1)
        self.assertEqual(self.mails(workflow).mapped("subject"), ["soon"])
