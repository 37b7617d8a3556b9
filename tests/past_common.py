"""What the tests of rules from the past share: a past whose causes are known."""

import json
from datetime import timedelta

from benchmarks import past

from .score_common import ScoreCase


class PastCase(ScoreCase):
    def write_past(self, people):
        """Write a made past as it was, before anybody kept scores; return its leads, in order."""
        return past.write(self.env, people, self.now).sorted("create_date")

    def noted(self, kind, lead, at, data=None):
        """Let something of the past have been noted of a lead's person."""
        self.env.cr.execute(
            "INSERT INTO mail_workflow_event (kind, occurred_at, dispatched_at, email_normalized,"
            " data, verdict) VALUES (%s, %s, %s, %s, %s, 'human')",
            [kind, at, self.now, lead.email_normalized, json.dumps(data or {})],
        )

    def opened(self, model, user=None, **values):
        """Open one of the screens as a Workflow user, and look again with other values."""
        screens = self.env[model].with_user(user or self.marketer)
        screen = screens.browse(screens.action_open()["res_id"])
        if values:
            screen.write(values)
            screen.action_look()
        return screen

    def suggest(self, **values):
        return self.opened("mail.workflow.score.suggest", **values)

    def tried(self, **values):
        return self.opened("mail.workflow.score.test", **values)

    def order(self, partner, at):
        """Let somebody have ordered."""
        order = self.cart(partner)
        order.action_confirm()
        order.date_order = at
        return order

    def won_and_lost(self, count):
        """Return people of whom every other one was won, and who did nothing."""
        return [past.Person(n % 2 == 0, "BE", "Source 1") for n in range(count)]

    def days(self, count):
        return timedelta(days=count)
