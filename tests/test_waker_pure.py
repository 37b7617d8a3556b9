"""Calls that nobody waits for: one for each key, none lost, a thread only while there are any."""

import os
import threading

from odoo.tests import BaseCase, tagged

from odoo.addons.mail_workflow_automation import waker

PATIENCE = 60


@tagged("post_install", "-at_install", "mail_workflow")
class TestWaker(BaseCase):
    def setUp(self):
        super().setUp()
        self.waker = waker.Waker(pause=0, linger=0.01)
        self.made = []

    def held(self):
        """Have a call under way that stays so; return what lets it end."""
        begun, end = threading.Event(), threading.Event()
        self.addCleanup(end.set)

        def call():
            begun.set()
            end.wait(PATIENCE)

        self.waker.later("held", call)
        self.assertTrue(begun.wait(PATIENCE))
        return end

    def asked(self, key, name):
        """Ask for a call; return what tells that it was made."""
        done = threading.Event()

        def call():
            self.made.append(name)
            done.set()

        self.waker.later(key, call)
        return done

    def ended(self):
        """Wait until the waker has nothing to do."""
        thread = self.waker._thread
        if thread:
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive())

    def test_calls_under_one_key_are_one_while_it_waits(self):
        end = self.held()
        first = self.asked("dispatcher", "dispatcher")
        self.asked("dispatcher", "again")
        other = self.asked("runner", "runner")
        self.assertFalse(first.is_set(), "whoever asks does not make it")
        end.set()
        self.assertTrue(first.wait(PATIENCE) and other.wait(PATIENCE))
        self.ended()
        self.assertEqual(self.made, ["dispatcher", "runner"])

    def test_what_is_asked_for_while_its_call_is_made_is_another_call(self):
        end = self.held()
        again = self.asked("held", "again")
        end.set()
        self.assertTrue(again.wait(PATIENCE))

    def test_a_failing_call_is_logged_and_stops_no_other(self):
        end = self.held()
        with self.assertLogs(waker.__name__, "ERROR") as logged:
            self.waker.later("broken", lambda: 1 / 0)
            other = self.asked("runner", "runner")
            end.set()
            self.assertTrue(other.wait(PATIENCE))
        self.assertIn("ZeroDivisionError", logged.output[0])

    def test_the_thread_ends_with_its_work_and_comes_back(self):
        for name in ("first", "second"):
            self.assertTrue(self.asked("dispatcher", name).wait(PATIENCE))
            self.ended()
            self.assertIsNone(self.waker._thread)
        self.assertEqual(self.made, ["first", "second"])

    def test_a_forked_process_has_a_waker_of_its_own(self):
        end = self.held()
        self.asked("dispatcher", "of the parent")
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.close(reader)
                done = self.asked("dispatcher", "of the child")
                done.wait(PATIENCE)
                os.write(writer, ",".join(self.made).encode())
            finally:
                os._exit(0)
        os.close(writer)
        with open(reader) as told:
            self.assertEqual(told.read(), "of the child")
        os.waitpid(child, 0)
        end.set()
        self.ended()
        self.assertEqual(self.made, ["of the parent"])
