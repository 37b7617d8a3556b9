"""The story of the demo: three abandoned carts, one won back. With real parts only.

A real Odoo server with its own cron workers, a real shop over HTTP, a real mail receiver. Nothing
is faked but the clock of the Odoo server, which is started again a day and two days later.
"""

import json
import re
import time
from pathlib import Path

from dev.receiver import Receiver
from dev.server import OdooServer, shell
from dev.visitor import Visitor

HERE = Path(__file__).parent
DAY_LATER, TWO_DAYS_LATER = "+24h30m", "+49h"
CLOCKS = {DAY_LATER: "+1470m", TWO_DAYS_LATER: "+2940m"}
ARRIVAL_LIMIT = (
    180  # seconds to wait for a mail; idle crons look every minute, daily jobs may hold them
)
QUIET_SECONDS = 5  # how long to watch for mails that must not come


class StoryError(Exception):
    """The story did not come true."""


class Story:
    """Plays the story on a database; `tell` is called with each line of what happened."""

    def __init__(self, database, folder, tell=print, port=None):
        self.database = database
        self.receiver = Receiver(folder)
        self.tell = tell
        self.port = port
        self.facts = {}
        self.seconds_to_receiver = {}
        self.server = None

    def play(self):
        """Play it from the beginning to the end.

        :raises StoryError: where it does not come true
        """
        with self.receiver:
            try:
                self._set_up()
                self._three_people_come()
                self._serve(CLOCKS[DAY_LATER])
                self._a_day_later()
                self._serve(CLOCKS[TWO_DAYS_LATER])
                self._two_days_later()
            finally:
                if self.server:
                    self.server.stop()
        return self

    # --- the chapters -----------------------------------------------------------------------------

    def _set_up(self):
        self.receiver.clear()
        self.server = OdooServer(self.database, port=self.port)
        settings = {"base_url": self.server.url, "smtp_port": self.receiver.port}
        code = f"SETTINGS = {settings!r}\n" + (HERE / "story_setup.py").read_text()
        output = shell(self.database, code)
        self.facts = json.loads(re.search(r"^STORY (.*)$", output, re.MULTILINE).group(1))
        self.tell("Shop with two products; recipes “Abandoned cart” and “Welcome” started.")
        self.server.start().wait_ready()
        self.port = self.server.port

    def _three_people_come(self):
        """Three visitors register, fill their carts and leave; a fourth subscribes."""
        url = self.server.url
        self.claire = Visitor(url, "Claire Martin", "claire@customer.example.com", lang="fr")
        self.ben = Visitor(url, "Ben Miller", "ben@customer.example.com")
        self.cora = Visitor(url, "Cora Jones", "cora@customer.example.com")
        for visitor in (self.claire, self.ben, self.cora):
            sent = visitor.register()
            for template_id, product_id, _name in self.facts["products"]:
                visitor.add_to_cart(template_id, product_id)
            self._expect_welcome(visitor.email, sent)
        dan = Visitor(url, "Dan Brown", "dan@customer.example.com")
        sent = dan.subscribe(self.facts["list_id"])
        self._expect_welcome(dan.email, sent)
        self.tell("Claire (in French), Ben and Cora left two products each in their carts.")
        self._expect_count("cart", 0)

    def _expect_welcome(self, email, sent):
        mail = self._wait_for(email, 1)[0]
        seconds = float(mail["X-Received-At"]) - sent
        self.seconds_to_receiver[email] = seconds
        self.tell(f"Welcome mail to {email}: at the receiver {seconds:.1f} s after signing up.")

    def _a_day_later(self):
        """Each gets a reminder; Claire comes back and pays, Cora unsubscribes, Ben does nothing."""
        self.tell("A day later:")
        first = {}
        for visitor in (self.claire, self.ben, self.cora):
            first[visitor] = self._wait_for(visitor.email, 2)[-1]
            self.tell(f"  reminder to {visitor.email}: “{first[visitor]['Subject']}”")
        self._expect_reminder(first[self.claire], french=True)
        self._expect_reminder(first[self.ben], french=False)
        self.cora.unsubscribe(first[self.cora]["List-Unsubscribe"].strip("<>"))
        self.tell("  Cora unsubscribed with the one-click header of her mail.")
        self._win_back(first[self.claire])

    def _expect_reminder(self, mail, *, french):
        html = mail.get_body(("html",)).get_content()
        for _template_id, _product_id, name in self.facts["products"]:
            self._expect(name in html, f"“{name}” is in the reminder")
        greeting = "Bonjour" if french else "Hello"
        self._expect(greeting in html, f"the reminder says “{greeting}”")
        self._expect("data-mwa-block" not in html, "no block is left unfilled")

    def _win_back(self, mail):
        html = mail.get_body(("html",)).get_content()
        link = re.search(r'href="([^"]*/workflow/cart/[^"]*)"', html).group(1)
        page = self.claire.follow(link).text
        for _template_id, _product_id, name in self.facts["products"]:
            self._expect(name in page, f"the link leads to the cart with “{name}”")
        self.claire.pay(self.facts["country_id"])
        self._wait_until(
            lambda: self._run_states().get(self.claire.email) == "goal",
            "Claire's run reaches its goal",
        )
        self.tell("  Claire followed the link and paid with the demo provider: goal reached.")

    def _two_days_later(self):
        """Ben gets the second reminder; Claire and Cora get nothing more."""
        self.tell("Another day later:")
        last = self._wait_for(self.ben.email, 3)[-1]
        self.tell(f"  second reminder to {self.ben.email}: “{last['Subject']}”")
        time.sleep(QUIET_SECONDS)  # what must not come has had its time
        self._expect(len(self._mails_to(self.claire.email)) == 2, "Claire gets no second reminder")
        self._expect(len(self._mails_to(self.cora.email)) == 2, "Cora gets no second reminder")
        ids = [mail["Message-ID"] for mail in self._workflow_mails()]
        self._expect(len(ids) == len(set(ids)) == 8, "8 mails of workflows, each delivered once")
        self._wait_until(
            lambda: self._run_states().get(self.ben.email) == "done", "Ben's run comes to its end"
        )
        self.tell("  Claire, who bought, and Cora, who unsubscribed, got nothing more.")

    # --- the parts --------------------------------------------------------------------------------

    def _serve(self, clock):
        """Start the server again with its clock moved."""
        self.server.stop()
        self.server = OdooServer(self.database, port=self.port, clock=clock)
        self.server.start().wait_ready()
        # idle cron workers look once a minute: a first request wakes nobody, a trigger does
        shell(self.database, WAKE, clock=clock)

    def _workflow_mails(self):
        return [m for m in self.receiver.messages() if m["Message-ID"].startswith("<workflow-")]

    def _mails_to(self, email):
        return [mail for mail in self._workflow_mails() if mail["X-Rcpt-To"] == email]

    def _wait_for(self, email, count):
        self._wait_until(
            lambda: len(self._mails_to(email)) >= count, f"{email} has {count} mails of workflows"
        )
        mails = self._mails_to(email)
        self._expect(len(mails) == count, f"{email} has {count} mails, not {len(mails)}")
        return mails

    def _wait_until(self, condition, what):
        deadline = time.monotonic() + ARRIVAL_LIMIT
        while not condition():
            if time.monotonic() > deadline:
                raise StoryError(f"not within {ARRIVAL_LIMIT} s: {what}")
            time.sleep(0.2)

    def _expect(self, truth, what):
        if not truth:
            raise StoryError(f"not so: {what}")

    def _expect_count(self, _what, count):
        reminders = [m for m in self._workflow_mails() if "/workflow/cart/" in m.as_string()]
        self._expect(len(reminders) == count, f"{count} reminders so far")

    def _wait_for_run(self, visitor, state):
        self._wait_until(
            lambda: self._run_states().get(visitor.email) == state,
            f"the cart run of {visitor.name} is {state}",
        )

    def runs(self):
        """Return `[(workflow, address, state, reason)]` of all runs, as the database has them."""
        output = shell(self.database, RUNS, clock=self.server.clock)
        return json.loads(re.search(r"^RUNS (.*)$", output, re.MULTILINE).group(1))

    def mails(self):
        """Return `[(address, subject)]` of the workflows' mails at the receiver."""
        return [(mail["X-Rcpt-To"], mail["Subject"]) for mail in self._workflow_mails()]

    def _run_states(self):
        """Return `{address: state}` of the cart runs."""
        cart_runs = [run for run in self.runs() if run[0] == self.facts["cart_workflow"]]
        return {email: state for _workflow, email, state, _reason in cart_runs}


WAKE = """
for name in ("runner", "dispatcher", "mail"):
    env.ref("mail_workflow_automation.ir_cron_mail_workflow_" + name)._trigger()
env.cr.commit()
"""
RUNS = """
import json
runs = env["mail.workflow.enrollment"].search([], order="id")
found = [(r.workflow_id.name, r.email_normalized, r.state, r.exit_reason or "") for r in runs]
print("RUNS " + json.dumps(found))
"""
